import type { Cipher } from "#client/core/cipher.ts";
import { plaintextCipher } from "#client/lab/weak/plaintext-cipher.ts";
import { apart, type Gain, hits, value, values } from "./gain.ts";
import { foreign, rot13, saidLineByLine, western } from "./other-script.ts";
import type { Edit, Raw } from "./trial.ts";

/** Files of conformance tests, each with about as much to do. */
export const groups = [
  "archives",
  "crowds",
  "lines",
  "papers",
  "relays",
  "talks",
  "vaults",
] as const;

export interface SmallWorld {
  /** Which of the conformance tests' files plays it. */
  readonly group: (typeof groups)[number];
  /** Makes the world small enough for every run of the tests. */
  readonly edits: readonly Edit[];
  /** Besides, on all seeds but the first: what takes long is asked once. */
  readonly lighter?: readonly Edit[];
  /** Gains without any chance in them: compared exactly, seed by seed. */
  readonly exact: readonly Gain[];
  /** Gains that chance has a part in: compared by paired intervals over seeds. */
  readonly guessed?: readonly Gain[];
  /** An attack that takes a second: artefacts are taken away on the first seed alone. */
  readonly isSlow?: true;
  /** Metrics that are not the same under other names, each for the reason beside it. */
  readonly varies?: readonly string[];
  /** Another script: what is said in other letters, or what happens at another pace. */
  readonly script: (raw: Raw) => void;
  /** How messages become frames where gains are compared, for an attack that gains nothing otherwise. */
  readonly cipher?: Cipher;
}

/** What makes the world of a scenario small. */
export function editsOf(id: string): readonly Edit[] {
  return smallWorlds[id]?.edits ?? [];
}

/** Every scenario of the lab. One that is not here fails the conformance tests. */
export const smallWorlds: Readonly<Record<string, SmallWorld>> = {
  "archive-plugin": {
    group: "archives",
    edits: [
      ["messages: 8", "messages: 3"],
      ["recent: 6", "recent: 4"],
    ],
    exact: values(
      "recovered.fraction",
      "recovered.archive",
      "recovered.heap",
      "recovered.unconsenting",
      "recovered.labels",
    ),
    script: saidLineByLine,
  },
  "awake-at-three": {
    group: "lines",
    edits: [["people: 6, every: 20", "people: 5, every: 30"]],
    exact: [],
    guessed: values("sleep.accuracy", "sleep.mixture"),
    script({ world }) {
      world.params = { ...world.params, night: [5, 6], awake: 0.8, asleep: 20 };
    },
  },
  "canary-trap": {
    group: "papers",
    edits: [
      ["papers: 40", "papers: 24"],
      ["publications: 1000", "publications: 300"],
      ['"64", "128", "256"]', '"64"]'],
    ],
    exact: [],
    guessed: values("attrib.correct", "naive.correct"),
    script({ world }) {
      const marks = (text: string) => text.split(/(\[zw\])/);
      world.params.sentences = world.params.sentences.map((text: string) => {
        return marks(text)
          .map((part) => (part === "[zw]" ? part : foreign(part)))
          .join("");
      });
    },
  },
  "cracked-keystore": {
    group: "vaults",
    edits: [
      ["messages: 6", "messages: 2\n    context: 60"],
      ["near: 30, joined: 6, heavy: 1", "near: 6, joined: 2, heavy: 1"],
      ["trials: 3820", "trials: 1960"],
    ],
    // The product's own key derivation takes seconds.
    lighter: [[/ {2}- \{ when: \{ kdf: product \}, metric: (crack|recovered)[^\n]*\n/g, ""]],
    exact: values("recovered.fraction", "crack.found"),
    isSlow: true,
    // Speeds are measured; and names stand on the list of guesses, in as many ways as they can be written.
    varies: ["crack.rate", "crack.cost", "crack.cost.last", "crack.rank"],
    script({ world }) {
      world.params.lines = world.params.lines.map(foreign);
    },
  },
  "endless-delay": {
    group: "lines",
    edits: [["letters: 24", "letters: 12"]],
    exact: [],
    guessed: values("suppressed.recall"),
    script({ world }) {
      world.params = { ...world.params, every: 40, delay: 3 };
    },
  },
  "forged-excerpt": {
    group: "archives",
    edits: [["sessions: 4, messages: 10", "sessions: 2, messages: 4"]],
    exact: [
      value("forged.accepted"),
      apart("signature.caught", "signature.rejected"),
      apart("commitment.caught", "commitment.rejected"),
    ],
    script: saidLineByLine,
  },
  "ghost-device": {
    group: "talks",
    edits: [
      // Something must be said behind the session in which the device is found.
      ["sessions: 6", "sessions: 4"],
      ["messages: 8", "messages: 3"],
      ["at: T+700", "at: T+300"],
      ["at: T+722", "at: T+362"],
    ],
    exact: values("recovered.fraction", "dwell.messages", "recovered.labels"),
    script: saidLineByLine,
  },
  "harvest-now": {
    group: "vaults",
    edits: [["thinned: [50, 70, 80, 90, 95, 99]", "thinned: []"]],
    lighter: [
      ["values: [whole, most, half, no-commit, disk]", "values: [whole, no-commit]"],
      [/ {2}- \{ when: \{ capture: (disk|half)[^\n]*\n/g, ""],
    ],
    exact: values(
      "recovered.fraction",
      "recovered.x25519",
      "recovered.xwing",
      "recovered.labels",
      "doors.opened",
    ),
    // A commit has its author's label in it. The frame around it is padded.
    varies: ["rotation.x25519", "rotation.xwing"],
    script({ world }) {
      const [channel] = world.channels;
      channel.members = [...channel.members].reverse();
      world.params.lines = world.params.lines.map(foreign);
      world.params.enters = 5;
      world.params.switches = 9;
    },
  },
  "leak-that-proves-itself": {
    group: "archives",
    edits: [["sessions: 4, messages: 10", "sessions: 2, messages: 4"]],
    exact: values("deny.advantage", "proof.genuine"),
    script: saidLineByLine,
  },
  "malicious-relay": {
    group: "relays",
    edits: [
      ["messages: 8", "messages: 4"],
      [/T\+364/g, "T+362"],
    ],
    exact: values(
      "recovered.fraction",
      "recovered.past",
      "recovered.future",
      "recovered.labels",
      "withheld.read",
      "fork.placed",
    ),
    script(raw) {
      saidLineByLine(raw);
      // Lines of a later session begin behind the minutes of those before, and the file expects hours by the clock.
      raw.world.traffic.spacing = "5s";
    },
  },
  "photo-and-redaction": {
    group: "papers",
    edits: [["messages: 24", "messages: 12"]],
    exact: values("public.by_text", "picture.read"),
    guessed: values("public.entities", "public.by_width", "ident.top1"),
    script({ world }) {
      const { params } = world;
      for (const key of ["persons", "places", "dates"]) params[key] = params[key].map(western);
      params.sentences = params.sentences.map((text: string) =>
        text
          .split(/(\{[a-z]+\})/)
          .map((part: string) => (part.startsWith("{") ? part : western(part)))
          .join(""),
      );
    },
  },
  "seized-relay": {
    group: "relays",
    edits: [
      ["sessions: 7", "sessions: 4"],
      ["messages: 6", "messages: 3"],
      ["trials: 200000", "trials: 20000"],
    ],
    exact: [
      ...values("recovered.fraction", "recovered.labels", "reach.days", "reach.frames"),
      hits("contacts.recall"),
    ],
    // Mailboxes stand in the database by their names, which are random: their order is all there is to go by.
    varies: ["edges.precision", "edges.recall", "leak.mi"],
    // Sealed frames give it nothing that could become less.
    cipher: plaintextCipher,
    script: saidLineByLine,
  },
  "stolen-device": {
    group: "talks",
    edits: [
      ["sessions: 10", "sessions: 3"],
      ["messages: 10", "messages: 4"],
      ["[ada, bor, cai, dov, eli, fay]", "[ada, bor, cai]"],
      [/at: T\+245/, "at: T+62"],
      ["T+425", "T+122"],
      ["from: T+243", "from: T+60"],
      ["by: ada, at: T+244", "by: ada, at: T+61"],
      ["until: T+247", "until: T+63"],
    ],
    exact: values(
      "recovered.fraction",
      "recovered.past",
      "recovered.future",
      "recovered.late",
      "recovered.late.anew",
      "recovered.labels",
    ),
    script: saidLineByLine,
  },
  "too-many-channels": {
    group: "lines",
    edits: [["offers: 60", "offers: 40"]],
    exact: [hits("regress.rate"), hits("stale.rate")],
    script({ world }) {
      world.params = { ...world.params, every: 30, delay: 20 };
    },
  },
  "traffic-correlation": {
    group: "crowds",
    edits: [["minutes: 20", "minutes: 12"]],
    exact: [],
    guessed: values("link.auc", "link.event", "link.shape", "ident.members"),
    script({ world }) {
      world.params = { ...world.params, every: 70 };
    },
  },
  "two-faced-envoy": {
    group: "vaults",
    edits: [["letters: 40", "letters: 12"]],
    exact: values("letters.divergent", "letters.paraphrased"),
    // Keys are drawn by the system.
    varies: ["salamander.tries"],
    script({ world }) {
      world.params.readings = world.params.readings.map((pair: string[]) => pair.map(rot13));
    },
  },
  "weak-rng": {
    group: "vaults",
    edits: [
      ["window: 4000", "window: 500"],
      ["trials: 12000", "trials: 1500"],
      ["than: 4000", "than: 500"],
    ],
    exact: values("recovered.fraction", "seed.found"),
    script({ world }) {
      const [channel] = world.channels;
      channel.members = [...channel.members].reverse();
      world.params.lines = world.params.lines.map(foreign);
    },
  },
  "who-talks-to-whom": {
    group: "crowds",
    edits: [
      [
        "pairs: 12, messages: 20, quick: 0.3, others: 6, hours: 6",
        "pairs: 6, messages: 14, quick: 0.3, others: 4, hours: 6",
      ],
    ],
    exact: [],
    guessed: values("ident.top1", "ident.early", "ident.sda", "ident.hitting"),
    script({ world }) {
      world.params = { ...world.params, quick: 0.2 };
    },
  },
  "wrong-person": {
    group: "talks",
    edits: [
      ["messages: 8", "messages: 3"],
      ["sessions: 6", "sessions: 5"],
    ],
    exact: values("recovered.fraction", "dwell.messages", "recovered.labels"),
    script: saidLineByLine,
  },
  "yes-or-no": {
    group: "lines",
    edits: [
      ["rounds: 200", "rounds: 90"],
      ["published: 60", "published: 30"],
    ],
    exact: [],
    // leak.mi is of the channel and not of what the attack makes of it: it is the same whatever is known.
    guessed: values("guess.accuracy", "leak.minentropy"),
    script({ world }) {
      world.params.replies = world.params.replies.map(foreign);
    },
  },
};
