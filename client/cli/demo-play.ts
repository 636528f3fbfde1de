import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openVault } from "#client/node/vault.ts";
import { Failure } from "#shared/failure.ts";
import type { JsonLine, Person, Running } from "./demo-cast.ts";
import { castPerson, runAs, startAs, startProcess } from "./demo-cast.ts";
import type { Script } from "./demo-talk.ts";

export const channelName = "north-line";

/** What the audience sees while it happens. */
export interface Stage {
  began(address: string): void;
  joined(label: string, by: string, code: string, ms: number): void;
  /** A second person checks the newcomer: what each reads aloud, and how long it all took. */
  checked(
    newcomer: { readonly label: string; readonly reads: readonly string[] },
    second: { readonly label: string; readonly reads: readonly string[] },
    ms: number,
  ): void;
  said(from: string, text: string, epoch: number): void;
  rotated(by: string, epoch: number, heals: boolean): void;
  stolen(label: string): void;
}

/** What really happened, and where the copies lie that the adversaries took. */
export interface Played {
  readonly address: string;
  readonly relay: Running;
  readonly people: readonly Person[];
  readonly database: string;
  readonly messages: readonly {
    readonly id: string;
    readonly from: string;
    readonly text: string;
    readonly epoch: number;
  }[];
  readonly epochs: readonly {
    readonly epoch: number;
    readonly began: "opened" | "admission" | "update";
    readonly committer: string | null;
  }[];
  readonly theft: {
    readonly label: string;
    readonly beforeMessage: number;
    readonly epoch: number;
    readonly dir: string;
    readonly slotKey: Uint8Array;
    readonly atMs: number;
  };
}

/** Plays a script with real processes: one relay, and for each person one that follows the channel. */
export async function play(
  script: Script,
  folder: string,
  stage: Stage,
  signal: AbortSignal,
): Promise<Played> {
  const data = join(folder, "relay");
  const listen = ["relay", "--listen", "127.0.0.1:0", "--data", data];
  const relay = startProcess(listen, {}, signal);
  const followers: Running[] = [];
  try {
    const listening = await relay.find((line) => line.type === "listening");
    const address = String(listening.address);
    stage.began(address);
    const people = script.members.map((label, index) => castPerson(folder, label, index));
    const epochs = await meet({ people, address, followers, stage, signal });
    const told = await talk({ script, people, address, followers, stage, signal, folder });
    return {
      ...{ address, relay, people },
      database: String(listening.data),
      messages: told.messages,
      epochs: [...epochs, ...told.epochs],
      theft: told.theft,
    };
  } catch (error) {
    await relay.stop();
    throw error;
  } finally {
    await Promise.all(followers.map((follower) => follower.stop()));
  }
}

interface Scene {
  readonly people: readonly Person[];
  readonly address: string;
  readonly followers: Running[];
  readonly stage: Stage;
  readonly signal: AbortSignal;
}

/** The founder opens the channel and lets the others in by code, one after the other. */
async function meet({ people, address, followers, stage, signal }: Scene) {
  const [founder, ...guests] = people as [Person, ...Person[]];
  const open = ["open", channelName, "--as", founder.label];
  await runAs(founder, address, { args: open, answer: "channel" }, signal);
  const follower = startAs(founder, address, ["recv", "--follow"], signal);
  followers.push(follower);
  // Once it is connected it holds the vault, and the invitations go through it.
  await follower.find((line) => line.type === "connection");
  const epochs: Played["epochs"][number][] = [
    { epoch: 0, began: "opened", committer: founder.label },
  ];
  for (const [index, guest] of guests.entries()) {
    const invitation = startAs(founder, address, ["invite", "--as", guest.label], signal);
    const { code } = await invitation.find((line) => line.type === "invite");
    const args = ["join", String(code), "--name", channelName];
    // The founder alone admits the second person; from then on it takes two.
    const isFirst = index === 0;
    const committer = isFirst ? founder : (guests[0] as Person);
    const began = performance.now();
    if (isFirst) {
      await runAs(guest, address, { args, answer: "joined" }, signal);
      stage.joined(guest.label, founder.label, String(code), performance.now() - began);
    } else {
      stage.joined(guest.label, founder.label, String(code), performance.now() - began);
      await admitTogether({ people, address, followers, stage, signal }, { guest, args });
    }
    const joined = await invitation.find((line) => line.type === "joined");
    await invitation.ended;
    const follower = startAs(guest, address, ["recv", "--follow"], signal);
    followers.push(follower);
    await follower.find((line) => line.type === "connection");
    epochs.push({
      epoch: Number(joined.epoch),
      began: "admission",
      committer: committer.label,
    });
  }
  return epochs;
}

/** The second member checks a newcomer by voice: each types the three words that the other reads aloud. */
async function admitTogether(
  { people, address, followers, stage, signal }: Scene,
  { guest, args }: { readonly guest: Person; readonly args: readonly string[] },
): Promise<void> {
  const second = people[1] as Person;
  const began = performance.now();
  const joining = startAs(guest, address, args, signal);
  const motion = await (followers[1] as Running).find(
    ({ type, label, state }) => type === "motion" && label === guest.label && state === "moved",
  );
  const id = String(motion.id);
  const checking = startAs(second, address, ["approve", id], signal);
  const isCheck = (line: JsonLine): boolean => line.type === "check";
  const [read, said] = await Promise.all([joining.find(isCheck), checking.find(isCheck)]);
  await Promise.all([joining.ended, checking.ended]);
  const [newcomerReads, secondReads] = [read, said].map(({ say }) => say as string[]) as [
    string[],
    string[],
  ];
  const approve = ["approve", id, "--words", newcomerReads.join(" ")];
  const goOn = ["join", "--words", secondReads.join(" ")];
  await Promise.all([
    runAs(second, address, { args: approve, answer: "approved" }, signal),
    runAs(guest, address, { args: goOn, answer: "joined" }, signal),
  ]);
  stage.checked(
    { label: guest.label, reads: newcomerReads },
    { label: second.label, reads: secondReads },
    performance.now() - began,
  );
}

async function talk(scene: Scene & { readonly script: Script; readonly folder: string }) {
  const { script, people, address, followers, stage, signal, folder } = scene;
  const messages: Played["messages"][number][] = [];
  const epochs: Played["epochs"][number][] = [];
  let theft: Played["theft"] | null = null;
  let epoch = people.length - 1;
  const personOf = (label: string) => people.find((each) => each.label === label) as Person;
  for (const step of script.steps) {
    if ("from" in step) {
      const wish = { args: ["send", step.text], answer: "sent" };
      const sent = await runAs(personOf(step.from), address, wish, signal);
      const message = {
        id: String(sent.id),
        from: step.from,
        text: step.text,
        epoch: Number(sent.epoch),
      };
      messages.push(message);
      stage.said(message.from, message.text, message.epoch);
      await heard(people, followers, step.from, message.id);
    } else if (step.event === "rotate") {
      const person = personOf(step.by);
      const done = await runAs(person, address, { args: ["rotate"], answer: "rotated" }, signal);
      epoch = Number(done.epoch);
      epochs.push({ epoch, began: "update", committer: step.by });
      stage.rotated(step.by, epoch, theft?.label === step.by);
      await Promise.all(
        followers.map((each) => each.find((line) => line.type === "epoch" && line.epoch === epoch)),
      );
    } else {
      const dir = join(folder, "stolen", "vault");
      const slotKey = await steal(personOf(step.of), dir, folder);
      const atMs = Date.now();
      theft = { label: step.of, beforeMessage: messages.length, epoch, dir, slotKey, atMs };
      stage.stolen(step.of);
    }
  }
  if (theft === null) throw new Failure("internal", "a script always has a theft");
  return { messages, epochs, theft };
}

/** Waits until everybody else has the message on their screen. */
async function heard(
  people: readonly Person[],
  followers: readonly Running[],
  from: string,
  id: string,
): Promise<void> {
  const others = followers.filter((_, at) => people[at]?.label !== from);
  await Promise.all(
    others.map((each) => each.find((line) => line.type === "message" && line.id === id)),
  );
}

const copiesMax = 20;

/**
 * Copies a device as it lies there while its owner goes on, with the key that is in the memory of an
 * unlocked one: found here by opening a copy of the copy with the passphrase.
 */
async function steal(person: Person, dir: string, folder: string): Promise<Uint8Array> {
  mkdirSync(join(folder, "stolen"), { recursive: true, mode: 0o700 });
  const opened = join(folder, "stolen", "opened");
  const { readPassphrase } = await import("./passphrase.ts");
  const { createOutput } = await import("./output.ts");
  const passphrase = await readPassphrase(
    { file: person.passphraseFile, fresh: false, home: person.home },
    createOutput(process, process.env, true),
  );
  for (let copies = 1; ; copies++) {
    const copyOptions = {
      recursive: true,
      force: true,
      filter: (path: string) => !path.endsWith("/socket"),
    };
    cpSync(person.home, dir, copyOptions);
    cpSync(dir, opened, copyOptions);
    try {
      const vault = await openVault(opened, passphrase);
      const { slotKey } = vault.unsafeUnlockedImage();
      vault.close();
      const { rmSync } = await import("node:fs");
      rmSync(opened, { recursive: true, force: true });
      return slotKey;
    } catch (error) {
      // The owner was saving just then: half of the copy is older than the other half.
      if (copies === copiesMax) throw error;
      await pause(50);
    }
  }
}
