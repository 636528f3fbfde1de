import { execSync } from "node:child_process";
import { linkSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { hostAttack } from "#client/lab/attack-host.ts";
import type { Attack } from "#client/lab/attacks/attack.ts";
import { emptyFindings } from "#client/lab/attacks/findings.ts";

/** Attacks that reach for what no attack may have. Each must be stopped before it gets it. */
const reaching = (reach: () => unknown): Attack => {
  return async () => {
    const got = await reach();
    const findings = emptyFindings("planted");
    findings.notes.push(`got ${String(got).slice(0, 40)}`);
    return findings;
  };
};

// The third argument is the scratch folder, the second the bundle; the truth lies beside the bundle.
const bundle = process.argv[3] ?? "";
const scratch = process.argv[4] ?? "";
const truth = join(dirname(bundle), "truth.json");

await hostAttack(
  async () => ({
    nothing: reaching(() => "nothing"),
    socket: reaching(async () => (await import("node:net")).connect(9, "127.0.0.1")),
    secure: reaching(async () => (await import("node:tls")).connect(9, "127.0.0.1")),
    http: reaching(async () => (await import("node:http")).get("http://127.0.0.1:9/")),
    names: reaching(async () => (await import("node:dns/promises")).lookup("localhost")),
    datagram: reaching(async () => (await import("node:dgram")).createSocket("udp4")),
    fetch: reaching(() => fetch("http://127.0.0.1:9/")),
    websocket: reaching(() => Reflect.construct(Reflect.get(globalThis, "WebSocket"), ["ws://x"])),
    process: reaching(() => execSync("cat /etc/hostname")),
    thread: reaching(() => new Worker("1", { eval: true })),
    truth: reaching(() => readFileSync(truth, "utf8")),
    link: reaching(() => readFileSync(join(bundle, "link"), "utf8")),
    "own-link": reaching(() => {
      symlinkSync(truth, join(scratch, "link"));
      return readFileSync(join(scratch, "link"), "utf8");
    }),
    "hard-link": reaching(() => {
      linkSync(truth, join(scratch, "link"));
      return readFileSync(join(scratch, "link"), "utf8");
    }),
    passwords: reaching(() => readFileSync("/etc/hostname", "utf8")),
    write: reaching(() => writeFileSync(join(bundle, "planted"), "x")),
    outside: reaching(() => writeFileSync(join(dirname(bundle), "planted"), "x")),
    scratch: reaching(() => writeFileSync(join(scratch, "planted"), "x")),
    environment: reaching(() => Object.keys(process.env).join(",")),
  }),
  process.argv.slice(2),
);
