/** Times in seconds, rising. */
export type Times = readonly number[];

/** Packets that follow each other within `gap` seconds are one event, at its first packet. */
export function burstsOf(times: Times, gap: number): number[] {
  const bursts: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time - last > gap) bursts.push(time);
    last = time;
  }
  return bursts;
}

/**
 * Event-based correlation (Bahramali and others, NDSS 2020): how many of a channel's events are followed by a
 * candidate's packet within `delta` seconds, against what so many packets reach by chance:
 * (hits − n·p)/√(n·p·(1−p)) with p = 1 − exp(−λ·delta), λ the candidate's own rate. 0 where nothing can be told.
 */
export function eventScore(
  channel: Times,
  candidate: Times,
  delta: number,
  seconds: number,
): number {
  if (channel.length === 0 || candidate.length === 0) return 0;
  let hits = 0;
  let at = 0;
  for (const time of channel) {
    while (at < candidate.length && (candidate[at] ?? 0) < time) at += 1;
    if (at < candidate.length && (candidate[at] ?? 0) - time <= delta) hits += 1;
  }
  const p = 1 - Math.exp((-candidate.length / seconds) * delta);
  const deviation = Math.sqrt(channel.length * p * (1 - p));
  return deviation === 0 ? 0 : (hits - channel.length * p) / deviation;
}

/** Events as bars: how many fall into each `width` seconds. */
export function barsOf(times: Times, width: number, seconds: number): Float64Array {
  const bars = new Float64Array(Math.max(1, Math.ceil(seconds / width)));
  for (const time of times) {
    const at = Math.floor(time / width);
    if (at >= 0 && at < bars.length) bars[at] = (bars[at] ?? 0) + 1;
  }
  return bars;
}

/**
 * Shape-based correlation (ibid.): the largest normalised cross-correlation of both series of bars over small
 * lags, the candidate behind the channel. 0 where a series does not vary.
 */
export function shapeScore(channel: Float64Array, candidate: Float64Array, lags: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let lag = 0; lag <= lags; lag++) {
    const from = channel.subarray(0, channel.length - lag);
    const to = candidate.subarray(lag);
    best = Math.max(best, correlationOf(from, to));
  }
  return best;
}

function correlationOf(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array) =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  a.forEach((value, at) => {
    const [da, db] = [value - meanA, (b[at] ?? 0) - meanB];
    both += da * db;
    squareA += da * da;
    squareB += db * db;
  });
  return squareA === 0 || squareB === 0 ? 0 : both / Math.sqrt(squareA * squareB);
}
