import type { MotionFields, MotionLine, PendingLine, SponsorFields } from "./lines.ts";
import { oneLine, type Paint } from "./paint.ts";

/** What a motion would do, as a headline. */
export function motionTitle(
  motion: Pick<MotionFields, "op" | "label" | "change" | "otherSeats">,
): string {
  const label = oneLine(motion.label);
  switch (motion.op) {
    case "admit":
      return motion.otherSeats.length === 0
        ? `admit ${label}`
        : `admit ${label}, a further seat of ${joinWords(motion.otherSeats.map(oneLine), "and")}`;
    case "remove":
      return `remove ${label}`;
    case "renew":
      return `let ${label} freeze once more`;
    case "policy":
      return motion.change === null ? "change the policy" : `policy: ${policyWords(motion.change)}`;
  }
}

/** `2 persons agree, checked by words` */
export function policyWords(policy: {
  readonly approvals: number;
  readonly check: "words" | "two-codes";
  readonly archivers: "shown" | "refused";
}): string {
  const persons = policy.approvals === 1 ? "1 person agrees" : `${policy.approvals} persons agree`;
  const how = policy.check === "words" ? "words read aloud" : "a code of each sponsor";
  const copies = policy.archivers === "refused" ? ", archivers refused" : "";
  return `${persons}, newcomers checked by ${how}${copies}`;
}

/** `Slate (code) and Heron (words)` */
export function sponsorWords(sponsors: readonly SponsorFields[], paint?: Paint): string {
  const named = sponsors.map(({ label, check }) => {
    const shown = paint === undefined ? oneLine(label) : paint.person(label, oneLine(label));
    return `${shown} (${check})`;
  });
  return joinWords(named, "and");
}

/** `Heron, Wren or Curlew` */
export function joinWords(words: readonly string[], last: "and" | "or"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words[words.length - 1]}`;
}

const endings: Readonly<Record<NonNullable<MotionFields["ended"]>, string>> = {
  words: "the words differed",
  denied: "it was denied",
  expired: "nobody came in time",
  withdrawn: "it was withdrawn",
  code: "the code was missed",
  archiver: "the newcomer's client keeps copies",
};

/** Why a motion came to nothing, and by whom. */
export function endingWords({ ended, endedBy }: Pick<MotionFields, "ended" | "endedBy">): string {
  if (ended === null) return "it is still open";
  const isDecision = ended === "denied" || ended === "withdrawn";
  return endings[ended] + (isDecision && endedBy !== null ? ` by ${oneLine(endedBy)}` : "");
}

/** A motion that waits: what, by whom, who is missing, and what they type. */
export function pendingWords(line: PendingLine, paint: Paint): string {
  const { strong, faint, warn, accent, bad } = paint;
  const id = strong(line.id.slice(0, idDigits(line.next)));
  const indent = " ".repeat(idDigits(line.next) + 2);
  const rows = [`${id}  ${strong(motionTitle(line))}`];
  if (line.ended !== null) {
    return [...rows, `${indent}${bad(endingWords(line))}`].join("\n");
  }
  const agree = line.given.length === 1 ? "agrees" : "agree";
  const given =
    line.given.length === 0
      ? `${oneLine(line.by)} waits for the newcomer`
      : `${joinWords(line.given.map(oneLine), "and")} ${agree}`;
  const missing =
    line.waitsFor.length === 0 ? "" : `; waits for ${joinWords(line.waitsFor.map(oneLine), "or")}`;
  rows.push(
    `${indent}${given} (${line.given.length} of ${line.needed})${missing} ${faint(`since ${clockTime(line.seenAt)}`)}`,
  );
  if (line.against.length > 0) {
    rows.push(`${indent}${warn(`against: ${joinWords(line.against.map(oneLine), "and")}`)}`);
  }
  if (line.lookAlike !== null) {
    rows.push(
      `${indent}${warn(`⚠ can be mistaken for ${oneLine(line.lookAlike)}: ask who is who`)}`,
    );
  }
  if (line.archives) rows.push(`${indent}${warn(archiverWarning(line.label))}`);
  rows.push(`${indent}${accent(line.next)}`);
  return rows.join("\n");
}

/** What everybody should know before such a newcomer is let in. */
export function archiverWarning(label: string): string {
  return `⚠ ${oneLine(label)}'s client keeps copies elsewhere: whoever gets at those reads what you write`;
}

/** The digits of the id that the suggested command names. */
function idDigits(next: string): number {
  return /\b[0-9a-f]{4,32}\b/.exec(next)?.[0].length ?? 8;
}

/** What became of a motion, in one sentence for everybody. */
export function motionWords(line: MotionLine): string {
  const title = motionTitle(line);
  const count = `${line.given.length} of ${line.needed}`;
  switch (line.state) {
    case "moved":
      return movedWords(line, `backchannel approve ${line.id.slice(0, 4)}`);
    case "seconded":
      return `${joinWords(line.given.map(oneLine), "and")} agree: ${title} (${count})`;
    case "checked":
      return `${title}: the newcomer has typed the right words`;
    case "granted":
      return decidedWords({ ...line, epoch: line.granted });
    case "opposed":
      return `${joinWords(line.against.map(oneLine), "and")} said no: ${title} (${count})`;
    case "ended":
      return `${title} came to nothing: ${endingWords(line)}`;
  }
}

/** What a motion has changed, once enough persons have agreed. */
export function decidedWords(
  motion: Pick<MotionFields, "op" | "label"> & { readonly epoch: number | null },
): string {
  const label = oneLine(motion.label);
  const from = motion.epoch === null ? "" : ` from epoch ${motion.epoch}`;
  switch (motion.op) {
    case "admit":
      return `agreed: ${label} is in${from}`;
    case "remove":
      return `agreed: ${label} is out${from}`;
    case "policy":
      return `agreed: the policy is another${from}`;
    case "renew":
      return `agreed: ${label} may freeze once more`;
  }
}

function movedWords(line: MotionLine, next: string): string {
  const others = joinWords(line.waitsFor.map(oneLine), "or");
  if (line.mine && others !== "") return `${motionTitle(line)} waits for ${others}: ${next}`;
  return `${oneLine(line.by)} moves: ${motionTitle(line)}. Second it: ${next}`;
}

/** Local time of day; with the date when it was not today. */
export function clockTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const time = at.toTimeString().slice(0, 5);
  return at.toDateString() === now.toDateString()
    ? time
    : `${at.toDateString().slice(4, 10)} ${time}`;
}
