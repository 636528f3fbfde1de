import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { encodeBatch, recordHeaderBytes } from "#shared/records.ts";
import { dialRelay, type MailboxKey, makeMailbox, type RelayClient } from "#test/relay-client.ts";
import {
  type Contestant,
  interleave,
  perSecond,
  ratio,
  type Section,
  table,
  type Verdict,
} from "./measure.ts";

const frameBytes = 1024;
/** Frames that the one publisher sends before it waits for all subscribers to have them. */
const burst = 64;
const frame = new Uint8Array(frameBytes).fill(7);

interface Servers {
  readonly relay: string;
  readonly bare: string;
  readonly folder: string;
  stop(): Promise<void>;
}

async function startServers(): Promise<Servers> {
  const folder = mkdtempSync(join(tmpdir(), "backchannel-bench-"));
  const entry = new URL("./fixtures/relay-servers.ts", import.meta.url).pathname;
  const loader = import.meta.resolve("tsx");
  const child: ChildProcess = spawn(process.execPath, ["--import", loader, entry, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, "data");
  return {
    ...(JSON.parse(String(line)) as { relay: string; bare: string }),
    folder,
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

/** Counts bytes over many sockets and says when all have come. */
function createTally() {
  let left = 0;
  let done = (): void => {};
  return {
    expect(bytes: number): Promise<void> {
      left += bytes;
      return new Promise((resolve) => {
        done = resolve;
      });
    },
    count(bytes: number): void {
      left -= bytes;
      if (left === 0) done();
    },
  };
}

/** The relay: subscribers of one mailbox, a publisher whose frames are durable before they go out. */
async function relayFanOut(address: string, subscribers: number): Promise<Contestant> {
  const tally = createTally();
  const key = makeMailbox();
  const open = async (): Promise<{ client: RelayClient; handle: number }> => {
    const client = dialRelay(address);
    const { handle } = await client.open(key);
    return { client, handle };
  };
  for (let at = 0; at < subscribers; at++) {
    const { client } = await open();
    client.hear = (data) => {
      if (typeof data === "string") return;
      // The version octet aside, a batch of frames is as long as its records.
      const octets = data.length - 1;
      tally.count((octets / (recordHeaderBytes + frameBytes)) * frameBytes);
    };
  }
  // The publisher has the mailbox open too; it counts nothing.
  const { client: publisher, handle } = await open();
  publisher.hear = () => {};
  return {
    name: `relay 1→${subscribers}`,
    async run(times) {
      for (let round = 0; round < times; round++) {
        const all = tally.expect(burst * subscribers * frameBytes);
        for (let at = 0; at < burst; at++) {
          const frameId = randomBytes(16);
          publisher.send(encodeBatch([{ kind: "append", ref: at, handle, frameId, frame }]));
        }
        await all;
      }
    },
  };
}

/** A loop of `ws.send`, one message for each frame and subscriber, nothing stored. */
async function bareFanOut(address: string, subscribers: number): Promise<Contestant> {
  const tally = createTally();
  const dial = async (): Promise<WebSocket> => {
    const webSocket = new WebSocket(`ws://${address}/${subscribers}`, { perMessageDeflate: false });
    await once(webSocket, "open");
    return webSocket;
  };
  for (let at = 0; at < subscribers; at++) {
    const webSocket = await dial();
    webSocket.on("message", (data: Buffer) => tally.count(data.length));
  }
  const publisher = await dial();
  publisher.on("message", () => {});
  return {
    name: `ws.send loop 1→${subscribers}`,
    async run(times) {
      for (let round = 0; round < times; round++) {
        const all = tally.expect(burst * subscribers * frameBytes);
        for (let at = 0; at < burst; at++) publisher.send(frame);
        await all;
      }
    },
  };
}

async function runFanOut(): Promise<readonly Verdict[]> {
  const servers = await startServers();
  const verdicts: Verdict[] = [];
  const rows: string[][] = [["1 KiB frames", "deliveries", "of the ws loop"]];
  try {
    for (const subscribers of [100, 1_000]) {
      const relay = await relayFanOut(servers.relay, subscribers);
      const bare = await bareFanOut(servers.bare, subscribers);
      const timings = await interleave([relay, bare], { rounds: 7, turnMs: 1_000 });
      const [ours, theirs] = timings;
      if (ours === undefined || theirs === undefined) continue;
      const perDelivery = (micros: number) => micros / (burst * subscribers);
      const times = ratio(theirs, ours);
      rows.push([ours.name, perSecond(perDelivery(ours.micros)), `${times.toFixed(2)} ×`]);
      rows.push([theirs.name, perSecond(perDelivery(theirs.micros)), ""]);
      verdicts.push({
        claim: `durable fan-out 1→${subscribers} next to a bare ws loop`,
        target: "≥ 1 ×",
        measured: `${times.toFixed(2)} ×`,
        met: times >= 1,
      });
    }
  } finally {
    await servers.stop();
  }
  console.log(table(rows));
  return verdicts;
}

/** So many writers, each waiting for its ack before it sends the next frame. */
async function ackedWrites(address: string, writers: number): Promise<Contestant> {
  const keys: MailboxKey[] = Array.from({ length: Math.min(8, writers) }, makeMailbox);
  const opened: { client: RelayClient; handle: number }[] = [];
  for (let at = 0; at < writers; at++) {
    const client = dialRelay(address);
    const { handle } = await client.open(keys[at % keys.length] as MailboxKey);
    opened.push({ client, handle });
  }
  return {
    name: `${writers} writer${writers === 1 ? "" : "s"}`,
    async run(times) {
      let left = times;
      await Promise.all(
        opened.map(async ({ client, handle }) => {
          while (left > 0) {
            left -= 1;
            await client.append(handle, frame);
            // What was heard is not kept: a long run would measure the test's own memory.
            client.frames.length = 0;
            client.acks.clear();
          }
        }),
      );
    },
  };
}

/** The disk's own speed: a write of the same size and its fsync, without a database or a network. */
function bareFsync(folder: string): Contestant & { close(): void } {
  const file = openSync(join(folder, "bare"), "a");
  return {
    name: "write and fsync alone",
    run(times) {
      for (let at = 0; at < times; at++) {
        writeSync(file, frame);
        fdatasyncSync(file);
      }
    },
    close: () => closeSync(file),
  };
}

async function runAcks(): Promise<readonly Verdict[]> {
  const servers = await startServers();
  const disk = bareFsync(servers.folder);
  try {
    const one = await ackedWrites(servers.relay, 1);
    const many = await ackedWrites(servers.relay, 64);
    const timings = await interleave([one, many, disk], { rounds: 7, turnMs: 1_000 });
    const fsync = timings[2];
    if (fsync === undefined) return [];
    console.log(
      table([
        ["durable acks of 1 KiB", "per second", "of the disk's fsyncs"],
        ...timings.map((timing) => [
          timing.name,
          perSecond(timing.micros),
          `${ratio(fsync, timing).toFixed(2)} ×`,
        ]),
      ]),
    );
    return [];
  } finally {
    disk.close();
    await servers.stop();
  }
}

export const sections: readonly Section[] = [
  { name: "relay-fan-out", title: "one publisher, many subscribers", run: runFanOut },
  { name: "relay-acks", title: "appends that are on the disk when acked", run: runAcks },
];
