import type { Arm, Finding } from "./finding.ts";

const lateKeys = (epochs: string, words: string): Arm => ({
  words,
  change: { late_epochs: epochs, late_window: "24h" },
  metric: "undelivered.key",
});

/** The findings that people who plan a channel expect least. Each is carried out on a real relay with real clients. */
export const sixFindings: readonly Finding[] = [
  {
    id: "own-update",
    title: "Only the victim's own update heals",
    lesson: "Whoever suspects his own device renews its keys; what others do does not help him.",
    scenario: "stolen-device",
    number: "share of what was said after the theft that the thief reads with stolen keys",
    chance: null,
    arms: {
      nobody: {
        words: "nobody renews keys",
        change: { victim_updates: "never", others_update: "never" },
        metric: "recovered.future.key",
      },
      others: {
        words: "everybody but the victim does",
        change: { victim_updates: "never", others_update: "each-session" },
        metric: "recovered.future.key",
      },
      victim: {
        words: "the victim does, once",
        change: { victim_updates: "after-theft", others_update: "never" },
        metric: "recovered.future.key",
      },
    },
    claims: [
      {
        words: "the others' updates change nothing",
        ...{ kind: "same", arm: "others", as: "nobody", margin: 0.02 },
      },
      { words: "the victim's own does", kind: "less", arm: "victim", than: "nobody" },
    ],
  },
  {
    id: "late-keys",
    title: "Keys kept for late messages leak",
    lesson: "A device keeps old keys for as few epochs and as short a time as the line allows.",
    scenario: "stolen-device",
    number: "share of the undelivered messages of past epochs that the thief opens with kept keys",
    chance: null,
    arms: {
      none: lateKeys("0", "no past epoch's keys are kept"),
      one: lateKeys("1", "those of one past epoch"),
      four: lateKeys("4", "those of four"),
      eight: lateKeys("8", "those of eight"),
    },
    claims: [
      { words: "without kept keys nothing", kind: "below", arm: "none", bound: 0.1 },
      { words: "one epoch's keys open some", kind: "more", arm: "one", than: "none" },
      { words: "four epochs' keys open more", kind: "more", arm: "four", than: "one" },
      { words: "eight epochs' keys still more", kind: "more", arm: "eight", than: "four" },
    ],
  },
  {
    id: "cover",
    title: "Random cover traffic does not stop correlation, constant slots do",
    lesson:
      "Cover that comes at random is paid for nothing; one frame in each slot, always, is not.",
    scenario: "traffic-correlation",
    number: "area under the curve for telling members' lines from others'",
    chance: 0.5,
    arms: {
      none: { words: "no cover", change: { cover: "none" }, metric: "link.auc" },
      random: { words: "cover at random", change: { cover: "random" }, metric: "link.auc" },
      slots: { words: "constant slots", change: { cover: "slots" }, metric: "link.auc" },
    },
    claims: [
      {
        words: "cover at random changes nothing",
        ...{ kind: "same", arm: "random", as: "none", margin: 0.05 },
      },
      {
        words: "with slots the tap only guesses",
        ...{ kind: "at", arm: "slots", value: 0.5, margin: 0.05 },
      },
    ],
  },
  {
    id: "padme",
    title: "Padmé alone protects chat-sized text badly",
    lesson: "Short texts need large buckets; Padmé is for attachments.",
    scenario: "yes-or-no",
    number: "share of answers, of forty drafts each, guessed from sizes alone",
    chance: 1 / 40,
    arms: {
      none: { words: "no padding", change: { padding: "none" }, metric: "guess.accuracy" },
      padme: { words: "Padmé", change: { padding: "padme" }, metric: "guess.accuracy" },
      product: {
        words: "Backchannel's frames",
        change: { padding: "product" },
        metric: "guess.accuracy",
      },
    },
    claims: [
      { words: "without padding most are read", kind: "above", arm: "none", bound: 0.5 },
      { words: "Padmé leaves four times chance or more", kind: "above", arm: "padme", bound: 0.1 },
      { words: "frames of 1 KiB leave less", kind: "less", arm: "product", than: "padme" },
      {
        words: "and no more than guessing",
        ...{ kind: "at", arm: "product", value: 1 / 40, margin: 0.02 },
      },
    ],
  },
  {
    id: "attribution",
    title: "Attribution by hand accuses the innocent; a code that may abstain does not",
    lesson: "Name nobody before the marks suffice: abstaining is a result.",
    scenario: "canary-trap",
    number: "share of the leaks after which an innocent person is named",
    chance: null,
    arms: {
      hand: {
        words: "best match by hand, 8 marks",
        change: { marks: "8" },
        metric: "naive.false",
      },
      few: { words: "traced code, 8 marks", change: { marks: "8" }, metric: "attrib.false" },
      more: { words: "traced code, 64 marks", change: { marks: "64" }, metric: "attrib.false" },
    },
    claims: [
      { words: "by hand one in ten or more", kind: "above", arm: "hand", bound: 0.1 },
      { words: "the code with few marks under 1 %", kind: "below", arm: "few", bound: 0.01 },
      { words: "and with enough of them too", kind: "below", arm: "more", bound: 0.01 },
    ],
  },
  {
    id: "commitment",
    title: "A plain AEAD opens one letter in two ways, key commitment stops it",
    lesson: "One file is one text only if the letter commits to its key.",
    scenario: "two-faced-envoy",
    number: "share of the letters that are one file and say two things",
    chance: null,
    arms: {
      plain: {
        words: "XChaCha20-Poly1305 as it is",
        change: { letter: "plain" },
        metric: "letters.divergent",
      },
      committed: {
        words: "with key commitment",
        change: { letter: "committed" },
        metric: "letters.divergent",
      },
    },
    claims: [
      { words: "without it nearly every letter", kind: "above", arm: "plain", bound: 0.9 },
      { words: "with it none", kind: "below", arm: "committed", bound: 0.05 },
    ],
  },
];
