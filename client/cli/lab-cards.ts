import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { cardsPage, deckFrom, sourceText } from "#client/lab/cards/door.ts";
import { scenarioPath } from "#client/lab/door.ts";
import { print } from "./lab-page.ts";
import type { Output } from "./output.ts";

/** Writes a deck of cards for a session without computers. Failures: those of the lab. */
export async function cards(
  options: { readonly scenario: string; readonly from: string; readonly out: string | null },
  output: Output,
): Promise<void> {
  const { scenario, from } = options;
  const path = await scenarioPath(/[./\\]/.test(scenario) ? { path: scenario } : { id: scenario });
  const deck = await deckFrom(path, from);
  const out = resolve(options.out ?? `${deck.scenario.id}-cards.html`);
  await writeFile(out, cardsPage(deck));
  const { scenario: _, ...rest } = deck;
  output.object({ ...rest, scenario: deck.scenario.id, path: out });
  if (output.json) return;
  print(`${deck.cards.length} defence cards, ${deck.questions.length} questions: ${out}`);
  print(`measured  ${sourceText(deck)}`);
}
