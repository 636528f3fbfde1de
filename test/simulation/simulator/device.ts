import { type Client, type Notice, openClient } from "#client/core/client.ts";
import type { Change, Random, Store } from "#client/core/ports.ts";
import { type HandClock, type MemoryStore, memoryStore, quiet } from "../kit.ts";
import type { Mutant } from "./mutant.ts";
import type { Path } from "./network.ts";
import { createSpy, type Spy } from "./spy.ts";

/** One person at one device, over any number of crashes. */
export interface Device {
  readonly label: string;
  client: Client;
  readonly store: MemoryStore;
  readonly path: Path;
  readonly spy: Spy;
  readonly notices: Notice[];
  /** Texts in the order in which they were first seen here, shown or stored. */
  readonly seen: string[];
  /** Takes down what is new to be seen. */
  observe(): Promise<void>;
  /**
   * Kills the process at the save that is next, or between now and then: what that save holds is on the
   * disk or not, and nothing that should follow it happens. Then the vault is opened again.
   */
  crash(isSaved: boolean): Promise<void>;
}

interface Process {
  readonly client: Client;
  kill(isSaved: boolean): void;
}

export async function createDevice(parts: {
  readonly label: string;
  readonly clock: HandClock;
  readonly random: Random;
  readonly path: Path;
  readonly mutant: Mutant;
}): Promise<Device> {
  const { label, clock, random, path, mutant } = parts;
  const store = mutant.store(memoryStore());
  const spy = createSpy(mutant);
  const notices: Notice[] = [];
  const seen: string[] = [];
  const known = new Set<string>();

  const start = async (): Promise<Process> => {
    let fate: "alive" | "saves" | "loses" = "alive";
    const dialer = path.dialer();
    const mortal: Store = {
      keys: (prefix) => store.keys(prefix),
      read: (key) => store.read(key),
      async save(changes: readonly Change[]) {
        if (fate === "alive" || fate === "saves") {
          if (fate === "saves") fate = "loses";
          else return await store.save(changes);
          await store.save(changes);
        }
        await new Promise<never>(() => {});
      },
    };
    const client = await openClient({ clock, random, store: mortal, dialer, cipher: spy.cipher });
    client.subscribe((notice) => {
      if (fate === "alive" && mutant.hears(notice)) notices.push(notice);
    });
    return {
      client,
      kill(isSaved) {
        fate = isSaved ? "saves" : "loses";
        dialer.kill();
      },
    };
  };

  let process = await start();
  const device: Device = {
    label,
    client: process.client,
    store,
    path,
    spy,
    notices,
    seen,
    async observe() {
      for (const { name } of device.client.channels()) {
        for (const { id, body } of await device.client.messages(name)) {
          if (known.has(id)) continue;
          known.add(id);
          seen.push(body);
        }
      }
      for (const notice of notices) {
        if (notice.type !== "message" || known.has(notice.id)) continue;
        known.add(notice.id);
        seen.push(notice.body);
      }
      spy.look(store);
    },
    async crash(isSaved) {
      process.kill(isSaved);
      // What is saved last is saved now: a dead process does not write into the next one's vault.
      await quiet(6);
      process.kill(false);
      spy.restart();
      process = await start();
      device.client = process.client;
    },
  };
  return device;
}
