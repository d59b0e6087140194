// The messages of a handshake as both sides hash them (RFC 5246 7.4.9, RFC 6347 4.2.6): each as if it came in one fragment,
// message_seq included. They are few and short, so that hashing all of them anew costs less than a context that is copied.

import { bytesOfLatin1 } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { HANDSHAKE_HEADER_LENGTH, type HandshakeMessage, writeHandshakeFragment } from "./handshake-message.ts";

export class Transcript {
  readonly #crypto: CryptoProvider;
  readonly #messages: HandshakeMessage[] = [];

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  /** The message's body is not copied: whoever has it leaves it as it is. */
  add(message: HandshakeMessage): void {
    this.#messages.push(message);
  }

  /** The SHA-256 of all messages so far, and of `next` behind them where it is there: 32 bytes. */
  hash(next?: HandshakeMessage): Uint8Array {
    const messages = next === undefined ? this.#messages : [...this.#messages, next];
    let length = 0;
    for (const { body } of messages) length += HANDSHAKE_HEADER_LENGTH + body.length;
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const message of messages) {
      offset += writeHandshakeFragment(bytes, offset, message, 0, message.body.length);
    }
    return bytesOfLatin1(this.#crypto.sha256(bytes));
  }
}
