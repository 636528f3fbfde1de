/**
 * The functions of the libsodium module that this folder calls, as the WebAssembly exports them:
 * addresses and lengths in, a status out (0 is success). A 64-bit length takes two arguments, low then
 * high word. known-answers.ts has a row for each; ready() refuses a module that lacks one.
 */
export interface SodiumExports {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _crypto_hash_sha256(out: number, data: number, low: number, high: number): number;
  _crypto_hash_sha512(out: number, data: number, low: number, high: number): number;
  _crypto_xof_shake256(
    out: number,
    outBytes: number,
    data: number,
    low: number,
    high: number,
  ): number;
  _crypto_kdf_hkdf_sha256_extract: HkdfExtract;
  _crypto_kdf_hkdf_sha512_extract: HkdfExtract;
  _crypto_kdf_hkdf_sha256_expand: HkdfExpand;
  _crypto_kdf_hkdf_sha512_expand: HkdfExpand;
  _crypto_aead_chacha20poly1305_ietf_encrypt: AeadEncrypt;
  _crypto_aead_chacha20poly1305_ietf_decrypt: AeadDecrypt;
  _crypto_aead_xchacha20poly1305_ietf_encrypt: AeadEncrypt;
  _crypto_aead_xchacha20poly1305_ietf_decrypt: AeadDecrypt;
  _crypto_sign_ed25519_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  _crypto_sign_ed25519_detached(
    signature: number,
    signatureBytes: 0,
    data: number,
    low: number,
    high: number,
    secretKey: number,
  ): number;
  _crypto_sign_ed25519_verify_detached(
    signature: number,
    data: number,
    low: number,
    high: number,
    publicKey: number,
  ): number;
  _crypto_scalarmult_curve25519(out: number, scalar: number, point: number): number;
  _crypto_scalarmult_curve25519_base(out: number, scalar: number): number;
  _crypto_kem_xwing_seed_keypair(publicKey: number, secretKey: number, seed: number): number;
  _crypto_kem_xwing_enc_deterministic(
    enc: number,
    shared: number,
    publicKey: number,
    seed: number,
  ): number;
  _crypto_kem_xwing_dec(shared: number, enc: number, secretKey: number): number;
  _crypto_core_ristretto255_from_hash(out: number, hash: number): number;
  _crypto_scalarmult_ristretto255(out: number, scalar: number, point: number): number;
  _crypto_pwhash(
    out: number,
    outLow: number,
    outHigh: number,
    passphrase: number,
    passphraseLow: number,
    passphraseHigh: number,
    salt: number,
    opsLow: number,
    opsHigh: number,
    memBytes: number,
    algorithm: number,
  ): number;
}

type HkdfExtract = (
  out: number,
  salt: number,
  saltBytes: number,
  ikm: number,
  ikmBytes: number,
) => number;
type HkdfExpand = (
  out: number,
  outBytes: number,
  info: number,
  infoBytes: number,
  prk: number,
) => number;
type AeadEncrypt = (
  out: number,
  outBytes: 0,
  plaintext: number,
  plaintextLow: number,
  plaintextHigh: number,
  aad: number,
  aadLow: number,
  aadHigh: number,
  secretNonce: 0,
  nonce: number,
  key: number,
) => number;
type AeadDecrypt = (
  out: number,
  outBytes: 0,
  secretNonce: 0,
  ciphertext: number,
  ciphertextLow: number,
  ciphertextHigh: number,
  aad: number,
  aadLow: number,
  aadHigh: number,
  nonce: number,
  key: number,
) => number;

/**
 * One scratch region inside libsodium's memory. Its use is always the same: open, put and room, one
 * call of an export, close. The stock wrappers allocate per argument and free without wiping; here
 * nothing of a call's inputs or outputs outlives it. Not re-entrant, which synchronous code never needs.
 *
 * What remains: the last 63 bytes at most of the plaintext opened last, on libsodium's own stack; and
 * whatever the JavaScript engine copied of the arrays outside.
 */
export interface Sodium {
  readonly raw: SodiumExports;
  /** Begins a call whose inputs and outputs take `bytes` together, in at most `piecesMax` pieces. */
  open(bytes: number): void;
  /** Copies bytes in and gives their address. */
  put(bytes: Uint8Array): number;
  /** Copies bytes in right behind the last piece, so that both are one input. */
  append(bytes: Uint8Array): void;
  /** Address of `bytes` zero bytes for an output. */
  room(bytes: number): number;
  /** Copies an output; the call stays open. */
  take(at: number, bytes: number): Uint8Array;
  /** Copies the last output and ends the call: every byte of it is overwritten with zero. */
  close(at: number, bytes: number): Uint8Array;
  /** Ends a call without output. */
  drop(): void;
}

/** Pieces start at multiples of 16, as C expects of its own structures. */
const alignment = 16;
const piecesMax = 16;
const bytesAtStart = 16 * 1024;

/** Sets up the scratch region of one instance of the libsodium module. */
export function openSodium(raw: SodiumExports): Sodium {
  let capacity = bytesAtStart;
  let base = raw._malloc(capacity);
  let top = base;

  const clear = (): void => {
    raw.HEAPU8.fill(0, base, top);
    top = base;
  };
  const claim = (bytes: number): number => {
    const at = (top + alignment - 1) & -alignment;
    top = at + bytes;
    return at;
  };
  return {
    raw,
    open(bytes) {
      // Not clean only when a call threw half-way.
      if (top !== base) clear();
      const needed = bytes + alignment * piecesMax;
      if (needed <= capacity) return;
      raw._free(base);
      while (capacity < needed) capacity *= 2;
      base = raw._malloc(capacity);
      top = base;
    },
    put(bytes) {
      const at = claim(bytes.length);
      raw.HEAPU8.set(bytes, at);
      return at;
    },
    append(bytes) {
      raw.HEAPU8.set(bytes, top);
      top += bytes.length;
    },
    room: claim,
    take: (at, bytes) => raw.HEAPU8.slice(at, at + bytes),
    close(at, bytes) {
      const taken = raw.HEAPU8.slice(at, at + bytes);
      clear();
      return taken;
    },
    drop: clear,
  };
}
