import { type Padding, paddingOf, powersOfTwo } from "./padding.ts";

/** A message of known length and the size that it had on the wire, octets. */
export interface Sighting {
  /** As far as it is known: what is always the same around it may be left out. */
  readonly length: number;
  readonly size: number;
}

/** A way of padding that explains what was seen, and how well. */
export interface PaddingGuess {
  readonly name: string;
  /** Octets around a text, each with the share of sightings that it explains. */
  readonly overheads: ReadonlyMap<number, number>;
  /** Share of the sightings that the best of them explains, and how many of them explain as much. */
  readonly explained: number;
  readonly fitting: number;
}

/** Octets around a text that are tried: MLS, the body, the seal. */
const overheadBytesMax = 1_024;

/**
 * Learns a padding from texts that are known: which of the named ways, with which overhead around a text,
 * gives the sizes that were seen. The best first; of two that explain alike, the one that more
 * overheads fit comes first: what was seen would have been the rarer chance under the other.
 */
export function guessPadding(
  names: readonly string[],
  seen: readonly Sighting[],
  outside: number,
): readonly PaddingGuess[] {
  return names
    .flatMap((name) => {
      const frame = frameOf(name, outside);
      return frame === null ? [] : [explain(name, frame, seen)];
    })
    .sort((a, b) => b.explained - a.explained || b.fitting - a.fitting);
}

/**
 * The size of a frame by the length of its content, octets: `outside` and the padded content; the
 * `product` pads the frame as a whole.
 */
function frameOf(name: string, outside: number): Padding | null {
  if (name === "product") return (length) => powersOfTwo(1_024)(outside + length);
  const padding = paddingOf(name);
  return padding === null ? null : (length) => outside + padding(length);
}

function explain(name: string, frame: Padding, seen: readonly Sighting[]): PaddingGuess {
  const overheads = new Map<number, number>();
  for (let overhead = 0; overhead <= overheadBytesMax; overhead++) {
    const hits = seen.filter(({ length, size }) => frame(overhead + length) === size);
    if (hits.length > 0) overheads.set(overhead, hits.length / seen.length);
  }
  const explained = Math.max(0, ...overheads.values());
  const fitting = [...overheads.values()].filter((each) => each === explained).length;
  return { name, overheads, explained, fitting };
}

/**
 * Bayes' rule over candidate texts of equal prior: which lengths could have made this size, weighted by how
 * well each overhead explained the known ones. Gives the posterior, or null where nothing explains the size.
 */
export function posterior(
  guess: PaddingGuess,
  lengths: readonly number[],
  size: number,
  outside: number,
): readonly number[] | null {
  const frame = frameOf(guess.name, outside);
  if (frame === null) return null;
  const likelihoods = lengths.map((length) => {
    let sum = 0;
    for (const [overhead, weight] of guess.overheads) {
      if (frame(overhead + length) === size) sum += weight;
    }
    return sum;
  });
  const total = likelihoods.reduce((sum, each) => sum + each, 0);
  return total === 0 ? null : likelihoods.map((each) => each / total);
}
