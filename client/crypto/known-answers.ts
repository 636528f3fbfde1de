import { hex, unhex } from "#shared/bytes.ts";
import type { Sodium } from "./memory.ts";

/** One function of libsodium, a question to it, and the answer that makes it usable. */
export interface KnownAnswer {
  readonly symbol: string;
  readonly answer: string;
  ask(sodium: Sodium): string;
}

/** The inputs: `counting(n)` is 0, 1, 2 … n - 1. */
function counting(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => at);
}

function octets(text: string): Uint8Array {
  return unhex(text) ?? new Uint8Array(0);
}

/** Runs one call and gives "status:output". Rejections are answers too: a status of -1. */
function outcome(sodium: Sodium, outBytes: number, call: (out: number) => number): string {
  sodium.open(outBytes + 8192);
  const out = sodium.room(outBytes);
  const status = call(out);
  return `${status}:${hex(sodium.close(out, outBytes))}`;
}

/** As outcome, with the output's SHA-256 in place of a long output. */
function digest(sodium: Sodium, outBytes: number, call: (out: number) => number): string {
  return outcome(sodium, 32, (short) => {
    const long = sodium.room(outBytes);
    const status = call(long);
    sodium.raw._crypto_hash_sha256(short, long, outBytes, 0);
    return status;
  });
}

const zero32 = new Uint8Array(32);

/**
 * Answers made with two other implementations (OpenSSL; noble-hashes, noble-ciphers and hpke-js), those
 * for ristretto255 from RFC 9496 appendix A. A question whose function can refuse asks for a refusal
 * too, so that a function which always says yes is found out. Order matters: a row may use earlier ones.
 */
export const knownAnswers: readonly KnownAnswer[] = [
  {
    symbol: "_crypto_hash_sha256",
    answer: "0:5767d69a906d4860db9079eb7e90ab4a543e5cb032fce846554aef6ceb600e1d",
    ask: (s) => outcome(s, 32, (out) => s.raw._crypto_hash_sha256(out, s.put(counting(70)), 70, 0)),
  },
  {
    symbol: "_crypto_hash_sha512",
    answer:
      "0:406a5382e9a563e60fde5cc47f52c6db86cee271bd3974ac6e274a1b8c5a7eb369a9b7cd312c301f891d4e3a601a80b9ca06303c53cabd5d3b7834dbc5108470",
    ask: (s) =>
      outcome(s, 64, (out) => s.raw._crypto_hash_sha512(out, s.put(counting(140)), 140, 0)),
  },
  {
    symbol: "_crypto_xof_shake256",
    answer:
      "0:791574f3e1a66d208c1f6183f989e2b636bc040ec7aaeae417bc598803d6ee90baa33942bd8cc65b5659e426ebdf461d",
    ask: (s) =>
      outcome(s, 48, (out) => s.raw._crypto_xof_shake256(out, 48, s.put(counting(40)), 40, 0)),
  },
  {
    symbol: "_crypto_kdf_hkdf_sha256_extract",
    answer: "0:bac88a49c31c01092e8efbff458270be8caf03e1db37944e6ed272f0dc556783",
    ask: (s) =>
      outcome(s, 32, (out) =>
        s.raw._crypto_kdf_hkdf_sha256_extract(
          out,
          s.put(counting(13)),
          13,
          s.put(counting(22)),
          22,
        ),
      ),
  },
  {
    symbol: "_crypto_kdf_hkdf_sha256_expand",
    answer:
      "0:0581ba52948f011ade6c918efa5ecd1df3c74fc936d55901061a664e22672a5339e98739a3a3c830517c",
    ask: (s) =>
      outcome(s, 42, (out) =>
        s.raw._crypto_kdf_hkdf_sha256_expand(out, 42, s.put(counting(10)), 10, s.put(counting(32))),
      ),
  },
  {
    symbol: "_crypto_kdf_hkdf_sha512_extract",
    answer:
      "0:dcb2a77e09c27cb34c730e287ac27398e6749782b60f8e18a16ab1ceb007d2080c8f05b43bab7d93c3d891d042a9f2f3159e811f8f67c0d2bdc34d0a1ba45c3c",
    ask: (s) =>
      outcome(s, 64, (out) =>
        s.raw._crypto_kdf_hkdf_sha512_extract(
          out,
          s.put(counting(13)),
          13,
          s.put(counting(22)),
          22,
        ),
      ),
  },
  {
    symbol: "_crypto_kdf_hkdf_sha512_expand",
    answer:
      "0:c3e8dbb61d6e59489a26c588642c8e138b7c5558beba33261258da2a22a684aef0eb1ff154dbd037d51931bed38b1f0cd72599cd4801c1ad9ddd0ed2ddbc025d39d24b4db17aca6ea58e",
    ask: (s) =>
      outcome(s, 74, (out) =>
        s.raw._crypto_kdf_hkdf_sha512_expand(out, 74, s.put(counting(10)), 10, s.put(counting(64))),
      ),
  },
  ...aeadRows(
    "chacha20poly1305",
    12,
    "89fa0a032d12a347bf8a35f89410006cd961a0f43f0606373ab14923205c9766e538fd4d",
  ),
  ...aeadRows(
    "xchacha20poly1305",
    24,
    "9ec30d7c94d78ba93b4d2cc5c75fa6e75b563ab642c695676c041e63d5cdb908d2269645",
  ),
  {
    symbol: "_crypto_sign_ed25519_seed_keypair",
    answer: `0:${hex(counting(32))}03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8`,
    ask: (s) =>
      outcome(s, 64, (out) =>
        s.raw._crypto_sign_ed25519_seed_keypair(s.room(32), out, s.put(counting(32))),
      ),
  },
  {
    symbol: "_crypto_sign_ed25519_detached",
    answer: `0:${"01fac021c547fe853e0a00c1e6f705a98c053d0f7bd49ea1d2e389084b9f547a5c45d69210309860f10d16c5baa5bc7598d826f5b8271a747aa8c2cf833d1801"}`,
    ask: (s) =>
      outcome(s, 64, (out) => {
        const secretKey = s.room(64);
        s.raw._crypto_sign_ed25519_seed_keypair(s.room(32), secretKey, s.put(counting(32)));
        return s.raw._crypto_sign_ed25519_detached(out, 0, s.put(counting(20)), 20, 0, secretKey);
      }),
  },
  {
    symbol: "_crypto_sign_ed25519_verify_detached",
    answer: "0 -1 -1",
    ask: ({ raw, open, put, drop }) => {
      open(512);
      const message = put(counting(20));
      const signature = put(
        octets(
          "01fac021c547fe853e0a00c1e6f705a98c053d0f7bd49ea1d2e389084b9f547a5c45d69210309860f10d16c5baa5bc7598d826f5b8271a747aa8c2cf833d1801",
        ),
      );
      const publicKey = put(
        octets("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"),
      );
      const verify = raw._crypto_sign_ed25519_verify_detached;
      // A signature of zeros under a key of small order "holds" in a verifier that is not strict.
      const statuses = [
        verify(signature, message, 20, 0, publicKey),
        verify(signature, message, 19, 0, publicKey),
        verify(put(new Uint8Array(64)), message, 20, 0, put(zero32)),
      ];
      drop();
      return statuses.join(" ");
    },
  },
  {
    symbol: "_crypto_scalarmult_curve25519_base",
    answer: "0:8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f",
    ask: (s) =>
      outcome(s, 32, (out) => s.raw._crypto_scalarmult_curve25519_base(out, s.put(counting(32)))),
  },
  {
    symbol: "_crypto_scalarmult_curve25519",
    answer: "0:df6baf6f6a43b9744fc5ef9dea1122782f9f696dc4a0d15c03c1787ee6d15e64 -1",
    ask: (s) => {
      const point = octets("8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f");
      const multiply = (by: Uint8Array) =>
        outcome(s, 32, (out) =>
          s.raw._crypto_scalarmult_curve25519(out, s.put(counting(32)), s.put(by)),
        );
      return `${multiply(point)} ${multiply(zero32).split(":")[0]}`;
    },
  },
  {
    symbol: "_crypto_kem_xwing_seed_keypair",
    answer: "0:c9a3565ffde4f72b51661be391ee13e46378d7f06dd5c8bf5af9d2cfb5b8336b",
    ask: (s) =>
      digest(s, 1216, (out) =>
        s.raw._crypto_kem_xwing_seed_keypair(out, s.room(32), s.put(counting(32))),
      ),
  },
  {
    symbol: "_crypto_kem_xwing_enc_deterministic",
    answer:
      "0:351ec305905fa2cd88554c7e1d6a61b8f3c6fdbfdc5ac27568a4c9499e137124 0:6a05d1e95ce5c4c0d128aa41e1e027c319cb700ff700f6b05c5d60c1a55d0b21",
    ask: (s) =>
      [
        digest(s, 1120, (enc) => encapsulate(s, enc, s.room(32))),
        outcome(s, 32, (shared) => encapsulate(s, s.room(1120), shared)),
      ].join(" "),
  },
  {
    symbol: "_crypto_kem_xwing_dec",
    answer: "0:6a05d1e95ce5c4c0d128aa41e1e027c319cb700ff700f6b05c5d60c1a55d0b21",
    ask: (s) =>
      outcome(s, 32, (out) => {
        const enc = s.room(1120);
        encapsulate(s, enc, s.room(32));
        return s.raw._crypto_kem_xwing_dec(out, enc, s.put(counting(32)));
      }),
  },
  {
    symbol: "_crypto_core_ristretto255_from_hash",
    answer: "0:3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
    ask: (s) =>
      outcome(s, 32, (out) => {
        const wide =
          "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c14d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6";
        return s.raw._crypto_core_ristretto255_from_hash(out, s.put(octets(wide)));
      }),
  },
  {
    symbol: "_crypto_scalarmult_ristretto255",
    // Twice the generator; then the identity and an encoding that is none, both refused.
    answer: "0:6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919 -1 -1",
    ask: (s) => {
      const two = Uint8Array.of(2, ...new Uint8Array(31));
      const base = octets("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
      const multiply = (point: Uint8Array) =>
        outcome(s, 32, (out) =>
          s.raw._crypto_scalarmult_ristretto255(out, s.put(two), s.put(point)),
        );
      const refused = [zero32, new Uint8Array(32).fill(255)].map(
        (point) => multiply(point).split(":")[0],
      );
      return [multiply(base), ...refused].join(" ");
    },
  },
  {
    symbol: "_crypto_pwhash",
    answer: "0:9cc85560d09a2412db8924f48af5c938036926a986efc1ede6527bce781a5ed7",
    ask: (s) =>
      outcome(s, 32, (out) => {
        const passphrase = s.put(counting(9));
        return s.raw._crypto_pwhash(
          out,
          32,
          0,
          passphrase,
          9,
          0,
          s.put(counting(16)),
          2,
          0,
          16 * 1024,
          2,
        );
      }),
  },
];

function encapsulate(s: Sodium, enc: number, shared: number): number {
  const publicKey = s.room(1216);
  s.raw._crypto_kem_xwing_seed_keypair(publicKey, s.room(32), s.put(counting(32)));
  return s.raw._crypto_kem_xwing_enc_deterministic(enc, shared, publicKey, s.put(counting(64)));
}

/** Sealing 20 bytes; opening them; refusing them with one bit of the tag flipped. */
function aeadRows(
  name: "chacha20poly1305" | "xchacha20poly1305",
  nonceBytes: number,
  sealed: string,
): KnownAnswer[] {
  const encrypt = `_crypto_aead_${name}_ietf_encrypt` as const;
  const decrypt = `_crypto_aead_${name}_ietf_decrypt` as const;
  const open = (s: Sodium, ciphertext: Uint8Array): string =>
    outcome(s, 20, (out) => {
      const [at, aad] = [s.put(ciphertext), s.put(counting(7))];
      const [nonce, key] = [s.put(counting(nonceBytes)), s.put(counting(32))];
      return s.raw[decrypt](out, 0, 0, at, 36, 0, aad, 7, 0, nonce, key);
    });
  return [
    {
      symbol: encrypt,
      answer: `0:${sealed}`,
      ask: (s) =>
        outcome(s, 36, (out) => {
          const [at, aad] = [s.put(counting(20)), s.put(counting(7))];
          const [nonce, key] = [s.put(counting(nonceBytes)), s.put(counting(32))];
          return s.raw[encrypt](out, 0, at, 20, 0, aad, 7, 0, 0, nonce, key);
        }),
    },
    {
      symbol: decrypt,
      answer: `0:${hex(counting(20))} -1`,
      ask: (s) => {
        const tampered = octets(sealed);
        tampered[35] = (tampered[35] as number) ^ 1;
        return `${open(s, octets(sealed))} ${open(s, tampered).split(":")[0]}`;
      },
    },
  ];
}
