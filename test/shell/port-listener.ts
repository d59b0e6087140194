// Keeps what a port or a socket tells, and waits for it.

import type { PeerAddress } from "../../src/base/peer-address.ts";
import type { DatagramPortOutlet } from "../../src/shell/datagram-port.ts";

export interface ReceivedDatagram {
  readonly from: PeerAddress;
  /** A copy. */
  readonly bytes: Buffer;
  readonly text: string;
}

export class PortListener implements DatagramPortOutlet {
  readonly received: ReceivedDatagram[] = [];
  /** How many datagrams each batch had. */
  readonly batches: number[] = [];
  readonly failures: string[] = [];
  readonly leftOuts: string[] = [];
  /** Called with each datagram, before it is kept. */
  answer: (from: PeerAddress, datagram: Uint8Array) => void = () => {};
  /** Called at the end of each batch. */
  flush: () => void = () => {};
  #batchBegin = 0;
  #wake = () => {};

  datagram(from: PeerAddress, datagram: Uint8Array): void {
    this.answer(from, datagram);
    const bytes = Buffer.from(datagram);
    this.received.push({ from, bytes, text: bytes.toString() });
    this.#wake();
  }

  batchEnd(): void {
    this.batches.push(this.received.length - this.#batchBegin);
    this.#batchBegin = this.received.length;
    this.flush();
    this.#wake();
  }

  failed(code: string): void {
    this.failures.push(code);
    this.#wake();
  }

  leftOut(sentTo: string): void {
    this.leftOuts.push(sentTo);
    this.#wake();
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
