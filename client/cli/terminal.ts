import type { AlarmCode } from "#client/core/view.ts";
import type { Failure, FailureCode } from "#shared/failure.ts";
import type { ErrorLine } from "./lines.ts";

/** What a person is told about a failure: what happened, what was not disclosed or lost, what to do next. */
interface Explanation {
  readonly says: string;
  /** Null where nothing could have been disclosed or lost. */
  readonly kept: string | null;
  readonly next: string;
}

const nothingSent = "Nothing was sent.";
const nothingChanged = "Nothing was changed.";
const frameOnly = "Nothing was read from it and nothing was answered.";

const explanations: Readonly<Record<FailureCode, Explanation>> = {
  internal: {
    says: "a defect of Backchannel",
    kept: "What was saved is still in the vault; no text or key is in this message.",
    next: "try the verb once more; if it happens again, report this line",
  },
  unavailable: {
    says: "this build or this machine lacks a part",
    kept: nothingSent,
    next: "run `npm install` in the clone and try again",
  },
  usage: {
    says: "the command was not understood",
    kept: nothingSent,
    next: "`backchannel VERB --help` shows how a verb is used",
  },
  "code-typo": {
    says: "the code has a typing error",
    kept: "Nobody was contacted, so the code is still good.",
    next: "check it with your sponsor and type it again; three letters of each word are enough",
  },
  "no-channel": {
    says: "no such channel in this vault",
    kept: nothingSent,
    next: "`backchannel channels` lists them; `use NAME` or `--channel NAME` chooses one",
  },
  "not-found": {
    says: "not found",
    kept: nothingSent,
    next: "check the name; `who` lists labels, `channels` lists channels",
  },
  "too-large": {
    says: "the text is too long for one message",
    kept: nothingSent,
    next: "split it",
  },
  locked: {
    says: "another process holds this vault",
    kept: "Nothing was opened.",
    next: "end the other process, or use another vault with --home",
  },
  passphrase: {
    says: "the passphrase does not open this vault",
    kept: "Nothing was opened and nothing was changed; the vault is as it was.",
    next: "try again; a forgotten passphrase cannot be recovered: wipe the vault and join anew",
  },
  "disk-full": {
    says: "the disk is full",
    kept: "What was saved before is whole; nothing was sent without being saved.",
    next: "make room and repeat the verb",
  },
  "vault-version": {
    says: "the vault was made by another version of Backchannel",
    kept: "Nothing was opened and nothing was changed.",
    next: "use the version that made it",
  },
  "vault-damaged": {
    says: "the vault is damaged or was tampered with",
    kept: "Nothing was opened and nothing was changed; its files are as they were.",
    next: "do not restore an old copy over it: ask the others to admit you anew",
  },
  empty: {
    says: "nothing new",
    kept: null,
    next: "`recv --follow` tells what comes",
  },
  interrupted: {
    says: "interrupted",
    kept: "What was saved goes on by the next verb; nothing else was sent.",
    next: "repeat the verb to go on",
  },
  "channel-full": {
    says: "the channel has all the seats that it can have",
    kept: nothingSent,
    next: "remove a seat that is no longer used",
  },
  network: {
    says: "no connection",
    kept: "Nothing was lost: what you had said is kept, sealed, in your vault.",
    next: "it goes out, in order and once, by the next verb that connects",
  },
  "rate-limited": {
    says: "the relay asks to slow down",
    kept: "Nothing was lost: what you said is kept, sealed, in your vault.",
    next: "wait and repeat the verb",
  },
  "frame-too-large": {
    says: "the relay does not take a frame of this size",
    kept: nothingSent,
    next: "say it in shorter messages",
  },
  "mailbox-full": {
    says: "the mailbox of this epoch is full",
    kept: "Nothing was lost: what you said is kept, sealed, in your vault.",
    next: "`backchannel rotate` begins a new epoch with a new mailbox",
  },
  "bad-mailbox": {
    says: "the relay says that the mailbox is not a key",
    kept: nothingSent,
    next: "the relay or the way to it is not what it seems: compare the words of `status` by voice",
  },
  "bad-signature": {
    says: "the relay did not accept our signature",
    kept: nothingSent,
    next: "dial the relay by the address that it was given, not through another name",
  },
  "bad-message": {
    says: "the relay and this client do not speak the same language",
    kept: frameOnly,
    next: "check that the address is a Backchannel relay of the same version",
  },
  "wrong-address": {
    says: "the relay answers to another address",
    kept: "Nothing was signed for it.",
    next: "dial it by the address that `backchannel relay` printed",
  },
  "too-many": {
    says: "the relay has as many of these as it takes",
    kept: nothingSent,
    next: "wait and repeat the verb",
  },
  "relay-full": {
    says: "the relay has no room left",
    kept: "Nothing was lost: what you said is kept, sealed, in your vault.",
    next: "tell whoever runs the relay; it goes out by the next verb that connects",
  },
  expired: {
    says: "this has expired",
    kept: nothingSent,
    next: "ask for a new code; for a channel, ask to be admitted anew",
  },
  "nameplate-unknown": {
    says: "no sponsor waits under this number",
    kept: "No word of the code left this machine.",
    next: "check the number and the relay's address, or ask for a new code",
  },
  "nameplate-taken": {
    says: "somebody else is already using this number",
    kept: "No word of the code left this machine.",
    next: "call your sponsor: if it was not you, ask for a new code",
  },
  version: {
    says: "something came in a version that this client does not know",
    kept: frameOnly,
    next: "bring everybody to the same version",
  },
  malformed: {
    says: "something came that is not in its proper form",
    kept: frameOnly,
    next: "if it is a file of yours, check that it is whole; otherwise see `status`",
  },
  integrity: {
    says: "something came that was altered or is not from where it claims",
    kept: frameOnly,
    next: "stop, and compare the words of `backchannel status` by voice",
  },
  refused: {
    says: "this is against the rules of the channel",
    kept: nothingChanged,
    next: "see `status` and `who`",
  },
  auth: {
    says: "the words did not match",
    kept: "Nobody was admitted and no message was disclosed; the attempt is over on every side.",
    next: "somebody may be in between: talk over another line, then begin with a new code",
  },
  removed: {
    says: "you were removed from this channel",
    kept: nothingSent,
    next: "talk to the others; a new seat needs a new code",
  },
  closed: {
    says: "this channel is closed",
    kept: nothingSent,
    next: "open a new one",
  },
  stranded: {
    says: "the relay no longer holds what this client has not read",
    kept: nothingSent,
    next: "ask to be admitted anew",
  },
  "rolled-back": {
    says: "this vault is an older copy of itself",
    kept: "Nothing was sent: sending could use a key twice.",
    next: "wipe this copy and ask to be admitted anew",
  },
  halted: {
    says: "a member sent a change that does not work out",
    kept: "Nothing was sent after it.",
    next: "`status` names the member: talk, and ask to be admitted anew",
  },
  alarm: {
    says: "an alarm waits for you to talk to the others",
    kept: "Nothing was sent, and what was read is kept.",
    next: "compare the words of `status` by voice; if they agree everywhere: `backchannel status --compared`",
  },
  pending: {
    says: "this waits for another person",
    kept: nothingChanged,
    next: "`backchannel pending` shows what waits, and for whom",
  },
  denied: {
    says: "another member has said no",
    kept: "Nobody was admitted and nothing was changed.",
    next: "talk to whoever denied it; a new attempt needs a new code",
  },
  "look-alike": {
    says: "this label can be mistaken for another one",
    kept: "Your approval was not given, and nobody was admitted.",
    next: "ask who is who; if it is right, approve with --despite-look-alike",
  },
  archiver: {
    says: "this channel refuses clients that keep copies elsewhere",
    kept: "Nobody was admitted and nothing was changed.",
    next: "take part without the archive, or ask the others: `backchannel policy --archivers shown` needs all",
  },
  frozen: {
    says: "a freeze is in the way",
    kept: nothingSent,
    next: "talk over another line; `status` says who froze it and until when",
  },
};

/** The same failures in the lab, where there is no vault and nothing is sent. */
const labExplanations: Readonly<Partial<Record<FailureCode, Explanation>>> = {
  internal: {
    says: "a defect of the lab",
    kept: null,
    next: "try the verb once more; if it happens again, report this line",
  },
  unavailable: {
    says: "this build or this machine lacks a part",
    kept: nothingChanged,
    next: "run `npm install` in the clone and try again",
  },
  usage: {
    says: "not done",
    kept: nothingChanged,
    next: "--help after the verb shows how it is used",
  },
  "not-found": {
    says: "not found",
    kept: nothingChanged,
    next: "check the name, and the folder in which you type",
  },
  refused: {
    says: "not allowed",
    kept: nothingChanged,
    next: "what belongs to the facilitator is opened from the facilitator's account only",
  },
  "too-large": { says: "too large", kept: nothingChanged, next: "make it smaller" },
  locked: {
    says: "busy",
    kept: nothingChanged,
    next: "wait until the other process has ended, and repeat the verb",
  },
  interrupted: {
    says: "stopped",
    kept: null,
    next: "repeat the verb",
  },
  "rate-limited": {
    says: "too soon",
    kept: "This was no try, and cost nothing.",
    next: "look at the evidence meanwhile, or at another question",
  },
  version: {
    says: "a file is of a version that this lab does not know",
    kept: nothingChanged,
    next: "use the version that made it",
  },
  malformed: {
    says: "a file is not in its proper form",
    kept: nothingChanged,
    next: "check that it is whole, and the file that you mean",
  },
  integrity: {
    says: "what was measured does not hold",
    kept: null,
    next: "rely on none of these numbers until the cause is found",
  },
};

const alarmHints: Readonly<Record<AlarmCode, string>> = {
  fork: "compare the words of `backchannel status` by voice",
  replay: "somebody repeats old messages: talk to the one who is named",
  reordered: "the relay changed the order: compare the words of `backchannel status` by voice",
  "short-log": "the relay lost part of its log; what you said is being sent again",
  stranded: "the relay has pruned what you did not read: ask to be admitted anew",
  "rolled-back": "this vault is an older copy: wipe it and ask to be admitted anew",
  halted: "the last change does not work out here: talk, and ask to be admitted anew",
  complaint: "a member says that the last change does not work out: talk before you go on",
  "split-suspected": "compare the words of `backchannel status` by voice with those who are silent",
  "slots-missed":
    "ask the one who is named over another line whether they are there: the relay or the way to it may hold them back",
  "look-alike": "two labels look alike: ask who is who before you go on",
  "freeze-refused": "this seat has used up its freeze: talk to the one who is named",
};

/** What to do about an alarm, in one sentence. */
export function alarmHint(code: AlarmCode): string {
  return alarmHints[code];
}

/** Which verbs failed: those that talk to others, or the lab's. */
export type Realm = "messenger" | "lab";

/** The line by which a verb ends that failed; `advice` is the very command to type next, where there is one. */
export function errorLine(
  failure: Failure,
  advice: string | null = null,
  realm: Realm = "messenger",
): ErrorLine {
  const usual = explanations[failure.code];
  const { says, kept, next } = realm === "lab" ? (labExplanations[failure.code] ?? usual) : usual;
  return {
    type: "error",
    code: failure.code,
    exit: failure.exit,
    message: [`${says}: ${failure.message.replace(/\.+$/, "")}.`, kept]
      .filter((part) => part !== null)
      .join(" "),
    hint: advice ?? next,
    retryAfterMs: failure.retryAfterMs,
  };
}
