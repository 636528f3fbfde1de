import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseExcerpt, provesText } from "#client/core/excerpt.ts";
import { excerptsSchema } from "#client/lab/attacks/excerpts.ts";
import { excerptTruth } from "#client/lab/rigs/signed-talk.ts";
import { type Edit, trials } from "./trial.ts";

const { edited, fresh, run } = trials();

const small: readonly Edit[] = [[/sessions: 4, messages: 10/, "sessions: 2, messages: 4"]];

test("what is handed on are the product's own excerpts, of the others alone and only of released keys forged", async () => {
  const out = fresh();
  const path = await edited(
    "leak-that-proves-itself",
    ...small,
    [/default: none/, "default: retired"],
    [/default: next-day/, "default: at-once"],
  );
  await run(path, { compare: false, out });
  const excerpts = excerptsSchema.parse(
    JSON.parse(await readFile(`${out}/evidence/excerpts.json`, "utf8")),
  );
  const truth = excerptTruth.parse(JSON.parse(await readFile(`${out}/truth.json`, "utf8")));
  expect(excerpts.map(({ excerpt }) => parseExcerpt(JSON.stringify(excerpt)))).toEqual(
    excerpts.map(({ excerpt }) => excerpt),
  );
  expect(excerpts.map(({ excerpt }) => excerpt.from)).not.toContain("Larch");
  const keysOf = (wanted: (number: number, holds: boolean) => boolean) => {
    const found = excerpts.filter(({ number, excerpt }) => wanted(number, provesText(excerpt)));
    return new Set(found.map(({ excerpt }) => excerpt.proof.key));
  };
  const isTrue = (number: number) => truth.genuine[number - 1] === true;
  const forged = keysOf((number, holds) => holds && !isTrue(number));
  const unforged = keysOf((number, holds) => !holds && !isTrue(number));
  expect(forged.size).toBeGreaterThan(0);
  expect(unforged.size).toBeGreaterThan(0);
  expect([...forged].filter((key) => unforged.has(key))).toEqual([]);
  expect(keysOf((number, holds) => isTrue(number) && !holds).size).toBe(0);
});

test.each<readonly [string, readonly Edit[], RegExp]>([
  ["a talk in which nothing is said", [[/ {2}traffic: [^\n]*\n/, ""]], /world\.traffic/],
  ["a release that nobody stages", [["[none, retired]", "[none, current]"]], /defences\.release/],
  ["an unknown parameter", [["{ insider: cai }", "{ insider: cai, x: 1 }"]], /world\.params/],
  ["an insider from outside", [["insider: cai", "insider: dov"]], /world\.params\.insider/],
  [
    "a talk of which nobody is the insider",
    [[/ {2}params: [^\n]*\n/, ""]],
    /world\.params\.insider/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("leak-that-proves-itself", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
