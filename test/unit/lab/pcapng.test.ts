import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { internetChecksum } from "#client/lab/algorithms/internet-checksum.ts";
import { decodePacket } from "#client/lab/attacks/packet.ts";
import { decodePcapng } from "#client/lab/attacks/pcapng.ts";
import { encodePcapng } from "#client/lab/pcapng.ts";
import { tcpStream } from "#client/lab/tcp-stream.ts";
import { concat, hex, unhex, utf8 } from "#shared/bytes.ts";

const ends = {
  client: { address: "198.51.100.7", port: 49_152 },
  server: { address: "203.0.113.7", port: 443 },
};

const whole = encodePcapng({
  taps: ["one"],
  frames: [{ tap: 0, atUs: 1_800_000_000_000_123, bytes: Uint8Array.of(1, 2, 3) }],
});

describe("capture files", () => {
  test("are the octets that the draft draws", () => {
    const time = hex(whole.subarray(80, 88));
    const blocks = [
      "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000",
      "010000002800000001000000ffff0000020003006f6e6500",
      "09000100060000000000000028000000",
      `060000002400000000000000${time}030000000300000001020300`,
      "24000000",
    ];
    expect(hex(whole)).toBe(blocks.join(""));
    // 1.8e15 microseconds, the upper half first.
    const view = new DataView(whole.buffer, whole.byteOffset);
    expect(view.getUint32(80, true) * 2 ** 32 + view.getUint32(84, true)).toBe(
      1_800_000_000_000_123,
    );
  });

  test("read back as they were written, whatever they hold", () => {
    const frame = fc.record({
      tap: fc.nat(3),
      atUs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      bytes: fc.uint8Array({ maxLength: 100 }),
    });
    const names = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(names, fc.array(frame, { maxLength: 20 }), (taps, frames) => {
        expect(decodePcapng(encodePcapng({ taps, frames }))).toEqual({ taps, frames });
      }),
    );
  });

  test("are refused at every length but their own and those that end with a block", () => {
    const ends = [28, 68, whole.length];
    for (let length = 0; length < whole.length; length++) {
      const read = () => decodePcapng(whole.subarray(0, length));
      if (ends.includes(length)) expect(read).not.toThrow();
      else expect(read, `${length} octets`).toThrow(/^pcapng: /);
    }
  });

  test.each<readonly [string, number, number, RegExp]>([
    ["another kind of file", 0, 0xd4, /not a capture file/],
    ["the other order of octets", 8, 0x1a, /not little-endian/],
    ["another version", 12, 2, /unknown version/],
    ["an interface that is not Ethernet", 36, 101, /not Ethernet/],
    ["a unit of time in powers of two", 56, 0x86, /unit of time/],
    ["a name that is not UTF-8", 48, 0xff, /not UTF-8/],
    ["something after the last option", 62, 9, /option/],
    ["a packet of an unknown interface", 76, 1, /does not exist/],
    ["a packet cut short by the tap", 92, 4, /cut short/],
    ["a packet of an obsolete kind", 68, 2, /obsolete/],
    ["a length that differs at the end", 100, 0x28, /lengths differ/],
    ["a length that is no multiple of four", 72, 0x25, /no possible length/],
  ])("with %s are refused", (_, at, octet, reason) => {
    const bytes = whole.slice();
    bytes[at] = octet;
    expect(() => decodePcapng(bytes)).toThrow(reason);
  });

  test("may hold blocks that the reader does not know, and no second section", () => {
    const statistics = unhex("050000000c0000000c000000") as Uint8Array;
    expect(decodePcapng(concat(whole, statistics)).frames).toHaveLength(1);
    expect(() => decodePcapng(concat(whole, whole))).toThrow(/second section/);
  });

  test("whatever is changed in them, reading ends in frames or in a refusal", () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, octet] of changes) bytes[at] = octet;
        try {
          decodePcapng(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "malformed" });
        }
      }),
    );
  });
});

describe("packets", () => {
  test("the checksum is that of RFC 1071, section 3", () => {
    expect(internetChecksum(unhex("0001f203f4f5f6f7") as Uint8Array)).toBe(~0xddf2 & 0xffff);
    expect(internetChecksum(Uint8Array.of(0xff))).toBe(0x00ff);
  });

  test("of a connection count every octet and acknowledge it, over the end of the numbers", () => {
    const stream = tcpStream(ends, { client: 0xffff_fffe, server: 7 });
    const frames = [
      ...stream.open(),
      ...stream.send("client", utf8("x".repeat(3_000))),
      ...stream.send("server", utf8("yes")),
      ...stream.close("client"),
    ].map(decodePacket);
    const next = new Map<string, number>();
    for (const { source, destination, seq, ack, flags, payload } of frames) {
      if (next.has(source)) expect(seq).toBe(next.get(source));
      if (flags.ack) expect(ack).toBe(next.get(destination));
      next.set(source, (seq + payload.length + (flags.syn || flags.fin ? 1 : 0)) >>> 0);
    }
    expect(frames.map(({ payload }) => payload.length)).toEqual([
      ...[0, 0, 0],
      ...[1_460, 1_460, 80, 0],
      ...[3, 0],
      ...[0, 0, 0],
    ]);
    expect(frames.filter(({ flags }) => flags.syn)).toHaveLength(2);
    expect(frames.filter(({ flags }) => flags.fin)).toHaveLength(2);
    expect(frames[0]).toMatchObject({
      ...{ source: "198.51.100.7", sourcePort: 49_152 },
      ...{ destination: "203.0.113.7", destinationPort: 443 },
    });
  });

  test("with any one bit changed behind the Ethernet head are refused", () => {
    const [frame] = tcpStream(ends, { client: 1, server: 2 }).send("client", utf8("abc"));
    const bytes = frame as Uint8Array;
    for (let bit = 12 * 8; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decodePacket(changed), `bit ${bit}`).toThrow(/^packet: /);
    }
    expect(() => decodePacket(concat(bytes, Uint8Array.of(0)))).toThrow(/another length/);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodePacket(bytes.subarray(0, length))).toThrow(/^packet: /);
    }
  });
});
