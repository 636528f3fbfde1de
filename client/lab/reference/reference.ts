/** Where a parameter's value comes from: its default's source, or the command line. */
export type ParameterSource = "LEAKLAB" | "paper" | "ours" | "set here";

export interface Parameter {
  readonly value: number | string;
  readonly words: string;
  readonly source: ParameterSource;
}

export type Parameters = Readonly<Record<string, Parameter>>;

/** One line of a reference: what was published beside what comes out here. */
export interface ReferenceRow {
  readonly setting: string;
  /** As LEAKLAB prints it; empty where nothing was published for this setting. */
  readonly published: string;
  readonly ours: string;
  /** Of ours, 95 % unless it says otherwise; empty where the number is exact. */
  readonly interval: string;
  /** Whether the published figure lies within what ours allows; null where nothing was published. */
  readonly agrees: boolean | null;
  readonly note?: string;
}

export interface ReferenceRun {
  readonly seed: number;
  /** Trials of each measurement; null for the algorithm's own number. */
  readonly trials: number | null;
  progress(step: string, done: number, of: number): void;
}

/** An algorithm of LEAKLAB section 3, measured on its own model, where the right numbers are known. */
export interface Reference {
  readonly name: string;
  /** The paper, and LEAKLAB's section. */
  readonly source: string;
  /** Everything that the model depends on. Each can be set by `key=value`. */
  readonly parameters: Parameters;
  /** The table that LEAKLAB prints. */
  rows(run: ReferenceRun): Promise<readonly ReferenceRow[]>;
  /** The same measurement with any parameters. */
  measure(parameters: Settled, run: ReferenceRun): Promise<readonly ReferenceRow[]>;
  /** How this differs from the paper. */
  readonly differs: string;
}

/** Parameters after `key=value` changes, read by name. */
export interface Settled {
  number(name: string): number;
  text(name: string): string;
  readonly all: Parameters;
  /** Names of those that were set. */
  readonly changed: ReadonlySet<string>;
}
