/**
 * Cryptographic randomness, handed in by the host: `bytes` fresh uniform bytes. Nothing in this folder
 * draws its own, so a seeded world is reproducible and libsodium's slow generator is never used.
 */
export type Random = (bytes: number) => Uint8Array;
