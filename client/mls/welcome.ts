import { wipe } from "#client/crypto/hash.ts";
import type { Random } from "#client/crypto/random.ts";
import { encode } from "./codec.ts";
import { extensionType } from "./extension.ts";
import { putMessageHead, wireFormat } from "./framing.ts";
import {
  type EncryptedGroupSecrets,
  putGroupInfo,
  putGroupSecrets,
  putWelcome,
  signGroupInfo,
} from "./group-info.ts";
import type { KeyPackage } from "./key-package.ts";
import { keyPackageRef, putKeyPackage } from "./key-package.ts";
import { welcomeKey } from "./key-schedule.ts";
import { encryptWithLabel } from "./labelled.ts";
import type { Group } from "./state.ts";
import { contains } from "./tree.ts";
import { encodeTree } from "./tree-codec.ts";
import type { NewPath } from "./treekem.ts";

/**
 * Makes the Welcome for the members that a commit adds (RFC 9420 section 12.4.3.1), the tree
 * included. `group` is the new epoch; its committer signs. Returns the encoded MLSMessage.
 */
export function createWelcome(
  group: Group,
  parts: {
    readonly joiner: Uint8Array;
    readonly member: Uint8Array;
    readonly path: NewPath;
    readonly adds: readonly { readonly index: number; readonly keyPackage: KeyPackage }[];
    readonly random: Random;
  },
): Uint8Array {
  const { suite, state } = group;
  const info = signGroupInfo(suite, state.signatureSecret, {
    context: state.context,
    extensions: [{ type: extensionType.ratchetTree, data: encodeTree(state.tree.top) }],
    confirmationTag: state.confirmationTag,
    signer: group.ownLeaf,
  });
  const { key, nonce } = welcomeKey(suite, parts.member);
  const nothing = new Uint8Array(0);
  const encryptedGroupInfo = suite.aead.seal(key, nonce, nothing, encode(putGroupInfo, info));
  wipe(key, nonce);
  const secrets = parts.adds.map(({ index, keyPackage }): EncryptedGroupSecrets => {
    const plaintext = encode(putGroupSecrets, {
      joinerSecret: parts.joiner,
      pathSecret: pathSecretFor(parts.path, index),
      psks: [],
    });
    const sealed = encryptWithLabel(
      suite,
      keyPackage.initKey,
      "Welcome",
      encryptedGroupInfo,
      plaintext,
      parts.random,
    );
    wipe(plaintext);
    return { newMember: keyPackageRef(suite, encode(putKeyPackage, keyPackage)), sealed };
  });
  return encode((to) => {
    putMessageHead(to, wireFormat.welcome);
    putWelcome(to, { suiteId: suite.id, secrets, encryptedGroupInfo });
  }, null);
}

/** The path secret of the lowest node above both the committer and the new leaf. */
function pathSecretFor(path: NewPath, leaf: number): Uint8Array | null {
  const at = path.steps.findIndex(({ copath }) => contains(copath, leaf));
  return path.pathSecrets[at] ?? null;
}
