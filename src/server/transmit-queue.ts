// What the server has to send, in order. An answer is borrowed: it lies in an array that the next answer is encoded or
// sealed into. Whoever polls after each datagram sends it from there; one that still waits then is copied first.

import { copyOf } from "../base/bytes.ts";
import { Fifo } from "../base/fifo.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { Scheme } from "../coap/coap-uri.ts";

export interface Transmit {
  /** Which of the server's ports sends it. */
  readonly scheme: Scheme;
  readonly to: PeerAddress;
  /** Valid until the next datagram is handled. */
  readonly datagram: Uint8Array;
}

export class TransmitQueue {
  readonly #queue = new Fifo<Transmit>();
  #borrowed: { datagram: Uint8Array } | undefined;

  /** `datagram` stays as it is. */
  push(scheme: Scheme, to: PeerAddress, datagram: Uint8Array): void {
    this.#queue.push({ scheme, to, datagram });
  }

  /** `datagram` stays as it is until keepBorrowed() is called. */
  borrow(scheme: Scheme, to: PeerAddress, datagram: Uint8Array): void {
    const transmit = { scheme, to, datagram };
    this.#queue.push(transmit);
    this.#borrowed = transmit;
  }

  /** To be called before an array that was lent is written again. */
  keepBorrowed(): void {
    if (this.#borrowed === undefined) return;
    this.#borrowed.datagram = copyOf(this.#borrowed.datagram);
    this.#borrowed = undefined;
  }

  shift(): Transmit | undefined {
    const next = this.#queue.shift();
    if (next === this.#borrowed) this.#borrowed = undefined;
    return next;
  }
}
