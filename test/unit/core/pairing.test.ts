import { expand } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { openFrame } from "#client/core/frame.ts";
import {
  answerSchema,
  bridgedSchema,
  checkConfirmation,
  composePairing,
  confirmation,
  confirmSchema,
  type Exchange,
  finishPairing,
  greetingSchema,
  hashKeys,
  hashTerms,
  offerSchema,
  openPairing,
  pairingInput,
  pairingKeysSchema,
  parsePairing,
  type Role,
  repliedSchema,
  requestSchema,
  sealPairing,
  startPairing,
  termsSchema,
} from "#client/core/pairing.ts";
import { finish } from "#client/crypto/cpace.ts";
import { ready } from "#client/crypto/sodium.ts";
import { concat, hex, textOf, utf8 } from "#shared/bytes.ts";
import { encodeCbor } from "#shared/cbor.ts";
import { limits } from "#shared/limits.ts";
import { seededRandom } from "#test/simulation/kit.ts";

beforeAll(ready);

const random = seededRandom(29);
const code = { nameplate: "482913", secret: "cradle-banjo-tulip" };
const failure = (code: string, message: string) => expect.objectContaining({ code, message });

/** Both sides of one exchange; `sides` may differ in anything. */
function exchange(change: (role: Role, side: Exchange) => Exchange = (_role, side) => side) {
  const nonces = { sponsor: random(32), newcomer: random(32) };
  const input = pairingInput(code, nonces);
  const started = {
    sponsor: startPairing(input, random),
    newcomer: startPairing(input, random),
  };
  const shares = { sponsor: started.sponsor.share, newcomer: started.newcomer.share };
  const bound = { sponsor: random(32), newcomer: random(32) };
  const side = (role: Role): Exchange => {
    const { scalar } = started[role];
    return change(role, { role, sid: input.sid, scalar: scalar.slice(), shares, bound });
  };
  return { input, sponsor: side("sponsor"), newcomer: side("newcomer") };
}

describe("the keys of a pairing", () => {
  test("come from the words as password, a fixed channel, and nameplate and nonces as session", () => {
    const nonces = { sponsor: new Uint8Array(32).fill(1), newcomer: new Uint8Array(32).fill(2) };
    const { prs, ci, sid } = pairingInput(code, nonces);
    expect(textOf(prs)).toBe("cradle-banjo-tulip");
    expect(textOf(ci)).toBe("Backchannel v1 join");
    expect(hex(sid)).toBe(hex(concat(utf8("482913"), nonces.sponsor, nonces.newcomer)));
  });

  test("are the same on both sides, four of them, each by its own label", () => {
    const { sponsor, newcomer } = exchange();
    const isk = finish({
      role: "initiator",
      sid: newcomer.sid,
      scalar: newcomer.scalar,
      share: newcomer.shares.newcomer,
      ad: encodeCbor({ role: "newcomer", hash: newcomer.bound.newcomer }),
      peerShare: newcomer.shares.sponsor,
      peerAd: encodeCbor({ role: "sponsor", hash: newcomer.bound.sponsor }),
    });
    const key = (name: string) => expand(sha512, isk, utf8(`Backchannel v1 join ${name}`), 32);
    const keys = finishPairing(newcomer);
    expect(keys).toEqual({
      confirmSponsor: key("confirm sponsor"),
      confirmNewcomer: key("confirm newcomer"),
      sealSponsor: key("seal sponsor"),
      sealNewcomer: key("seal newcomer"),
    });
    expect(finishPairing(sponsor)).toEqual(keys);
    expect(pairingKeysSchema.parse(keys)).toEqual(keys);
  });

  test("leave nothing of the scalar behind", () => {
    const { sponsor } = exchange();
    finishPairing(sponsor);
    expect(sponsor.scalar).toEqual(new Uint8Array(32));
  });

  const other = () => random(32);
  test.each<[string, (side: Exchange) => Exchange]>([
    ["the session", (side) => ({ ...side, sid: other() })],
    [
      "what the sponsor binds itself to",
      (s) => ({ ...s, bound: { ...s.bound, sponsor: other() } }),
    ],
    [
      "what the newcomer binds itself to",
      (s) => ({ ...s, bound: { ...s.bound, newcomer: other() } }),
    ],
  ])("differ when the sides differ in %s", (_name, change) => {
    const { sponsor, newcomer } = exchange((role, side) =>
      role === "sponsor" ? change(side) : side,
    );
    expect(finishPairing(sponsor).confirmSponsor).not.toEqual(
      finishPairing(newcomer).confirmSponsor,
    );
  });
});

describe("the confirmation of a pairing", () => {
  test("is each side's own, by its own key, over the session", () => {
    const { sponsor } = exchange();
    const { sid } = sponsor;
    const keys = finishPairing(sponsor);
    const expected = (key: Uint8Array) => hex(hmac(sha512, key, sid).slice(0, 32));
    expect(hex(confirmation(keys, "sponsor", sid))).toBe(expected(keys.confirmSponsor));
    expect(hex(confirmation(keys, "newcomer", sid))).toBe(expected(keys.confirmNewcomer));
  });

  test("is taken from the other side only: nothing wrong, cut or sent back passes", () => {
    const { sponsor } = exchange();
    const { sid } = sponsor;
    const keys = finishPairing(sponsor);
    const good = confirmation(keys, "newcomer", sid);
    checkConfirmation(keys, "newcomer", sid, good);
    const burned = failure("auth", "the other side did not have the same code; it is burned");
    const flipped = good.slice();
    flipped[31] = (flipped[31] as number) ^ 1;
    const wrong = [flipped, good.slice(1), new Uint8Array(32), confirmation(keys, "sponsor", sid)];
    for (const given of wrong) {
      expect(() => checkConfirmation(keys, "newcomer", sid, given)).toThrow(burned);
    }
    expect(() => checkConfirmation(keys, "newcomer", random(70), good)).toThrow(burned);
  });
});

describe("what the sides bind themselves to", () => {
  test("is, for the sponsor, a blinded hash of its key and the group id", () => {
    const terms = { blind: random(32), signatureKey: random(32), group: random(40) };
    const { blind, signatureKey, group } = terms;
    const text = concat(utf8("Backchannel v1 join terms\0"), blind, signatureKey, group);
    expect(hex(hashTerms(terms))).toBe(hex(sha256(text)));
  });

  test("is, for the newcomer, a hash of its signature and init keys", () => {
    const keys = { signatureKey: random(32), initKey: random(1216) };
    const text = concat(utf8("Backchannel v1 join keys\0"), keys.signatureKey, keys.initKey);
    expect(hex(hashKeys(keys))).toBe(hex(sha256(text)));
  });
});

describe("a sealed message of a pairing", () => {
  const sealed = (role: Role) => {
    const keys = finishPairing(exchange().sponsor);
    return { keys, frame: sealPairing(keys, { role, index: 3 }, utf8("terms"), random) };
  };

  test.each(["sponsor", "newcomer"] as const)(
    "of the %s is a frame under its own key and place",
    (role) => {
      const { keys, frame } = sealed(role);
      expect(frame).toHaveLength(1024);
      const frameKey = role === "sponsor" ? keys.sealSponsor : keys.sealNewcomer;
      const publicKey = sha256(utf8(`Backchannel v1 join ${role} 3`));
      expect(textOf(openFrame({ frameKey, publicKey }, frame))).toBe("terms");
      expect(textOf(openPairing(keys, { role, index: 3 }, frame))).toBe("terms");
    },
  );

  test("opens in no other place, on no other side and under no other keys", () => {
    const { keys, frame } = sealed("sponsor");
    const integrity = expect.objectContaining({ code: "integrity" });
    expect(() => openPairing(keys, { role: "sponsor", index: 2 }, frame)).toThrow(integrity);
    expect(() => openPairing(keys, { role: "newcomer", index: 3 }, frame)).toThrow(integrity);
    const other = sealed("sponsor").keys;
    expect(() => openPairing(other, { role: "sponsor", index: 3 }, frame)).toThrow(integrity);
  });
});

describe("a message of a pairing", () => {
  const bytes32 = new Uint8Array(32).fill(3);
  const v = limits.version;
  const terms = {
    v,
    label: "Otter",
    person: new Uint8Array(16),
    group: new Uint8Array(64),
    signatureKey: bytes32,
    blind: bytes32,
    persons: 1,
    needed: 1,
    check: "words",
  };
  const sponsor = bytes32;
  const good: [string, z.ZodType, Record<string, unknown>][] = [
    ["greeting", greetingSchema, { v, nonce: bytes32 }],
    ["offer", offerSchema, { v, nonce: bytes32, share: bytes32, keys: bytes32 }],
    ["answer", answerSchema, { v, share: bytes32, seal: bytes32, confirm: bytes32 }],
    ["confirmation", confirmSchema, { v, confirm: bytes32 }],
    ["terms", termsSchema, terms],
    ["terms of many", termsSchema, { ...terms, persons: limits.seatsMax, needed: limits.seatsMax }],
    ["terms by two codes", termsSchema, { ...terms, check: "two-codes" }],
    ["request", requestSchema, { v, keyPackage: new Uint8Array(1 << 16) }],
    ["check", bridgedSchema, { v, kind: "check", sponsor, label: "Heron" }],
    ["nonce", bridgedSchema, { v, kind: "nonce", sponsor, nonce: bytes32 }],
    ["Welcome", bridgedSchema, { v, kind: "welcome", welcome: bytes32, previous: null }],
    ["later Welcome", bridgedSchema, { v, kind: "welcome", welcome: bytes32, previous: bytes32 }],
    ["end", bridgedSchema, { v, kind: "end", reason: "denied" }],
    ["commitment", repliedSchema, { v, kind: "commitment", sponsor, commitment: bytes32 }],
    ["reveal", repliedSchema, { v, kind: "reveal", sponsor, nonce: bytes32 }],
    ["agreement", repliedSchema, { v, kind: "agreed", sponsor }],
  ];
  const malformed = failure("malformed", "rendezvous: not the message expected here");

  test.each(good)("that is a good %s comes back as it was", (_name, schema, body) => {
    expect(parsePairing(schema, composePairing(schema, body))).toEqual(body);
  });

  test.each(good)(
    "that is a %s with any member cut, gone or added is refused, written or read",
    (_name, schema, body) => {
      const spoiled: Record<string, unknown>[] = [
        { ...body, more: 1 },
        { ...body, v: 2 },
      ];
      for (const [name, value] of Object.entries(body)) {
        const { [name]: _gone, ...rest } = body;
        spoiled.push(rest);
        if (!(value instanceof Uint8Array)) spoiled.push({ ...body, [name]: -1 });
        else if (!["group", "keyPackage", "welcome"].includes(name)) {
          spoiled.push({ ...body, [name]: value.subarray(1) });
        }
      }
      for (const value of spoiled) {
        expect(() => parsePairing(schema, encodeCbor(value))).toThrow(malformed);
        expect(() => composePairing(schema, value)).toThrow();
      }
    },
  );

  test.each<[string, z.ZodType, unknown]>([
    ["persons: none", termsSchema, { ...terms, persons: 0 }],
    ["persons: too many", termsSchema, { ...terms, persons: limits.seatsMax + 1 }],
    ["needed: none", termsSchema, { ...terms, needed: 0 }],
    ["needed: too many", termsSchema, { ...terms, needed: limits.seatsMax + 1 }],
    ["a check of another kind", termsSchema, { ...terms, check: "smile" }],
    ["a long group id", termsSchema, { ...terms, group: new Uint8Array(65) }],
    ["a long KeyPackage", requestSchema, { v, keyPackage: new Uint8Array((1 << 16) + 1) }],
    ["a word of the other side", bridgedSchema, { v, kind: "agreed", sponsor }],
    ["a word of the other side", repliedSchema, { v, kind: "end", reason: "denied" }],
    ["an end for no reason", bridgedSchema, { v, kind: "end", reason: "whim" }],
  ])("with %s is refused", (_name, schema, value) => {
    expect(() => parsePairing(schema, encodeCbor(value))).toThrow(malformed);
  });

  test("that is no CBOR is called by its name", () => {
    const broken = Uint8Array.of(0xff);
    expect(() => parsePairing(greetingSchema, broken)).toThrow(/^rendezvous message: not CBOR/);
  });

  test("does not hold a Welcome longer than a frame", () => {
    const welcome = new Uint8Array(limits.frameBytesMax + 1);
    const body = { v, kind: "welcome", welcome, previous: null };
    expect(() => parsePairing(bridgedSchema, encodeCbor(body))).toThrow(malformed);
  });
});

test("the keys of a pairing are kept whole or not at all", () => {
  const keys = finishPairing(exchange().newcomer);
  expect(() => pairingKeysSchema.parse({ ...keys, more: 1 })).toThrow();
  for (const name of Object.keys(keys)) {
    const { [name]: _gone, ...rest } = keys as Record<string, Uint8Array>;
    expect(() => pairingKeysSchema.parse(rest)).toThrow();
  }
});
