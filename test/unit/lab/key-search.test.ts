import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { sealFrame } from "#client/core/frame.ts";
import { signingKeyPair } from "#client/crypto/signing.ts";
import { ready } from "#client/crypto/sodium.ts";
import { searchKeys } from "#client/lab/attacks/key-search.ts";
import type { SeizedDatabase } from "#client/lab/attacks/relay-database.ts";
import { base64url, concat, hex, utf8 } from "#shared/bytes.ts";

beforeAll(ready);

const random = (bytes: number) => new Uint8Array(randomBytes(bytes));

/** An image of one frame with something left beside it. */
function image(leave: (keys: { frameKey: Uint8Array; seed: Uint8Array }) => Uint8Array) {
  const seed = random(32);
  const frameKey = random(32);
  const { publicKey } = signingKeyPair(seed);
  const mailbox = hex(publicKey);
  const frame = sealFrame({ publicKey, frameKey }, utf8("inside"), random);
  const file = concat(new Uint8Array(500), leave({ frameKey, seed }), new Uint8Array(500), frame);
  const database: SeizedDatabase = {
    artefact: { id: "db", kind: "relay-db", actor: null, at: "", note: "", files: [] },
    frames: [{ mailbox, seq: 1, frameId: random(16), expires: 1, bytes: frame }],
    mailboxes: [mailbox],
    files: new Map([["relay/relay.sqlite", file]]),
  };
  return searchKeys(database, { trials: 5_000, params: {} }, () => {});
}

describe("the search for keys in an image", () => {
  test("finds a frame key that lies anywhere in the file, raw", () => {
    expect(image(({ frameKey }) => frameKey).opened.map((each) => each.message)).toEqual([
      utf8("inside"),
    ]);
  });

  test("finds a frame key that is written as hexadecimal or base64", () => {
    expect(image(({ frameKey }) => utf8(`key=${hex(frameKey)};`)).opened).toHaveLength(1);
    expect(image(({ frameKey }) => utf8(`"${base64url(frameKey)}"`)).opened).toHaveLength(1);
  });

  test("finds the seed of a mailbox", () => {
    expect(image(({ seed }) => utf8(` ${hex(seed)} `)).mailboxKeys).toBe(1);
  });

  test("opens nothing where nothing was left", () => {
    const search = image(() => random(64));
    expect(search.opened).toEqual([]);
    expect(search.candidates).toBeGreaterThan(50);
  });
});
