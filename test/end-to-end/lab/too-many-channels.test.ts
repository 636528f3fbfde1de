import { expect, test } from "vitest";
import { type Edit, trials } from "./trial.ts";

const { edited, run } = trials();

test.each<readonly [string, readonly Edit[], RegExp]>([
  [
    "a third capital",
    [["    - { id: bor", "    - { id: cai, label: Larch, role: x, side: x }\n    - { id: bor"]],
    /world\.actors/,
  ],
  ["one channel only", [["channels: 4,", "channels: 1,"]], /world\.params\.channels/],
  ["an unknown parameter", [["delay: 6 }", "delay: 6, wind: 1 }"]], /world\.params/],
  [
    "a chain that nobody knows",
    [['["off", signed]', '["off", sealed, signed]']],
    /defences\.chain\.values\.1/,
  ],
])("%s is refused at its place in the file", async (_, edits, place) => {
  const path = await edited("too-many-channels", ...edits);
  await expect(run(path)).rejects.toMatchObject({ code: "malformed", message: place });
});
