import type { Evidence } from "../evidence.ts";
import type { Budget, Progress } from "./attack.ts";
import { emptyFindings, type Findings } from "./findings.ts";

export async function stolenDevice(_e: Evidence, _b: Budget, _p: Progress): Promise<Findings> {
  return emptyFindings("stolen-device");
}
