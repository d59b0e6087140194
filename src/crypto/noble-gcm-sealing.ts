// AES-128-GCM in pieces (NIST SP 800-38D 7.1) out of noble's CTR and GHASH, since noble's own GCM wants all of it at once.

import { ghash } from "@noble/ciphers/_polyval.js";
import { ctr } from "@noble/ciphers/aes.js";
import { ByteWriter } from "../base/byte-writer.ts";
import { concat, EMPTY } from "../base/bytes.ts";
import { COUNTER_BLOCK_LENGTH, gcmCounterBlock, laterCounterBlock } from "./counter-block.ts";
import type { PayloadSealing } from "./payload-cipher.ts";

const BLOCK_LENGTH = COUNTER_BLOCK_LENGTH;
const BITS = 8;

export class NobleGcmSealing implements PayloadSealing {
  readonly #key: Uint8Array;
  readonly #hash: ReturnType<typeof ghash.create>;
  readonly #additionalLength: number;
  readonly #first: Uint8Array;
  /** Plaintext and ciphertext of the block that is not full yet. */
  #begun = EMPTY;
  #length = 0;

  /** The key stays the caller's to overwrite, once the tag is made. */
  constructor(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array) {
    this.#key = key;
    const zeros = new Uint8Array(BLOCK_LENGTH);
    this.#hash = ghash.create(ctr(key, zeros).encrypt(zeros));
    this.#hash.update(additional);
    this.#additionalLength = additional.length;
    this.#first = gcmCounterBlock(nonce);
  }

  seal(plaintext: Uint8Array): Uint8Array {
    const before = this.#begun.length;
    const whole = concat(this.#begun, plaintext);
    const counterBlock = laterCounterBlock(this.#first, (this.#length - before) / BLOCK_LENGTH);
    const ciphertext = ctr(this.#key, counterBlock).encrypt(whole);
    const end = whole.length - (whole.length % BLOCK_LENGTH);
    // GHASH fills up each piece that it is given.
    if (end > 0) this.#hash.update(ciphertext.subarray(0, end));
    this.#begun = whole.slice(end);
    this.#length += plaintext.length;
    return ciphertext.subarray(before);
  }

  finish(): Uint8Array {
    const rest = this.#begun.length;
    const counterBlock = laterCounterBlock(this.#first, (this.#length - rest) / BLOCK_LENGTH);
    if (rest > 0) this.#hash.update(ctr(this.#key, counterBlock).encrypt(this.#begun));
    this.#hash.update(lengths(this.#additionalLength, this.#length));
    const tagBlock = this.#first.with(BLOCK_LENGTH - 1, 1);
    return ctr(this.#key, tagBlock).encrypt(this.#hash.digest());
  }
}

/** In bits, 64 of each. */
function lengths(additional: number, ciphertext: number): Uint8Array {
  const writer = new ByteWriter();
  for (const length of [additional, ciphertext]) {
    const bits = BITS * length;
    writer.uint32(Math.floor(bits / 2 ** 32)).uint32(bits % 2 ** 32);
  }
  return writer.finish();
}
