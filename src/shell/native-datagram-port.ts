// A server's UDP socket by the native part: one call from C for a batch of datagrams received, one into C for a batch to
// be sent, and everything else by reading and writing memory that both sides share.

import { getSystemErrorName } from "node:util";
import { put } from "../base/bytes.ts";
import { hasLocal, type PeerAddress, portOf, writeAddressUnits, zoneOf } from "../base/peer-address.ts";
import { type NativeDatagramPort as NativePart, Note, type PortHandle, Status } from "../native/datagram-port.ts";
import { type DatagramPort, type DatagramPortOutlet, UDP_LENGTH_MAX } from "./datagram-port.ts";
import { KnownPeers } from "./known-peers.ts";

const LEFT_OUT = [
  ["multicast", Status.MULTICAST],
  ["broadcast", Status.BROADCAST],
] as const;

export interface NativeBindOptions {
  /** SO_REUSEPORT: several sockets, of several processes, share the port and the datagrams that come to it. */
  readonly reusePort?: boolean;
}

export class NativeDatagramPort implements DatagramPort {
  readonly host: string;
  readonly port: number;
  readonly #part: NativePart;
  /** Numbers of the native part: a look at an object that was made in C costs more than one at a field. */
  readonly #sendCountMax: number;
  readonly #sendLengthMax: number;
  readonly #slotsOffset: number;
  readonly #slotStride: number;
  readonly #handle: PortHandle;
  readonly #outlet: DatagramPortOutlet;
  readonly #memory: ArrayBuffer;
  readonly #status: Uint32Array;
  readonly #failures: Uint32Array;
  readonly #received: Uint16Array;
  /** The same notes as #received. */
  readonly #receivedLong: Uint32Array;
  readonly #toSend: Uint16Array;
  /** The same notes as #toSend. */
  readonly #toSendLong: Uint32Array;
  readonly #bytesToSend: Uint8Array;
  readonly #knownPeers = new KnownPeers();
  /** By slot: the view that was made last. */
  readonly #views: Uint8Array[] = [];
  /** What is in the memory to be sent, and how much of it the native part knows of. */
  #sendCount = 0;
  #sendLength = 0;
  #flushedCount = 0;
  #closing = false;
  /** Called once all is sent. */
  readonly #drained: (() => void)[] = [];

  /** Listens on an IP address; on `::` for IPv4 too. Throws the system's error, with the same codes as node:dgram. */
  constructor(
    part: NativePart,
    host: string,
    port: number,
    outlet: DatagramPortOutlet,
    options: NativeBindOptions = {},
  ) {
    this.#part = part;
    this.#sendCountMax = part.sendCountMax;
    this.#sendLengthMax = part.sendLengthMax;
    this.#slotsOffset = part.slotsOffset;
    this.#slotStride = part.slotStride;
    this.#outlet = outlet;
    this.#memory = new ArrayBuffer(part.memoryLength);
    this.#status = new Uint32Array(this.#memory);
    this.#failures = new Uint32Array(this.#memory, part.failuresOffset, part.errorCount);
    const receivedLength = part.batchCountMax * Note.LENGTH;
    this.#received = new Uint16Array(this.#memory, part.receivedOffset, receivedLength);
    this.#receivedLong = new Uint32Array(this.#memory, part.receivedOffset, receivedLength / 2);
    const toSendLength = part.sendCountMax * Note.LENGTH;
    this.#toSend = new Uint16Array(this.#memory, part.toSendOffset, toSendLength);
    this.#toSendLong = new Uint32Array(this.#memory, part.toSendOffset, toSendLength / 2);
    this.#bytesToSend = new Uint8Array(this.#memory, part.bytesToSendOffset, part.sendLengthMax);
    const memory = new Uint8Array(this.#memory);
    this.#handle = part.open(host, port, options.reusePort ?? false, memory, (count) => this.#handleBatch(count));
    [this.host, this.port] = part.localAddress(this.#handle);
  }

  sendTo(to: PeerAddress, datagram: Uint8Array): void {
    if (this.#closing) return;
    const { length } = datagram;
    if (length > UDP_LENGTH_MAX) return this.#outlet.failed("EMSGSIZE");
    if (!this.#hasRoomFor(length)) {
      this.flush();
      // The system takes nothing, and enough waits for it.
      if (!this.#hasRoomFor(length)) return this.#outlet.failed("ENOBUFS");
    }
    const note = this.#sendCount++ * Note.LENGTH;
    const toSend = this.#toSend;
    const unitCount = writeAddressUnits(to, toSend, note + Note.UNITS);
    toSend[note + Note.UNIT_COUNT] = unitCount;
    toSend[note + Note.DATAGRAM_LENGTH] = length;
    toSend[note + Note.PORT] = portOf(to);
    toSend[note + Note.WITH_LOCAL] = hasLocal(to) ? 1 : 0;
    this.#toSendLong[(note + Note.ZONE) >> 1] = this.#zoneOf(to);
    this.#toSendLong[(note + Note.OFFSET) >> 1] = this.#sendLength;
    put(this.#bytesToSend, this.#sendLength, datagram);
    this.#sendLength += length;
  }

  flush(): void {
    if (this.#sendCount === this.#flushedCount || this.#closing) return;
    this.#part.flush(this.#handle, this.#flushedCount, this.#sendCount);
    this.#flushedCount = this.#sendCount;
    this.#settle();
  }

  async room(): Promise<void> {
    if (this.#hasRoomFor(UDP_LENGTH_MAX)) return;
    this.flush();
    if (!this.#hasRoomFor(UDP_LENGTH_MAX)) await this.#allSent();
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.flush();
    this.#closing = true;
    if (this.#sendCount > 0) await this.#allSent();
    this.#part.close(this.#handle);
  }

  #allSent(): Promise<void> {
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #hasRoomFor(length: number): boolean {
    return this.#sendCount < this.#sendCountMax && this.#sendLength + length <= this.#sendLengthMax;
  }

  #handleBatch(count: number): void {
    for (let i = 0; i < count && !this.#closing; i++) {
      const length = this.#received[i * Note.LENGTH + Note.DATAGRAM_LENGTH]!;
      const from = this.#senderOf(i * Note.LENGTH);
      if (from !== undefined) this.#outlet.datagram(from, this.#datagramIn(i, length));
    }
    if (count > 0 && !this.#closing) this.#outlet.batchEnd(count);
    this.#settle();
  }

  /** A view of the slot; the same as last time when it is as long, as requests of a fleet are. */
  #datagramIn(slot: number, length: number): Uint8Array {
    const last = this.#views[slot];
    if (last?.length === length) return last;
    const view = new Uint8Array(this.#memory, this.#slotsOffset + slot * this.#slotStride, length);
    this.#views[slot] = view;
    return view;
  }

  /** Undefined for a datagram that is to be left out. */
  #senderOf(note: number): PeerAddress | undefined {
    const received = this.#received;
    const unitCount = received[note + Note.UNIT_COUNT]!;
    if (unitCount === 0) return undefined;
    const port = received[note + Note.PORT]!;
    const withLocal = received[note + Note.WITH_LOCAL] !== 0;
    const zone = this.#receivedLong[(note + Note.ZONE) >> 1]!;
    return this.#knownPeers.peer(received, note + Note.UNITS, unitCount, port, this.#zoneText(zone), withLocal);
  }

  #zoneText(index: number): string {
    if (index === 0) return "";
    const name = this.#part.zoneName(index);
    return name === undefined ? "" : `%${name}`;
  }

  #zoneOf(peer: PeerAddress): number {
    const text = zoneOf(peer);
    return text === "" ? 0 : this.#part.zoneIndex(text.slice(1));
  }

  /** Tells what failed, and begins anew with an empty memory when all is sent. */
  #settle(): void {
    if (this.#status[Status.UNTOLD]! > 0) this.#tell();
    if (this.#status[Status.WAITING]! > 0) return;
    if (this.#flushedCount < this.#sendCount) return this.flush();
    this.#sendCount = 0;
    this.#sendLength = 0;
    this.#flushedCount = 0;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #tell(): void {
    this.#status[Status.UNTOLD] = 0;
    for (const [sentTo, place] of LEFT_OUT) {
      const count = this.#status[place]!;
      this.#status[place] = 0;
      for (let i = 0; i < count; i++) this.#outlet.leftOut(sentTo);
    }
    for (const [number, count] of this.#failures.entries()) {
      if (count === 0) continue;
      this.#failures[number] = 0;
      const code = number === 0 ? "UNKNOWN" : getSystemErrorName(-number);
      for (let i = 0; i < count; i++) this.#outlet.failed(code);
    }
  }
}
