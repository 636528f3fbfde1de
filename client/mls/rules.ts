/** What a group accepts beyond the plain case: everything goes by value, in a PrivateMessage, in a commit with a path. */
export interface Rules {
  /** PublicMessage besides PrivateMessage (RFC 9420 section 6.2). */
  readonly publicMessages: boolean;
  /** Stand-alone proposals and commits that refer to them (section 12.4). */
  readonly proposalsByReference: boolean;
  /** Commits and proposals from outside the group (section 12.1.8). */
  readonly externalSenders: boolean;
  /** A surviving leaf may change its credential (section 5.3.1 leaves it to the application). */
  readonly credentialChange: boolean;
  /** Commits without a path where RFC 9420 section 12.4 allows them. */
  readonly pathlessCommits: boolean;
  /** PreSharedKey and ReInit proposals, resumption (section 8.4, 11.2). */
  readonly psk: boolean;
  /** Lifetimes other than the fixed maximal one, and credentials other than basic, are let in unchecked. */
  readonly foreignLeaves: boolean;
  /** Extension types that may appear in a GroupContext, a leaf or a KeyPackage; null lets any pass. */
  readonly extensions: readonly number[] | null;
}

/**
 * What a channel accepts: nothing but commits by value with a path, in PrivateMessages, from members.
 * The channel's own extension types are added by the core: `{ ...channelRules, extensions: [...] }`.
 */
export const channelRules: Rules = {
  publicMessages: false,
  proposalsByReference: false,
  externalSenders: false,
  credentialChange: false,
  pathlessCommits: false,
  psk: false,
  foreignLeaves: false,
  extensions: [],
};

/** Everything RFC 9420 allows. For the official vectors and the differential oracle only. */
export const unsafeRfcRules: Rules = {
  publicMessages: true,
  proposalsByReference: true,
  externalSenders: true,
  credentialChange: true,
  pathlessCommits: true,
  psk: true,
  foreignLeaves: true,
  extensions: null,
};
