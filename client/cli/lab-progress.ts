import type { Output } from "./output.ts";

/** One line on a terminal that is written over, a line every tenth elsewhere; nothing with `--json`. */
export function progressLine(output: Output) {
  const began = performance.now();
  let shown = -1;
  const onTerminal = process.stderr.isTTY === true && !output.json;
  return {
    /** `fresh` of `done` were measured now; the rest was there before, and says nothing of the speed. */
    show(what: string, done: number, of: number, fresh = done): void {
      const seconds = (performance.now() - began) / 1_000;
      const left = fresh === 0 ? "" : `, ${spanOf(((of - done) * seconds) / fresh)} left`;
      const text = `[${done}/${of}] ${what}${done === of ? "" : left}`;
      const tenth = Math.floor((10 * done) / Math.max(1, of));
      if (onTerminal) process.stderr.write(`\r\x1b[K${output.paint.faint(text)}`);
      else if (tenth !== shown) output.talk(text);
      shown = tenth;
    },
    /** Clears the line for what comes next. */
    end(): void {
      if (onTerminal) process.stderr.write("\r\x1b[K");
    },
  };
}

function spanOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
