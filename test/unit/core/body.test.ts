import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { cutChain, extendChain, hasSameView, knowsFrame, startChain } from "#client/core/chain.ts";
import { parseCode } from "#client/core/code.ts";
import { type Body, composeBody, parseBody } from "#client/core/message.ts";
import { countMessage, newPeer } from "#client/core/peer.ts";
import { completeWord, nearestWord, words } from "#client/core/words.ts";
import { sha256 } from "#client/crypto/hash.ts";
import { ready } from "#client/crypto/sodium.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { Failure } from "#shared/failure.ts";

beforeAll(ready);

const id = new Uint8Array(16).fill(1);
const head = new Uint8Array(32).fill(2);
const body: Body = {
  v: 1,
  id,
  counter: 3,
  seen: { position: 4, head },
  previous: null,
  content: { kind: "text", text: "hello" },
};

describe("a body", () => {
  test("of every kind comes back as it was", () => {
    for (const content of [
      { kind: "text", text: "héllo 👋" },
      { kind: "presence" },
      { kind: "complaint", position: 9, committer: 2 },
      { kind: "leave", approval: new Uint8Array(100) },
    ] as const) {
      expect(parseBody(composeBody({ ...body, content }))).toEqual({ ...body, content });
    }
  });

  test.each([
    ["unknown version", { ...body, v: 2 }],
    ["unknown key", { ...body, extra: 1 }],
    ["unknown kind", { ...body, content: { kind: "poem", text: "x" } }],
    ["short id", { ...body, id: id.subarray(1) }],
    ["counter 0", { ...body, counter: 0 }],
    ["missing head", { ...body, seen: { position: 4 } }],
    ["text too long", { ...body, content: { kind: "text", text: "x".repeat(256 * 1024 + 1) } }],
  ])("with %s is malformed", (_what, value) => {
    expect(() => parseBody(encodeCbor(value))).toThrow("message body");
  });

  test("of any other bytes fails by name only", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseBody(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect((error as Failure).code).toBe("malformed");
        }
      }),
    );
  });

  test("truncated anywhere is malformed", () => {
    const bytes = composeBody(body);
    for (let size = 0; size < bytes.length; size++) {
      expect(() => parseBody(bytes.subarray(0, size))).toThrow(Failure);
    }
  });
});

describe("a hash chain", () => {
  const frame = (at: number) => sha256(Uint8Array.of(at));
  const chainOf = (...frames: number[]) =>
    frames.reduce((chain, at) => extendChain(chain, frame(at)), startChain(new Uint8Array(32)));

  test("agrees with an author who saw the same, and not with one who saw another frame", () => {
    const mine = chainOf(1, 2, 3, 4);
    const same = chainOf(1, 2);
    const other = chainOf(1, 9);
    expect(hasSameView(mine, { position: 2, head: same.head })).toBe(true);
    expect(hasSameView(mine, { position: 2, head: other.head })).toBe(false);
  });

  test("disbelieves an author who claims to have seen his own message", () => {
    const mine = chainOf(1, 2);
    expect(hasSameView(mine, { position: 2, head: mine.head })).toBe(false);
    expect(hasSameView(mine, { position: 7, head: mine.head })).toBe(false);
  });

  test("has nothing to say about what lies before its marks", () => {
    const long = chainOf(...Array.from({ length: 100 }, (_, at) => at));
    expect(hasSameView(long, { position: 3, head })).toBeNull();
  });

  test("cut back to a position goes on from there as if it had never been further", () => {
    const short = chainOf(1, 2, 3);
    const { chain, cut } = cutChain(chainOf(1, 2, 3, 4, 5), short);
    expect(chain).toEqual(short);
    expect(cut).toEqual([4, 5].map((at) => frame(at).subarray(0, 16)));
    expect(hasSameView(extendChain(chain, frame(9)), short)).toBe(true);
  });

  test("knows the frames at its marks and no others", () => {
    expect(knowsFrame(chainOf(1, 2), frame(2))).toBe(true);
    expect(knowsFrame(chainOf(1, 2), frame(3))).toBe(false);
  });
});

describe("a peer's counter", () => {
  const message = (counter: number, mark = counter) => ({
    counter,
    id: new Uint8Array(16).fill(mark),
  });
  const count = (counters: readonly number[]) =>
    counters.reduce(
      ({ peer, verdicts }, counter) => {
        const counted = countMessage(peer, message(counter));
        return { peer: counted.peer, verdicts: [...verdicts, counted.verdict] };
      },
      { peer: newPeer(1, 1, null), verdicts: [] as unknown[] },
    );

  test("tells new, missing, late and repeated messages apart", () => {
    const { verdicts } = count([1, 2, 5, 3, 3, 6]);
    expect(verdicts).toEqual([
      { kind: "new", missing: 0 },
      { kind: "new", missing: 0 },
      { kind: "new", missing: 2 },
      { kind: "filled" },
      { kind: "again" },
      { kind: "new", missing: 0 },
    ]);
  });

  test("of a seat that was there before us begins where we come in", () => {
    expect(countMessage(newPeer(1, 0, null), message(40)).verdict).toEqual({
      kind: "new",
      missing: 0,
    });
  });

  test("of a seat that was there before us shows an earlier message that a relay held back", () => {
    const first = countMessage(newPeer(1, 0, null), message(40));
    const held = countMessage(first.peer, message(38));
    expect(held.verdict).toEqual({ kind: "filled" });
    expect(countMessage(held.peer, message(38)).verdict).toEqual({ kind: "again" });
    expect(countMessage(held.peer, message(39)).verdict).toEqual({ kind: "filled" });
    expect(countMessage(held.peer, message(41)).verdict).toEqual({ kind: "new", missing: 0 });
  });

  test("given twice to different messages shows who did it", () => {
    const { peer } = count([1, 2]);
    expect(countMessage(peer, message(2, 99)).verdict).toEqual({ kind: "twisted" });
  });

  test("that jumps to the sky costs no memory", () => {
    const { peer, verdict } = countMessage(newPeer(1, 1, null), message(2 ** 40));
    expect(verdict).toEqual({ kind: "new", missing: 2 ** 40 - 1 });
    expect(peer.missing.length).toBeLessThanOrEqual(64);
  });
});

describe("the words", () => {
  test("are 1296, each told from the others by three letters", () => {
    expect(words).toHaveLength(1296);
    expect(new Set(words.map((word) => word.slice(0, 3))).size).toBe(1296);
    for (const word of words) {
      expect(completeWord(word)).toBe(word);
      expect(completeWord(word.slice(0, 3))).toBe(word);
    }
  });

  test("are completed from their beginning, and hinted at after a slip", () => {
    expect(completeWord("ABAND")).toBe("abandoned");
    expect(completeWord("abandonned")).toBeNull();
    expect(completeWord("ab")).toBeNull();
    expect(nearestWord("abandonned")).toBe("abandoned");
    expect(nearestWord("zzz")).toBeNull();
  });

  test("make codes that read the same however they are typed", () => {
    const wanted = { nameplate: "482913", secret: "abandoned-yo-yo-zigzagged" };
    for (const typed of [
      "482913-abandoned-yo-yo-zigzagged",
      " 482913 ABA yoyo zig ",
      "482913 aband yo-yo zigza",
    ]) {
      expect(parseCode(typed)).toEqual(wanted);
    }
  });
});
