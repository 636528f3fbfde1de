import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hex } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";
import { dialRelay, type MailboxKey, makeMailbox } from "#test/relay-client.ts";

const rounds = 20;
const writers = 64;
const mailboxes = 8;
const root = new URL("../..", import.meta.url).pathname;

let folder = "";
const running = new Set<ChildProcess>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "backchannel-kill-"));
  // Built as the command line is: one file and its worker beside it. Their packages stay outside.
  await build({
    entryPoints: {
      relay: join(root, "test/end-to-end/relay-process.ts"),
      "log-worker": join(root, "server/log-worker.ts"),
    },
    outdir: join(root, "node_modules/.cache/relay-kill"),
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
});
afterAll(async () => {
  for (const relay of running) await kill(relay);
  rmSync(folder, { recursive: true });
});

async function startProcess(): Promise<{ relay: ChildProcess; address: string }> {
  const entry = join(root, "node_modules/.cache/relay-kill/relay.js");
  const relay = spawn(process.execPath, [entry, join(folder, "data"), "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(relay);
  const [line] = await once(relay.stdout as NodeJS.ReadableStream, "data");
  return { relay, address: JSON.parse(String(line)).address };
}

async function kill(relay: ChildProcess): Promise<void> {
  running.delete(relay);
  const gone = once(relay, "exit");
  relay.kill("SIGKILL");
  await gone;
}

/** What one writer sent: every frame by its id, with the position that was acked, if it was. */
interface Written {
  readonly frameId: Uint8Array;
  readonly frame: Uint8Array;
  readonly mailbox: number;
  ackedSeq: number | null;
}

/** Writes one frame after the other, each after the ack of the one before, until the relay is gone. */
async function write(
  address: string,
  mailbox: number,
  key: MailboxKey,
  all: Written[],
  random: ReturnType<typeof dice>,
) {
  const client = dialRelay(address);
  const { handle } = await client.open(key, 1).catch(() => ({ handle: -1 }));
  while (handle !== -1 && client.closedReason === null) {
    const frame = random.bytes(1024);
    const written: Written = { frameId: random.bytes(16), frame, mailbox, ackedSeq: null };
    all.push(written);
    try {
      written.ackedSeq = await client.append(handle, frame, written.frameId);
    } catch {
      // The relay was killed before the ack: this frame may or may not be on the disk.
    }
  }
  client.close();
}

test("kill -9 during 64 concurrent writers, 20 rounds: no acked frame is lost or doubled", async () => {
  const random = dice(20_261_123);
  const keys = Array.from({ length: mailboxes }, makeMailbox);
  const all: Written[] = [];
  for (let round = 0; round < rounds; round++) {
    const { relay, address } = await startProcess();
    const before = all.length;
    const work = Array.from({ length: writers }, (_, at) =>
      write(address, at % mailboxes, keys[at % mailboxes] as MailboxKey, all, random),
    );
    // Killed after a number of acks that differs from round to round, in the middle of the writing.
    const target = 200 + random.below(600);
    const ackedNow = () => all.slice(before).filter(({ ackedSeq }) => ackedSeq !== null).length;
    let isOver = false;
    const over = Promise.all(work).then(() => {
      isOver = true;
    });
    while (ackedNow() < target && !isOver) await new Promise((resolve) => setImmediate(resolve));
    expect(ackedNow(), "writers do not end before their relay does").toBeGreaterThanOrEqual(target);
    await kill(relay);
    await over;
  }

  const { relay, address } = await startProcess();
  const acked = all.filter(({ ackedSeq }) => ackedSeq !== null);
  const unacked = all.filter(({ ackedSeq }) => ackedSeq === null);
  let stored = 0;
  let doubled = 0;
  let lost = 0;
  let kept = 0;
  let retriedTwice = 0;
  for (const [mailbox, key] of keys.entries()) {
    const client = dialRelay(address);
    const { handle, head } = await client.open(key);
    await client.until(() => client.frames.length >= head);
    const frames = [...client.frames];
    stored += frames.length;
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, at) => at + 1));
    const byId = new Map(frames.map((frame) => [hex(frame.frameId), frame]));
    doubled += frames.length - byId.size;
    const mine = (one: Written) => one.mailbox === mailbox;
    for (const { frameId, frame, ackedSeq } of acked.filter(mine)) {
      const found = byId.get(hex(frameId));
      if (found?.seq !== ackedSeq || hex(found.frame) !== hex(frame)) lost += 1;
    }
    // A retry of what was on the disk already gets the position it had; what was not is stored now.
    for (const { frameId, frame } of unacked.filter(mine)) {
      const before = byId.get(hex(frameId))?.seq;
      if (before !== undefined) kept += 1;
      const seq = await client.append(handle, frame, frameId);
      const again = await client.append(handle, frame, frameId);
      if (again !== seq || (before !== undefined && seq !== before)) retriedTwice += 1;
    }
    client.close();
  }
  await kill(relay);

  console.log(
    `relay killed ${rounds} times under ${writers} writers: ${acked.length} acked, ${lost} lost, ` +
      `${doubled} doubled; ${unacked.length} unacked of which ${kept} were on the disk; ${stored} stored`,
  );
  expect(acked.length).toBeGreaterThan(rounds * 200);
  expect({ lost, doubled, retriedTwice }).toEqual({ lost: 0, doubled: 0, retriedTwice: 0 });
  expect(stored).toBe(acked.length + kept);
}, 180_000);
