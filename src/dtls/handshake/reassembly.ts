// Fragments of handshake messages into whole ones, in the order of message_seq (RFC 6347 4.2.2, 4.2.3). Fragments may
// come in any order, overlap, and repeat; what may wait for an earlier message is bounded.

import { copyOf } from "../../base/bytes.ts";
import { RangeSet } from "../../base/range-set.ts";
import type { Discard } from "../errors.ts";
import { HANDSHAKE_FRAGMENTS_MAX, HANDSHAKE_HELD_LENGTH_MAX, HANDSHAKE_MESSAGES_AHEAD_MAX } from "../parameters.ts";
import type { HandshakeFragment, HandshakeMessage } from "./handshake-message.ts";

interface PartialMessage {
  readonly type: number;
  readonly body: Uint8Array;
  /** Absent for a message that came in one piece, as nearly all do. */
  readonly received: RangeSet | undefined;
}

export class Reassembly {
  /** By how far they are ahead of the next message. */
  #partial: (PartialMessage | undefined)[] = [];
  #nextMessageSeq: number;

  constructor(nextMessageSeq: number) {
    this.#nextMessageSeq = nextMessageSeq;
  }

  /** The message_seq of the message that take() will give next. */
  get nextMessageSeq(): number {
    return this.#nextMessageSeq;
  }

  /** The type of the message that take() will give next; undefined when nothing of it is here. */
  get nextType(): number | undefined {
    return this.#partial[0]?.type;
  }

  /** Bytes of the messages that are here, whole or not. */
  get #heldLength(): number {
    return this.#partial.reduce((sum, partial) => sum + (partial?.body.length ?? 0), 0);
  }

  /** Copies the fragment's bytes to their place; gives back why not where they have none. */
  add(fragment: HandshakeFragment): Discard | undefined {
    const ahead = fragment.messageSeq - this.#nextMessageSeq;
    if (ahead < 0) return "handshakeRepeated";
    if (ahead >= HANDSHAKE_MESSAGES_AHEAD_MAX) return "fragmentTooFar";
    let partial = this.#partial[ahead];
    if (partial === undefined) {
      if (this.#heldLength + fragment.length > HANDSHAKE_HELD_LENGTH_MAX) {
        if (ahead > 0) return "fragmentTooFar";
        // The message that is due goes first; the peer repeats what came ahead of it.
        this.#partial = [];
      }
      const whole = fragment.body.length === fragment.length;
      const body = whole ? copyOf(fragment.body) : new Uint8Array(fragment.length);
      partial = { type: fragment.type, body, received: whole ? undefined : new RangeSet() };
      this.#partial[ahead] = partial;
    }
    const { type, body, received } = partial;
    if (type !== fragment.type || body.length !== fragment.length) return "fragmentInconsistent";
    if (received !== undefined && received.ranges.length >= HANDSHAKE_FRAGMENTS_MAX) {
      // Begun anew: the message would otherwise stay torn however often the peer repeats it.
      this.#partial[ahead] = undefined;
      return "fragmentTooFar";
    }
    body.set(fragment.body, fragment.fragmentOffset);
    received?.add(fragment.fragmentOffset, fragment.fragmentOffset + fragment.body.length);
    return undefined;
  }

  /** The next message in order, once all of it is there. */
  take(): HandshakeMessage | undefined {
    const partial = this.#partial[0];
    if (partial === undefined) return undefined;
    const { type, body, received } = partial;
    if (received !== undefined && received.covered < body.length) return undefined;
    this.#partial.shift();
    return { type, messageSeq: this.#nextMessageSeq++, body };
  }

  /** Begins anew with this message: after HelloVerifyRequest. */
  skipTo(messageSeq: number): void {
    this.#partial = [];
    this.#nextMessageSeq = messageSeq;
  }

  /** Forgets what is here of the next message, which is to come again. */
  dropNext(): void {
    this.#partial[0] = undefined;
  }

  /** Forgets messages ahead of the next one: at a change of epoch, what came unprotected must not meet what is. */
  dropIncomplete(): void {
    this.#partial = [];
  }
}
