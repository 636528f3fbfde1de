import { utf8 } from "#shared/bytes.ts";

/** What sealed copies are bound to. */
export const archiveLabel = utf8("Backchannel lab archive\0");
