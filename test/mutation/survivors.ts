/** Why nothing can notice these mutants; each as `what stands in the file => what it became`. */
export interface Survivor {
  readonly file: string;
  readonly why: string;
  readonly mutants: readonly string[];
}

export const survivors: readonly Survivor[] = [
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
];
