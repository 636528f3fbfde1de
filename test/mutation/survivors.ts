/** Why nothing can notice these mutants; each as `what stands in the file => what it became`. */
export interface Survivor {
  readonly file: string;
  readonly why: string;
  readonly mutants: readonly string[];
}

export const survivors: readonly Survivor[] = [
  {
    file: "client/core/pairing.ts",
    why: "CPace asks only whether a side is the initiator.",
    mutants: ['"responder" => ""'],
  },
  {
    file: "client/core/policy.ts",
    why: "A policy is flat: an issue is there, and its path has at most one name, so nothing is joined.",
    mutants: [
      "parsed.error.issues[0]?.path => parsed.error.issues[0].path",
      '"." => ""',
      '"" => "Stryker was here!"',
    ],
  },
  {
    file: "client/core/policy.ts",
    why: "The list's length is checked before: where it is one, its first is there.",
    mutants: ["extension?.type => extension.type"],
  },
  {
    file: "client/core/policy.ts",
    why: "An invariant for the compiler's sake: encodePolicy gives one extension always.",
    mutants: ["extension !== undefined => true", '"a policy is one extension" => ""'],
  },
  {
    file: "client/mls/commit-check.ts",
    why: "Only under the RFC's rules, where a commit from outside refers to a proposal: no peer at hand makes one, and a channel refuses every commit from outside before. And the leaf of no member is none, asked for or not.",
    mutants: ["member === null => false"],
  },
  {
    file: "client/core/motion.ts",
    why: "A mutant's text in the place of no approval is no approval either: it is about nothing.",
    mutants: ['[] => ["Stryker was here"]'],
  },
  {
    file: "client/core/motion.ts",
    why: "An approval that stands is of a member; the filter tells the compiler.",
    mutants: [
      "counted .map(({ signer }) => member(group, signer)) .filter((seat) => seat !== null) => counted.map(({ signer }) => member(group, signer))",
      "seat !== null => true",
    ],
  },
  {
    file: "client/core/motion.ts",
    why: "A change without approvals and check lowers nothing, so it asks for as many as any other.",
    mutants: ['change.op === "policy" => true'],
  },
  {
    file: "client/core/motion.ts",
    why: "Signing again what stands gives the same bytes: Ed25519 is deterministic and the last epoch is kept.",
    mutants: ["given !== undefined && isStanding(channel, motion, given) => false"],
  },
  {
    file: "client/core/motion-show.ts",
    why: "As in motion.ts: what is no approval counts for nothing.",
    mutants: ['[] => ["Stryker was here"]'],
  },
  {
    file: "client/core/motion-show.ts",
    why: "An approval that stands is of a member, whose label is there.",
    mutants: ['"" => "Stryker was here!"'],
  },
];
