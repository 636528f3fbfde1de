import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Programs that tests run and npm does not bring, each with the Debian package that does. `npm test` gets
 * what is missing where it may; where it may not, it says what to do and fails: no test is skipped for it.
 */
const programs: Readonly<Record<string, string>> = { tshark: "tshark", capinfos: "tshark" };

const missing = Object.keys(programs).filter((program) => !isThere(program));
const packages = [...new Set(missing.map((program) => programs[program] as string))];
if (packages.length > 0) {
  const install = ["install", "--no-install-recommends", "-y", ...packages];
  if (process.getuid?.() === 0 && isThere("apt-get")) {
    console.log(`test: getting ${packages.join(", ")}`);
    // Lists may be missing or old; where there is no network, what is cached may still do.
    if (apt(install) !== 0) {
      apt(["update"]);
      apt(install);
    }
  }
  const still = missing.filter((program) => !isThere(program));
  if (still.length > 0) {
    console.error(`test: ${still.join(" and ")} missing. On Debian or Ubuntu:

    sudo apt-get ${install.join(" ")}

elsewhere, whatever installs Wireshark's command-line programs.`);
    process.exit(1);
  }
}

function isThere(program: string): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => folder !== "" && existsSync(join(folder, program)));
}

function apt(args: readonly string[]): number | null {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync("apt-get", args, { stdio: "inherit", env, timeout: 10 * 60_000 }).status;
}
