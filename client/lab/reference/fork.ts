import { ready } from "#client/crypto/sodium.ts";
import { classicSuite } from "#client/crypto/suite.ts";
import { systemRandom } from "#client/node/random.ts";
import { Failure } from "#shared/failure.ts";
import { forkLog } from "../algorithms/forked-log.ts";
import { mlsSizes } from "../algorithms/mls-sizes.ts";
import type { Reference, ReferenceRow, Settled } from "./reference.ts";
import { settle } from "./settle.ts";

const parameters = {
  members: { value: 4, words: "members of the group", source: "LEAKLAB" },
  logs: { value: 2, words: "logs that the relay shows, to members in turn", source: "LEAKLAB" },
  messages: { value: 3, words: "messages that each member says behind the fork", source: "ours" },
  text: { value: 16, words: "bytes of the application message of the last row", source: "ours" },
} as const;

interface Setting {
  readonly members: number;
  readonly logs: number;
  readonly messages: number;
  readonly text: number;
}

function settingOf(settled: Settled): Setting {
  const [members, logs] = [settled.number("members"), settled.number("logs")];
  const [messages, text] = [settled.number("messages"), settled.number("text")];
  const isWhole = [members, logs, messages, text].every(Number.isInteger);
  const isInside = members >= 2 && members <= 64 && logs >= 1 && logs <= members;
  if (!isWhole || !isInside || messages < 1 || messages > 100 || text < 0 || text > 65_536) {
    throw new Failure(
      "usage",
      "fork: whole numbers; members 2 to 64, logs 1 to the members, messages 1 to 100, text 0 to 65536",
    );
  }
  return { members, logs, messages, text };
}

function rowsOf(setting: Setting, isPublished: boolean): ReferenceRow[] {
  const { members, text } = setting;
  const forked = forkLog({ suite: classicSuite, ...setting, random: systemRandom });
  const { within, across } = forked;
  const exact = (what: string, published: string, ours: string, agrees: boolean): ReferenceRow => ({
    setting: what,
    published: isPublished ? published : "",
    ours,
    interval: "",
    agrees: isPublished ? agrees : null,
  });
  const sizes = mlsSizes(classicSuite, { members, textBytes: text, random: systemRandom });
  const { message, update, welcome } = sizes;
  return [
    exact("different epoch numbers shown", "1", String(forked.epochs), forked.epochs === 1),
    exact(
      "different epoch authenticators",
      "2",
      String(forked.authenticators),
      forked.authenticators === 2,
    ),
    exact(
      "pairs within a log who read each other",
      "all",
      `${within.opened} of ${within.of}`,
      within.opened === within.of && within.of > 0,
    ),
    exact(
      "pairs across logs who read each other",
      "none",
      `${across.opened} of ${across.of}`,
      across.opened === 0 && across.of > 0,
    ),
    {
      ...exact(
        "a size tells a text from a commit",
        "319 and 716 B",
        `${message} and ${update} B`,
        message < update,
      ),
      note: "agrees means: the text is smaller. LEAKLAB's texts are padded up to 256 by its library, and it does not print the names in its tree",
    },
    {
      ...exact("bytes of a Welcome", "565 B", `${welcome} B`, false),
      agrees: null,
      note: "ours carries the whole tree. LEAKLAB does not say for how many members its Welcome is (3.12 has one of 1,273 B), nor whether the tree went along",
    },
  ];
}

/** A relay that gives two commits of one epoch to two halves, which then show the same epoch (LEAKLAB 3.10). */
export const fork: Reference = {
  name: "fork",
  source: "Albrecht, Celi, Dowling and Jones 2023; RFC 9420 section 8.7; LEAKLAB 3.10",
  parameters,
  async rows() {
    await ready();
    return rowsOf(settingOf(settle("fork", parameters, [])), true);
  },
  async measure(settled) {
    await ready();
    return rowsOf(settingOf(settled), false);
  },
  differs:
    "run on our own MLS in suite 3, member by member instead of by name. The founder adds the others one by one, so the epoch's number is higher than LEAKLAB's 2. What the product does about a fork is measured by malicious-relay.",
};
