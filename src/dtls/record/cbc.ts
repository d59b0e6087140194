// Records under AES-128-CBC with HMAC-SHA256, for modems that know nothing else: MAC-then-encrypt (RFC 5246 6.2.3.2) or
// encrypt-then-MAC (RFC 7366), both with Connection ID as RFC 9146 5.1 and 5.2 have it.
// One failure for everything: bad padding, bad MAC and bad length leave by the same return, and under MAC-then-encrypt
// the MAC is computed over as many bytes whatever the padding says (RFC 5246 6.2.3.2, implementation note).

import { EMPTY } from "../../base/bytes.ts";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { type HmacSha256, MAC_LENGTH } from "../../crypto/hmac.ts";
import {
  additionalData,
  type RecordContext,
  type RecordOpener,
  type RecordProtection,
  type RecordSealer,
} from "./record-protection.ts";

const MAC_KEY_LENGTH = 32;
const KEY_LENGTH = 16;
const BLOCK_LENGTH = 16;

/** Key material of one direction: the MAC key, then the AES key. `random` makes the IVs. */
export function cbcProtection(crypto: CryptoProvider, random: RandomSource, encryptThenMac: boolean): RecordProtection {
  return {
    keyParts: [MAC_KEY_LENGTH, KEY_LENGTH],
    overhead: BLOCK_LENGTH + MAC_LENGTH + BLOCK_LENGTH,
    contentOffset: BLOCK_LENGTH,

    fragmentLength(length) {
      const inside = encryptThenMac ? length : length + MAC_LENGTH;
      return BLOCK_LENGTH + paddedLength(inside) + (encryptThenMac ? MAC_LENGTH : 0);
    },

    sealer: (keys) => new CbcSealer(crypto, random, encryptThenMac, keys),
    opener: (keys) => new CbcOpener(crypto, encryptThenMac, keys),
  };
}

class CbcSealer implements RecordSealer {
  readonly #crypto: CryptoProvider;
  readonly #random: RandomSource;
  readonly #encryptThenMac: boolean;
  readonly #key: Uint8Array;
  readonly #mac: HmacSha256;

  constructor(crypto: CryptoProvider, random: RandomSource, encryptThenMac: boolean, keys: Uint8Array) {
    this.#crypto = crypto;
    this.#random = random;
    this.#encryptThenMac = encryptThenMac;
    this.#key = keys.subarray(MAC_KEY_LENGTH);
    this.#mac = crypto.hmacSha256(keys.subarray(0, MAC_KEY_LENGTH));
  }

  seal(context: RecordContext, record: Uint8Array, offset: number, length: number): void {
    const iv = randomBytes(this.#random, BLOCK_LENGTH);
    record.set(iv, offset);
    const plaintext = record.subarray(offset + BLOCK_LENGTH, offset + BLOCK_LENGTH + length);
    const mac = this.#encryptThenMac ? undefined : macOf(this.#mac, context, plaintext, length);
    const encrypted = this.#crypto.encryptCbc(this.#key, iv, padded(plaintext, mac));
    record.set(encrypted, offset + BLOCK_LENGTH);
    if (!this.#encryptThenMac) return;
    const end = offset + BLOCK_LENGTH + encrypted.length;
    record.set(macOf(this.#mac, context, record.subarray(offset, end), end - offset), end);
  }

  release(): void {
    this.#mac.release();
  }
}

class CbcOpener implements RecordOpener {
  readonly #crypto: CryptoProvider;
  readonly #encryptThenMac: boolean;
  readonly #key: Uint8Array;
  readonly #mac: HmacSha256;
  #opened: Uint8Array = EMPTY;

  constructor(crypto: CryptoProvider, encryptThenMac: boolean, keys: Uint8Array) {
    this.#crypto = crypto;
    this.#encryptThenMac = encryptThenMac;
    this.#key = keys.subarray(MAC_KEY_LENGTH);
    this.#mac = crypto.hmacSha256(keys.subarray(0, MAC_KEY_LENGTH));
  }

  open(context: RecordContext, bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined {
    const fragment = bytes.subarray(offset, offset + length);
    const opened = this.#encryptThenMac ? this.#openMacLast(context, fragment) : this.#openMacInside(context, fragment);
    this.#opened = opened ?? EMPTY;
    return opened;
  }

  beginning(length: number): Uint8Array {
    return this.#opened.subarray(0, length);
  }

  release(): void {
    this.#mac.release();
  }

  #openMacLast(context: RecordContext, fragment: Uint8Array): Uint8Array | undefined {
    const end = fragment.length - MAC_LENGTH;
    if (end < 2 * BLOCK_LENGTH || end % BLOCK_LENGTH !== 0) return undefined;
    const covered = fragment.subarray(0, end);
    const expected = macOf(this.#mac, context, covered, end);
    if (!this.#crypto.equalInConstantTime(expected, fragment.subarray(end))) return undefined;
    const padded = this.#decrypt(covered);
    const length = padded.length - 1 - padded[padded.length - 1]!;
    return length < 0 ? undefined : padded.subarray(0, length);
  }

  #openMacInside(context: RecordContext, fragment: Uint8Array): Uint8Array | undefined {
    if (fragment.length < 2 * BLOCK_LENGTH + MAC_LENGTH || fragment.length % BLOCK_LENGTH !== 0) return undefined;
    const padded = this.#decrypt(fragment);
    const paddingLength = padded[padded.length - 1]!;
    const lengthMax = padded.length - 1 - MAC_LENGTH;
    let wrong = paddingLength > lengthMax ? 1 : 0;
    // As if there were no padding when the padding is wrong, so that there is always a MAC to compute.
    const length = wrong ? lengthMax : lengthMax - paddingLength;
    for (let i = 1; i <= 256 && i < padded.length; i++) {
      const inPadding = i <= paddingLength + 1 ? 1 : 0;
      wrong |= inPadding * (padded[padded.length - i]! ^ paddingLength);
    }
    const expected = macOf(this.#mac, context, padded.subarray(0, length), length);
    // The bytes that the padding saved the hash are hashed here, so that its length does not show in the time.
    this.#mac.put(padded.subarray(length, lengthMax)).digest();
    const matches = this.#crypto.equalInConstantTime(expected, padded.subarray(length, length + MAC_LENGTH));
    return matches && wrong === 0 ? padded.subarray(0, length) : undefined;
  }

  #decrypt(ivAndCiphertext: Uint8Array): Uint8Array {
    const iv = ivAndCiphertext.subarray(0, BLOCK_LENGTH);
    return this.#crypto.decryptCbc(this.#key, iv, ivAndCiphertext.subarray(BLOCK_LENGTH));
  }
}

function macOf(mac: HmacSha256, context: RecordContext, covered: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(MAC_LENGTH);
  mac.put(additionalData(context, length)).put(covered).digestInto(bytes, 0, MAC_LENGTH);
  return bytes;
}

/** Content, MAC and padding, ready to be encrypted. */
function padded(content: Uint8Array, mac: Uint8Array | undefined): Uint8Array {
  const inside = content.length + (mac?.length ?? 0);
  const bytes = new Uint8Array(paddedLength(inside));
  bytes.set(content);
  if (mac !== undefined) bytes.set(mac, content.length);
  bytes.fill(bytes.length - inside - 1, inside);
  return bytes;
}

/** With at least the one byte that says how long the padding is. */
function paddedLength(length: number): number {
  return (Math.floor(length / BLOCK_LENGTH) + 1) * BLOCK_LENGTH;
}
