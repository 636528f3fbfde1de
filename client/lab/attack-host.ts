import { Failure } from "#shared/failure.ts";
import type { Attack } from "./attacks/attack.ts";
import type { Findings } from "./attacks/findings.ts";
import { openEvidence } from "./evidence.ts";
import { refuseNetwork } from "./guard.ts";

/** What an attack process says to the one that started it: one JSON object a line on stdout. */
export type AttackLine =
  | { readonly type: "progress"; readonly step: string; readonly done: number; readonly of: number }
  | { readonly type: "findings"; readonly findings: Findings }
  | { readonly type: "failure"; readonly code: string; readonly message: string };

/**
 * The body of an attack process: closes the network, opens the bundle, runs one attack. Arguments: the
 * attack's name, the bundle's folder, a scratch folder.
 */
export async function hostAttack(
  load: () => Promise<Readonly<Record<string, Attack>>>,
  argv: readonly string[],
): Promise<void> {
  const [name = "", bundle = "", scratch = ""] = argv;
  // Node makes stdout, a socket, when it is first named: before sockets are closed.
  const { stdout } = process;
  const say = (line: AttackLine) => stdout.write(`${JSON.stringify(line)}\n`);
  try {
    refuseNetwork();
    const attack = (await load())[name];
    if (attack === undefined) throw new Failure("not-found", `no attack "${name}"`);
    const evidence = await openEvidence(bundle, scratch);
    const { trials, params } = evidence.manifest.attack;
    const budget = { trials, params };
    let last = -1;
    const findings = await attack(evidence, budget, (step, done, of) => {
      const percent = Math.floor((100 * done) / Math.max(1, of));
      if (percent !== last) say({ type: "progress", step, done, of });
      last = percent;
    });
    say({ type: "findings", findings });
  } catch (error) {
    const code = error instanceof Failure ? error.code : "internal";
    // A refusal of Node's permission model names the file that the attack reached for.
    const message = error instanceof Error ? error.message : "unknown error";
    const reach = error instanceof Error && "resource" in error ? ` (${error.resource})` : "";
    say({ type: "failure", code, message: `${message}${reach}` });
    process.exitCode = 1;
  }
}
