import { rm } from "node:fs/promises";
import { xwingSuite } from "#client/crypto/suite.ts";
import { assert } from "#shared/failure.ts";
import { type Actor, actorOf, closeActors, openActor, settle } from "../actor.ts";
import { markReader, parseMarked, renderMarked } from "../algorithms/marked-text.ts";
import { drawCode } from "../algorithms/tardos.ts";
import { gather } from "../gathering.ts";
import { newRecording, recordingCipher } from "../recording-cipher.ts";
import { startRelays } from "../relays.ts";
import type { Scenario } from "../scenario-schema.ts";
import { scratchFolder } from "../scratch.ts";
import { seeded } from "../seeded.ts";
import { sharedVerdicts } from "../shared-verdicts.ts";
import { virtualClock } from "../virtual-clock.ts";

export interface PoolPlan {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly author: string;
  readonly sentences: readonly string[];
  readonly papers: number;
  /** Sentences in a paper. */
  readonly each: number;
  readonly coalition: number;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Papers that went out in real messages, each recipient's copy marked otherwise. */
export interface MarkedPool {
  /** With their variation points. */
  readonly papers: readonly string[];
  readonly biases: readonly (readonly number[])[];
  /** As each recipient's own device has them, in the order of the papers. */
  readonly copies: readonly { readonly label: string; readonly texts: readonly string[] }[];
  readonly atMs: number;
  readonly sent: number;
  readonly sentBytes: number;
}

const startMs = Date.UTC(2027, 2, 1, 9);

/**
 * Sends each paper to each recipient over a channel of two. In a channel of many all read the same frame,
 * so marking its text apart is impossible by construction: whoever wants a trap pays with pairwise copies.
 */
export async function stagePool(plan: PoolPlan): Promise<MarkedPool> {
  const { scenario, author } = plan;
  const clock = virtualClock(startMs);
  const recording = newRecording();
  const folder = await scratchFolder("pool");
  const relays = await startRelays({ folder, clock, isHostile: false });
  const actors = new Map<string, Actor>();
  try {
    const suite = sharedVerdicts(xwingSuite);
    for (const [index, { id, label }] of scenario.world.actors.entries()) {
      const line = `198.51.100.${index + 1}`;
      const own = { id, label, line, dialer: relays.dialer(line), folder: null };
      const cipher = recordingCipher(recording, id);
      actors.set(id, await openActor({ ...own, clock, cipher, suite }));
    }
    const ensemble = { actors, clock };
    await gather({ scenario, settings: {} }, ensemble, recording);
    const pool = drawPapers(plan);
    const { client } = actorOf(ensemble, author);
    const copies: { label: string; texts: string[] }[] = [];
    const channels = scenario.world.channels;
    for (const [recipient, { id: channel, members }] of channels.entries()) {
      for (const [paper, marked] of pool.marked.entries()) {
        const text = renderMarked(marked, pool.wordOf(recipient, paper));
        await clock.drive(client.send({ channel, text }));
      }
      await settle(ensemble, members, channel);
      const reader = actorOf(ensemble, members.find((id) => id !== author) ?? "");
      copies.push({ label: reader.label, texts: await received(reader, channel) });
      plan.onProgress?.(recipient + 1, channels.length);
    }
    const { papers, biases } = pool;
    for (const [recipient, { texts }] of copies.entries()) {
      const isWhole = pool.marked.every((marked, paper) => {
        const word = markReader(marked)(texts[paper] ?? "");
        return word.join() === pool.wordOf(recipient, paper).join();
      });
      assert(isWhole, "each copy arrives with its marks");
    }
    const lengths = copies.flatMap(({ texts }) => texts.map((text) => text.length));
    const sentBytes = lengths.reduce((sum, each) => sum + each, 0);
    return { papers, biases, copies, atMs: clock.now(), sent: lengths.length, sentBytes };
  } finally {
    await closeActors({ actors, clock });
    await relays.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a device shows of a channel, from the first message on. */
async function received(actor: Actor, channel: string): Promise<string[]> {
  const texts: string[] = [];
  let afterCursor: string | undefined;
  for (;;) {
    const options = afterCursor === undefined ? {} : { afterCursor };
    const page = await actor.client.messages(channel, { ...options, limit: 50 });
    const last = page.at(-1);
    if (last === undefined) return texts;
    texts.push(...page.filter(({ mine }) => !mine).map(({ body }) => body));
    afterCursor = last.cursor;
  }
}

/** Papers of a few sentences each, and a Tardos code over all their points. */
function drawPapers(plan: PoolPlan) {
  const choices = seeded("marked papers", plan.seed);
  const papers = Array.from({ length: plan.papers }, (_, index) => {
    const sentences = choices.shuffle(plan.sentences).slice(0, plan.each);
    return [`Paper ${index + 1}.`, ...sentences].join(" ");
  });
  const marked = papers.map((source) => {
    const parsed = parseMarked(source);
    assert(parsed !== null, "the scenario's checks parsed every sentence");
    return parsed;
  });
  const starts = marked.map((_, paper) =>
    marked.slice(0, paper).reduce((sum, { points }) => sum + points.length, 0),
  );
  const marks = marked.reduce((sum, { points }) => sum + points.length, 0);
  const recipients = plan.scenario.world.channels.length;
  const code = drawCode({ recipients, marks, coalition: plan.coalition, choices });
  const part = <T>(all: readonly T[], paper: number): T[] => {
    const start = starts[paper] ?? 0;
    return all.slice(start, start + (marked[paper]?.points.length ?? 0));
  };
  const biases = papers.map((_, paper) => part(code.biases, paper));
  const wordOf = (recipient: number, paper: number) => part(code.words[recipient] ?? [], paper);
  return { papers, marked, biases, wordOf };
}
