// An encrypted payload whose content key is open: any piece of it can be turned into plaintext, and back, by where it stands.
// A device gets blocks in any order, may lose its power between two, and has no memory for the whole: CTR, of which GCM is
// made, needs nothing but the place; and the tag is made anew from what is in flash, read once.

import { EMPTY } from "../base/bytes.ts";
import { ok, type Result } from "../base/result.ts";
import { COUNTER_BLOCK_LENGTH, gcmCounterBlock, laterCounterBlock } from "../crypto/counter-block.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { PAYLOAD_TAG_LENGTH, type PayloadSealing } from "../crypto/payload-cipher.ts";
import type { ContentAlgorithm, EncryptionInfo } from "./cose-encrypt.ts";
import { type ContentKeyFault, encStructure, type OwnKey, openContentKey } from "./payload-encryption.ts";

/** Bytes that stand behind those of the plaintext. */
export function tagLengthOf(algorithm: ContentAlgorithm): number {
  return algorithm === "a128gcm" ? PAYLOAD_TAG_LENGTH : 0;
}

/** For a device with this key. */
export function openPayload(
  crypto: CryptoProvider,
  info: EncryptionInfo,
  own: OwnKey,
): Result<OpenedPayload, ContentKeyFault> {
  const contentKey = openContentKey(crypto, info.recipients, own);
  return contentKey.ok ? ok(new OpenedPayload(crypto, info, contentKey.value)) : contentKey;
}

export class OpenedPayload {
  readonly tagLength: number;
  readonly #crypto: CryptoProvider;
  readonly #info: EncryptionInfo;
  readonly #contentKey: Uint8Array;
  readonly #firstBlock: Uint8Array;

  /** Keeps the key, and wipe() overwrites it. */
  constructor(crypto: CryptoProvider, info: EncryptionInfo, contentKey: Uint8Array) {
    this.tagLength = tagLengthOf(info.algorithm);
    this.#crypto = crypto;
    this.#info = info;
    this.#contentKey = contentKey;
    this.#firstBlock = info.algorithm === "a128gcm" ? gcmCounterBlock(info.iv) : info.iv;
  }

  /** Plaintext of ciphertext, or the reverse, that begins at byte `offset` of the image. It authenticates nothing. */
  convert(offset: number, bytes: Uint8Array): Uint8Array {
    const skipped = offset % COUNTER_BLOCK_LENGTH;
    const counterBlock = laterCounterBlock(this.#firstBlock, (offset - skipped) / COUNTER_BLOCK_LENGTH);
    const padded = new Uint8Array(skipped + bytes.length);
    padded.set(bytes, skipped);
    return this.#crypto.payload.ctr(this.#contentKey, counterBlock, padded).subarray(skipped);
  }

  /** Encrypts the image once more, from its first byte on. */
  sealing(): PayloadSealing {
    const { algorithm, iv } = this.#info;
    if (algorithm === "a128gcm") {
      return this.#crypto.payload.gcmSealing(this.#contentKey, iv, encStructure(algorithm));
    }
    let offset = 0;
    const seal = (plaintext: Uint8Array) => {
      const ciphertext = this.convert(offset, plaintext);
      offset += plaintext.length;
      return ciphertext;
    };
    return { seal, finish: () => EMPTY };
  }

  /** Nothing can be converted any more. */
  wipe(): void {
    this.#contentKey.fill(0);
  }
}
