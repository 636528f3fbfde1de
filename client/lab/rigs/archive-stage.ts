import { split } from "shamir-secret-sharing";
import { z } from "zod";
import { sealBase } from "#client/crypto/hpke.ts";
import { ready } from "#client/crypto/sodium.ts";
import { xwingSuite } from "#client/crypto/suite.ts";
import { systemRandom } from "#client/node/random.ts";
import { concat, hex, utf8 } from "#shared/bytes.ts";
import { assert } from "#shared/failure.ts";
import type { CopyRequest } from "../attacks/archive-format.ts";
import { archiveLabel } from "../attacks/archive-label.ts";
import type { Capture } from "../bundle.ts";
import { seeded } from "../seeded.ts";
import { durationOf, type Settings, setting } from "../settings.ts";
import { stage } from "../stage.ts";
import { truthSchema } from "../truth.ts";
import { type ArchiveService, startArchive } from "../weak/archive-service.ts";
import { archivingCipher, type Copied } from "../weak/archiving-cipher.ts";
import type { Played } from "../world.ts";
import type { StagePlan } from "./rig.ts";

export const archiveWorld = z.strictObject({
  /** The actor whose client has the plug-in. */
  archivist: z.string(),
  /** Actors who agreed to it; the archivist has, by using it. */
  agreed: z.array(z.string()).max(64),
  /** How many requests the service keeps in memory, as services do to try again. */
  recent: z.number().int().min(0).max(1_000),
});

const shown = z.strictObject({ by: z.string(), label: z.string(), atMs: z.number() });

export const archiveTruth = truthSchema.extend({
  archive: z.strictObject({
    archivist: z.string(),
    agreed: z.array(z.string()),
    copies: z.number().int(),
    /** Whether the channel turned the plug-in away at the door: its owner came in without it. */
    turnedAway: z.boolean(),
    /** When the archivist came in; null where it was the founder. */
    joinedAtMs: z.number().nullable(),
    /** Whose clients showed of which seat, and since when, that it keeps copies: labels. */
    shown: z.array(shown),
    startMs: z.number(),
    endMs: z.number(),
  }),
});

export type ArchiveTruth = z.infer<typeof archiveTruth>;

/** How the archive is locked, for how long it is kept, and what the channel knows of it. */
export const archiveDefences = {
  sealing: ["none", "service-key", "offline-key", "two-of-three", "in-client"],
  retention: ["off", "2h", "12h"],
  /** Whether plug-ins are asked to declare themselves, and what the channel's policy does about those that do. */
  archivers: ["unsaid", "shown", "refused"],
  /** Circumstances: whether the plug-in answers the truth, and how many holders of the key are raided too. */
  plug_in: ["honest", "lying"],
  shares_raided: ["0", "1", "2", "3"],
} as const;

const [sharesAll, sharesNeeded] = [3, 2] as const;

/** Plays a talk in which one member's client hands copies to a service that really runs, and raids that service. */
export async function stageArchive(plan: StagePlan) {
  await ready();
  const { scenario, settings } = plan;
  const world = archiveWorld.parse(scenario.world.params);
  const labelOf = (id: string) => scenario.world.actors.find((each) => each.id === id)?.label ?? id;
  const owner = labelOf(world.archivist);
  const keys = keysFor(settings);
  const token = hex(systemRandom(24));
  const service = await startArchive({
    ...{ token, recentMax: world.recent },
    serviceKey: keys.serviceKey,
    publicKey: keys.publicKey === null ? null : hex(keys.publicKey),
    retainMs: durationOf(setting(settings, "retention", "off")),
  });
  let [copies, isTurnedAway] = [0, false];
  const declares =
    setting(settings, "archivers", "unsaid") !== "unsaid" &&
    setting(settings, "plug_in", "honest") === "honest";
  const inClient = setting(settings, "sealing", "none") === "in-client" ? keys.publicKey : null;
  const deliver = (copied: Copied, now: number) => {
    // An honest plug-in that may not come in is left at home.
    if (isTurnedAway) return;
    copies += 1;
    service.deliver(JSON.stringify(requestOf(copied, { token, owner, now, inClient })));
  };
  try {
    let watch: Played["watch"] | null = null;
    let [startMs, endMs] = [0, 0];
    const staged = await stage(
      {
        ...plan,
        plugIn: {
          actor: world.archivist,
          declares,
          turnedAway() {
            isTurnedAway = true;
          },
        },
        cipherOf: (actor, now) =>
          actor === world.archivist ? archivingCipher((copied) => deliver(copied, now())) : null,
      },
      (played) => {
        watch = played.watch;
        startMs = played.startMs;
        endMs = played.happened.at(-1)?.atMs ?? startMs;
        return raid(service, keys.secret, plan, endMs);
      },
    );
    const agreed = [owner, ...world.agreed.map(labelOf)];
    const archive = {
      ...{ archivist: owner, agreed, copies, turnedAway: isTurnedAway, startMs, endMs },
      ...seenBy(watch, owner, labelOf),
    };
    return { ...staged, truth: { ...staged.truth, archive } };
  } finally {
    await service.close();
  }
}

/** What the members' clients showed of it. */
function seenBy(watch: Played["watch"] | null, owner: string, labelOf: (id: string) => string) {
  assert(watch !== null, "a world that was played was watched");
  const shown = watch.declared.map(({ by, label, atMs }) => ({ by: labelOf(by), label, atMs }));
  return { shown, joinedAtMs: watch.admitted.get(owner) ?? null };
}

interface From {
  readonly token: string;
  readonly owner: string;
  readonly now: number;
  readonly inClient: Uint8Array | null;
}

function requestOf(copied: Copied, { token, owner, now, inClient }: From): CopyRequest {
  const { channel, members, id, from, epoch, text } = copied;
  const clear = { id, from, epoch, text };
  const body = inClient === null ? clear : sealTo(inClient, utf8(JSON.stringify(clear)));
  return { token, account: owner, channel, members: [...members], id, at: now, body };
}

function sealTo(publicKey: Uint8Array, bytes: Uint8Array): string {
  const none = new Uint8Array(0);
  const sealed = sealBase(xwingSuite, publicKey, archiveLabel, none, bytes, systemRandom);
  return hex(concat(sealed.enc, sealed.ciphertext));
}

/** The archive's keys: one of the service's own, or a pair of which the service has the public half. */
function keysFor(settings: Settings) {
  const sealing = setting(settings, "sealing", "none");
  if (sealing === "none") return { serviceKey: null, publicKey: null, secret: null };
  if (sealing === "service-key") {
    return { serviceKey: hex(systemRandom(32)), publicKey: null, secret: null };
  }
  const pair = xwingSuite.kem.deriveKeyPair(systemRandom(xwingSuite.kem.secretBytes));
  return { serviceKey: null, publicKey: pair.publicKey, secret: pair.secretKey };
}

/** The service's files and memory, and the shares of the holders who were raided too. */
async function raid(
  service: ArchiveService,
  secret: Uint8Array | null,
  { scenario, seed, settings }: StagePlan,
  atMs: number,
): Promise<readonly Capture[]> {
  const { database, heap } = await service.raid();
  const files = new Map([["archive/archive.sqlite", database]]);
  if (secret !== null && setting(settings, "sealing", "none") === "two-of-three") {
    const order = seeded("share holders", seed).shuffle([0, 1, 2]);
    const shares = await split(secret, sharesAll, sharesNeeded);
    for (const index of order.slice(0, Number(setting(settings, "shares_raided", "0")))) {
      const share = shares[index];
      assert(share !== undefined, "holders have a share each");
      files.set(`archive/holder-${index + 1}.share`, utf8(`${hex(share)}\n`));
    }
  }
  const note = "The archive service's database, and shares of its key that were found";
  const dump = "A dump of the service's heap, as V8 writes it";
  const captures: Capture[] = [
    { id: "archive", kind: "archive", actor: null, atMs, note, files },
    {
      ...{ id: "heap", kind: "heap", actor: null, atMs, note: dump },
      files: new Map([["heap/service.heapsnapshot", heap]]),
    },
  ];
  return captures.filter(({ kind }) => scenario.adversary.gets.some((get) => get.kind === kind));
}
