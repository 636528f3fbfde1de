import {
  type CiphersuiteImpl,
  type CiphersuiteName,
  type ClientState,
  type CreateCommitOptions,
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeGroupState,
  decodeMlsMessage,
  emptyPskIndex,
  encodeGroupState,
  encodeMlsMessage,
  type GroupContextExtensions,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  type KeyPackage,
  mlsExporter,
  type PrivateKeyPackage,
  type Proposal,
  processPrivateMessage,
} from "ts-mls";
import { defaultClientConfig } from "ts-mls/clientConfig.js";
import { decodeKeyPackage, encodeKeyPackage } from "ts-mls/keyPackage.js";
import { textOf } from "#shared/bytes.ts";

/**
 * ts-mls 1.6.4 as a second opinion: every function takes and gives encoded bytes, so that nothing but
 * the wire passes between it and ours. Its known defects are named where they would show (`defects`).
 */
export interface OracleGroup {
  readonly suite: CiphersuiteImpl;
  readonly state: ClientState;
}

/** A KeyPackage made by the oracle, with its private half. */
export interface OracleKeyPackage {
  readonly bytes: Uint8Array;
  readonly keyPackage: KeyPackage;
  readonly secrets: PrivateKeyPackage;
}

export interface OracleExtension {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface OracleChange {
  readonly add?: readonly Uint8Array[];
  readonly remove?: readonly number[];
  readonly extensions?: readonly OracleExtension[];
  readonly authenticatedData?: Uint8Array;
}

/** The exact messages by which ts-mls 1.6.4 shows a defect that we tolerate; anything else is a fault. */
export const defects = {
  /** It compares whole unmerged-leaf lists along a path, where RFC 9420 section 12.4.3.1 asks less. */
  overStrictJoin: "non-blank intermediate node must list leaf node in its unmerged_leaves",
} as const;

/** The one lifetime that our rules accept. */
const forEver = { notBefore: 0n, notAfter: 2n ** 64n - 1n };

const names = {
  3: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
  61454: "MLS_256_XWING_CHACHA20POLY1305_SHA512_Ed25519",
} as const;

const config = {
  ...defaultClientConfig,
  keyRetentionConfig: {
    retainKeysForGenerations: 64,
    retainKeysForEpochs: 2,
    maximumForwardRatchetSteps: 200,
  },
};

/**
 * The oracle's suite on its own default provider (WebCrypto, noble and mlkem: no code of ours). It knows
 * X-Wing as 84; under the bare number 61454 it writes our private-use id on the wire.
 */
export async function oracleSuite(id: 3 | 0xf00e): Promise<CiphersuiteImpl> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(names[id]));
  return id === 3 ? suite : { ...suite, name: String(id) as CiphersuiteName };
}

/** A KeyPackage for `identity` whose capabilities list exactly `extensionTypes`, without GREASE. */
export async function oracleKeyPackage(
  suite: CiphersuiteImpl,
  identity: Uint8Array,
  extensionTypes: readonly number[],
): Promise<OracleKeyPackage> {
  const { publicPackage, privatePackage } = await generateKeyPackage(
    { credentialType: "basic", identity },
    {
      versions: ["mls10"],
      ciphersuites: [suite.name],
      extensions: [...extensionTypes],
      proposals: [],
      credentials: ["basic"],
    },
    forEver,
    [],
    suite,
  );
  return {
    bytes: encodeKeyPackage(publicPackage),
    keyPackage: publicPackage,
    secrets: privatePackage,
  };
}

/** A group of one. */
export async function oracleCreate(
  suite: CiphersuiteImpl,
  groupId: Uint8Array,
  own: OracleKeyPackage,
  extensions: readonly OracleExtension[],
): Promise<OracleGroup> {
  const state = await createGroup(
    groupId,
    own.keyPackage,
    own.secrets,
    extensions.map(toOracle),
    suite,
    config,
  );
  return { suite, state };
}

/** Joins by an encoded Welcome that carries the ratchet tree. */
export async function oracleJoin(
  suite: CiphersuiteImpl,
  own: OracleKeyPackage,
  welcome: Uint8Array,
): Promise<OracleGroup> {
  const message = decode(welcome);
  if (message.wireformat !== "mls_welcome") throw new Error("not a Welcome");
  const state = await joinGroup(
    message.welcome,
    own.keyPackage,
    own.secrets,
    emptyPskIndex,
    suite,
    undefined,
    undefined,
    config,
  );
  return { suite, state };
}

/** A commit as a PrivateMessage, its Welcome, and the state to go on with once the commit has won. */
export async function oracleCommit(group: OracleGroup, change: OracleChange) {
  return oracleCommitRaw(group, {
    extraProposals: proposals(change),
    ratchetTreeExtension: true,
    ...(change.authenticatedData && { authenticatedData: change.authenticatedData }),
  });
}

/** The same with the oracle's own options: what a hostile member would send. */
export async function oracleCommitRaw(group: OracleGroup, options: CreateCommitOptions) {
  const made = await createCommit({ state: group.state, cipherSuite: group.suite }, options);
  return {
    message: encodeMlsMessage(made.commit),
    welcome:
      made.welcome === undefined
        ? null
        : encodeMlsMessage({
            version: "mls10",
            wireformat: "mls_welcome",
            welcome: made.welcome,
          }),
    next: { suite: group.suite, state: made.newState },
  };
}

/** By-value proposals of a change, in the order of RFC 9420 section 12.3. */
export function proposals(change: OracleChange): Proposal[] {
  const list: Proposal[] = [];
  if (change.extensions !== undefined) {
    const groupContextExtensions: GroupContextExtensions = {
      extensions: change.extensions.map(toOracle),
    };
    list.push({ proposalType: "group_context_extensions", groupContextExtensions });
  }
  for (const removed of change.remove ?? []) {
    list.push({ proposalType: "remove", remove: { removed } });
  }
  for (const bytes of change.add ?? []) {
    const decoded = decodeKeyPackage(bytes, 0);
    if (decoded === undefined) throw new Error("the oracle cannot decode the KeyPackage");
    list.push({ proposalType: "add", add: { keyPackage: decoded[0] } });
  }
  return list;
}

/** Applies another member's commit. */
export async function oracleApply(group: OracleGroup, message: Uint8Array): Promise<OracleGroup> {
  const result = await process(group, message);
  if (result.kind !== "newState") throw new Error("not a commit");
  return { suite: group.suite, state: result.newState };
}

/** Protects application data. */
export async function oracleProtect(
  group: OracleGroup,
  data: Uint8Array,
  authenticatedData = new Uint8Array(),
) {
  const made = await createApplicationMessage(group.state, data, group.suite, authenticatedData);
  const message = encodeMlsMessage({
    version: "mls10",
    wireformat: "mls_private_message",
    privateMessage: made.privateMessage,
  });
  return { group: { suite: group.suite, state: made.newState }, message };
}

/** Reads an application message of this epoch, or of one that the oracle still retains. */
export async function oracleUnprotect(group: OracleGroup, message: Uint8Array) {
  const result = await process(group, message);
  if (result.kind !== "applicationMessage") throw new Error("not an application message");
  return { group: { suite: group.suite, state: result.newState }, data: result.message };
}

export function oracleAuthenticator(group: OracleGroup): Uint8Array {
  return group.state.keySchedule.epochAuthenticator;
}

export async function oracleExport(
  group: OracleGroup,
  label: string,
  context: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  return mlsExporter(group.state.keySchedule.exporterSecret, label, context, length, group.suite);
}

/** Who sits on which leaf, by the text of the basic credential. */
export function oracleMembers(group: OracleGroup): { leaf: number; identity: string }[] {
  return group.state.ratchetTree.flatMap((node, at) => {
    if (node?.nodeType !== "leaf" || node.leaf.credential.credentialType !== "basic") return [];
    return [{ leaf: at / 2, identity: textOf(node.leaf.credential.identity) ?? "?" }];
  });
}

/** Size of a whole state in the oracle's own encoding, which it has no smaller part of. */
export function oracleBytes(group: OracleGroup): number {
  return encodeGroupState(group.state).length;
}

/** A state through its own encoding and back. */
export function oracleReload(group: OracleGroup): OracleGroup {
  const decoded = decodeGroupState(encodeGroupState(group.state), 0);
  if (decoded === undefined) throw new Error("the oracle cannot decode its own state");
  return { suite: group.suite, state: { ...decoded[0], clientConfig: config } };
}

function toOracle(extension: OracleExtension) {
  return { extensionType: extension.type, extensionData: extension.data };
}

function decode(bytes: Uint8Array) {
  const decoded = decodeMlsMessage(bytes, 0);
  if (decoded === undefined || decoded[1] !== bytes.length) {
    throw new Error("the oracle cannot decode the message");
  }
  return decoded[0];
}

async function process(group: OracleGroup, bytes: Uint8Array) {
  const message = decode(bytes);
  if (message.wireformat !== "mls_private_message") throw new Error("not a PrivateMessage");
  return processPrivateMessage(group.state, message.privateMessage, emptyPskIndex, group.suite);
}
