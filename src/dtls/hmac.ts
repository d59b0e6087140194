// HMAC-SHA-256 (RFC 2104) composed of two calls of Node's one-shot SHA-256. Node's createHmac makes a key object and a
// context for each MAC, which takes 1.8 µs on Node.js 20 and 9.9 µs on Node.js 24; a handshake needs fourteen of them.
// This takes 0.6 µs on both.

import { hash } from "node:crypto";

const BLOCK_LENGTH = 64;
export const MAC_LENGTH = 32;

/** What a message may have before room for more has to be made. */
const USUAL_MESSAGE_LENGTH = 192;

export class HmacSha256 {
  /** The key XORed with the inner padding, and behind it the message. */
  #inner = Buffer.alloc(BLOCK_LENGTH + USUAL_MESSAGE_LENGTH);
  /** The key XORed with the outer padding, and behind it the inner digest. */
  readonly #outer = Buffer.alloc(BLOCK_LENGTH + MAC_LENGTH);

  constructor(key: Uint8Array) {
    const block = Buffer.alloc(BLOCK_LENGTH);
    // RFC 2104 2: a longer key is hashed first.
    if (key.length > BLOCK_LENGTH) block.write(sha256(key), "latin1");
    else block.set(key);
    for (let i = 0; i < BLOCK_LENGTH; i++) {
      this.#inner[i] = block[i]! ^ 0x36;
      this.#outer[i] = block[i]! ^ 0x5c;
    }
    block.fill(0);
  }

  /** 32 bytes. */
  mac(...message: readonly Uint8Array[]): Uint8Array {
    let end = BLOCK_LENGTH;
    for (const part of message) {
      this.#makeRoom(end + part.length);
      this.#inner.set(part, end);
      end += part.length;
    }
    this.#outer.write(sha256(this.#inner.subarray(0, end)), BLOCK_LENGTH, "latin1");
    const mac = Buffer.allocUnsafe(MAC_LENGTH);
    mac.write(sha256(this.#outer), "latin1");
    return mac;
  }

  /** Overwrites the key. */
  wipe(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }

  #makeRoom(length: number): void {
    if (length <= this.#inner.length) return;
    const grown = Buffer.alloc(2 * length);
    grown.set(this.#inner);
    this.#inner.fill(0);
    this.#inner = grown;
  }
}

/** One character a byte: a string is what Node gives back at the least cost. */
function sha256(bytes: Uint8Array): string {
  return hash("sha256", bytes, "binary");
}
