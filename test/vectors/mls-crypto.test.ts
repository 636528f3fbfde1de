import { randomFillSync } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import { classicSuite as suite } from "#client/crypto/suite.ts";
import { decode, encode, reader } from "#client/mls/codec.ts";
import { extensionType, findExtension } from "#client/mls/extension.ts";
import {
  type AuthenticatedContent,
  checkSignature,
  contentType,
  signContent,
  takeAuthenticatedContent,
  takeContent,
  takeMessageHead,
  wireFormat,
} from "#client/mls/framing.ts";
import { putGroupContext } from "#client/mls/group-context.ts";
import {
  checkGroupInfo,
  takeGroupInfo,
  takeGroupSecrets,
  takeWelcome,
} from "#client/mls/group-info.ts";
import { keyPackageRef } from "#client/mls/key-package.ts";
import {
  deriveEpoch,
  epochSecret,
  exportFrom,
  joinerSecret,
  memberSecret,
  welcomeKey,
} from "#client/mls/key-schedule.ts";
import {
  decryptWithLabel,
  deriveSecret,
  deriveTreeSecret,
  encryptWithLabel,
  expandWithLabel,
  refHash,
  signWithLabel,
  verifyWithLabel,
} from "#client/mls/labelled.ts";
import {
  openPrivateMessage,
  openSenderData,
  readPrivateMessage,
  sealPrivateMessage,
  senderDataKey,
} from "#client/mls/private-message.ts";
import { type PskId, pskSecret } from "#client/mls/psk.ts";
import { checkMembership, membershipTag, takePublicMessage } from "#client/mls/public-message.ts";
import { unsafeRfcRules } from "#client/mls/rules.ts";
import { drawKey, handshakeKey, newSecretTree, noChains } from "#client/mls/secret-tree.ts";
import {
  confirmationTagHolds,
  confirmedTranscriptHash,
  interimTranscriptHash,
} from "#client/mls/transcript.ts";
import { equalBytes, hex, utf8 } from "#shared/bytes.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

const random = (bytes: number): Uint8Array => randomFillSync(new Uint8Array(bytes));

beforeAll(ready);

type Fields = Readonly<Record<string, string>>;

test("the labelled constructions come out as published", () => {
  type Vector = Record<string, Fields & { length: number; generation: number }>;
  const count = tally("MLS crypto-basics");
  for (const vector of readVectors<Vector[]>("mls/crypto-basics.json")) {
    const of = (part: string, name: string): Uint8Array =>
      bytesOf(vector[part]?.[name] as unknown as string);
    const label = (part: string): string => vector[part]?.label as unknown as string;
    const length = (part: string): number => vector[part]?.length as number;
    expect(refHash(suite, label("ref_hash"), of("ref_hash", "value"))).toEqual(
      of("ref_hash", "out"),
    );
    let part = "expand_with_label";
    expect(
      expandWithLabel(suite, of(part, "secret"), label(part), of(part, "context"), length(part)),
    ).toEqual(of(part, "out"));
    part = "derive_secret";
    expect(deriveSecret(suite, of(part, "secret"), label(part))).toEqual(of(part, "out"));
    part = "derive_tree_secret";
    const generation = vector[part]?.generation as number;
    expect(
      deriveTreeSecret(suite, of(part, "secret"), label(part), generation, length(part)),
    ).toEqual(of(part, "out"));
    part = "sign_with_label";
    const { secretKey } = suite.signature.keyPair(of(part, "priv"));
    const signed = signWithLabel(suite, secretKey, label(part), of(part, "content"));
    for (const signature of [signed, of(part, "signature")]) {
      const key = of(part, "pub");
      expect(verifyWithLabel(suite, key, label(part), of(part, "content"), signature)).toBe(true);
      expect(verifyWithLabel(suite, key, "Other", of(part, "content"), signature)).toBe(false);
    }
    part = "encrypt_with_label";
    const context = of(part, "context");
    const sealed = { kemOutput: of(part, "kem_output"), ciphertext: of(part, "ciphertext") };
    const plaintext = of(part, "plaintext");
    const again = encryptWithLabel(suite, of(part, "pub"), label(part), context, plaintext, random);
    for (const one of [sealed, again]) {
      expect(decryptWithLabel(suite, of(part, "priv"), label(part), context, one)).toEqual(
        plaintext,
      );
    }
    count.ran();
  }
  count.report(1);
});

test("the key schedule runs through its epochs as published", () => {
  interface Vector {
    readonly group_id: string;
    readonly initial_init_secret: string;
    readonly epochs: (Fields & {
      readonly exporter: { label: string; context: string; length: number; secret: string };
    })[];
  }
  const count = tally("MLS key-schedule epochs");
  for (const vector of readVectors<Vector[]>("mls/key-schedule.json")) {
    let init = bytesOf(vector.initial_init_secret);
    for (const [at, epoch] of vector.epochs.entries()) {
      const of = (name: string): Uint8Array => bytesOf(epoch[name] as unknown as string);
      const encodedContext = encode(putGroupContext, {
        suiteId: suite.id,
        groupId: bytesOf(vector.group_id),
        epoch: BigInt(at),
        treeHash: of("tree_hash"),
        confirmedTranscriptHash: of("confirmed_transcript_hash"),
        extensions: [],
      });
      expect(encodedContext).toEqual(of("group_context"));
      const joiner = joinerSecret(suite, { init, commit: of("commit_secret"), encodedContext });
      expect(joiner).toEqual(of("joiner_secret"));
      const member = memberSecret(suite, joiner, of("psk_secret"));
      expect(deriveSecret(suite, member, "welcome")).toEqual(of("welcome_secret"));
      const secrets = deriveEpoch(
        suite,
        epochSecret(suite, member, encodedContext),
        unsafeRfcRules,
      );
      expect(secrets.encryption).toEqual(of("encryption_secret"));
      expect(secrets.confirmation).toEqual(of("confirmation_key"));
      const { kept } = secrets;
      expect(kept.senderData).toEqual(of("sender_data_secret"));
      expect(kept.exporter).toEqual(of("exporter_secret"));
      expect(kept.authenticator).toEqual(of("epoch_authenticator"));
      expect(kept.init).toEqual(of("init_secret"));
      expect(kept.external).toEqual(of("external_secret"));
      expect(kept.membership).toEqual(of("membership_key"));
      expect(kept.resumption).toEqual(of("resumption_psk"));
      expect(suite.kem.deriveKeyPair(of("external_secret")).publicKey).toEqual(of("external_pub"));
      const { label, context, length, secret } = epoch.exporter;
      const request = { label, context: bytesOf(context), length };
      expect(hex(exportFrom(suite, kept.exporter, request))).toBe(secret);
      init = kept.init;
      count.ran();
    }
  }
  count.report(5);
});

test("PSK secrets come out as published", () => {
  interface Vector {
    readonly psks: { psk_id: string; psk: string; psk_nonce: string }[];
    readonly psk_secret: string;
  }
  const count = tally("MLS psk_secret");
  for (const vector of readVectors<Vector[]>("mls/psk-secret.json")) {
    const ids = vector.psks.map(
      ({ psk_id, psk_nonce }): PskId => ({
        kind: "external",
        id: bytesOf(psk_id),
        nonce: bytesOf(psk_nonce),
      }),
    );
    const find = (wanted: PskId): Uint8Array => {
      const at = ids.indexOf(wanted);
      return bytesOf(vector.psks[at]?.psk as string);
    };
    expect(hex(pskSecret(suite, ids, find))).toBe(vector.psk_secret);
    count.ran();
  }
  count.report(11);
});

test("the secret tree gives the published keys, in any order and without touching its input", () => {
  interface Vector {
    readonly encryption_secret: string;
    readonly sender_data: Fields;
    readonly leaves: (Fields & { generation: number })[][];
  }
  const count = tally("MLS secret-tree generations");
  for (const vector of readVectors<Vector[]>("mls/secret-tree.json")) {
    const { sender_data } = vector;
    const sample = bytesOf(sender_data.ciphertext as string);
    const outer = senderDataKey(suite, bytesOf(sender_data.sender_data_secret as string), sample);
    expect(hex(outer.key)).toBe(sender_data.key);
    expect(hex(outer.nonce)).toBe(sender_data.nonce);
    const fresh = newSecretTree(vector.leaves.length, bytesOf(vector.encryption_secret));
    for (const backwards of [false, true]) {
      let tree = fresh;
      let chains = noChains;
      for (const [leaf, generations] of vector.leaves.entries()) {
        for (const entry of backwards ? generations.toReversed() : generations) {
          const { generation } = entry;
          const handshake = handshakeKey(suite, tree, leaf, generation);
          expect(hex(handshake.key)).toBe(entry.handshake_key);
          expect(hex(handshake.nonce)).toBe(entry.handshake_nonce);
          const drawn = drawKey(suite, tree, chains, { leaf, generation });
          expect(hex(drawn.key.key)).toBe(entry.application_key);
          expect(hex(drawn.key.nonce)).toBe(entry.application_nonce);
          ({ secretTree: tree, chains } = drawn);
          expect(() => drawKey(suite, tree, chains, { leaf, generation })).toThrow("used before");
          if (!backwards) count.ran();
        }
      }
    }
    expect(fresh.nodes.size).toBe(1);
  }
  count.report(82);
});

test("transcript hashes and the confirmation tag come out as published", () => {
  const count = tally("MLS transcript-hashes");
  for (const vector of readVectors<Fields[]>("mls/transcript-hashes.json")) {
    const of = (name: string): Uint8Array => bytesOf(vector[name] as string);
    const message = decode(takeAuthenticatedContent, of("authenticated_content"), "content");
    expect(message.content.type).toBe(contentType.commit);
    const tag = message.confirmationTag as Uint8Array;
    const confirmed = confirmedTranscriptHash(suite, of("interim_transcript_hash_before"), message);
    expect(confirmed).toEqual(of("confirmed_transcript_hash_after"));
    expect(interimTranscriptHash(suite, confirmed, tag)).toEqual(
      of("interim_transcript_hash_after"),
    );
    expect(confirmationTagHolds(suite, of("confirmation_key"), confirmed, tag)).toBe(true);
    expect(confirmationTagHolds(suite, of("confirmation_key"), tag, tag)).toBe(false);
    count.ran();
  }
  count.report(1);
});

interface Protection extends Fields {
  readonly epoch: string;
}

test("messages unprotect as published, and what we protect unprotects", () => {
  const count = tally("MLS message-protection messages");
  const kinds = [
    ["application", contentType.application],
    ["proposal", contentType.proposal],
    ["commit", contentType.commit],
  ] as const;
  for (const vector of readVectors<Protection[]>("mls/message-protection.json")) {
    for (const [name, type] of kinds) {
      count.ran();
      protection(vector, name, type);
    }
  }
  count.report(3);
});

function protection(vector: Protection, name: string, type: 1 | 2 | 3): void {
  const of = (field: string): Uint8Array => bytesOf(vector[field] as string);
  const leaf = 1;
  const encodedContext = encode(putGroupContext, {
    suiteId: suite.id,
    groupId: of("group_id"),
    epoch: BigInt(vector.epoch),
    treeHash: of("tree_hash"),
    confirmedTranscriptHash: of("confirmed_transcript_hash"),
    extensions: [],
  });
  const secretKey = suite.signature.keyPair(of("signature_priv")).secretKey;
  const tree = newSecretTree(2, of("encryption_secret"));
  const keyOf = (generation: number) =>
    type === contentType.application
      ? drawKey(suite, tree, noChains, { leaf, generation }).key
      : handshakeKey(suite, tree, leaf, generation);
  const rawBody = (body: Uint8Array): Uint8Array => {
    const { content } = takeContent(reader(body, name), type);
    return content.type === contentType.application ? content.data : body;
  };
  const openPrivate = (bytes: Uint8Array): AuthenticatedContent => {
    const message = readPrivateMessage(bytes);
    const sender = openSenderData(suite, of("sender_data_secret"), message);
    expect(sender.leaf).toBe(leaf);
    const opened = openPrivateMessage(suite, message, sender, keyOf(sender.generation)).message;
    checkSignature(suite, of("signature_pub"), opened, encodedContext);
    expect(rawBody(opened.content.body)).toEqual(of(name));
    return opened;
  };

  const received = openPrivate(of(`${name}_priv`));
  const { content } = received;
  const ours = (format: number): AuthenticatedContent => ({
    ...received,
    wireFormat: format,
    signature: signContent(suite, secretKey, format, content, encodedContext),
  });
  const key = keyOf(0);
  openPrivate(
    sealPrivateMessage(suite, of("sender_data_secret"), {
      message: ours(wireFormat.privateMessage),
      leaf,
      generation: 0,
      key,
      random,
    }),
  );

  const membership = of("membership_key");
  const message = ours(wireFormat.publicMessage);
  if (type === contentType.application) {
    expect(() => membershipTag(suite, membership, message, encodedContext)).toThrow("encrypted");
    return;
  }
  const from = reader(of(`${name}_pub`), "message");
  expect(takeMessageHead(from)).toBe(wireFormat.publicMessage);
  const published = decode(takePublicMessage, from.bytes.subarray(from.at), "message");
  const tag = membershipTag(suite, membership, message, encodedContext);
  const opened = content.type === contentType.commit ? published.content : published.content;
  for (const one of [published, { message, content: opened, membershipTag: tag }]) {
    checkMembership(suite, membership, one, encodedContext);
    checkSignature(suite, of("signature_pub"), one.message, encodedContext);
    expect(rawBody(one.message.content.body)).toEqual(of(name));
  }
}

test("the Welcome opens as published", () => {
  const count = tally("MLS welcome");
  for (const vector of readVectors<Fields[]>("mls/welcome.json")) {
    const of = (name: string): Uint8Array => bytesOf(vector[name] as string);
    const nothing = utf8("");
    const ref = keyPackageRef(suite, of("key_package").subarray(4));
    const welcome = decode(takeWelcome, of("welcome").subarray(4), "Welcome");
    const entry = welcome.secrets.find(({ newMember }) => equalBytes(newMember, ref));
    const info = welcome.encryptedGroupInfo;
    if (entry === undefined) throw new Error("the Welcome does not answer the KeyPackage");
    const opened = decryptWithLabel(suite, of("init_priv"), "Welcome", info, entry.sealed);
    const secrets = decode(takeGroupSecrets, opened, "GroupSecrets");
    const member = memberSecret(suite, secrets.joinerSecret, new Uint8Array(suite.hashBytes));
    const { key, nonce } = welcomeKey(suite, member);
    const plaintext = suite.aead.open(key, nonce, nothing, info) as Uint8Array;
    const groupInfo = decode(takeGroupInfo, plaintext, "GroupInfo");
    checkGroupInfo(suite, of("signer_pub"), groupInfo);
    expect(findExtension(groupInfo.extensions, extensionType.ratchetTree)).toBeNull();
    const context = encode(putGroupContext, groupInfo.context);
    const epoch = deriveEpoch(suite, epochSecret(suite, member, context), unsafeRfcRules);
    const confirmed = groupInfo.context.confirmedTranscriptHash;
    const tag = groupInfo.confirmationTag;
    expect(confirmationTagHolds(suite, epoch.confirmation, confirmed, tag)).toBe(true);
    count.ran();
  }
  count.report(1);
});
