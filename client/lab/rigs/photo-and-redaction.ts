import type { Figure } from "#client/charts/figure.ts";
import { photoClaims, photoParams, tellPhoto } from "../attacks/photo-and-redaction.ts";
import { attemptOn } from "../attempt.ts";
import type { Metric } from "../metric.ts";
import { share } from "../metrics.ts";
import type { Control } from "../result.ts";
import type { Fault } from "../scenario-checks.ts";
import type { Scenario } from "../scenario-schema.ts";
import { seeded } from "../seeded.ts";
import { settingsOf } from "../settings.ts";
import { chanceTail } from "../statistics.ts";
import { chanceControl, levelControl } from "./chance-control.ts";
import {
  drawLink,
  type MinutesTruth,
  minutesDefences,
  minutesParams,
  minutesTruth,
  stageMinutes,
} from "./minutes-stage.ts";
import { placePattern } from "./minutes-text.ts";
import { type ControlPlan, defineRig, type Rig, type Score } from "./rig.ts";

/** Minutes of a real talk, published with black boxes, and a photograph of a screen. */
export const photoAndRedaction = defineRig<MinutesTruth>({
  algorithm: "photo-and-redaction",
  defences: minutesDefences,
  metrics: [
    "public.entities",
    "public.by_text",
    "public.by_width",
    "public.wrong",
    "ident.top1",
    "picture.read",
    "minutes.readable",
  ],
  facts: ["names.text", "names.width", "public.by", "picture.link", "width.alone"],
  world: minutesParams,
  params: photoParams,
  truth: minutesTruth,
  check: checkMinutes,
  stage: stageMinutes,
  score: ({ claims }, truth) => scoreClaims(photoClaims.parse(claims), truth),
  tell: tellPhoto,
  controls: photoControls,
  sentence(_scenario, run) {
    const words = (id: string) => {
      const metric = run.metrics.find((each) => each.id === id);
      return `${metric?.hits ?? 0} of ${metric?.of ?? 0}`;
    };
    const isRead = run.metrics.find(({ id }) => id === "picture.read")?.hits === 1;
    return `${words("public.entities")} hidden names were recovered: the file held ${words("public.by_text")} under its boxes, and the widths of the boxes alone name ${words("public.by_width")}. The picture ${isRead ? "gave" : "did not give"} the code on the screen away.`;
  },
  limits: (_scenario, run) => [
    "Bland, Iyer and Levchenko (2022) also read the shifts of single glyphs that word processors leave, and weigh candidates by how likely they are; here the width of the box is everything, and each candidate is as likely as the next.",
    "The attacker's list holds every name that was said, and he knows that boxes have the width of what they cover. Whoever is not on his list he would miss or take for somebody else.",
    "Boxes lie exactly where the text was. A box drawn by hand is wider by some points, which makes more names fit; the white around it then tells the width again.",
    "Figures all have one width in this font, so dates of one month look alike and most of what stays unnamed are dates.",
    "The context of a box is not used: a sentence that says what only one person can have said needs no width.",
    "The photograph is drawn: tilted, blurred, shaded and grained by the seed, with no more perspective than a slant. One picture, so its share is 0 or 1.",
    "The code is shown as the product draws it, by the lab and not by a live invitation, which holds for ten minutes and one guess.",
    ...run.findings.notes,
  ],
});

type Claims = ReturnType<typeof photoClaims.parse>;

function scoreClaims(claims: Claims, truth: MinutesTruth): Score {
  const boxes = claims.boxes.slice(0, truth.hidden.length);
  type Box = (typeof boxes)[number];
  // A name counts once, however often it was said, and only where it stood below that box.
  const rightBy = (read: (box: Box) => string | null) =>
    new Set(boxes.flatMap((box, at) => (read(box) === truth.hidden[at] ? (read(box) ?? []) : [])));
  const byText = rightBy(({ text }) => text);
  const byWidth = rightBy(({ named }) => named);
  const open = new Set(claims.open.filter((name) => truth.said.includes(name)));
  const all = new Set([...byText, ...byWidth, ...open]);
  const of = truth.said.length;
  const claimed = claims.boxes.map(({ text, named }) => text ?? named);
  const wrong = claimed.filter((name, at) => name !== null && name !== truth.hidden[at]).length;
  const top = boxes.filter(({ best }, at) => best === truth.hidden[at]).length;
  const isRead = truth.link !== null && claims.picture === truth.link;
  const entities = share({
    ...{ id: "public.entities", hits: all.size, of },
    words: "of the names in the talk were recovered from what was published",
  });
  const text = share({
    ...{ id: "public.by_text", hits: byText.size, of },
    words: "of the names lie as text under a box",
  });
  const width = share({
    ...{ id: "public.by_width", hits: byWidth.size, of },
    words: "of the names are the only candidate as wide as a box",
  });
  const metrics = [
    entities,
    text,
    width,
    share({
      ...{ id: "public.wrong", hits: wrong, of: claimed.filter((name) => name !== null).length },
      words: "of the boxes that were named were named wrongly",
    }),
    share({
      ...{ id: "ident.top1", hits: top, of: boxes.length, chance: 1 / truth.candidates.length },
      words: "of the boxes: the best guess by width alone is right",
    }),
    share({
      ...{ id: "picture.read", hits: isRead ? 1 : 0, of: 1 },
      words: "of the codes on the photographed screen were read",
    }),
    share({
      id: "minutes.readable",
      hits: truth.characters - truth.hiddenCharacters,
      of: truth.characters,
      words: "of the characters of the talk stand on the published page",
    }),
  ];
  return {
    metrics,
    figures: [methods([text, width, entities])],
    facts: {
      "names.text": listed(byText),
      "names.width": listed(byWidth),
      "public.by": byText.size > 0 ? "text" : byWidth.size > 0 ? "width" : "nothing",
      "picture.link": isRead ? truth.link : "nothing",
      "width.alone": claims.boxes.filter(({ named }) => named !== null).length,
    },
    headline: {
      value: of === 0 ? "–" : `${Math.round((100 * all.size) / of)}%`,
      words: `${all.size} of ${of} hidden names recovered${isRead ? ", and the code on the screen" : ""}`,
      leaks: all.size > 0 || isRead,
    },
  };
}

function listed(names: ReadonlySet<string>): string {
  return [...names].sort().join(", ") || "none";
}

function methods(metrics: readonly Metric[]): Figure {
  return {
    kind: "bars",
    id: "names-by-method",
    title: "Hidden names recovered",
    caption:
      "Text under a box needs no guess; a box as wide as its name is a guess that is often sure.",
    y: { label: "share of the names", scale: "linear" },
    bars: metrics.map(({ id, value, interval }) => ({
      name: id,
      value: value ?? 0,
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    })),
    chance: null,
  };
}

function checkMinutes({ world }: Scenario): Fault[] {
  const parsed = minutesParams.safeParse(world.params);
  if (!parsed.success) return [];
  const { persons, places, dates, sentences } = parsed.data;
  const faults: Fault[] = [];
  const at = (...path: (string | number)[]) => ["world", "params", ...path];
  if (world.traffic !== undefined) {
    faults.push({ path: ["world", "traffic"], message: "is made of the sentences" });
  }
  const seen = new Set<string>();
  for (const [key, names] of Object.entries({ persons, places, dates })) {
    names.forEach((name, index) => {
      if (name.includes(",")) faults.push({ path: at(key, index), message: "a name has no comma" });
      if (seen.has(name)) faults.push({ path: at(key, index), message: "stands twice" });
      seen.add(name);
    });
  }
  sentences.forEach((sentence, index) => {
    const rest = sentence.replace(placePattern, "");
    if (rest === sentence || /[{}]/.test(rest)) {
      const message = "a sentence has {person}, {place} or {date}, and no other braces";
      faults.push({ path: at("sentences", index), message });
    }
    if ([...seen].some((name) => rest.includes(name))) {
      faults.push({ path: at("sentences", index), message: "names are drawn, not written" });
    }
  });
  return faults;
}

/**
 * Names left under their boxes and a code in full view must all be read. Against names and a code drawn anew,
 * which nothing on the page or in the picture comes from, the same findings must be worth no more than chance.
 */
async function photoControls(plan: ControlPlan, rig: Rig): Promise<Control[]> {
  const { scenario, seed, out } = plan;
  const bare = { redaction: "covered", boxes: "text", names: "boxes", picture: "words-hidden" };
  const settings = { ...settingsOf(scenario, {}), ...bare };
  const staged = await rig.stage({ scenario, seed, settings, out: `${out}/controls/covered` });
  const open = await attemptOn(rig, scenario, staged, settings);
  const hits = (id: string) => open.metrics.find((each) => each.id === id);
  const [text, picture] = [hits("public.by_text"), hits("picture.read")];
  const hasPicture = scenario.adversary.gets.some(({ kind }) => kind === "picture");
  const isRead = text?.value === 1 && (picture?.value === 1 || !hasPicture);
  const truth = otherNames(minutesTruth.parse(staged.truth), seed);
  const other = { ...open, metrics: (await rig.score(open.findings, truth, open.bundle)).metrics };
  const { boxes } = photoClaims.parse(open.findings.claims);
  const right = boxes.filter(({ text: under }, at) => under === truth.hidden[at]).length;
  const isDark = other.metrics.find(({ id }) => id === "picture.read")?.hits === 0;
  const p = chanceTail(right, boxes.length, 1 / truth.candidates.length);
  const measured = `${right} of ${boxes.length}${isDark ? "" : ", and the code"}`;
  const byText = {
    kind: "null" as const,
    name: "text under the boxes, for names drawn anew",
    run: open,
  };
  return [
    {
      ...{ kind: "positive", name: "names under their boxes", bundle: open.bundle },
      expected: "every name and the code on the screen are read",
      measured: `${text?.hits ?? 0} of ${text?.of ?? 0} names, ${picture?.hits ?? 0} code`,
      ok: isRead,
    },
    levelControl(byText, p, measured, boxes.length > 0 && isDark),
    chanceControl("null", "widths of the boxes, for names drawn anew", other, "ident.top1"),
  ];
}

/** Which name a box stands for, drawn from all candidates, and another code: nothing published can tell. */
function otherNames(truth: MinutesTruth, seed: number): MinutesTruth {
  const choices = seeded("other names", seed);
  const hidden = truth.hidden.map(() => choices.pick(truth.candidates));
  const link = truth.link === null ? null : drawLink(seed + 1);
  return { ...truth, hidden, said: [...new Set(hidden)], link };
}
