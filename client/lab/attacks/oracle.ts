import { z } from "zod";
import type { Suite } from "#client/crypto/suite.ts";
import { hex, textOf, unhex } from "#shared/bytes.ts";
import { Failure } from "#shared/failure.ts";
import type { Evidence } from "../evidence.ts";

const key = z.string().regex(/^[0-9a-f]{64}$/);

/** The file of an oracle: logarithms that nobody can take today (ASSUMED). All in lower-case hex. */
export const oracleSchema = z.strictObject({
  v: z.literal(1),
  /** X25519 private keys: of X25519 keys and of the X25519 halves of X-Wing keys alike. */
  x25519: z.array(z.strictObject({ public: key, secret: key })).max(100_000),
  /** Scalars of CPace shares. */
  ristretto255: z.array(z.strictObject({ share: key, scalar: key })).max(10_000),
  /** For the control alone: whole X-Wing seeds, as if ML-KEM-768 were broken too. */
  xwing: z
    .array(z.strictObject({ public: z.string().regex(/^[0-9a-f]{2432}$/), seed: key }))
    .max(10_000),
});

export type OracleFile = z.infer<typeof oracleSchema>;

/** What the computer of later gives, by public key in hex. */
export interface Oracle {
  readonly x25519: ReadonlyMap<string, Uint8Array>;
  readonly scalars: ReadonlyMap<string, Uint8Array>;
  readonly xwing: ReadonlyMap<string, Uint8Array>;
}

/** Reads the oracle of a bundle; an empty one where there is none. Failure `malformed`. */
export async function readOracle(evidence: Evidence): Promise<Oracle> {
  const [file] = evidence.artefacts("oracle").flatMap(({ files }) => files);
  if (file === undefined) return { x25519: new Map(), scalars: new Map(), xwing: new Map() };
  let value: unknown;
  try {
    value = JSON.parse(textOf(await evidence.read(file.path)) ?? "");
  } catch {
    throw new Failure("malformed", `${file.path}: not JSON`);
  }
  const parsed = oracleSchema.safeParse(value);
  if (!parsed.success) throw new Failure("malformed", `${file.path}: not an oracle's keys`);
  const { x25519, ristretto255, xwing } = parsed.data;
  const bytes = (text: string) => unhex(text) ?? new Uint8Array(0);
  return {
    x25519: new Map(x25519.map((each) => [each.public, bytes(each.secret)])),
    scalars: new Map(ristretto255.map((each) => [each.share, bytes(each.scalar)])),
    xwing: new Map(xwing.map((each) => [each.public, bytes(each.seed)])),
  };
}

/**
 * The best secret that the oracle has for a KEM key, and whether it is the whole of it. Of an X-Wing key
 * that is its X25519 half: it is tried all the same, and what comes of it is the finding.
 */
export function secretFor(
  oracle: Oracle,
  suite: Suite,
  publicKey: Uint8Array,
): { readonly secret: Uint8Array; readonly isWhole: boolean } | null {
  const whole = (suite.kem.publicBytes === 32 ? oracle.x25519 : oracle.xwing).get(hex(publicKey));
  if (whole !== undefined) return { secret: whole, isWhole: true };
  const half = oracle.x25519.get(hex(publicKey.slice(-32)));
  return half === undefined ? null : { secret: half, isWhole: false };
}
