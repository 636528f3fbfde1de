import type { Sodium } from "./memory.ts";
export interface KnownAnswer {
  readonly symbol: string;
  readonly answer: string;
  ask(sodium: Sodium): string;
}
export const knownAnswers: readonly KnownAnswer[] = [];
