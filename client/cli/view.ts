import { limits } from "#shared/limits.ts";
import { formatDuration } from "./duration.ts";
import { lateWords } from "./late-words.ts";
import type { CheckLine, EpochLine, InviteLine, Line, MemberLine, StatusLine } from "./lines.ts";
import { manyLines, oneLine, type Paint, widthOf } from "./paint.ts";
import {
  archiverWarning,
  clockTime,
  decidedWords,
  joinWords,
  motionTitle,
  motionWords,
  pendingWords,
  policyWords,
  sponsorWords,
} from "./view-motion.ts";

/** A line as people read it: `data` belongs on stdout, `talk` on stderr. */
export interface Shown {
  readonly data: string | null;
  readonly talk: string | null;
}

const data = (text: string): Shown => ({ data: text, talk: null });
const talk = (text: string): Shown => ({ data: null, talk: text });

/** What a verb found or did, in words. Everything that others chose is made safe for the terminal. */
export function showLine(line: Line, paint: Paint): Shown {
  const name = (text: string): string => paint.person(text, oneLine(text));
  switch (line.type) {
    case "channel": {
      const { strong, faint, good, warn } = paint;
      const unread = line.unread > 0 ? good(`${line.unread} new`) : faint("nothing new");
      const state = line.state === "open" ? "" : ` · ${warn(line.state)}`;
      return data(
        `${line.current ? good("●") : " "} ${strong(oneLine(line.name))}  you are ${name(line.label)} · ` +
          `epoch ${line.epoch} · ${seats(line.members)} · ${unread}${state} ${faint(`· ${line.relay}`)}`,
      );
    }
    case "invite":
      return { data: line.code, talk: inviteWords(line, paint) };
    case "joined":
      return talk(
        `${paint.good("✓")} ${name(line.label)} is in ${paint.strong(oneLine(line.channel))} from epoch ${line.epoch}` +
          (line.sponsors.length === 0 ? "" : `, admitted by ${sponsorWords(line.sponsors, paint)}`),
      );
    case "pending":
      return data(pendingWords(line, paint));
    case "motion":
      return talk(
        (line.state === "ended" ? paint.warn : paint.faint)(`── ${motionWords(line)}`) +
          (line.lookAlike === null || line.state !== "moved"
            ? ""
            : `\n${paint.warn(`   ⚠ ${oneLine(line.label)} can be mistaken for ${oneLine(line.lookAlike)}: ask who is who`)}`) +
          (line.archives && line.state === "moved"
            ? `\n${paint.warn(`   ${archiverWarning(line.label)}`)}`
            : ""),
      );
    case "check":
      return { data: line.say.join(" "), talk: checkWords(line, paint) };
    case "approved":
      return talk(`${paint.good("✓")} ${decidedWords(line)}`);
    case "denied":
      return talk(
        `${paint.good("✓")} you have said no: ${motionTitle({ ...line, change: null, otherSeats: [] })}`,
      );
    case "freeze":
      return talk(
        line.on
          ? paint.warn(
              `── ${oneLine(line.by)} has frozen ${oneLine(line.channel)}: nobody sends texts for an hour, or until ${oneLine(line.by)} lifts it`,
            )
          : paint.good(
              `── ${oneLine(line.by)} lets everybody send again in ${oneLine(line.channel)}`,
            ),
      );
    case "policy":
      return talk(
        `${paint.good("✓")} ${oneLine(line.channel)}: ${policyWords(line)}; ${lateWords(line.late)} ${paint.faint(`(epoch ${line.epoch})`)}`,
      );
    case "sent":
      return talk(
        `${paint.good("✓")} on the relay's disk ${paint.faint(`epoch ${line.epoch}, no. ${line.seq}`)}`,
      );
    case "message":
      return data(
        manyLines(line.body)
          .map((text, at) => (at === 0 ? `${name(line.from)}  ${text}` : `  ${text}`))
          .join("\n"),
      );
    case "gap":
      return talk(
        paint.warn(
          `⚠ ${line.missing} ${line.missing === 1 ? "message" : "messages"} of ${line.from === null ? "somebody" : oneLine(line.from)} ` +
            `in epoch ${line.epoch} missing or unreadable: ${oneLine(line.detail)}`,
        ),
      );
    case "alarm":
      return talk(
        `${paint.bad(`⚠ ${line.code}${line.from === null ? "" : ` (${oneLine(line.from)})`}: ${oneLine(line.detail)}`)}\n  ${line.hint}`,
      );
    case "cleared":
      return talk(
        paint.good(
          `── ${line.code}${line.from === null ? "" : ` (${oneLine(line.from)})`} is over: ${oneLine(line.detail)}`,
        ),
      );
    case "epoch":
      return talk(paint.faint(`── ${epochWords(line)}`));
    case "connection":
      return talk(
        paint.faint(
          line.up
            ? `── connected to ${line.relay}`
            : `── no connection to ${line.relay}, trying again`,
        ),
      );
    case "member":
      return data(memberWords(line, paint));
    case "status":
      return data(statusWords(line, paint));
    case "rotated":
      return talk(
        `${paint.good("✓")} new keys: ${oneLine(line.channel)} is in epoch ${line.epoch}; a copy of your old keys reads nothing from here on`,
      );
    case "removed":
      return talk(
        `${paint.good("✓")} ${name(line.label)} is out: epoch ${line.epoch} has another mailbox and other keys`,
      );
    case "left":
      return talk(
        `${paint.good("✓")} you have left ${oneLine(line.channel)}; the next change of any member takes your seat away`,
      );
    case "excerpt":
      // As a file, so that it can be handed on and inspected.
      return data(JSON.stringify({ v: 1, ...line }));
    case "receipts":
      return talk(
        line.on
          ? `${paint.good("✓")} ${oneLine(line.channel)}: what arrives is confirmed to the others, at one of the next ten full minutes`
          : `${paint.good("✓")} ${oneLine(line.channel)}: nothing is confirmed; the others do not see what arrives here`,
      );
    case "archives":
      return talk(
        line.on
          ? `${paint.good("✓")} ${oneLine(line.channel)}: everybody sees that copies are kept here ${paint.faint(`(epoch ${line.epoch})`)}`
          : `${paint.good("✓")} ${oneLine(line.channel)}: you say that no copies are kept here ${paint.faint(`(epoch ${line.epoch})`)}`,
      );
    case "slots":
      return talk(
        line.everyMs === null
          ? `${paint.good("✓")} ${oneLine(line.channel)}: what you say leaves at once, and shows when you say it`
          : `${paint.good("✓")} ${oneLine(line.channel)}: one frame leaves every ${formatDuration(line.everyMs)} while you are connected, with words or without; ${frameCost(line.everyMs)}; stay connected, and ask the others to do the same`,
      );
    case "timer":
      return talk(
        line.timerMs === null
          ? `${paint.good("✓")} messages of ${oneLine(line.channel)} are kept until you wipe them`
          : `${paint.good("✓")} messages of ${oneLine(line.channel)} are forgotten ${formatDuration(line.timerMs)} after they were read, here and by every honest member`,
      );
    case "using":
      return talk(`${paint.good("✓")} verbs now mean ${paint.strong(oneLine(line.channel))}`);
    case "wiped":
      return talk(
        line.channel === null
          ? `${paint.good("✓")} the vault is gone from this disk; nobody was told`
          : `${paint.good("✓")} ${oneLine(line.channel)} is gone from this vault; nobody was told`,
      );
    case "listening":
      return talk(
        `${paint.good("✓")} relay on ${paint.strong(line.address)} ${paint.faint(line.data === null ? "(in memory)" : line.data)}\n` +
          paint.faint("  It holds sealed frames and no names. Ctrl-C stops it."),
      );
    case "inspect":
      return data(
        `${line.name.padEnd(22)} ${line.value === null ? "–" : oneLine(String(line.value))}`,
      );
    case "error":
      return talk(
        `${paint.bad("✗")} ${oneLine(line.message)}\n  ${paint.accent("→")} ${line.hint}`,
      );
  }
}

function inviteWords(line: InviteLine, paint: Paint): string {
  const label = paint.person(line.label, oneLine(line.label));
  const isPair = line.check === "two-codes" && line.needed > 1;
  const join = `backchannel join ${line.second ? "CODE --second " : ""}${line.code}`;
  const afterwards = line.second
    ? "They need the first sponsor's code too."
    : isPair
      ? "They need a second code, which another member gives them."
      : line.needed > 1
        ? `Then another member must check them by voice: one person alone admits nobody.`
        : "";
  return [
    `Say this code to ${label}, by voice:`,
    "",
    `    ${paint.strong(line.code)}`,
    "",
    "They type",
    "",
    `    ${paint.accent(`${join}${isPair && !line.second ? " --second CODE" : ""} --relay ${line.relay}`)}`,
    "",
    ...(afterwards === "" ? [] : [afterwards]),
    paint.faint(
      `Good for one try, until ${timeOfDay(line.expiresAt)}. Waiting; Ctrl-C burns the code.`,
    ),
  ].join("\n");
}

/** Both sides of a check see the same picture, with other words in it. */
function checkWords(line: CheckLine, paint: Paint): string {
  const label = paint.person(line.label, oneLine(line.label));
  const isSponsor = line.channel !== null;
  return [
    isSponsor
      ? `Talk to ${label} yourself, by voice, and be sure that it is them.`
      : `${label} is to check you by voice. Talk to them, and be sure that it is them.`,
    "",
    `    Read aloud:  ${paint.strong(line.say.join("   "))}`,
    "",
    paint.faint("They type what you read, you type what they read. A wrong word ends the attempt."),
  ].join("\n");
}

/** What began an epoch, in one sentence. */
export function epochWords(
  line: Pick<EpochLine, "epoch" | "committer" | "admissions" | "removed" | "declared" | "rotated">,
): string {
  const by = oneLine(line.committer);
  const parts = line.admissions.map(({ label, sponsors }) => {
    const admitted = sponsors.length === 0 ? by : sponsorWords(sponsors);
    return `${oneLine(label)} is in, admitted by ${admitted}`;
  });
  if (line.removed.length > 0) {
    parts.push(`${by} took ${line.removed.map(oneLine).join(", ")} out; their keys stop here`);
  }
  for (const { label, archives } of line.declared) {
    const does = archives ? "keeps copies elsewhere" : "no longer keeps copies elsewhere";
    parts.push(`${oneLine(label)}'s client ${does}`);
  }
  if (parts.length === 0) parts.push(line.rotated ? `${by} has new keys` : `changed by ${by}`);
  return `Epoch ${line.epoch}. ${parts.join("; ")}`;
}

/** Who vouched for a seat, how, and when: provenance in the place of a tick. */
export function provenanceWords(
  line: Pick<MemberLine, "sponsors" | "admittedEpoch" | "admittedAt" | "archives" | "otherSeats">,
): string {
  const others = line.otherSeats.map((label) => oneLine(label)).join(" and ");
  const copies = [
    ...(others === "" ? [] : [`same person as ${others}`]),
    ...(line.archives ? ["keeps copies elsewhere"] : []),
  ];
  if (line.sponsors.length === 0) {
    return [line.admittedEpoch === 0 ? "founder" : "here when you came", ...copies].join(", ");
  }
  const when = [
    ...(line.admittedEpoch === null ? [] : [`epoch ${line.admittedEpoch}`]),
    ...(line.admittedAt === null ? [] : [clockTime(line.admittedAt)]),
  ];
  return [`admitted by ${sponsorWords(line.sponsors)}`, ...when, ...copies].join(", ");
}

const columnsMax = 80;

function memberWords(line: MemberLine, paint: Paint): string {
  const { faint, good } = paint;
  const heard = line.self
    ? good("you")
    : line.heard
      ? good("heard in this epoch")
      : faint(
          line.lastHeardEpoch === null
            ? "not heard yet"
            : `last heard in epoch ${line.lastHeardEpoch}`,
        );
  const receipt =
    line.receipt === null
      ? ""
      : ` · has confirmed ${line.receipt.seq} of epoch ${line.receipt.epoch}`;
  const begin = `${paint.person(line.label, oneLine(line.label).padEnd(12))} ${faint(provenanceWords(line))}`;
  const whole = `${begin} · ${heard}${receipt}`;
  return widthOf(whole) <= columnsMax ? whole : `${begin}\n${" ".repeat(13)}${heard}${receipt}`;
}

function denialWords({ deniable, formerKeys }: StatusLine): string {
  if (!deniable) return "none: what is said can be proven to outsiders";
  const { released, unreleased } = formerKeys;
  return `${released} former keys released, ${unreleased} not yet; what the present keys sign can be proven`;
}

/** `now: of 2 epochs from 3 to 4, until 14:02 at the latest. …` */
function keptWords({ late }: StatusLine): string {
  const [first, last] = [late.kept[0], late.kept.at(-1)];
  const until = last?.until == null ? "" : `, until ${clockTime(last.until)} at the latest`;
  const one = `of epoch ${first?.epoch}`;
  const many = `of ${late.kept.length} epochs from ${first?.epoch} to ${last?.epoch}`;
  return `now: ${first === last ? one : many}${until}; a copy of this vault opens what is late there`;
}

/** What slots of so long send in an hour. */
function frameCost(everyMs: number): string {
  const kib = (3_600_000 / everyMs) * (limits.frameBytesMin / 1_024);
  return `${Math.ceil(kib)} KiB an hour out, as much in from each other seat that has them on`;
}

function statusWords(line: StatusLine, paint: Paint): string {
  const { strong, faint, good, warn, bad } = paint;
  const others = line.heardFrom.length + line.silent.length;
  const rows: [string, string][] = [
    [
      "channel",
      `${strong(oneLine(line.channel))}, you are ${paint.person(line.label, oneLine(line.label))}`,
    ],
    ["state", line.state === "open" ? good("open") : bad(line.state)],
    [
      "relay",
      `${line.relay} ${line.connected ? good("connected") : warn("not connected")}${line.caughtUp ? "" : faint(", not caught up")}`,
    ],
    ["epoch", `${strong(String(line.epoch))}, ${seats(line.members)}`],
    ["policy", policyWords(line)],
    ...(line.archiving.length === 0
      ? []
      : [
          [
            "copies",
            warn(`kept elsewhere by ${joinWords(line.archiving.map(oneLine), "and")}, as they say`),
          ] satisfies [string, string],
        ]),
    [
      "heard from",
      `${line.heardFrom.length} of ${others} in this epoch${line.silent.length === 0 ? "" : faint(` (not yet: ${line.silent.map(oneLine).join(", ")})`)}`,
    ],
  ];
  for (let at = 0; at < line.words.length; at += 6) {
    rows.push([at === 0 ? "words" : "", line.words.slice(at, at + 6).join("  ")]);
  }
  if (line.words.length > 0)
    rows.push(["", faint("Read them aloud to each other: everybody must see the same.")]);
  if (line.outbox > 0)
    rows.push(["outbox", warn(`${line.outbox} waiting for the relay, kept sealed`)]);
  if (line.receipts) rows.push(["receipts", "on: at one of the next ten full minutes"]);
  if (line.slotMs !== null)
    rows.push(["slots", `every ${formatDuration(line.slotMs)}: ${frameCost(line.slotMs)}`]);
  rows.push(["denial", denialWords(line)], ["past keys", lateWords(line.late)]);
  if (line.late.kept.length > 0) rows.push(["", faint(keptWords(line))]);
  if (line.timerMs !== null) rows.push(["timer", `${formatDuration(line.timerMs)} after reading`]);
  if (line.sunsetAt !== null) rows.push(["sunset", line.sunsetAt]);
  if (line.updateDueAt !== null)
    rows.push([
      "new keys",
      `by ${line.updateDueAt.slice(0, 16).replace("T", " ")} UTC at the latest`,
    ]);
  if (line.pending > 0) {
    const motions = line.pending === 1 ? "1 motion waits" : `${line.pending} motions wait`;
    rows.push(["pending", warn(`${motions}: backchannel pending`)]);
  }
  if (line.frozen !== null) {
    const until = line.frozen.until === null ? "" : `, until ${clockTime(line.frozen.until)}`;
    rows.push(["frozen", bad(`by ${oneLine(line.frozen.by)}${until}: nobody sends texts`)]);
  }
  for (const gap of line.gaps) {
    rows.push([
      "gap",
      warn(
        `${gap.missing} of ${gap.from === null ? "somebody" : oneLine(gap.from)} in epoch ${gap.epoch}: ${oneLine(gap.detail)}`,
      ),
    ]);
  }
  for (const alarm of line.alarms) {
    const text = `${alarm.code}${alarm.from === null ? "" : ` (${oneLine(alarm.from)})`}: ${oneLine(alarm.detail)}`;
    rows.push(["alarm", alarm.open ? bad(text) : faint(text)]);
    if (alarm.open) rows.push(["", `${faint("→")} ${alarm.hint}`]);
  }
  return rows.map(([head, text]) => `${faint(head.padEnd(11))} ${text}`).join("\n");
}

function seats(count: number): string {
  return count === 1 ? "1 seat" : `${count} seats`;
}

function timeOfDay(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 5);
}
