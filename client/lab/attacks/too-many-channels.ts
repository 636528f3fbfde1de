import { z } from "zod";
import { Failure } from "#shared/failure.ts";
import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { minuteText, type Tell } from "./claim-table.ts";
import { absentKinds, emptyFindings, type Findings } from "./findings.ts";

/** One offer as the receiver's device shows it: when it was read, its text, its message id. */
const shownOffer = z.strictObject({
  channel: z.string(),
  id: z.string(),
  receivedAt: z.number(),
  /** Its place in the channel's log, which the device keeps to when it reads several at once. */
  epoch: z.number().int(),
  seq: z.number().int(),
  body: z.string(),
});

export const tooManyClaims = z.strictObject({
  /** What the receiver did, in its order: acted on an offer, or left it alone. */
  decisions: z.array(z.strictObject({ id: z.string(), atMs: z.number(), acted: z.boolean() })),
  /** Pairs of offers, one acted on behind the other, whose numbers contradict each other. */
  contradictions: z.number().int(),
});

/** `… [offer 7]`: the author's signed word that every offer with a lower number is withdrawn by this one. */
const numbered = /\[offer (\d{1,6})\]/;
const amount = /(\d+) lorries/;

/**
 * Which offer is valid (LEAKLAB 5, scenario 18): merges what arrived on each channel by the hour at which it
 * was read and does what the receiver would do, acting on each as it comes. Where offers are numbered, one with
 * a lower number than has been seen is left alone.
 */
export async function tooManyChannels(
  evidence: Evidence,
  _budget: Budget,
  progress: Progress,
): Promise<Findings> {
  const findings = emptyFindings("too-many-channels");
  findings.notes.push(...absentKinds(evidence, ["transcript"]));
  const offers = await readOffers(evidence);
  let newest = Number.NEGATIVE_INFINITY;
  const decisions = offers.map(({ id, receivedAt, body }, index) => {
    progress("offers", index, offers.length);
    const number = numbered.exec(body)?.[1];
    const acted = number === undefined || Number(number) > newest;
    if (number !== undefined) newest = Math.max(newest, Number(number));
    return { id, atMs: receivedAt, acted };
  });
  const acted = offers.filter((_, index) => decisions[index]?.acted === true);
  const amounts = acted.map(({ body }) => amount.exec(body)?.[1] ?? "");
  const contradictions = amounts.filter((each, index) => index > 0 && each !== amounts[index - 1]);
  findings.claims = tooManyClaims.parse({ decisions, contradictions: contradictions.length });
  findings.counts.offers = offers.length;
  findings.counts.channels = new Set(offers.map(({ channel }) => channel)).size;
  return findings;
}

async function readOffers(evidence: Evidence): Promise<z.infer<typeof shownOffer>[]> {
  const offers: z.infer<typeof shownOffer>[] = [];
  for (const artefact of evidence.artefacts("transcript")) {
    for (const { path } of artefact.files) {
      const lines = new TextDecoder()
        .decode(await evidence.read(path))
        .trim()
        .split("\n");
      for (const line of lines.filter((each) => each !== "")) {
        const parsed = shownOffer.safeParse(parseJson(line, path));
        if (!parsed.success) throw new Failure("malformed", `${path}: not a transcript`);
        offers.push(parsed.data);
      }
    }
  }
  return offers.sort(
    (a, b) =>
      a.receivedAt - b.receivedAt ||
      a.channel.localeCompare(b.channel) ||
      a.epoch - b.epoch ||
      a.seq - b.seq,
  );
}

function parseJson(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Failure("malformed", `${path}: not JSON lines`);
  }
}

/** What the capital does with each offer, in the order in which it reads them. */
export const tellTooMany: Tell = (findings) => {
  const { decisions, contradictions } = tooManyClaims.parse(findings.claims);
  const acted = decisions.filter((each) => each.acted).length;
  return [
    {
      title: "All offers",
      head: ["acted on", "left alone", "pairs that contradict each other"],
      rows: [[acted, decisions.length - acted, contradictions]],
    },
    {
      title: "Each offer, in the order of reading (UTC)",
      head: ["read at", "offer", "the capital"],
      rows: decisions.map(({ id, atMs, acted: has }) => [
        minuteText(atMs),
        id.slice(0, 8),
        has ? "acts on it" : "leaves it alone",
      ]),
    },
  ];
};
