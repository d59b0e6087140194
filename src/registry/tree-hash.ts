// RFC 9162 2.1.1 (RFC 6962 2.1): how leaves and nodes of the tree are hashed. A leaf begins with another byte than a node,
// so that no entry can pass for a node.

import { bytesOfLatin1, concat, EMPTY, put } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";

export const HASH_LENGTH = 32;

const LEAF = Uint8Array.of(0x00);
/** What the hash of a node begins with. */
export const NODE = 0x01;

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
}
