import type { Random } from "./ports.ts";
export interface Cipher {
  readonly name: string;
  readonly random?: Random;
}
