import type { CiphersuiteImpl } from "ts-mls";
import { textOf, utf8 } from "#shared/bytes.ts";
import type { Newcomer, Seat, Wish } from "#test/properties/mls-seat.ts";
import { topicType } from "#test/properties/mls-seat.ts";
import {
  type OracleGroup,
  type OracleKeyPackage,
  oracleApply,
  oracleAuthenticator,
  oracleCommit,
  oracleCreate,
  oracleExport,
  oracleJoin,
  oracleKeyPackage,
  oracleMembers,
  oracleProtect,
  oracleReload,
  oracleUnprotect,
} from "./ts-mls.ts";

/** The founder of a group, on ts-mls. */
export async function foundOracle(
  suite: CiphersuiteImpl,
  name: string,
  groupId: Uint8Array,
): Promise<Seat> {
  const own = await oracleKeyPackage(suite, utf8(name), [topicType]);
  const extensions = [{ type: topicType, data: utf8("first topic") }];
  return oracleSeat(await oracleCreate(suite, groupId, own, extensions));
}

/** Somebody with a KeyPackage of ts-mls; `rescue` takes over where its join check is known to be wrong. */
export async function newcomerOracle(
  suite: CiphersuiteImpl,
  name: string,
  rescue: (own: OracleKeyPackage, welcome: Uint8Array, error: unknown) => Seat,
): Promise<Newcomer> {
  const own = await oracleKeyPackage(suite, utf8(name), [topicType]);
  return {
    kind: "oracle",
    keyPackage: own.bytes,
    join: async (welcome) => {
      try {
        return oracleSeat(await oracleJoin(suite, own, welcome));
      } catch (error) {
        return rescue(own, welcome, error);
      }
    },
  };
}

/** A seat on ts-mls. */
function oracleSeat(start: OracleGroup): Seat {
  let group = start;
  let pending: OracleGroup | null = null;
  const read = async (message: Uint8Array) => {
    const heard = await oracleUnprotect(group, message);
    group = heard.group;
    return { text: textOf(heard.data) ?? "", sender: null };
  };
  return {
    kind: "oracle",
    commit: async (wish: Wish) => {
      const made = await oracleCommit(group, {
        add: wish.add,
        remove: wish.remove,
        ...(wish.extensions && { extensions: wish.extensions }),
      });
      pending = made.next;
      return { message: made.message, welcome: made.welcome };
    },
    win: async () => {
      if (pending === null) throw new Error("no commit of one's own is pending");
      group = pending;
      pending = null;
    },
    apply: async (message) => {
      group = await oracleApply(group, message);
      pending = null;
    },
    protect: async (text) => {
      const made = await oracleProtect(group, utf8(text));
      group = made.group;
      return made.message;
    },
    unprotect: read,
    unprotectLate: read,
    reload: async () => {
      group = oracleReload(group);
    },
    authenticator: async () => oracleAuthenticator(group),
    exported: async () => oracleExport(group, "life", utf8("of a group"), 32),
    members: () => oracleMembers(group),
  };
}
