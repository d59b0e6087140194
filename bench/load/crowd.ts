// Many devices before one server. Datagrams are written into a batch, which goes out when it is full, when a batch of
// answers has been worked through, or on flush().

import { NativeAbsence } from "../native-program.ts";
import type { CrowdSocket } from "./crowd-socket.ts";
import { DatagramSlots, SLOT_COUNT, SLOT_LENGTH } from "./datagram-slots.ts";
import { DgramCrowdSocket } from "./dgram-crowd-socket.ts";
import { crowdAddon, NativeCrowdSocket } from "./native-crowd-socket.ts";

export interface CrowdListener {
  /** `length` bytes from `offset` on for `device`; valid until the call returns. */
  datagram(device: number, bytes: Uint8Array, offset: number, length: number): void;
}

export class Crowd {
  /** When the present batch came; milliseconds, as performance.now() gives them. */
  now = performance.now();
  /** Whoever the answers are for. */
  listener: CrowdListener | undefined;
  /** What `slot` and `filled` write to. */
  readonly bytes: Uint8Array;
  readonly #received = new DatagramSlots();
  readonly #outgoing = new DatagramSlots();
  readonly #socket: CrowdSocket;
  #count = 0;

  /** Before 127.0.0.1:`serverPort`. Throws NativeAbsence unless `native` is false; then see CrowdSocketInput. */
  constructor(serverPort: number, native = true, ownAddresses = false) {
    const input = {
      serverPort,
      ownAddresses,
      received: this.#received,
      outgoing: this.#outgoing,
      handleBatch: (count: number) => this.#handleBatch(count),
    };
    this.#socket = native ? new NativeCrowdSocket(crowdAddon(), input) : new DgramCrowdSocket(input);
    this.bytes = this.#outgoing.bytes;
  }

  /** See CrowdSocket. */
  get descriptor(): number | undefined {
    return this.#socket.descriptor;
  }

  /** Where `device` may write its next datagram, at most SLOT_LENGTH bytes: an offset into `bytes`. */
  slot(device: number): number {
    if (this.#count === SLOT_COUNT) this.flush();
    this.#outgoing.devices[this.#count] = device;
    return this.#count * SLOT_LENGTH;
  }

  /** The slot that was asked for last holds `length` bytes. */
  filled(length: number): void {
    this.#outgoing.lengths[this.#count++] = length;
  }

  send(device: number, datagram: Uint8Array): void {
    this.bytes.set(datagram, this.slot(device));
    this.filled(datagram.length);
  }

  /** To be called after sending anywhere but in a listener's datagram(). */
  flush(): void {
    const count = this.#count;
    this.#count = 0;
    this.#socket.flush(count);
  }

  close(): void {
    this.listener = undefined;
    this.#socket.close();
  }

  #handleBatch(count: number): number {
    this.now = performance.now();
    const { bytes, lengths, devices } = this.#received;
    const { listener } = this;
    if (listener !== undefined) {
      for (let slot = 0; slot < count; slot++) {
        listener.datagram(devices[slot]!, bytes, slot * SLOT_LENGTH, lengths[slot]!);
      }
    }
    const answers = this.#count;
    this.#count = 0;
    return answers;
  }
}

/** Why crowds cannot have their add-on here, in one line; undefined where they can. */
export function nativeLoadAbsence(): string | undefined {
  try {
    crowdAddon();
    return undefined;
  } catch (error) {
    if (error instanceof NativeAbsence) return error.message;
    throw error;
  }
}
