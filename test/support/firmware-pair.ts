// A FirmwareServer and any number of FirmwareDevices, joined by a wire whose script says what becomes of each datagram.
// Time is virtual: it moves to the next arrival or deadline, whichever comes first.

import { copyOf, toHex } from "../../src/base/bytes.ts";
import { addMs, earliest, type Instant, instant } from "../../src/base/instant.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import { RangeSet } from "../../src/base/range-set.ts";
import type { Secret } from "../../src/base/secret.ts";
import type { Scheme } from "../../src/coap/coap-uri.ts";
import type { DeviceEvent } from "../../src/device/device-event.ts";
import { type Dialect, dialectNamed } from "../../src/device/dialect.ts";
import { FirmwareDevice, type FirmwareDeviceInput } from "../../src/device/firmware-device.ts";
import type { Flash } from "../../src/device/flash.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { FirmwareServer, type FirmwareServerInput } from "../../src/server/firmware-server.ts";
import type { ServerEvent } from "../../src/server/server-event.ts";
import { CRYPTO } from "./crypto.ts";
import { addressNumbered, IDENTITY, KEY, SERVER_ADDRESS } from "./firmware-scene.ts";
import { MemoryCatalogue, type MemoryImage } from "./memory-catalogue.ts";
import { SeededRandom } from "./seeded-random.ts";

const LATENCY_MS = 50;
/** A run that does more than this is stuck. */
const STEPS_MAX = 200_000;

export type Fate = "deliver" | "drop" | "duplicate";
export type Direction = "up" | "down";
/** `number` counts the datagrams of both directions from 1; `peer` is the address that one of them comes from or goes to. */
export type Wire = (number: number, direction: Direction, datagram: Uint8Array, peer: PeerAddress) => Fate;

export interface PairInput {
  readonly seed?: number;
  /** One way; LATENCY_MS when absent. */
  readonly latencyMs?: number;
  readonly wire?: Wire;
  /** Told of each datagram when it has arrived, for somebody who reads along. */
  readonly arrived?: (direction: Direction, datagram: Uint8Array, peer: PeerAddress) => void;
  readonly imageLength?: number;
  readonly server?: Partial<Omit<FirmwareServerInput, "now" | "random" | "catalogue">>;
  /** What the server's owner answers to a question for a key; "later" leaves it open. */
  readonly psk?: (identity: Uint8Array) => Secret | undefined | "later";
}

export interface DeviceInput extends Partial<Omit<FirmwareDeviceInput, "server" | "random" | "security" | "dialect">> {
  /** What differs from STOP_AND_WAIT. */
  readonly dialect?: Partial<Dialect>;
  /** False for plain CoAP. */
  readonly secure?: boolean;
  readonly identity?: Uint8Array;
  readonly key?: Secret;
  readonly cipherSuites?: typeof DEFAULT_CIPHER_SUITES;
  /** Absent for what a device without RFC 9146 does. */
  readonly connectionId?: Uint8Array;
  /** One of its own when absent. */
  readonly address?: PeerAddress;
}

/** Our own device, one block of 64 bytes after the other, so that datagrams can be counted on fingers. */
const STOP_AND_WAIT: Dialect = { ...dialectNamed("own"), blockSize: 64, window: 1 };

const SLOT_LENGTH = 65_536;
const PROGRESS_LENGTH = 4_096;
const PAGE_LENGTH = 512;

interface Arrival {
  readonly at: Instant;
  deliver(): void;
}

export class FirmwarePair {
  now: Instant = instant(1_000_000);
  readonly catalogue = new MemoryCatalogue();
  readonly image: MemoryImage;
  readonly imageBytes: Uint8Array;
  server: FirmwareServer;
  readonly devices: PairedDevice[] = [];
  /** All but the questions for keys. */
  readonly serverEvents: ServerEvent[] = [];
  /** Of both directions, lost ones included. */
  datagramCount = 0;
  readonly #input: PairInput;
  readonly #arrivals: Arrival[] = [];

  constructor(input: PairInput = {}) {
    this.#input = input;
    const { seed = 1, imageLength = 150 } = input;
    this.imageBytes = new Uint8Array(imageLength);
    new SeededRandom(seed + 7).fill(this.imageBytes);
    this.image = this.catalogue.publish("hub", "1.0", this.imageBytes);
    this.server = this.#createServer(new SeededRandom(seed));
  }

  /** The server loses all that it had in memory, and says goodbye to nobody. */
  restartServer(): void {
    this.server = this.#createServer(new SeededRandom((this.#input.seed ?? 1) + 500 + this.datagramCount));
  }

  #createServer(random: SeededRandom): FirmwareServer {
    return new FirmwareServer({
      now: this.now,
      crypto: CRYPTO,
      random,
      catalogue: this.catalogue,
      ...this.#input.server,
    });
  }

  addDevice(input: DeviceInput = {}): PairedDevice {
    const number = this.devices.length + 1;
    const { secure = true, identity = IDENTITY, key = KEY, cipherSuites = DEFAULT_CIPHER_SUITES, connectionId } = input;
    const security = { identity, key, cipherSuites, ...(connectionId && { connectionId }) };
    const slot = input.slot ?? new MemoryFlash(SLOT_LENGTH, PAGE_LENGTH);
    const device = new FirmwareDevice(this.now, {
      crypto: CRYPTO,
      server: SERVER_ADDRESS,
      path: input.path ?? ["fw", "hub", "1.0"],
      queries: input.queries ?? [],
      dialect: { ...STOP_AND_WAIT, ...input.dialect },
      slot,
      progress: input.progress ?? new MemoryFlash(PROGRESS_LENGTH, PAGE_LENGTH),
      random: new SeededRandom((this.#input.seed ?? 1) + 1_000 * number),
      ...(input.dtlsParameters && { dtlsParameters: input.dtlsParameters }),
      ...(secure && { security }),
    });
    const address = input.address ?? addressNumbered(number);
    const paired = new PairedDevice(device, slot, secure ? "coaps" : "coap", address);
    this.devices.push(paired);
    this.drive();
    return paired;
  }

  /** A datagram that no device sent, to the server as if from `from`; what answers it meets the wire. */
  inject(scheme: Scheme, from: PeerAddress, datagram: Uint8Array): void {
    const buffer = new Uint8Array(datagram);
    this.server.handleDatagram(this.now, scheme, from, buffer);
    buffer.fill(0xee);
    this.drive();
  }

  /** Takes the power from a device: it neither sends nor hears any more. */
  removeDevice(paired: PairedDevice): void {
    this.devices.splice(this.devices.indexOf(paired), 1);
  }

  /** Runs until nothing is under way, or `ms` have gone by. */
  run(ms = 3_600_000): this {
    this.runUntil(() => false, ms);
    return this;
  }

  /** Runs until `done` is true after a step; false when it never came true. */
  runUntil(done: () => boolean, ms = 3_600_000): boolean {
    const end = addMs(this.now, ms);
    for (let steps = 0; this.#step(end); steps++) {
      if (done()) return true;
      if (steps > STEPS_MAX) throw new Error("the pair does not come to rest");
    }
    return false;
  }

  /** Does what both sides ask for: sends datagrams, takes events, answers questions. */
  drive(): void {
    this.#transmitAll();
    for (let event = this.server.pollEvent(); event !== undefined; event = this.server.pollEvent()) {
      if (event.kind === "pskWanted") this.#answer(event.identity);
      else this.serverEvents.push(event);
    }
    this.#transmitAll();
    for (const device of this.devices) device.takeEvents();
  }

  eventsOf<Kind extends ServerEvent["kind"]>(kind: Kind): Extract<ServerEvent, { kind: Kind }>[] {
    return this.serverEvents.filter((event): event is Extract<ServerEvent, { kind: Kind }> => event.kind === kind);
  }

  counted(name: string): number {
    return this.server.counters.snapshot()[name] ?? 0;
  }

  #step(end: Instant): boolean {
    const deadlines = this.devices.map(({ device }) => device.pollTimeout());
    const deadline = deadlines.reduce(earliest, this.server.pollTimeout());
    const next = earliest(this.#arrivals[0]?.at, deadline);
    if (next === undefined || next > end) return false;
    if (next > this.now) this.now = next;
    if (this.#arrivals[0]?.at === next) {
      this.#arrivals.shift()!.deliver();
    } else {
      for (const timed of [this.server, ...this.devices.map(({ device }) => device)]) {
        timed.handleTimeout(this.now);
        const left = timed.pollTimeout();
        if (left !== undefined && left <= this.now) throw new Error("a deadline stays after its time was handled");
      }
    }
    this.drive();
    return true;
  }

  #answer(identity: Uint8Array): void {
    const { psk = (asked) => (toHex(asked) === toHex(IDENTITY) ? KEY : undefined) } = this.#input;
    const key = psk(identity);
    if (key !== "later") this.server.handlePsk(this.now, identity, key);
  }

  #transmitAll(): void {
    for (const paired of this.devices) {
      for (let next = paired.device.pollTransmit(); next !== undefined; next = paired.device.pollTransmit()) {
        const { scheme, address } = paired;
        this.#launch("up", address, next, (bytes) => this.server.handleDatagram(this.now, scheme, address, bytes));
      }
    }
    for (let next = this.server.pollTransmit(); next !== undefined; next = this.server.pollTransmit()) {
      const { scheme, to, datagram } = next;
      this.#launch("down", to, copyOf(datagram), (bytes) => {
        // Whoever has left this address does not hear it.
        const paired = this.devices.find((device) => device.scheme === scheme && device.address === to);
        paired?.device.handleDatagram(this.now, bytes);
      });
    }
  }

  #launch(direction: Direction, peer: PeerAddress, datagram: Uint8Array, receive: (bytes: Uint8Array) => void): void {
    this.datagramCount++;
    const fate = this.#input.wire?.(this.datagramCount, direction, datagram, peer) ?? "deliver";
    const at = addMs(this.now, this.#input.latencyMs ?? LATENCY_MS);
    const deliver = () => {
      // The shell's buffer is used again: what either side keeps must not depend on it.
      const buffer = new Uint8Array(datagram);
      receive(buffer);
      buffer.fill(0xee);
      this.#input.arrived?.(direction, datagram, peer);
    };
    if (fate !== "drop") this.#arrivals.push({ at, deliver });
    if (fate === "duplicate") this.#arrivals.push({ at, deliver });
  }
}

export class PairedDevice {
  readonly device: FirmwareDevice;
  readonly scheme: Scheme;
  address: PeerAddress;
  readonly events: DeviceEvent[] = [];
  /** Bytes of the image that this device has told to be in flash. */
  held = new RangeSet();
  blockCount = 0;
  readonly #slot: Flash;

  constructor(device: FirmwareDevice, slot: Flash, scheme: Scheme, address: PeerAddress) {
    this.device = device;
    this.#slot = slot;
    this.scheme = scheme;
    this.address = address;
  }

  /** What is in flash of the image, up to the last byte that has come. */
  get received(): Uint8Array {
    return this.#slot.read(0, this.held.ranges.at(-1)?.end ?? 0);
  }

  /** The event that a device ends with. */
  get end(): DeviceEvent | undefined {
    return this.events.find((event) => {
      if (event.kind === "handshakeFailed") return !event.retrying;
      return ["done", "refused", "unanswered"].includes(event.kind);
    });
  }

  /** Of which kinds, blocks left out. */
  get story(): string[] {
    return this.events.filter(({ kind }) => kind !== "block").map(({ kind }) => kind);
  }

  takeEvents(): void {
    for (let event = this.device.pollEvent(); event !== undefined; event = this.device.pollEvent()) {
      this.events.push(event);
      if (event.kind === "restarted") this.held = new RangeSet();
      if (event.kind !== "block") continue;
      this.blockCount++;
      this.held.add(event.offset, event.offset + event.bytes.length);
    }
  }
}
