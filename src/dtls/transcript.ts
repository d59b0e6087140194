// The messages of a handshake as both sides hash them (RFC 5246 7.4.9, RFC 6347 4.2.6): each as if it came in one fragment,
// message_seq included. They are few and short, so that hashing all of them anew costs less than a context that is copied.

import { hash } from "node:crypto";
import { concat } from "../base/bytes.ts";
import { encodeHandshakeMessage, type HandshakeMessage } from "./handshake-message.ts";

export class Transcript {
  readonly #messages: Uint8Array[] = [];

  add(message: HandshakeMessage): void {
    this.#messages.push(encodeHandshakeMessage(message));
  }

  /** The SHA-256 of all messages so far: 32 bytes. */
  hash(): Uint8Array {
    return hash("sha256", concat(...this.#messages), "buffer");
  }
}
