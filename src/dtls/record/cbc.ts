// Records under AES-128-CBC with HMAC-SHA256, for modems that know nothing else: MAC-then-encrypt (RFC 5246 6.2.3.2) or
// encrypt-then-MAC (RFC 7366), both with Connection ID as RFC 9146 5.1 and 5.2 have it.
// One failure for everything: bad padding, bad MAC and bad length leave by the same return, and under MAC-then-encrypt
// the MAC is computed over as many bytes whatever the padding says (RFC 5246 6.2.3.2, implementation note).

import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import { additionalData, type RecordContext, type RecordProtection } from "./record-protection.ts";

const MAC_LENGTH = 32;
const MAC_KEY_LENGTH = 32;
const KEY_LENGTH = 16;
const BLOCK_LENGTH = 16;

/** Key material of one direction: the MAC key, then the AES key. `random` makes the IVs. */
export function cbcProtection(random: RandomSource, encryptThenMac: boolean): RecordProtection {
  return {
    keyParts: [MAC_KEY_LENGTH, KEY_LENGTH],
    overhead: BLOCK_LENGTH + MAC_LENGTH + BLOCK_LENGTH,
    contentOffset: BLOCK_LENGTH,

    fragmentLength(length) {
      const inside = encryptThenMac ? length : length + MAC_LENGTH;
      return BLOCK_LENGTH + paddedLength(inside) + (encryptThenMac ? MAC_LENGTH : 0);
    },

    sealer: (keys) => ({
      seal(context, record, offset, length) {
        const iv = randomBytes(random, BLOCK_LENGTH);
        record.set(iv, offset);
        const plaintext = record.subarray(offset + BLOCK_LENGTH, offset + BLOCK_LENGTH + length);
        const mac = encryptThenMac ? undefined : macOf(keys, context, plaintext, length);
        const encrypted = encrypt(keys, iv, plaintext, mac);
        record.set(encrypted, offset + BLOCK_LENGTH);
        if (!encryptThenMac) return;
        const end = offset + BLOCK_LENGTH + encrypted.length;
        record.set(macOf(keys, context, record.subarray(offset, end), end - offset), end);
      },
      release: () => {},
    }),

    opener: (keys) => ({
      open: (context, fragment) =>
        encryptThenMac ? openMacLast(keys, context, fragment) : openMacInside(keys, context, fragment),
      release: () => {},
    }),
  };
}

function openMacLast(keys: Uint8Array, context: RecordContext, fragment: Uint8Array): Uint8Array | undefined {
  const end = fragment.length - MAC_LENGTH;
  if (end < 2 * BLOCK_LENGTH || end % BLOCK_LENGTH !== 0) return undefined;
  const covered = fragment.subarray(0, end);
  if (!timingSafeEqual(macOf(keys, context, covered, end), fragment.subarray(end))) return undefined;
  const padded = decrypt(keys, covered);
  const length = padded.length - 1 - padded[padded.length - 1]!;
  return length < 0 ? undefined : padded.subarray(0, length);
}

function openMacInside(keys: Uint8Array, context: RecordContext, fragment: Uint8Array): Uint8Array | undefined {
  if (fragment.length < 2 * BLOCK_LENGTH + MAC_LENGTH || fragment.length % BLOCK_LENGTH !== 0) return undefined;
  const padded = decrypt(keys, fragment);
  const paddingLength = padded[padded.length - 1]!;
  const lengthMax = padded.length - 1 - MAC_LENGTH;
  let wrong = paddingLength > lengthMax ? 1 : 0;
  // As if there were no padding when the padding is wrong, so that there is always a MAC to compute.
  const length = wrong ? lengthMax : lengthMax - paddingLength;
  for (let i = 1; i <= 256 && i < padded.length; i++) {
    const inPadding = i <= paddingLength + 1 ? 1 : 0;
    wrong |= inPadding * (padded[padded.length - i]! ^ paddingLength);
  }
  const expected = macOf(keys, context, padded.subarray(0, length), length);
  // The bytes that the padding saved the hash are hashed here, so that its length does not show in the time.
  createHmac("sha256", keys.subarray(0, MAC_KEY_LENGTH)).update(padded.subarray(length, lengthMax)).digest();
  const matches = timingSafeEqual(expected, padded.subarray(length, length + MAC_LENGTH));
  return matches && wrong === 0 ? padded.subarray(0, length) : undefined;
}

function macOf(keys: Uint8Array, context: RecordContext, covered: Uint8Array, length: number): Uint8Array {
  return createHmac("sha256", keys.subarray(0, MAC_KEY_LENGTH))
    .update(additionalData(context, length))
    .update(covered)
    .digest();
}

function encrypt(keys: Uint8Array, iv: Uint8Array, content: Uint8Array, mac: Uint8Array | undefined): Uint8Array {
  const inside = content.length + (mac?.length ?? 0);
  const padded = new Uint8Array(paddedLength(inside));
  padded.set(content);
  if (mac !== undefined) padded.set(mac, content.length);
  padded.fill(padded.length - inside - 1, inside);
  const encryption = createCipheriv("aes-128-cbc", keys.subarray(MAC_KEY_LENGTH), iv).setAutoPadding(false);
  return encryption.update(padded);
}

function decrypt(keys: Uint8Array, ivAndCiphertext: Uint8Array): Uint8Array {
  const iv = ivAndCiphertext.subarray(0, BLOCK_LENGTH);
  const decryption = createDecipheriv("aes-128-cbc", keys.subarray(MAC_KEY_LENGTH), iv).setAutoPadding(false);
  return decryption.update(ivAndCiphertext.subarray(BLOCK_LENGTH));
}

/** With at least the one byte that says how long the padding is. */
function paddedLength(length: number): number {
  return (Math.floor(length / BLOCK_LENGTH) + 1) * BLOCK_LENGTH;
}
