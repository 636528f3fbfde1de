import { composeBody } from "#client/core/message.ts";
import { forgeProof, readProof, writeProof } from "#client/core/proof.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { encode, putVector } from "#client/mls/codec.ts";
import { contentType, signContent, wireFormat } from "#client/mls/framing.ts";
import { Failure } from "#shared/failure.ts";
import { type Seeded, seeded } from "../seeded.ts";
import { wilson } from "../statistics.ts";
import type { Reference, ReferenceRow, ReferenceRun } from "./reference.ts";

const parameters = {
  excerpts: { value: 100, words: "true excerpts, and as many forged ones", source: "ours" },
  released: {
    value: 0,
    words: "chance that an excerpt's signature key was released",
    source: "ours",
  },
} as const;

const suite = xwingSuite;

/** A text signed as MLS signs it (RFC 9420 section 6.1), under a key of its own. */
function signedText(text: string, choices: Seeded) {
  const octets = (of: number) => Uint8Array.from({ length: of }, () => choices.below(256));
  const { publicKey, secretKey } = suite.signature.keyPair(octets(32));
  const body = composeBody({
    v: 1,
    id: octets(16),
    counter: 1,
    seen: { position: 0, head: new Uint8Array(32) },
    previous: null,
    content: { kind: "text", text },
  });
  const content = {
    groupId: octets(16),
    epoch: 1n,
    sender: { kind: "member", leaf: 0 },
    authenticatedData: new Uint8Array(0),
    type: contentType.application,
    body: encode(putVector, body),
  } as const;
  const context = octets(64);
  const format = wireFormat.privateMessage;
  const signature = signContent(suite, secretKey, format, content, context);
  const message = { wireFormat: format, content, signature, confirmationTag: null };
  return { proof: writeProof({ suite: suite.id, key: publicKey, context, message }), secretKey };
}

function rowOf(
  setting: { readonly excerpts: number; readonly released: number },
  published: string,
  run: ReferenceRun,
): ReferenceRow {
  const { released } = setting;
  const of = run.trials ?? setting.excerpts;
  const choices = seeded(`proof ${released}`, run.seed);
  let [genuine, forged] = [0, 0];
  for (let index = 0; index < of; index++) {
    run.progress("proof", index, of);
    const text = `We accept point ${index}.`;
    const lie = `We refuse point ${index}.`;
    const { proof, secretKey } = signedText(text, choices);
    const key = choices.next() < released ? secretKey : null;
    if (readProof(proof)?.text === text) genuine += 1;
    if (readProof(forgeProof(proof, lie, key))?.text === lie) forged += 1;
  }
  const advantage = Math.abs(genuine - forged) / of;
  const [low, high] = wilson(Math.abs(genuine - forged), of) ?? [0, 1];
  return {
    setting: `keys released with chance ${released}: verifier's advantage over ${of} excerpts`,
    published,
    ours: advantage.toFixed(3),
    interval: `${low.toFixed(3)} to ${high.toFixed(3)}`,
    agrees: published === "" ? null : Number(published) === advantage,
  };
}

/** Whether a leaked message proves itself to a third party (RFC 9420 section 6.1; LEAKLAB 3.8). */
export const proof: Reference = {
  name: "proof",
  source: "RFC 9420 section 6.1, signatures over content and context; LEAKLAB 3.8",
  parameters,
  async rows(run) {
    await ready();
    const excerpts = parameters.excerpts.value;
    return [rowOf({ excerpts, released: 0 }, "1", run), rowOf({ excerpts, released: 1 }, "0", run)];
  },
  async measure(settled, run) {
    await ready();
    const [excerpts, released] = [settled.number("excerpts"), settled.number("released")];
    if (!Number.isInteger(excerpts) || excerpts < 1 || excerpts > 10_000) {
      throw new Failure("usage", "proof: excerpts 1 to 10000, whole");
    }
    if (released < 0 || released > 1) throw new Failure("usage", "proof: released from 0 to 1");
    return [rowOf({ excerpts, released }, "", run)];
  },
  differs:
    "the verifier accepts a signature under a known key and nothing else; OTR and X3DH are deniable by other means, without any key that is released afterwards.",
};
