import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openClient } from "#client/core/client.ts";
import { decodePacket } from "#client/lab/attacks/packet.ts";
import { decodePcapng, type ReadCapture } from "#client/lab/attacks/pcapng.ts";
import { memoryStore } from "#client/lab/memory-store.ts";
import { relayHost } from "#client/lab/relays.ts";
import { virtualClock } from "#client/lab/virtual-clock.ts";
import { openWireTap } from "#client/lab/wire-tap.ts";
import { systemRandom } from "#client/node/random.ts";
import { startRelay } from "#server/relay.ts";

/** Two real clients meet and talk over a real relay, tapped; Wireshark's own programs read what the tap saw. */

const startMs = Date.UTC(2027, 2, 1, 9);
const lines = ["198.51.100.4", "198.51.100.9"];
/** What a message needs on the way: WebSocket's head, and what one TLS record adds. */
const recordBytes = 5 + 1 + 16;

let folder = "";
let path = "";
let read: ReadCapture = { taps: [], frames: [] };
/** Octets of all messages as the sockets had them, by line and direction, each with its heads. */
const expected = new Map<string, number>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-capture-"));
  const clock = virtualClock(startMs);
  const relay = await startRelay({
    ...{ listen: null, addresses: [relayHost], thread: "inline", clock, data: null },
  });
  const tap = openWireTap(() => clock.now());
  const open = (line: string) => {
    const count = (direction: "up" | "down", data: string | Uint8Array) => {
      const octets = Buffer.byteLength(data);
      const head = (octets < 126 ? 2 : octets < 65_536 ? 4 : 10) + (direction === "up" ? 4 : 0);
      const records = Math.ceil((octets + head) / 16_384);
      const key = `${line} ${direction}`;
      expected.set(key, (expected.get(key) ?? 0) + octets + head + records * recordBytes);
    };
    const counting = tap.dialer(line, {
      dial(address, where, events) {
        const loop = relay.connect(
          where,
          {
            ...events,
            message: (data) => {
              count("down", data);
              events.message(data);
            },
          },
          address,
        );
        return {
          send: (data) => {
            count("up", data);
            loop.send(data);
          },
          close: () => loop.close(),
        };
      },
    });
    return openClient({ clock, random: systemRandom, store: memoryStore(), dialer: counting });
  };
  const [host, guest] = await Promise.all(lines.map(open));
  if (host === undefined || guest === undefined) throw new Error("there are two");
  await clock.drive(
    host.openChannel({
      ...{ name: "main", label: "Slate", relay: relayHost, approvals: 1 },
      update: { afterMessages: null, afterMs: null },
    }),
  );
  const asked = { channel: "main", label: "Heron", expiresMs: 600_000 };
  const { code, done } = await clock.drive(host.invite(asked));
  const joined = guest.join({ code, relay: relayHost, name: "main", sponsors: 1 });
  await clock.drive(Promise.all([joined, done]));
  await clock.drive(host.settle("main"));
  for (let each = 0; each < 5; each++) {
    await clock.advanceTo(clock.now() + 10_000);
    const client = each % 2 === 0 ? host : guest;
    await clock.drive(client.send({ channel: "main", text: "x".repeat(10 + each * 900) }));
  }
  await clock.drive(Promise.all([host.settle("main"), guest.settle("main")]));
  await clock.drive(Promise.all([host.close(), guest.close()]));
  await relay.close();
  const { files } = tap.capture("wire");
  const bytes = files.get("wire/wire.pcapng") ?? new Uint8Array();
  path = join(folder, "wire.pcapng");
  await writeFile(path, bytes);
  read = decodePcapng(bytes);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const { stdout } = await promisify(execFile)(program, [...args], { env, maxBuffer: 64 << 20 });
  return stdout;
}

/** Fields of every packet that tshark finds, by the filter, with checksums checked. */
async function fields(filter: string, ...names: readonly string[]): Promise<string[][]> {
  const checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];
  const wanted = names.flatMap((name) => ["-e", name]);
  const text = await run("tshark", "-r", path, ...checks, "-Y", filter, "-T", "fields", ...wanted);
  return text
    .split("\n")
    .filter((row) => row !== "")
    .map((row) => row.split("\t"));
}

test("capinfos finds the kind, the packets, the interfaces and the times", async () => {
  const text = await run("capinfos", "-M", "-t", "-E", "-c", "-a", "-e", "-I", path);
  expect(text).toContain("pcapng");
  expect(text).toContain("Ethernet");
  expect(text).toMatch(new RegExp(`Number of packets:\\s+${read.frames.length}\\n`));
  expect(text).toMatch(/Number of interfaces in file:\s+2\n/);
  for (const line of lines) expect(text).toContain(`Name = ${line}`);
  expect(text).toMatch(/Time resolution = .*10\^-6|Time precision = microseconds \(6\)/);
  const first = /First packet time:\s+(.*)/.exec(text)?.[1] ?? "";
  expect(Date.parse(`${first.slice(0, 23).replace(" ", "T")}Z`)).toBe(
    Math.floor((read.frames[0]?.atUs ?? 0) / 1_000),
  );
  expect(read.frames[0]?.atUs).toBeGreaterThanOrEqual(startMs * 1_000);
});

test("tshark finds nothing malformed, lost, repeated or with a wrong checksum", async () => {
  expect(read.frames.length).toBeGreaterThan(40);
  const all = await fields("tcp", "frame.number");
  expect(all).toHaveLength(read.frames.length);
  const good = await fields("ip.checksum.status == 1 && tcp.checksum.status == 1", "frame.number");
  expect(good).toHaveLength(read.frames.length);
  const faults = "_ws.malformed || tcp.analysis.flags || _ws.expert.severity >= 0x600000";
  expect(await fields(faults, "frame.number", "_ws.expert.message")).toEqual([]);
});

test("tshark reads the same segments as the lab's own reader, at the same times", async () => {
  const names = ["ip.src", "tcp.srcport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len"];
  const rows = await fields("tcp", "frame.time_epoch", ...names);
  const ours = read.frames.map(({ atUs, bytes }) => {
    const { source, sourcePort, seq, ack, payload } = decodePacket(bytes);
    return [atUs, source, sourcePort, seq, ack, payload.length].map(String);
  });
  const theirs = rows.map(([time = "", ...rest]) => [
    String(Math.round(Number(time) * 1e6)),
    ...rest,
  ]);
  expect(theirs).toEqual(ours);
});

test("every connection begins with SYN and ends with FIN, and carries records of cipher text", async () => {
  const streams = new Set((await fields("tcp", "tcp.stream")).flat());
  const opened = await fields("tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.stream");
  const closed = await fields("tcp.flags.fin == 1", "tcp.stream");
  expect(new Set(opened.flat())).toEqual(streams);
  expect(opened).toHaveLength(streams.size);
  expect(new Set(closed.flat())).toEqual(streams);
  expect(closed).toHaveLength(2 * streams.size);
  const types = await fields("tls.record", "tls.record.content_type");
  expect(types.length).toBeGreaterThan(10);
  expect(new Set(types.flatMap(([list = ""]) => list.split(",")))).toEqual(new Set(["23"]));
});

test("as many octets passed as the sockets sent, with their heads", async () => {
  const rows = await fields("tcp.len > 0", "ip.src", "ip.dst", "tcp.len");
  const passed = new Map<string, number>();
  for (const [source = "", destination = "", octets] of rows) {
    const isUp = lines.includes(source);
    const key = isUp ? `${source} up` : `${destination} down`;
    passed.set(key, (passed.get(key) ?? 0) + Number(octets));
  }
  expect(passed).toEqual(expected);
});
