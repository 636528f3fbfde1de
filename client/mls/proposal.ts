import {
  malformed,
  putU16,
  putU32,
  putVector,
  type Reader,
  takeU16,
  takeU32,
  takeVector,
  type Writer,
} from "./codec.ts";
import { type Extension, putExtensions, takeExtensions } from "./extension.ts";
import { type KeyPackage, putKeyPackage, takeKeyPackage } from "./key-package.ts";
import { type LeafNode, putLeafNode, takeLeafNode } from "./leaf-node.ts";
import { type PskId, putPskId, takePskId } from "./psk.ts";

/** RFC 9420 section 12.1. Channels use add, remove and context-extensions. */
export type Proposal =
  | { readonly kind: "add"; readonly keyPackage: KeyPackage }
  | { readonly kind: "update"; readonly leaf: LeafNode }
  | { readonly kind: "remove"; readonly removed: number }
  | { readonly kind: "psk"; readonly psk: PskId }
  | {
      readonly kind: "reinit";
      readonly groupId: Uint8Array;
      readonly version: number;
      readonly suiteId: number;
      readonly extensions: readonly Extension[];
    }
  | { readonly kind: "external-init"; readonly kemOutput: Uint8Array }
  | { readonly kind: "context-extensions"; readonly extensions: readonly Extension[] };

/** RFC 9420 section 17.4. */
const type = {
  add: 1,
  update: 2,
  remove: 3,
  psk: 4,
  reinit: 5,
  "external-init": 6,
  "context-extensions": 7,
} as const satisfies Record<Proposal["kind"], number>;

export function putProposal(to: Writer, proposal: Proposal): void {
  putU16(to, type[proposal.kind]);
  if (proposal.kind === "add") putKeyPackage(to, proposal.keyPackage);
  else if (proposal.kind === "update") putLeafNode(to, proposal.leaf);
  else if (proposal.kind === "remove") putU32(to, proposal.removed);
  else if (proposal.kind === "psk") putPskId(to, proposal.psk);
  else if (proposal.kind === "external-init") putVector(to, proposal.kemOutput);
  else if (proposal.kind === "context-extensions") putExtensions(to, proposal.extensions);
  else {
    putVector(to, proposal.groupId);
    putU16(to, proposal.version);
    putU16(to, proposal.suiteId);
    putExtensions(to, proposal.extensions);
  }
}

/** One proposal. An unknown type is `malformed`: its end could not be found. */
export function takeProposal(from: Reader): Proposal {
  const code = takeU16(from);
  switch (code) {
    case type.add:
      return { kind: "add", keyPackage: takeKeyPackage(from) };
    case type.update:
      return { kind: "update", leaf: takeLeafNode(from) };
    case type.remove:
      return { kind: "remove", removed: takeU32(from) };
    case type.psk:
      return { kind: "psk", psk: takePskId(from) };
    case type.reinit:
      return {
        kind: "reinit",
        groupId: takeVector(from),
        version: takeU16(from),
        suiteId: takeU16(from),
        extensions: takeExtensions(from),
      };
    case type["external-init"]:
      return { kind: "external-init", kemOutput: takeVector(from) };
    case type["context-extensions"]:
      return { kind: "context-extensions", extensions: takeExtensions(from) };
    default:
      throw malformed(from, `unknown proposal type ${code}`);
  }
}
