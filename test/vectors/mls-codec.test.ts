import { beforeAll, expect, test } from "vitest";
import { ready } from "#client/crypto/sodium.ts";
import {
  decode,
  encode,
  type Put,
  type Reader,
  reader,
  type Take,
  takeLength,
} from "#client/mls/codec.ts";
import { putCommit, takeCommit } from "#client/mls/commit-codec.ts";
import { putMessageHead, takeMessageHead, wireFormat } from "#client/mls/framing.ts";
import {
  putGroupInfo,
  putGroupSecrets,
  putWelcome,
  takeGroupInfo,
  takeGroupSecrets,
  takeWelcome,
} from "#client/mls/group-info.ts";
import { putKeyPackage, takeKeyPackage } from "#client/mls/key-package.ts";
import { putLeafNode, takeLeafNode } from "#client/mls/leaf-node.ts";
import { putPrivateMessage, takePrivateMessage } from "#client/mls/private-message.ts";
import { type Proposal, putProposal, takeProposal } from "#client/mls/proposal.ts";
import { putPublicMessage, takePublicMessage } from "#client/mls/public-message.ts";
import { decodeTree, encodeTree } from "#client/mls/tree-codec.ts";
import { left, nodeCount, parent, right, root, sibling } from "#client/mls/tree-math.ts";
import { concat } from "#shared/bytes.ts";
import { bytesOf, readVectors, tally } from "./tally.ts";

beforeAll(ready);

test("length headers decode as published", () => {
  const count = tally("MLS deserialization");
  const vectors = readVectors<{ vlbytes_header: string; length: number }[]>(
    "mls/deserialization.json",
  );
  for (const vector of vectors) {
    const from = reader(bytesOf(vector.vlbytes_header), "header");
    expect(takeLength(from)).toBe(vector.length);
    expect(from.at).toBe(from.bytes.length);
    count.ran();
  }
  count.report(14);
});

test("node indices relate as published", () => {
  interface Vector {
    readonly n_leaves: number;
    readonly n_nodes: number;
    readonly root: number;
    readonly left: (number | null)[];
    readonly right: (number | null)[];
    readonly parent: (number | null)[];
    readonly sibling: (number | null)[];
  }
  const count = tally("MLS tree-math");
  for (const vector of readVectors<Vector[]>("mls/tree-math.json")) {
    const leaves = vector.n_leaves;
    expect(nodeCount(leaves)).toBe(vector.n_nodes);
    expect(root(leaves)).toBe(vector.root);
    const nodes = vector.left.map((_, node) => node);
    expect(nodes.map(left)).toEqual(vector.left);
    expect(nodes.map(right)).toEqual(vector.right);
    expect(nodes.map((node) => parent(node, leaves))).toEqual(vector.parent);
    expect(nodes.map((node) => sibling(node, leaves))).toEqual(vector.sibling);
    count.ran();
  }
  count.report(10);
});

/** A codec that turns bytes into a value and the value into bytes. */
type RoundTrip = (bytes: Uint8Array, place: string) => Uint8Array;

function through<T>(take: Take<T>, put: Put<T>): RoundTrip {
  return (bytes, place) => encode(put, decode(take, bytes, place));
}

function message<T>(format: number, take: Take<T>, put: Put<T>): RoundTrip {
  return through(
    (from: Reader) => {
      expect(takeMessageHead(from)).toBe(format);
      return take(from);
    },
    (to, value) => {
      putMessageHead(to, format);
      put(to, value);
    },
  );
}

const publicMessage = message(wireFormat.publicMessage, takePublicMessage, putPublicMessage);

/** The bare body of a proposal, behind its type. */
function body(type: number): RoundTrip {
  const whole = through<Proposal>(takeProposal, putProposal);
  return (bytes, place) => whole(concat(Uint8Array.of(0, type), bytes), place).subarray(2);
}

const codecs: Record<string, RoundTrip> = {
  mls_welcome: message(wireFormat.welcome, takeWelcome, putWelcome),
  mls_group_info: message(wireFormat.groupInfo, takeGroupInfo, putGroupInfo),
  mls_key_package: message(wireFormat.keyPackage, takeKeyPackage, putKeyPackage),
  ratchet_tree: (bytes) => encodeTree(decodeTree(bytes)),
  group_secrets: through(takeGroupSecrets, putGroupSecrets),
  add_proposal: body(1),
  update_proposal: through(takeLeafNode, putLeafNode),
  remove_proposal: body(3),
  pre_shared_key_proposal: body(4),
  re_init_proposal: body(5),
  external_init_proposal: body(6),
  group_context_extensions_proposal: body(7),
  commit: through(takeCommit, putCommit),
  public_message_application: publicMessage,
  public_message_proposal: publicMessage,
  public_message_commit: publicMessage,
  private_message: message(wireFormat.privateMessage, takePrivateMessage, putPrivateMessage),
};

test("every message decodes, re-encodes to its bytes, and is refused with a byte more or less", () => {
  const count = tally("MLS messages");
  for (const vector of readVectors<Record<string, string>[]>("mls/messages.json")) {
    for (const [name, roundTrip] of Object.entries(codecs)) {
      const bytes = bytesOf(vector[name] as string);
      expect(roundTrip(bytes, name), name).toEqual(bytes);
      expect(() => roundTrip(concat(bytes, Uint8Array.of(0)), name), name).toThrow();
      expect(() => roundTrip(bytes.subarray(0, -1), name), name).toThrow();
      count.ran();
    }
  }
  count.report(100 * 17);
});
