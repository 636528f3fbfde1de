const constants = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function quarter(words: Uint32Array, a: number, b: number, c: number, d: number): void {
  const at = (index: number) => words[index] as number;
  words[a] = at(a) + at(b);
  words[d] = rotated(at(d) ^ at(a), 16);
  words[c] = at(c) + at(d);
  words[b] = rotated(at(b) ^ at(c), 12);
  words[a] = at(a) + at(b);
  words[d] = rotated(at(d) ^ at(a), 8);
  words[c] = at(c) + at(d);
  words[b] = rotated(at(b) ^ at(c), 7);
}

function twentyRounds(words: Uint32Array): void {
  for (let round = 0; round < 10; round++) {
    for (let column = 0; column < 4; column++) {
      quarter(words, column, 4 + column, 8 + column, 12 + column);
    }
    for (let row = 0; row < 4; row++) {
      quarter(words, row, 4 + ((row + 1) % 4), 8 + ((row + 2) % 4), 12 + ((row + 3) % 4));
    }
  }
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}

function bytesOf(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setUint32(4 * index, word, true);
  return bytes;
}

/** HChaCha20 (draft-irtf-cfrg-xchacha-03, section 2.2): a 32-byte key and 16 bytes of nonce to a 32-byte key. */
function hchacha(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const words = new Uint32Array([...constants, ...wordsOf(key), ...wordsOf(nonce)]);
  twentyRounds(words);
  return bytesOf([...words.subarray(0, 4), ...words.subarray(12)]);
}

/**
 * The first block of XChaCha20, of which XChaCha20-Poly1305 makes the one-time key of its tag: 64 bytes.
 * libsodium does not give it out; whoever forges needs it. Key 32 bytes, nonce 24.
 */
export function xchachaFirstBlock(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const subkey = hchacha(key, nonce.subarray(0, 16));
  const start = [...constants, ...wordsOf(subkey), 0, 0, ...wordsOf(nonce.subarray(16))];
  const words = new Uint32Array(start);
  twentyRounds(words);
  return bytesOf([...words].map((word, index) => (word + (start[index] as number)) >>> 0));
}
