/** A file under mutation, and the tests that must notice whatever is changed in it. */
export interface Target {
  readonly file: string;
  readonly tests: readonly string[];
}

/** The parts of the client on whose every line admission, authentication or the log's truth depends. */
export const targets: readonly Target[] = [
  {
    file: "client/crypto/cpace.ts",
    tests: ["test/unit/crypto/cpace.test.ts", "test/vectors/cpace.test.ts"],
  },
  {
    file: "client/core/check.ts",
    tests: ["test/unit/core/check.test.ts"],
  },
  {
    file: "client/core/pairing.ts",
    tests: ["test/unit/core/pairing.test.ts"],
  },
  {
    file: "client/core/policy.ts",
    tests: ["test/unit/core/policy.test.ts"],
  },
  {
    file: "client/core/approval.ts",
    tests: ["test/unit/core/approval.test.ts"],
  },
  {
    file: "client/core/authority.ts",
    tests: ["test/unit/core/authority-bounds.test.ts", "test/unit/core/authority.test.ts"],
  },
  {
    file: "client/core/commit.ts",
    tests: ["test/unit/core/commit-rule.test.ts"],
  },
  {
    file: "client/core/motion.ts",
    tests: ["test/unit/core/motion-read.test.ts"],
  },
  {
    file: "client/core/motion-show.ts",
    tests: ["test/unit/core/motion-read.test.ts"],
  },
  {
    file: "client/core/motion-hear.ts",
    tests: ["test/unit/core/motion-hear.test.ts", "test/unit/core/motion-word.test.ts"],
  },
  {
    file: "client/core/motion-own.ts",
    tests: ["test/unit/core/motion-own.test.ts", "test/unit/core/motion-keys.test.ts"],
  },
  {
    file: "client/core/motion-settle.ts",
    tests: ["test/unit/core/motion-settle.test.ts"],
  },
  {
    file: "client/core/motion-schema.ts",
    tests: ["test/unit/core/motion-schema.test.ts"],
  },
  {
    file: "client/core/check-step.ts",
    tests: ["test/unit/core/check-step.test.ts"],
  },
  {
    file: "client/core/identity.ts",
    tests: ["test/unit/core/identity.test.ts"],
  },
  {
    file: "client/mls/commit-check.ts",
    tests: [
      "test/unit/mls-attacks/commit-check.test.ts",
      "test/unit/mls-attacks/refused.test.ts",
      "test/unit/mls-attacks/unused.test.ts",
    ],
  },
];
