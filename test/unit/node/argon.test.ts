import { expect, test } from "vitest";
import { argon2id } from "#client/crypto/argon.ts";
import { ready } from "#client/crypto/sodium.ts";
import { deriveInWorker } from "#client/node/argon.ts";
import { utf8 } from "#shared/bytes.ts";

const salt = new Uint8Array(16).fill(7);

test("a thread of its own gives the key that Argon2id gives here", async () => {
  await ready();
  const passphrase = utf8("heron");
  const cost = { passes: 2, memoryBytes: 65_536 };
  const here = argon2id({ passphrase, salt, opsLimit: 2, memBytes: 65_536 });
  expect(await deriveInWorker({ passphrase, salt, cost })).toEqual(here);
});

test("a thread that fails is told as unavailable", async () => {
  const cost = { passes: 0, memoryBytes: 1 };
  await expect(deriveInWorker({ passphrase: utf8("x"), salt, cost })).rejects.toMatchObject({
    code: "unavailable",
  });
});
