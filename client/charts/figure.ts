/** Data of a picture: what `client/charts` draws for the browser and for the static report alike. */
export type Figure = CurveFigure | BarsFigure | HeatFigure | TimelineFigure | ParetoFigure;

interface FigureBase {
  /** Lower-case name, unique in its report: `accuracy-by-messages`. */
  readonly id: string;
  readonly title: string;
  /** What to see in it, in one sentence. */
  readonly caption: string;
}

export interface Axis {
  readonly label: string;
  readonly scale: "linear" | "log";
}

/** Curves of a share or a number, each with the band of its interval. */
export interface CurveFigure extends FigureBase {
  readonly kind: "curve";
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly {
      readonly x: number;
      readonly y: number;
      /** 95 % interval; both null where there is none. */
      readonly low: number | null;
      readonly high: number | null;
    }[];
  }[];
  /** What guessing reaches, as a dashed line; null for none. */
  readonly chance: number | null;
}

export interface BarsFigure extends FigureBase {
  readonly kind: "bars";
  readonly y: Axis;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
  readonly chance: number | null;
}

/** Numbers as shades, one row of tiles for each name; a tile without a number is said in words. */
export interface HeatFigure extends FigureBase {
  readonly kind: "heat";
  /** What the shade stands for: `0` nothing leaks, `1` everything does. */
  readonly scale: string;
  readonly rows: readonly {
    readonly name: string;
    /** What the row's numbers are. */
    readonly note: string;
    readonly tiles: readonly {
      readonly name: string;
      /** From 0 to 1; null where nothing was measured. */
      readonly value: number | null;
      readonly text: string;
      /** What may be said of it, in two words. */
      readonly verdict: string;
    }[];
  }[];
}

/** Events on lanes, over virtual time. */
export interface TimelineFigure extends FigureBase {
  readonly kind: "timeline";
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly lanes: readonly {
    readonly name: string;
    readonly events: readonly { readonly atMs: number; readonly kind: string }[];
  }[];
  readonly marks: readonly { readonly atMs: number; readonly words: string }[];
}

/** Leak against price: what lies below and left of another is better in both. */
export interface ParetoFigure extends FigureBase {
  readonly kind: "pareto";
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly {
    readonly name: string;
    readonly x: number;
    readonly y: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
}
