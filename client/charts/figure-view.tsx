import type { JSX } from "preact";
import { Bars } from "./bars.tsx";
import { Curve } from "./curve.tsx";
import type { Figure } from "./figure.ts";
import { Heat } from "./heat.tsx";
import { Pareto } from "./pareto.tsx";
import type { Size } from "./plot.tsx";
import { Timeline } from "./timeline.tsx";

interface Props {
  readonly figure: Figure;
  /** Prefix of the ids inside the picture. */
  readonly id: string;
  readonly size: Size;
}

/** Draws any figure, for the page and for the static report alike. */
export function FigureView({ figure, ...rest }: Props): JSX.Element {
  switch (figure.kind) {
    case "curve":
      return <Curve figure={figure} {...rest} />;
    case "bars":
      return <Bars figure={figure} {...rest} />;
    case "heat":
      return <Heat figure={figure} {...rest} />;
    case "timeline":
      return <Timeline figure={figure} {...rest} />;
    case "pareto":
      return <Pareto figure={figure} {...rest} />;
  }
}
