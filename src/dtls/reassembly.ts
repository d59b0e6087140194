// Fragments of handshake messages into whole ones, in the order of message_seq (RFC 6347 4.2.2, 4.2.3). Fragments may
// come in any order, overlap, and repeat; what may wait for an earlier message is bounded.

import { RangeSet } from "../base/range-set.ts";
import type { Discard } from "./errors.ts";
import type { HandshakeFragment, HandshakeMessage } from "./handshake-message.ts";
import { HANDSHAKE_FRAGMENTS_MAX, HANDSHAKE_MESSAGES_AHEAD_MAX } from "./parameters.ts";

interface PartialMessage {
  readonly type: number;
  readonly body: Uint8Array;
  readonly received: RangeSet;
}

export class Reassembly {
  readonly #partial = new Map<number, PartialMessage>();
  #nextMessageSeq: number;

  constructor(nextMessageSeq: number) {
    this.#nextMessageSeq = nextMessageSeq;
  }

  /** The message_seq of the message that take() will give next. */
  get nextMessageSeq(): number {
    return this.#nextMessageSeq;
  }

  /** Copies the fragment's bytes to their place; gives back why not where they have none. */
  add(fragment: HandshakeFragment): Discard | undefined {
    const ahead = fragment.messageSeq - this.#nextMessageSeq;
    if (ahead < 0) return "handshakeRepeated";
    if (ahead >= HANDSHAKE_MESSAGES_AHEAD_MAX) return "fragmentTooFar";
    let partial = this.#partial.get(fragment.messageSeq);
    if (partial === undefined) {
      partial = { type: fragment.type, body: new Uint8Array(fragment.length), received: new RangeSet() };
      this.#partial.set(fragment.messageSeq, partial);
    }
    if (partial.type !== fragment.type || partial.body.length !== fragment.length) return "fragmentInconsistent";
    if (partial.received.ranges.length >= HANDSHAKE_FRAGMENTS_MAX) {
      // Begun anew: the message would otherwise stay torn however often the peer repeats it.
      this.#partial.delete(fragment.messageSeq);
      return "fragmentTooFar";
    }
    partial.body.set(fragment.body, fragment.fragmentOffset);
    partial.received.add(fragment.fragmentOffset, fragment.fragmentOffset + fragment.body.length);
    return undefined;
  }

  /** The next message in order, once all of it is there. */
  take(): HandshakeMessage | undefined {
    const messageSeq = this.#nextMessageSeq;
    const partial = this.#partial.get(messageSeq);
    if (partial === undefined || partial.received.covered < partial.body.length) return undefined;
    this.#partial.delete(messageSeq);
    this.#nextMessageSeq++;
    return { type: partial.type, messageSeq, body: partial.body };
  }

  /** Begins anew with this message: after HelloVerifyRequest. */
  skipTo(messageSeq: number): void {
    this.#partial.clear();
    this.#nextMessageSeq = messageSeq;
  }

  /** Forgets messages ahead of the next one: at a change of epoch, what came unprotected must not meet what is. */
  dropIncomplete(): void {
    this.#partial.clear();
  }
}
