import { describe, expect, test } from "vitest";
import type {
  InviteLine,
  Line,
  MemberLine,
  MotionFields,
  MotionLine,
  PendingLine,
} from "#client/cli/lines.ts";
import { createPaint, widthOf } from "#client/cli/paint.ts";
import { showLine } from "#client/cli/view.ts";
import { clockTime } from "#client/cli/view-motion.ts";

const bare = createPaint(false);
const say = ["wasp", "walnut", "violin"];
const seenAt = new Date(2026, 10, 24, 14, 2).toISOString();

const motion: MotionFields = {
  channel: "north-line",
  id: "3f2a91c05d7e4b1aa0c3e5f7091b2d4c",
  op: "admit",
  label: "Wren",
  change: null,
  archives: false,
  otherSeats: [],
  by: "Slate",
  given: ["Slate"],
  needed: 2,
  waitsFor: ["Heron", "Curlew"],
  seenAt,
  ended: null,
  endedBy: null,
  against: [],
  granted: null,
  lookAlike: null,
  mine: false,
  approved: false,
};

function pending(changes: Partial<PendingLine> = {}): PendingLine {
  return { type: "pending", ...motion, next: "backchannel approve 3f2a", ...changes };
}

function moved(changes: Partial<MotionLine> = {}): MotionLine {
  return { type: "motion", state: "moved", ...motion, ...changes };
}

const member: MemberLine = {
  ...{
    type: "member",
    channel: "north-line",
    label: "Wren",
    self: false,
    archives: false,
    seat: 2,
    person: "p",
    otherSeats: [],
  },
  admittedBy: ["Slate", "Heron"],
  sponsors: [
    { label: "Slate", check: "code" },
    { label: "Heron", check: "words" },
  ],
  ...{ admittedAt: seenAt, admittedEpoch: 3, heard: true, lastHeardEpoch: 3, receipt: null },
};

const textOf = (line: Line): string => {
  const { data, talk } = showLine(line, bare);
  return talk ?? data ?? "";
};

describe("what a person sees of an admission", () => {
  test("a motion that waits says what, by whom, who is missing and what they type", () => {
    expect(textOf(pending()).split("\n")).toEqual([
      "3f2a  admit Wren",
      `      Slate agrees (1 of 2); waits for Heron or Curlew since ${clockTime(seenAt)}`,
      "      backchannel approve 3f2a",
    ]);
    expect(showLine(pending(), bare).talk).toBeNull(); // it is what `pending` was asked for
  });

  test("a look-alike is named where the motion is shown", () => {
    expect(textOf(pending({ lookAlike: "Wren" }))).toContain("can be mistaken for Wren");
    expect(textOf(moved({ lookAlike: "Wren" }))).toContain("can be mistaken for Wren");
  });

  test.each<[NonNullable<MotionFields["ended"]>, string]>([
    ["words", "the words differed"],
    ["denied", "it was denied by Heron"],
    ["expired", "nobody came in time"],
    ["withdrawn", "it was withdrawn by Heron"],
    ["code", "the code was missed"],
    ["archiver", "the newcomer's client keeps copies"],
  ])("a motion that ended by %s says so", (ended, words) => {
    expect(textOf(moved({ state: "ended", ended, endedBy: "Heron" }))).toContain(
      `admit Wren came to nothing: ${words}`,
    );
  });

  test.each<[Partial<MotionLine>, string]>([
    [{}, "Slate moves: admit Wren. Second it: backchannel approve 3f2a"],
    [{ mine: true }, "admit Wren waits for Heron or Curlew: backchannel approve 3f2a"],
    [{ op: "remove" }, "Slate moves: remove Wren"],
    [{ op: "renew" }, "Slate moves: let Wren freeze once more"],
    [
      { op: "policy", label: "", change: { approvals: 3, check: "two-codes", archivers: "shown" } },
      "policy: 3 persons agree, newcomers checked by a code of each sponsor",
    ],
    [
      { state: "seconded", given: ["Slate", "Heron"], needed: 3 },
      "Slate and Heron agree: admit Wren (2 of 3)",
    ],
    [{ state: "opposed", against: ["Plover"] }, "Plover said no: admit Wren (1 of 2)"],
    [{ state: "granted", granted: 3 }, "agreed: Wren is in from epoch 3"],
    [{ state: "granted", op: "remove", granted: 3 }, "agreed: Wren is out from epoch 3"],
    [{ state: "granted", op: "renew" }, "agreed: Wren may freeze once more"],
  ])("%j is told in one sentence", (changes, sentence) => {
    expect(textOf(moved(changes))).toContain(sentence);
  });

  test("the words to read aloud stand alone on a line, and on stdout for a script", () => {
    const line = {
      type: "check",
      channel: "c",
      id: motion.id,
      label: "Wren",
      say,
      next: "",
    } as const;
    const { data, talk } = showLine(line, bare);
    expect(data).toBe("wasp walnut violin");
    expect(talk?.split("\n")).toContain("    Read aloud:  wasp   walnut   violin");
    expect(talk).toContain("A wrong word ends the attempt");
  });

  test("an invitation says whether one person is enough", () => {
    const line: InviteLine = {
      type: "invite",
      channel: "north-line",
      label: "Wren",
      relay: "127.0.0.1:7117",
      code: "482913-crawfish-bamboo-tulip",
      expiresAt: seenAt,
      needed: 1,
      check: "words",
      second: false,
    };
    expect(textOf(line)).not.toContain("another member");
    expect(textOf({ ...line, needed: 2 })).toContain("another member must check them by voice");
    expect(textOf({ ...line, needed: 2, check: "two-codes" })).toContain("--second CODE");
    expect(textOf({ ...line, needed: 2, check: "two-codes", second: true })).toContain(
      "join CODE --second 482913-crawfish-bamboo-tulip",
    );
  });
});

describe("provenance", () => {
  test("who says who admitted whom, by which check, in which epoch and when", () => {
    expect(textOf(member)).toContain(
      `admitted by Slate (code) and Heron (words), epoch 3, ${clockTime(seenAt)}`,
    );
    const unknown = { ...member, sponsors: [], admittedBy: [], admittedEpoch: null };
    expect(textOf(unknown)).toContain("here when you came");
    expect(textOf({ ...unknown, admittedEpoch: 0 })).toContain("founder");
  });

  test("the transcript says it when it happens", () => {
    const line: Line = {
      type: "epoch",
      channel: "north-line",
      epoch: 3,
      committer: "Heron",
      joined: ["Wren"],
      admissions: [{ label: "Wren", sponsors: member.sponsors }],
      removed: [],
      declared: [],
      rotated: false,
    };
    expect(textOf(line)).toBe("── Epoch 3. Wren is in, admitted by Slate (code) and Heron (words)");
  });

  test("a further seat of a person is told as one, before and after", () => {
    const title = "admit Wren, a further seat of Heron";
    expect(textOf(pending({ otherSeats: ["Heron"] }))).toContain(title);
    expect(textOf(moved({ otherSeats: ["Heron"] }))).toContain(title);
    expect(textOf(pending())).not.toContain("further seat");
    expect(textOf({ ...member, otherSeats: ["Heron"] })).toContain("same person as Heron");
    expect(textOf(member)).not.toContain("same person");
  });

  test("a client that says that it keeps copies is told before, at and after its admission", () => {
    const warning = "⚠ Wren's client keeps copies elsewhere";
    expect(textOf(pending({ archives: true }))).toContain(warning);
    expect(textOf(moved({ archives: true }))).toContain(warning);
    expect(textOf(moved({ archives: true, state: "granted" }))).not.toContain(warning);
    expect(textOf({ ...member, archives: true })).toContain("keeps copies elsewhere");
    const line: Line = {
      ...{ type: "epoch", channel: "north-line", epoch: 4, committer: "Wren", joined: [] },
      ...{ admissions: [], removed: [], rotated: true },
      declared: [{ label: "Wren", archives: true }],
    };
    expect(textOf(line)).toBe("── Epoch 4. Wren's client keeps copies elsewhere");
    const over = { ...line, declared: [{ label: "Wren", archives: false }] };
    expect(textOf(over)).toContain("no longer keeps copies elsewhere");
  });

  test("a policy that refuses archivers says so", () => {
    const change = { approvals: 2, check: "words", archivers: "refused" } as const;
    expect(textOf(moved({ op: "policy", label: "", change }))).toContain("archivers refused");
  });

  test("a time of another day has its date", () => {
    const now = new Date(2026, 10, 24, 20, 0);
    expect(clockTime(seenAt, now)).toBe("14:02");
    expect(clockTime(new Date(2026, 10, 23, 9, 5).toISOString(), now)).toBe("Nov 23 09:05");
  });
});

test("labels of others cannot steer the terminal", () => {
  const hostile = "\x1b[2JWr\u202een";
  const lines: Line[] = [
    pending({
      label: hostile,
      by: hostile,
      given: [hostile],
      waitsFor: [hostile],
      lookAlike: hostile,
    }),
    moved({ label: hostile, by: hostile, lookAlike: hostile }),
    { ...member, label: hostile, sponsors: [{ label: hostile, check: "code" }] },
    { type: "check", channel: null, id: null, label: hostile, say, next: "" },
  ];
  for (const line of lines) {
    expect(textOf(line).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});

test("a waiting motion with ordinary labels fits into 80 columns", () => {
  for (const line of [pending(), pending({ lookAlike: "Wren" }), moved()]) {
    expect(Math.max(...textOf(line).split("\n").map(widthOf))).toBeLessThanOrEqual(80);
  }
});
