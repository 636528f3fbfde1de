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
  {
    file: "client/core/motion-hear.ts",
    why: "applyMotion has looked for the sender's seat before: it is there, and so is its label.",
    mutants: ["seat === null => false", '"" => "Stryker was here!"'],
  },
  {
    file: "client/core/motion-hear.ts",
    why: "Only an admission has a label: an admission and another motion differ in it all the same.",
    mutants: [
      'was.op === "admit" && change.op === "admit" => was.op === "admit" || change.op === "admit"',
      'was.op === "admit" => true',
      'change.op === "admit" => true',
    ],
  },
  {
    file: "client/core/motion-hear.ts",
    why: "twinOf gives null for what is no admission; this is for the compiler.",
    mutants: ['motion.change.op !== "admit" => false'],
  },
  {
    file: "client/core/motion-own.ts",
    why: "Only an admission can wait for a KeyPackage: the next condition holds for every other change.",
    mutants: ['change.op !== "admit" => false'],
  },
  {
    file: "client/core/motion-own.ts",
    why: "Without consent there is no own approval, and without one nothing of somebody else's is said.",
    mutants: ["!isMine && motion.consent === null => false"],
  },
  {
    file: "client/core/motion-own.ts",
    why: "A saving of work: each thing that may be said of a motion asks again whether it is open.",
    mutants: ["channel.plans.motions.filter(isOpen) => channel.plans.motions"],
  },
  {
    file: "client/core/motion-settle.ts",
    why: "What falls out of the switch is undefined, which counts as no.",
    mutants: ['case "renew": return false; => case "renew":', '"renew" => ""'],
  },
  {
    file: "client/core/motion-settle.ts",
    why: "For the compiler: encodePolicy gives one extension always.",
    mutants: [
      "now !== undefined && wanted !== undefined => true",
      "now !== undefined && wanted !== undefined => now !== undefined || wanted !== undefined",
      "now !== undefined => true",
      "wanted !== undefined => true",
    ],
  },
  {
    file: "client/core/motion-settle.ts",
    why: "Saying a Welcome changes no motion: what is found is what was put there.",
    mutants: ["findMotion(next, motion.id) ?? done => findMotion(next, motion.id) && done"],
  },
  {
    file: "client/core/check-step.ts",
    why: "For the compiler: nothing that can be found opens to a KeyPackage or a nonce that is missing.",
    mutants: ["keyPackage === null => false", "reveal === null => false"],
  },
];
