import type { Command } from "commander";

export function addLabVerbs(_lab: Command): void {}
