import { renderToString } from "preact-render-to-string";
import { BlastRadius } from "#client/charts/blast-radius.tsx";
import { type ScoredRun, talkOf } from "../result.ts";
import { rowOf } from "./words.ts";

/** One row of a picture: whose reading it shows, and in which run it was measured. */
export interface PictureRow {
  readonly name: string;
  readonly note: string;
  readonly run: ScoredRun;
  /** Whether this adversary had the copied device. */
  readonly hasDevice: boolean;
}

/**
 * The blast radius by epoch of several adversaries of one talk, as an SVG file that stands alone: on white,
 * since whoever looks at it may have a dark page behind it.
 */
export function drawPicture(title: string, rows: readonly PictureRow[]): string {
  const blast = {
    groupWord: "epoch",
    stolenAt: rows.map(({ run }) => talkOf(run).stolenAt).find((at) => at !== null) ?? null,
    stolenWord: "device copied",
    rows: rows.map(({ run, name, note, hasDevice }) => ({
      ...rowOf(run, "epoch", { name, note }),
      ...(hasDevice ? {} : { healedAt: null, healedBy: null, withoutDevice: true }),
    })),
  };
  const svg = renderToString(<BlastRadius blast={blast} title={title} id="blast" />);
  return svg.replace("</desc>", '</desc><rect width="100%" height="100%" fill="#ffffff"/>');
}
