import type { Command } from "commander";
import { Failure } from "#shared/failure.ts";
import { limits } from "#shared/limits.ts";
import { parseDuration } from "./duration.ts";
import type { Request } from "./request.ts";
import { parseSpoken } from "./spoken.ts";

/** What the verbs of admission take from the command line around them. */
export interface Verbs {
  vaultVerb(name: string, description: string): Command;
  channelVerb(name: string, description: string): Command;
  ask(options: object, request: () => Request | Promise<Request>): Promise<void>;
  channelOf(options: object): string | null;
  relayOf(options: { readonly relay?: string }): string;
}

/** The verbs of the door: who comes in, who goes, and what several persons decide together. */
export function addDoorVerbs(verbs: Verbs): void {
  addInvite(verbs);
  addJoin(verbs);
  addSeconds(verbs);
}

/** The verbs that change who may do what. */
export function addRuleVerbs({ channelVerb, ask, channelOf }: Verbs): void {
  channelVerb("remove", "take a member's seat away, together with another member")
    .argument("<label>")
    .action((label: string, options) =>
      ask(options, () => ({ verb: "remove", channel: channelOf(options), label })),
    );
  channelVerb("policy", "how many persons must agree, and how they check newcomers")
    .option("--approvals <persons>", "persons who must agree; fewer than now only if all agree")
    .option("--check <how>", "words: read aloud both ways; two-codes: a code of each sponsor")
    .option("--archivers <how>", "clients that say that they keep copies: shown, or refused")
    .action((options) =>
      ask(options, () => ({
        verb: "policy",
        channel: channelOf(options),
        approvals:
          options.approvals === undefined ? null : wholeNumber(options.approvals, "--approvals"),
        check: options.check === undefined ? null : parseCheck(options.check),
        archivers: options.archivers === undefined ? null : parseArchivers(options.archivers),
      })),
    );
  channelVerb("archives", "say to everybody whether copies of what you read are kept elsewhere")
    .argument("<switch>", "on or off")
    .action((choice: string, options) =>
      ask(options, () => {
        if (choice !== "on" && choice !== "off") throw new Failure("usage", "archives: on or off");
        return { verb: "archives", channel: channelOf(options), on: choice === "on" };
      }),
    );
  channelVerb("freeze", "stop everybody from sending, for an hour at most; once")
    .option("--lift", "let them send again")
    .action((options) =>
      ask(options, () => ({
        verb: "freeze",
        channel: channelOf(options),
        on: options.lift !== true,
      })),
    );
  channelVerb("renew", "let a member freeze once more, together with another member")
    .argument("<label>")
    .action((label: string, options) =>
      ask(options, () => ({ verb: "renew", channel: channelOf(options), label })),
    );
}

function addInvite({ channelVerb, ask, channelOf }: Verbs): void {
  channelVerb("invite", "make a code for a newcomer and wait until they are in")
    .requiredOption("--as <label>", "the label under which you admit them")
    .option("--person-of <label>", "they are a second seat of this member's person")
    .option("--expires <time>", "how long the code is good", "10m")
    .option("--despite-look-alike", "although the label can be mistaken for another")
    .action((options) =>
      ask(options, () => ({
        verb: "invite",
        channel: channelOf(options),
        label: options.as,
        personOf: options.personOf ?? null,
        despite: options.despiteLookAlike === true,
        expiresMs: parseExpiry(options.expires),
      })),
    );
}

function addJoin({ vaultVerb, ask, relayOf }: Verbs): void {
  vaultVerb("join", "join a channel by the code that your sponsor says")
    .argument("[code]", "such as 482913-crawfish-bamboo-tulip; asked for when left out")
    .option("--second <code>", "the second sponsor's code, where there are two")
    .option("--one-sponsor", "you were told that one person alone admits you")
    .option(
      "--archives",
      "say to everybody that copies of what you read and write are kept elsewhere",
    )
    .option("--words <words>", "go on with what the second sponsor has read to you")
    .option(
      "--relay <address>",
      "the relay that your sponsor uses (default: BACKCHANNEL_RELAY, else this machine's)",
    )
    .option("--name <name>", "what you will call the channel; nobody else learns it")
    .option("--resume", "go on with a join that was cut off")
    .action((code: string | undefined, options) =>
      ask(options, async () => {
        const words = options.words === undefined ? null : parseSpoken(options.words);
        if (words !== null || options.resume === true) {
          if (code !== undefined) throw new Failure("usage", "join: this goes on without a code");
          return { verb: "resume", words };
        }
        if (code === undefined && process.stdin.isTTY !== true)
          throw new Failure("usage", "join: which code?");
        return {
          verb: "join",
          code: code ?? (await (await import("./prompts.ts")).askCode()),
          second: options.second ?? null,
          sponsors: options.oneSponsor === true ? 1 : 2,
          archives: options.archives === true,
          relay: relayOf(options),
          name: options.name ?? null,
        };
      }),
    );
}

function addSeconds({ channelVerb, ask, channelOf }: Verbs): void {
  channelVerb("pending", "what waits for another person").action((options) =>
    ask(options, () => ({ verb: "pending", channel: channelOf(options) })),
  );
  channelVerb("approve", "agree to what another member moved; check a newcomer by voice")
    .argument("<id>", "as `pending` shows it; four digits are enough")
    .option("--words <words>", "what the newcomer has read to you, in quotes")
    .option("--code", "give the newcomer a code of your own instead")
    .option("--expires <time>", "how long that code is good", "10m")
    .option("--despite-look-alike", "although the label can be mistaken for another")
    .action((id: string, options) =>
      ask(options, () => ({
        verb: "approve",
        channel: channelOf(options),
        id: parseMotionId(id),
        words: options.words === undefined ? null : parseSpoken(options.words),
        despite: options.despiteLookAlike === true,
        codeMs: options.code === true ? parseExpiry(options.expires) : null,
      })),
    );
  channelVerb("deny", "say no to what another member moved")
    .argument("<id>", "as `pending` shows it")
    .action((id: string, options) =>
      ask(options, () => ({ verb: "deny", channel: channelOf(options), id: parseMotionId(id) })),
    );
}

/** A whole number from 1. Failure `usage`. */
export function wholeNumber(text: string, flag: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Failure("usage", `${flag}: a whole number from 1`);
  return Number(text);
}

/** How second sponsors check newcomers. Failure `usage`. */
export function parseCheck(text: string): "words" | "two-codes" {
  if (text !== "words" && text !== "two-codes") {
    throw new Failure("usage", "--check: words or two-codes");
  }
  return text;
}

/** What is done about clients that keep copies elsewhere. Failure `usage`. */
export function parseArchivers(text: string): "shown" | "refused" {
  if (text !== "shown" && text !== "refused") {
    throw new Failure("usage", "--archivers: shown or refused");
  }
  return text;
}

/** A motion's id or its beginning. Failure `usage`. */
export function parseMotionId(text: string): string {
  const id = text.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(id)) {
    throw new Failure("usage", "an id is 4 to 32 hex digits, as `pending` shows them");
  }
  return id;
}

function parseExpiry(text: string): number {
  const expiresMs = parseDuration(text);
  if (expiresMs > limits.nameplateMsMax) throw new Failure("usage", "--expires: 24h at most");
  return expiresMs;
}
