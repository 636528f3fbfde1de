import { describe, expect, test } from "vitest";
import { f1, judge, kendallTau, markOf, sheetOf } from "#client/lab/exercise/answer.ts";
import { normalise, numberIn } from "#client/lab/exercise/answer-text.ts";
import { type Domain, domainOf } from "#client/lab/exercise/domain.ts";
import { type Answer, type Question, questionSchema } from "#client/lab/scenario-question.ts";
import { hex } from "#shared/bytes.ts";

const key = new Uint8Array(32).fill(7);
const scenario = "stolen-device";

function question(answer: unknown, more: object = {}): Question {
  return questionSchema.parse({
    ...{ id: "q", phase: "investigate", prompt: "?", points: 10, answer },
    ...more,
  });
}

function say(
  asked: Question,
  fact: string | number | null,
  said: string,
  domain: Domain = "number",
) {
  const place = { scenario, question: asked.id };
  const sheet = sheetOf(key, place, asked.answer as Answer, fact, domain);
  return judge(key, scenario, asked, sheet, said);
}

describe("a flag", () => {
  const asked = question({ type: "flag", fact: "secrets.x" });

  test.each([
    "the port fees at 40 to 3",
    " The port  fees at 40 to 3. ",
    '"the port fees at 40 to 3"',
  ])("is right without regard to case, spaces and quotes: %s", (said) => {
    expect(say(asked, "the port fees at 40 to 3", said).outcome).toBe("right");
  });

  test("is wrong with one letter changed", () => {
    expect(say(asked, "the port fees at 40 to 3", "the port fees at 40 to 4").outcome).toBe(
      "wrong",
    );
  });

  test("lies in the sheet as a mark that depends on key, scenario and question", () => {
    const place = { scenario, question: "q" };
    const sheet = sheetOf(key, place, asked.answer, "corridor");
    expect(JSON.stringify(sheet)).not.toContain("corridor");
    const marks = [
      markOf(key, place, "corridor"),
      markOf(new Uint8Array(32), place, "corridor"),
      markOf(key, { ...place, question: "p" }, "corridor"),
      markOf(key, { ...place, scenario: "other" }, "corridor"),
    ].map(hex);
    expect(new Set(marks).size).toBe(4);
  });

  test("its mark is HMAC-SHA-256 as another implementation computes it", async () => {
    const { createHmac } = await import("node:crypto");
    const other = createHmac("sha256", key).update("stolen-device\0q\0the corridor").digest("hex");
    expect(hex(markOf(key, { scenario, question: "q" }, "The  Corridor."))).toBe(other);
  });
});

describe("an accusation", () => {
  const asked = question({ type: "actor", fact: "leaker" }, { accuses: true });

  test("the right name earns all, nobody a half, a wrong name costs twice", () => {
    expect(say(asked, "Heron", "heron")).toEqual({ share: 1, outcome: "right" });
    expect(say(asked, "Heron", "no one")).toEqual({ share: 0.5, outcome: "abstained" });
    expect(say(asked, "Heron", "Slate")).toEqual({ share: -2, outcome: "false accusation" });
  });

  test("nobody is right where nobody did it", () => {
    expect(say(asked, null, "nobody")).toEqual({ share: 1, outcome: "right" });
    expect(say(asked, null, "Heron").share).toBe(-2);
  });
});

describe("a number", () => {
  const asked = question({ type: "number", fact: "f", abs_tol: 0.1 });

  test.each([
    ["0.5", "right"],
    ["40 %", "right"],
    ["0,6", "right"],
    ["1/2", "right"],
    ["0.61", "wrong"],
    ["0.39", "wrong"],
  ])("%s against 0.5 give or take 0.1 is %s", (said, outcome) => {
    expect(say(asked, 0.5, said).outcome).toBe(outcome);
  });

  test("what is no number is no answer", () => {
    for (const said of ["half", "", "1e", "0.5.5", "NaN", "Infinity", "1/0"]) {
      expect(() => say(asked, 0.5, said)).toThrow(/expected a number/);
    }
    expect(numberIn("-3e2")).toBe(-300);
  });

  test("none is right where the run has no such number", () => {
    expect(say(asked, null, "none").outcome).toBe("right");
    expect(say(asked, null, "0").outcome).toBe("wrong");
    expect(say(asked, 0.5, "none").outcome).toBe("wrong");
  });

  test("none is none of it where nothing came out, and never is not", () => {
    expect(say(asked, 0, "none", "share").outcome).toBe("right");
    expect(say(asked, 0, "0%", "share").outcome).toBe("right");
    expect(say(asked, 0, "never").outcome).toBe("wrong");
    expect(say(asked, null, "never").outcome).toBe("right");
  });

  test.each<[Domain, string]>([
    ["share", "450%"],
    ["share", "-0.1"],
    ["share", "1.01"],
    ["share", "1e400"],
    ["whole", "-1"],
    ["whole", "2.5"],
    ["whole", "40%"],
    ["positive", "-3"],
    ["number", "1e400"],
  ])("a %s cannot be %s, and that is no answer", (domain, said) => {
    expect(() => say(asked, 0.5, said, domain)).toThrow(/expected a/);
    expect(() => say(asked, null, said, domain)).toThrow(/expected a/);
  });

  test.each<[Domain, string]>([
    ["share", "0"],
    ["share", "100 %"],
    ["share", "2/5"],
    ["whole", "12"],
    ["positive", "2.5"],
    ["number", "-3"],
  ])("a %s can be %s", (domain, said) => {
    expect(say(asked, 0.5, said, domain).outcome).toMatch(/right|wrong/);
  });

  test("a metric's unit says which numbers its question takes", () => {
    expect(domainOf("share", 0.4)).toBe("share");
    expect(domainOf("messages", 11)).toBe("whole");
    expect(domainOf("messages", null)).toBe("whole");
    expect(domainOf("count", 2.5)).toBe("positive");
    expect(domainOf("seconds", 3)).toBe("positive");
    expect(domainOf(null, 3)).toBe("number");
  });

  test("a prediction earns less the farther off it is, and nothing at five tolerances", () => {
    const guess = question({ type: "number", fact: "f", abs_tol: 0.1 }, { phase: "predict" });
    const shares = ["0.5", "0.7", "0.8", "1"].map((said) => say(guess, 0.5, said).share);
    expect(shares[0]).toBe(1);
    expect(shares[1]).toBeCloseTo(0.75);
    expect(shares[2]).toBeCloseTo(0.5);
    expect(shares[3]).toBeCloseTo(0);
  });
});

describe("an interval", () => {
  const asked = question({ type: "interval", fact: "f", scale: 1 });

  test("earns the more the narrower, and nothing outside", () => {
    expect(say(asked, 0.5, "0.4..0.6").share).toBeCloseTo(0.8);
    expect(say(asked, 0.5, "0..1").share).toBe(0);
    expect(say(asked, 0.5, "0.5..0.5")).toEqual({ share: 1, outcome: "right" });
    expect(say(asked, 0.5, "0.6..0.9")).toEqual({ share: 0, outcome: "wrong" });
  });

  test("one that is upside down, half or outside of what can be is no answer", () => {
    for (const said of ["0.6..0.4", "0.4", "0.1..0.2..0.3", "a..b", "0.2..450%"]) {
      expect(() => say(asked, 0.5, said, "share")).toThrow(/expected a|comes first/);
    }
    expect(say(asked, 0.5, "40%..0,6", "share").share).toBeCloseTo(0.8);
  });
});

describe("sets and orders", () => {
  test("a set earns its F1", () => {
    const asked = question({ type: "set", fact: "f" });
    expect(say(asked, "Heron, Slate", "slate; heron").share).toBe(1);
    expect(say(asked, "Heron, Slate", "heron").share).toBeCloseTo(2 / 3);
    expect(say(asked, "Heron, Slate", "heron, heron, heron").share).toBeCloseTo(2 / 3);
    expect(say(asked, "Heron, Slate", "larch").outcome).toBe("wrong");
    expect(f1([0, 1, -1, -1], 2)).toBeCloseTo(2 / 3);
  });

  test("an order earns Kendall's tau, and nothing below zero", () => {
    const asked = question({ type: "order", fact: "f", options: ["a", "b", "c", "d"] });
    expect(say(asked, "a, b, c, d", "a > b > c > d").share).toBe(1);
    expect(say(asked, "a, b, c, d", "b, a, c, d").share).toBeCloseTo(4 / 6);
    expect(say(asked, "a, b, c, d", "d, c, b, a").share).toBe(0);
    expect(say(asked, "a, b, c, d", "a, b, c").share).toBe(0);
    expect(kendallTau([3, 2, 1, 0], 4)).toBe(-1);
    expect(kendallTau([0, 0, 1, 2], 4)).toBe(0);
  });

  test("no name of a set lies in its sheet", () => {
    const sheet = sheetOf(
      key,
      { scenario, question: "q" },
      { type: "set", fact: "f" },
      "Heron, Slate",
    );
    expect(JSON.stringify(sheet).toLowerCase()).not.toMatch(/heron|slate/);
  });
});

test("normalising twice changes nothing", () => {
  for (const text of [" A  b. ", "“Quoted.”", "NO ONE", "ﬁne"]) {
    expect(normalise(normalise(text))).toBe(normalise(text));
  }
});
