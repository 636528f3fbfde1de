import { createHash } from "node:crypto";
import library from "libsodium-wrappers-sumo";
import { beforeAll, describe, expect, test } from "vitest";
import { type CpaceInput, finish, generator, start } from "#client/crypto/cpace.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { dice } from "#test/dice.ts";

beforeAll(ready);

const { bytes } = dice(9);
const auth = expect.objectContaining({ code: "auth" });
const input: CpaceInput = {
  prs: utf8("cradle-banjo-tulip"),
  ci: utf8("relay.example:7700"),
  sid: utf8("482913 and two nonces"),
};

interface Ways {
  readonly sponsor?: Partial<CpaceInput>;
  readonly newcomer?: Partial<CpaceInput>;
  /** What the relay makes of the sponsor's message. */
  readonly deliver?: (sent: { share: Uint8Array; ad: Uint8Array }) => typeof sent;
}

/** Both sides' keys after one run. */
function run({ sponsor, newcomer, deliver }: Ways = {}): [string, string] {
  const [inputA, inputB] = [
    { ...input, ...sponsor },
    { ...input, ...newcomer },
  ];
  const a = { ...start(inputA, bytes), ad: utf8("sponsor") };
  const b = { ...start(inputB, bytes), ad: utf8("newcomer") };
  const got = (deliver ?? ((sent) => sent))({ share: a.share, ad: a.ad });
  const keyA = finish({
    role: "initiator",
    sid: inputA.sid,
    ...a,
    peerShare: b.share,
    peerAd: b.ad,
  });
  const keyB = finish({
    role: "responder",
    sid: inputB.sid,
    ...b,
    peerShare: got.share,
    peerAd: got.ad,
  });
  return [hex(keyA), hex(keyB)];
}

test("two sides with the same words get one key of 64 bytes, another one each time", () => {
  const [a, b] = run();
  expect(a).toBe(b);
  expect(a.length).toBe(128);
  expect(run()[0]).not.toBe(a);
});

describe("the keys differ when the two sides differ in", () => {
  test.each<[string, Partial<CpaceInput>]>([
    ["one letter of the words", { prs: utf8("cradle-banjo-tulap") }],
    ["the channel identifier", { ci: utf8("relay.example:7701") }],
    ["the session id", { sid: utf8("482914 and two nonces") }],
  ])("%s", (_, newcomer) => {
    const [a, b] = run({ newcomer });
    expect(a).not.toBe(b);
  });

  test("the associated data that arrived", () => {
    const [a, b] = run({ deliver: ({ share }) => ({ share, ad: utf8("sponsor!") }) });
    expect(a).not.toBe(b);
  });

  test("the share that arrived, though it is a valid one", () => {
    const [a, b] = run({ deliver: ({ ad }) => ({ share: start(input, bytes).share, ad }) });
    expect(a).not.toBe(b);
  });

  test("who began", () => {
    const a = { ...start(input, bytes), ad: input.ci, sid: input.sid };
    const b = start(input, bytes);
    const peer = { peerShare: b.share, peerAd: input.ci };
    const [asFirst, asSecond] = (["initiator", "responder"] as const).map((role) =>
      hex(finish({ role, ...a, ...peer })),
    );
    expect(asFirst).not.toBe(asSecond);
  });
});

test("bytes cannot be moved from one input to the next without changing the generator", () => {
  const joined = utf8("abcdef");
  const cuts = [1, 2, 3, 4, 5].map((at) =>
    hex(generator({ prs: input.prs, ci: joined.subarray(0, at), sid: joined.subarray(at) })),
  );
  expect(new Set(cuts).size).toBe(5);
});

test("inputs beyond 127 bytes, whose length takes two octets, work", () => {
  const long = { prs: bytes(200), ci: bytes(128), sid: bytes(16_384) };
  const [a, b] = run({ sponsor: long, newcomer: long });
  expect(a).toBe(b);
});

describe("a length goes before each input as the draft's appendix A.1 writes it", () => {
  const counting = (length: number) => Uint8Array.from({ length }, (_, at) => at & 0xff);
  const label = Uint8Array.of(17, ...utf8("CPaceRistretto255"));
  test.each<[number, number[]]>([
    [0, [0x00]],
    [4, [0x04]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [255, [0xff, 0x01]],
    [16_384, [0x80, 0x80, 0x01]],
  ])("%i bytes", (length, prefix) => {
    const ci = counting(length);
    const prs = utf8("Password");
    const padding = new Uint8Array(128 - 1 - (1 + prs.length) - label.length);
    const text = concat(
      label,
      Uint8Array.of(prs.length),
      prs,
      Uint8Array.of(padding.length),
      padding,
      Uint8Array.from(prefix),
      ci,
      Uint8Array.of(0),
    );
    const point = library.crypto_core_ristretto255_from_hash(
      new Uint8Array(createHash("sha512").update(text).digest()),
    );
    expect(hex(generator({ prs, ci, sid: new Uint8Array() }))).toBe(hex(point));
  });
});

describe("a share is refused when it is", () => {
  const side = () => ({ ...start(input, bytes), ad: input.ci, sid: input.sid });
  const rows: [string, Uint8Array][] = [
    ["the identity", new Uint8Array(32)],
    ["all ones", new Uint8Array(32).fill(0xff)],
    ["negative", Uint8Array.of(1, ...new Uint8Array(31))],
    ["not reduced", Uint8Array.of(0xed, ...new Uint8Array(30).fill(0xff), 0x7f)],
    ["empty", new Uint8Array(0)],
    ["a byte short", bytes(31)],
    ["a byte long", bytes(33)],
  ];
  test.each(rows)("%s", (_, peerShare) => {
    expect(() => finish({ role: "initiator", ...side(), peerShare, peerAd: input.ci })).toThrow(
      auth,
    );
  });

  test("a valid point and a byte more", () => {
    const peerShare = concat(start(input, bytes).share, Uint8Array.of(0));
    expect(() => finish({ role: "initiator", ...side(), peerShare, peerAd: input.ci })).toThrow(
      "CPace: the other side's share is not a valid point",
    );
  });

  test("a point with its lowest bit flipped, which makes it negative", () => {
    const share = start(input, bytes).share;
    share[0] = (share[0] as number) ^ 1;
    expect(() =>
      finish({ role: "responder", ...side(), peerShare: share, peerAd: input.ci }),
    ).toThrow(auth);
  });
});

test("a run without a password stops", () => {
  expect(() => start({ ...input, prs: new Uint8Array(0) }, bytes)).toThrow("needs a password");
});

test("a run with a broken source of randomness stops", () => {
  expect(() => start(input, () => new Uint8Array(31).fill(1))).toThrow("as many bytes as asked");
  expect(() => start(input, () => new Uint8Array(33).fill(1))).toThrow("as many bytes as asked");
  expect(() => start(input, () => new Uint8Array(32))).toThrow("is not the identity");
});
