import { Command, CommanderError } from "commander";
import { Failure } from "#shared/failure.ts";
import { Advised } from "./advice.ts";
import {
  addDoorVerbs,
  addRuleVerbs,
  parseArchivers,
  parseCheck,
  type Verbs,
  wholeNumber,
} from "./door-verbs.ts";
import { parseDuration, parseDurationOrOff, slotLength } from "./duration.ts";
import { parseLate } from "./late-words.ts";
import { createOutput, type Output } from "./output.ts";
import { channelName, passphraseFile, relayAddress, relayFolder, vaultFolder } from "./places.ts";
import type { Request } from "./request.ts";
import { parseSize } from "./size.ts";

// Only what `--help` needs is imported above; every verb brings its own parts when it runs.

const environment = process.env;

interface Common {
  readonly json?: boolean;
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly channel?: string;
}

const program = new Command("backchannel")
  .description(
    "A confidential channel for a handful of negotiators, and a lab that shows what would leak from it.",
  )
  .version("0.1.0")
  .showHelpAfterError("(--help shows how it is used)")
  .configureHelp({ sortSubcommands: false })
  .addHelpText(
    "after",
    `
Environment: BACKCHANNEL_HOME, BACKCHANNEL_RELAY, BACKCHANNEL_CHANNEL,
             BACKCHANNEL_PASSPHRASE_FILE, NO_COLOR
Exit codes:  0 ok, 1 internal, 2 usage, 3 network, 4 auth (a word differs),
             5 rate limited, 6 not a member, 7 pending (waits for another
             person, or denied), 8 integrity (stop and talk), 9 empty,
             10 locked, 11 expired, 130 interrupted`,
  )
  .exitOverride();

function verb(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("--json", "one JSON object a line on stdout")
    .exitOverride();
}

/** A verb that works on a vault. */
function vaultVerb(name: string, description: string): Command {
  return verb(name, description)
    .option("--home <folder>", "the vault (default: BACKCHANNEL_HOME, else the XDG data folder)")
    .option("--passphrase-file <file>", "read the passphrase from a file instead of asking");
}

/** A verb that works on one channel of a vault. */
function channelVerb(name: string, description: string): Command {
  return vaultVerb(name, description).option(
    "-c, --channel <name>",
    "the channel (default: the one in use)",
  );
}

/** Runs a verb: lines out, one exit code, Ctrl-C heard. */
async function act(
  options: Common,
  run: (output: Output, signal: AbortSignal) => Promise<void>,
  realm: "messenger" | "lab" = "messenger",
): Promise<void> {
  const output = createOutput(process, environment, options.json === true);
  const interrupt = new AbortController();
  let hurried = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (hurried) process.exit(130);
      hurried = true;
      interrupt.abort();
    });
  }
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on("error", () => process.exit(0));
  try {
    await run(output, interrupt.signal);
    process.exit(0);
  } catch (error) {
    const { errorLine } = await import("./terminal.ts");
    const failure =
      error instanceof Failure
        ? error
        : new Failure(
            "internal",
            error instanceof Error ? `${error.name} in ${lineOf(error)}` : "unknown",
          );
    output.line(errorLine(failure, failure instanceof Advised ? failure.advice : null, realm));
    process.exit(failure.exit);
  }
}

/** Where a defect showed itself; its message stays unprinted, for it could hold anything. */
function lineOf(error: Error): string {
  return (
    error.stack
      ?.split("\n")
      .find((line) => line.includes(" at "))
      ?.trim()
      .replace(/\(.*[/\\]/, "(") ?? "?"
  );
}

/** Sends a request to the vault that the options name. */
function ask(options: Common, request: () => Request | Promise<Request>): Promise<void> {
  return act(options, async (output, signal) => {
    const wanted = await request();
    const { converse } = await import("./dialogue.ts");
    const { withQr } = await import("./qr.ts");
    const shown = withQr(output);
    await converse(vaultPlace(options), wanted, output, {
      emit: (line) => shown.line(line),
      signal,
    });
  });
}

function vaultPlace(options: Common) {
  return {
    home: options.home ?? vaultFolder(environment),
    passphraseFile: options.passphraseFile ?? passphraseFile(environment),
  };
}

const channelOf = (options: Common): string | null => options.channel ?? channelName(environment);

const verbs: Verbs = {
  vaultVerb,
  channelVerb,
  ask,
  channelOf,
  relayOf: ({ relay }) => relay ?? relayAddress(environment),
};

vaultVerb("open", "create a channel and take its first seat")
  .argument("<name>", "what you call it; nobody else learns this name")
  .requiredOption("--as <label>", "your label, as the others will see it")
  .option("--relay <address>", "the relay (default: BACKCHANNEL_RELAY, else this machine's)")
  .option("--approvals <persons>", "persons who must agree to an admission or a removal", "2")
  .option("--check <how>", "how a second person checks a newcomer: words, or two-codes", "words")
  .option("--archivers <how>", "clients that say that they keep copies: shown, or refused", "shown")
  .option(
    "--archives",
    "say to everybody that copies of what you read and write are kept elsewhere",
  )
  .option("--timer <time>", "forget messages so long after they were read, e.g. 24h")
  .option("--receipts", "confirm to the others what arrives, up to ten minutes late")
  .option(
    "--provable",
    "keep retired signature keys secret: what is said can be proven to outsiders for ever",
  )
  .option("--late-epochs <number>", "past epochs whose late messages are read, 0 to 8 (default: 1)")
  .option("--late-window <time>", "for how long at most, up to 24h (default: 2m)")
  .option("--sunset <time>", "close the whole channel after this time, e.g. 72h")
  .action((name: string, options) =>
    ask(options, () => ({
      verb: "open",
      name,
      label: options.as,
      relay: options.relay ?? relayAddress(environment),
      approvals: wholeNumber(options.approvals, "--approvals"),
      check: parseCheck(options.check),
      archivers: parseArchivers(options.archivers),
      archives: options.archives === true,
      receipts: options.receipts === true,
      deniable: options.provable !== true,
      ...parseLate(options),
      timerMs: options.timer === undefined ? null : parseDuration(options.timer),
      sunsetMs: options.sunset === undefined ? null : parseDuration(options.sunset),
    })),
  );

addDoorVerbs(verbs);

channelVerb("send", "send a message; ends well only when it is on the relay's disk")
  .argument("[text]", "the message; - or nothing reads it from stdin")
  .action((text: string | undefined, options) =>
    ask(options, async () => {
      if (text === undefined && process.stdin.isTTY === true)
        throw new Failure("usage", "send: which text?");
      const { readText } = await import("./stdin.ts");
      const said = text === undefined || text === "-" ? await readText() : text;
      if (said === "") throw new Failure("usage", "send: the text is empty");
      return { verb: "send", channel: channelOf(options), text: said };
    }),
  );

channelVerb("recv", "print new messages")
  .option("-f, --follow", "go on with what comes, until Ctrl-C")
  .option(
    "--ack <how>",
    "auto: printed is read; manual: nothing is; or a cursor: read up to there",
    "auto",
  )
  .option("--timeout <time>", "wait so long for a first message; with --follow, end then")
  .action((options) =>
    ask(options, () => ({
      verb: "recv",
      channel: channelOf(options),
      follow: options.follow === true,
      ack: options.ack,
      timeoutMs: options.timeout === undefined ? null : parseDuration(options.timeout),
    })),
  );

channelVerb("chat", "talk, full screen").action((options) =>
  act(options, async (output, signal) => {
    const { chat } = await import("./chat.ts");
    await chat(vaultPlace(options), channelOf(options), output, signal);
  }),
);

channelVerb("who", "the members, and who admitted them").action((options) =>
  ask(options, () => ({ verb: "who", channel: channelOf(options) })),
);

channelVerb("status", "epoch, words to compare by voice, gaps, alarms")
  .option("--compared", "you have compared the words by voice and they agree: settles the alarms")
  .action((options) =>
    ask(options, () => ({
      verb: "status",
      channel: channelOf(options),
      compared: options.compared === true,
    })),
  );

vaultVerb("channels", "the channels of this vault").action((options) =>
  ask(options, () => ({ verb: "channels" })),
);

vaultVerb("use", "choose the channel that verbs mean")
  .argument("<name>")
  .action((name: string, options) => ask(options, () => ({ verb: "use", name })));

channelVerb("rotate", "renew your own keys: heals your stolen state").action((options) =>
  ask(options, () => ({ verb: "rotate", channel: channelOf(options) })),
);

addRuleVerbs(verbs);

channelVerb("leave", "give up your own seat").action((options) =>
  ask(options, () => ({ verb: "leave", channel: channelOf(options) })),
);

channelVerb(
  "receipts",
  "confirm to the others what arrives, up to ten minutes late; off by default",
)
  .argument("<switch>", "on or off")
  .action((choice: string, options) =>
    ask(options, () => {
      if (choice !== "on" && choice !== "off") throw new Failure("usage", "receipts: on or off");
      return { verb: "receipts", channel: channelOf(options), on: choice === "on" };
    }),
  );

channelVerb(
  "slots",
  "send one frame in every slot, with words or without, so that nobody sees when you write; off by default",
)
  .argument("<switch>", "on or off")
  .option(
    "--every <time>",
    "length of a slot, 1s to 10m; best the same for everybody (default: 10s)",
  )
  .action((choice: string, options) =>
    ask(options, () => ({
      verb: "slots",
      channel: channelOf(options),
      everyMs: slotLength(choice, options.every),
    })),
  );

channelVerb("timer", "forget messages so long after they were read")
  .argument("<time>", "such as 24h, or off")
  .action((time: string, options) =>
    ask(options, () => ({
      verb: "timer",
      channel: channelOf(options),
      timerMs: parseDurationOrOff(time),
    })),
  );

channelVerb("forge", "make a line that a member never said and that verifies like a true one")
  .argument("<text>", "what it is to have said")
  .requiredOption("--from <label>", "a member who has released a former signature key")
  .option("--epoch <number>", "as if said in this epoch (default: the latest that can be forged)")
  .option("--over <file>", "in the place of this true line: all but the words stays as it was")
  .action((text: string, options) =>
    ask(options, async () => ({
      verb: "forge",
      channel: channelOf(options),
      from: options.from,
      text,
      epoch: options.epoch === undefined ? null : wholeNumber(options.epoch, "--epoch"),
      over:
        options.over === undefined
          ? null
          : (await import("./inspect.ts")).readExcerpt(options.over),
    })),
  );

vaultVerb("wipe", "forget a channel, or the whole vault; tells nobody")
  .argument("[channel]", "without it, everything")
  .option("--yes", "do not ask")
  .action((channel: string | undefined, options) =>
    act(options, async (output, signal) => {
      const { wipe } = await import("./wipe.ts");
      await wipe(
        vaultPlace(options),
        { channel: channel ?? null, yes: options.yes === true },
        output,
        signal,
      );
    }),
  );

verb("relay", "run a relay")
  .option("--listen <host:port>", "where to listen; port 0 takes a free one", "127.0.0.1:7117")
  .option(
    "--data <folder>",
    "where its database lies (default: the XDG data folder); :memory: for none",
  )
  .option(
    "--address <host:port...>",
    "names by which clients dial it, when it is not on this machine only",
  )
  .option("--retention <time>", "how long frames are kept", "7d")
  .option("--data-bytes-max <size>", "how large the database may grow, e.g. 2G")
  .action((options) =>
    act(options, async (output, signal) => {
      const { runRelay } = await import("./relay.ts");
      await runRelay(
        {
          listen: options.listen,
          data: options.data ?? relayFolder(environment),
          addresses: options.address ?? [],
          retentionMs: parseDuration(options.retention),
          dataBytesMax: options.dataBytesMax === undefined ? null : parseSize(options.dataBytesMax),
        },
        output,
        signal,
      );
    }),
  );

const lab = program
  .command("lab")
  .description("the leak lab: attacks on a real running system, measured");

verb("inspect", "show what a file gives away without any key")
  .argument("<file>", "a relay's database, a vault, a frame, an MLS message or an excerpt")
  .action((file: string, options) =>
    act(options, async (output) => {
      const { inspect } = await import("./inspect.ts");
      await inspect(file, output);
    }),
  );

verb("demo", "three people, one talk, two thefts: what each thief can read (npm start)")
  .option("--talk <file>", "your own talk, one JSON object a line")
  .option("--keep", "leave the relay running for a channel of your own")
  .action((options) =>
    act(options, async (output, signal) => {
      const { demo } = await import("./demo.ts");
      await demo({ talk: options.talk ?? null, keep: options.keep === true }, output, signal);
    }),
  );

const letter = program
  .command("letter")
  .description("sealed letters, for an envoy who carries them and cannot read them");
const { addLetterVerbs } = await import("./letter-verbs.ts");
addLetterVerbs(letter, act);

const { addLabVerbs } = await import("./lab-verbs.ts");
addLabVerbs(lab, (options, run) => act(options, run, "lab"));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed help or what is wrong; wrong usage is 2 here.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
