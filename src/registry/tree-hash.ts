// RFC 9162 2.1.1 (RFC 6962 2.1): how leaves and nodes of the tree are hashed. A leaf begins with another byte than a node,
// so that no entry can pass for a node.

import { bytesOfLatin1, concat, EMPTY, put } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";

export const HASH_LENGTH = 32;

const LEAF = Uint8Array.of(0x00);
const NODE = 0x01;

export class TreeHash {
  readonly #crypto: CryptoProvider;
  readonly #pair = new Uint8Array(1 + 2 * HASH_LENGTH);

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
    this.#pair[0] = NODE;
  }

  /** Of no entries. */
  empty(): Uint8Array {
    return bytesOfLatin1(this.#crypto.sha256(EMPTY));
  }

  leaf(entry: Uint8Array): Uint8Array {
    return bytesOfLatin1(this.#crypto.sha256(concat(LEAF, entry)));
  }

  node(left: Uint8Array, right: Uint8Array): Uint8Array {
    put(this.#pair, 1, left);
    put(this.#pair, 1 + HASH_LENGTH, right);
    return bytesOfLatin1(this.#crypto.sha256(this.#pair));
  }

  /**
   * The nodes over `hashes`, which are those of one level one after the other: a hash for each two of them, and none for an
   * odd one at the end. Into `into`, which may be `hashes`; gives back how many.
   */
  level(hashes: Uint8Array, into: Uint8Array): number {
    const count = Math.floor(hashes.length / (2 * HASH_LENGTH));
    for (let i = 0; i < count; i++) {
      put(this.#pair, 1, hashes.subarray(2 * i * HASH_LENGTH, 2 * (i + 1) * HASH_LENGTH));
      const hash = this.#crypto.sha256(this.#pair);
      for (let at = 0; at < HASH_LENGTH; at++) into[i * HASH_LENGTH + at] = hash.charCodeAt(at);
    }
    return count;
  }
}
