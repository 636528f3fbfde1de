import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex, utf8 } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import { rendezvousReply, rendezvousRequest } from "#shared/rendezvous.ts";
import {
  challengeBytes,
  composeControl,
  errorOf,
  hostOf,
  parseControl,
  socketReply,
  socketRequest,
} from "#shared/wire.ts";

const mailbox = new Uint8Array(32).fill(0xfb);
const open = {
  v: 1,
  type: "open",
  ref: 7,
  mailbox,
  from: 1,
  signature: new Uint8Array(64).fill(1),
} as const;
const openText = composeControl(socketRequest, open);

function codeOf(text: string): string {
  try {
    parseControl(socketRequest, text);
    return "accepted";
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

describe("control messages", () => {
  test("an open comes back as it was composed, with its bytes", () => {
    expect(parseControl(socketRequest, openText)).toEqual(open);
    expect(JSON.parse(openText).mailbox).toBe(`${"-_v7".repeat(10)}-_s`);
  });

  test.each([{ v: 1, type: "close", handle: 0xffff_ffff } as const])(
    "request $type comes back",
    (message) => {
      const text = composeControl(socketRequest, message);
      expect(parseControl(socketRequest, text)).toEqual(message);
    },
  );

  test.each([
    {
      v: 1,
      type: "hello",
      nonce: mailbox,
      limits: {
        frameBytesMax: 1,
        batchBytesMax: 2,
        mailboxFramesMax: 3,
        mailboxBytesMax: 4,
        openMailboxesMax: 5,
      },
    } as const,
    { v: 1, type: "opened", ref: 1, handle: 2, head: 0, oldest: 1 } as const,
    { v: 1, type: "live", handle: 2, head: 9 } as const,
    errorOf(new Failure("rate-limited", "slowly", 12.5), 3, null),
  ])("reply $type comes back", (message) => {
    const text = composeControl(socketReply, message);
    expect(parseControl(socketReply, text)).toEqual(message);
  });

  test("rendezvous messages come back in both directions", () => {
    const side = new Uint8Array(16).fill(3);
    const requests = [
      { v: 1, type: "claim", side, expiresMs: 60_000 },
      { v: 1, type: "join", side, nameplate: "000482" },
      { v: 1, type: "post", index: 0, body: utf8("share") },
      { v: 1, type: "finish", mood: "happy" },
    ] as const;
    for (const message of requests) {
      const text = composeControl(rendezvousRequest, message);
      expect(parseControl(rendezvousRequest, text)).toEqual(message);
    }
    const replies = [
      { v: 1, type: "claimed", nameplate: "482913", expiresAt: 1_700_000_000_000 },
      { v: 1, type: "joined" },
      { v: 1, type: "posted", index: 3 },
      { v: 1, type: "message", index: 3, body: utf8("share") },
      { v: 1, type: "finished", mood: "scary" },
    ] as const;
    for (const message of replies) {
      const text = composeControl(rendezvousReply, message);
      expect(parseControl(rendezvousReply, text)).toEqual(message);
    }
  });

  test.each([
    ["no JSON", "{", "bad-message"],
    ["an array", "[]", "bad-message"],
    ["null", "null", "bad-message"],
    ["another version", openText.replace('"v":1', '"v":2'), "version"],
    ["a version that is text", openText.replace('"v":1', '"v":"1"'), "version"],
    ["no version", openText.replace('"v":1,', ""), "bad-message"],
    ["an unknown type", openText.replace('"open"', '"list"'), "bad-message"],
    ["an unknown key", openText.replace('"ref"', '"who":1,"ref"'), "bad-message"],
    ["a negative ref", openText.replace('"ref":7', '"ref":-1'), "bad-message"],
    ["a fraction", openText.replace('"ref":7', '"ref":7.5'), "bad-message"],
    ["a ref of five octets", openText.replace('"ref":7', '"ref":4294967296'), "bad-message"],
    ["position nought", openText.replace('"from":1', '"from":0'), "bad-message"],
    ["a mailbox of 31 octets", openText.replace("-_v7-_v7-_s", "-_v7-_v7"), "bad-message"],
    ["base64url in another spelling", openText.replace("-_s", "-_t"), "bad-message"],
    ["padded base64", openText.replace("-_s", "-_s="), "bad-message"],
  ])("%s is refused by name", (_name, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test("a refusal names the place and repeats nothing of the value", () => {
    const secret = "correct-horse";
    try {
      parseControl(socketRequest, openText.replace('"ref":7', `"ref":"${secret}"`));
      expect.unreachable();
    } catch (error) {
      expect((error as Failure).message).toContain("ref");
      expect((error as Failure).message).not.toContain(secret);
    }
  });

  test("arbitrary JSON gives a named failure or a message, never anything else", async () => {
    await fc.assert(
      fc.property(fc.json(), (text) => {
        expect(["accepted", "bad-message", "version"]).toContain(codeOf(text));
      }),
    );
  });
});

describe("the challenge", () => {
  test("has the octets that PROTOCOL draws", () => {
    const bytes = challengeBytes({
      address: "a:1",
      nonce: new Uint8Array(32).fill(0x11),
      mailbox: new Uint8Array(32).fill(0x22),
    });
    const label = hex(utf8("Backchannel v1 open"));
    expect(hex(bytes)).toBe(`${label}00${"0003613a31"}${"11".repeat(32)}${"22".repeat(32)}`);
  });

  test("differs when the address, the nonce or the mailbox differs", () => {
    const base = { address: "a:1", nonce: new Uint8Array(32), mailbox };
    const variants = [
      base,
      { ...base, address: "a:2" },
      { ...base, nonce: new Uint8Array(32).fill(1) },
      { ...base, mailbox: new Uint8Array(32) },
    ];
    expect(new Set(variants.map((variant) => hex(challengeBytes(variant)))).size).toBe(4);
  });
});

describe("the address as dialled", () => {
  test.each([
    ["127.0.0.1:8080", "127.0.0.1:8080"],
    ["Relay.Example:8080", "relay.example:8080"],
    ["https://Relay.Example", "relay.example"],
    ["https://relay.example:443", "relay.example"],
    ["https://relay.example:8443", "relay.example:8443"],
    ["[::1]:9000", "[::1]:9000"],
    ["localhost:80", "localhost"],
  ])("%s sends Host %s", (address, host) => {
    expect(hostOf(address)).toBe(host);
  });

  test.each([
    "",
    "https://",
    "relay.example/path",
    "https://relay.example/?q=1",
    "user@relay.example",
    "a b",
  ])("%j is refused as a usage error", (address) => {
    expect(() => hostOf(address)).toThrow(Failure);
  });
});
