// A board with two slots: chips, a bootloader, a watchdog, and a power supply that may fail. Whatever image runs is our device
// library; which images do not even start, are not well, or reach nobody is a test's choice.

import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { MemoryFlash } from "../../src/device/memory-flash.ts";
import { BootControl } from "../../src/device/slots/boot-control.ts";
import type { SlotNumber } from "../../src/device/slots/bootloader.ts";
import type { SlotEvent } from "../../src/device/slots/slot-event.ts";
import { TwoSlotDevice, type TwoSlotDeviceInput } from "../../src/device/slots/two-slot-device.ts";
import { CRYPTO } from "./crypto.ts";
import { CuttingFlash, Power, PowerCut } from "./cutting-flash.ts";
import { SeededRandom } from "./seeded-random.ts";
import { ED25519_PAIR } from "./signing-keys.ts";
import { imageOfVersion, PRODUCT, sha256, type UpdateServer } from "./update-server.ts";

const PAGE_LENGTH = 512;
const SLOT_LENGTH = 4 * PAGE_LENGTH;
const RECORD_PAGE_LENGTH = 4_096;
/** More starts in a row than any update has. */
const STARTS_MAX = 30;
const STEPS_MAX = 5_000;

export const FACTORY_VERSION = "1.0.0";
const FACTORY_IMAGE = imageOfVersion(FACTORY_VERSION, 600);
const SERVER = peerAddress("192.0.2.99", 5683);
const DEVICE = peerAddress("192.0.2.1", 40_000);

export class SlotBoard {
  now: Instant = instant(1_000_000);
  readonly slots = [new MemoryFlash(SLOT_LENGTH, PAGE_LENGTH), new MemoryFlash(SLOT_LENGTH, PAGE_LENGTH)] as const;
  readonly progress = new MemoryFlash(3 * PAGE_LENGTH, PAGE_LENGTH);
  readonly memory = new MemoryFlash(2 * RECORD_PAGE_LENGTH, RECORD_PAGE_LENGTH);
  readonly boot = new MemoryFlash(2 * PAGE_LENGTH, PAGE_LENGTH);
  /** Every image that may run, by the hex digits of its SHA-256: its version. */
  readonly known = new Map<string, string>();
  /** Versions that hang before anything of them runs, until the watchdog bites. */
  readonly hanging = new Set<string>();
  readonly unwell = new Set<string>();
  /** Versions that reach no server. */
  readonly cutOff = new Set<string>();
  readonly events: SlotEvent[] = [];
  /** The version that ran at each start, with a star where it was on trial. */
  readonly starts: string[] = [];
  power = new Power();
  device: TwoSlotDevice | undefined;
  running: SlotNumber = 0;
  readonly #server: Pick<UpdateServer, "handleDatagram">;
  readonly #input: Partial<TwoSlotDeviceInput>;
  #random = 0;

  constructor(server: Pick<UpdateServer, "handleDatagram">, input: Partial<TwoSlotDeviceInput> = {}) {
    this.#server = server;
    this.#input = input;
    this.slots[0].write(0, FACTORY_IMAGE);
    this.know(FACTORY_VERSION, FACTORY_IMAGE);
  }

  know(version: string, image: Uint8Array): void {
    this.known.set(`${image.length} ${toHex(sha256(image))}`, version);
  }

  /** Starts, and starts again as often as it takes, until there is nothing to do but wait. */
  run(): this {
    while (!this.runOnce());
    return this;
  }

  /** From one start to the next: true where there is nothing to do but wait, false where it starts anew or lost its power. */
  runOnce(): boolean {
    assert.ok(this.starts.length < STARTS_MAX, `it comes to no end: ${this.starts.join(" ")}`);
    try {
      return this.#runFromStart();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.power = new Power();
      return false;
    }
  }

  /** The time goes by until the device has something to do again, and it does that. */
  wait(): void {
    this.now = this.device!.pollTimeout()!;
    this.device!.handleTimeout(this.now);
    if (!this.#drive()) this.run();
  }

  /** Somebody asks the device to check in, and it does what comes of that. */
  checkInNow(): void {
    this.now = addMs(this.now, 1_000);
    this.device!.checkInNow(this.now);
    if (!this.#drive()) this.run();
  }

  eventsOf<Kind extends SlotEvent["kind"]>(kind: Kind): Extract<SlotEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<SlotEvent, { kind: Kind }> => event.kind === kind);
  }

  /** What was refused or fell back, and why, in order. */
  get reasons(): string[] {
    return this.events.flatMap((event) =>
      event.kind === "refused" || event.kind === "fellBack" ? [`${event.reason} ${event.result}`] : [],
    );
  }

  /** The version that the running slot holds; throws for half an image. */
  get version(): string {
    for (const [name, version] of this.known) {
      const [length, digest] = name.split(" ");
      if (toHex(sha256(this.slots[this.running].read(0, Number(length)))) === digest) return version;
    }
    throw new Error(`slot ${this.running} holds no whole image`);
  }

  #runFromStart(): boolean {
    return this.start() !== undefined && this.#drive();
  }

  /** What the bootloader does, and the first thing that its image does; undefined where that hangs. */
  start(): TwoSlotDevice | undefined {
    this.now = addMs(this.now, 1_000);
    const cutting = (chip: MemoryFlash) => new CuttingFlash(chip, this.power);
    const bootloader = new BootControl(cutting(this.boot), CRYPTO);
    this.running = bootloader.running;
    const { version } = this;
    this.starts.push(`${version}${bootloader.onTrial ? "*" : ""}`);
    if (this.hanging.has(version)) return undefined;
    this.device = new TwoSlotDevice(this.now, {
      crypto: CRYPTO,
      random: new SeededRandom(this.#random++),
      server: SERVER,
      dialect: { ...dialectNamed("own"), blockSize: 256 },
      product: PRODUCT,
      makerKey: ED25519_PAIR.verification,
      bootloader,
      slots: [cutting(this.slots[0]), cutting(this.slots[1])],
      progress: cutting(this.progress),
      memory: cutting(this.memory),
      factory: { sequenceNumber: 0, version: FACTORY_VERSION, sha256: sha256(FACTORY_IMAGE) },
      ...this.#input,
    });
    return this.device;
  }

  /** True where the device rests, false where it starts anew. */
  #drive(): boolean {
    const device = this.device!;
    for (let step = 0; ; step++) {
      assert.ok(step < STEPS_MAX, "it comes to no rest");
      this.#exchange(device);
      for (let event = device.pollEvent(); event !== undefined; event = device.pollEvent()) {
        this.events.push(event);
        if (event.kind === "healthCheckWanted") device.handleHealth(this.now, !this.unwell.has(this.version));
        if (event.kind === "reboot") return false;
        if (event.kind === "idle" && !this.#isOnTrial) return true;
      }
      const due = device.pollTimeout();
      if (this.#hasSent) continue;
      assert.ok(due !== undefined, "it waits for nothing");
      if (due > this.now) this.now = due;
      device.handleTimeout(this.now);
    }
  }

  get #isOnTrial(): boolean {
    return this.starts.at(-1)!.endsWith("*") && this.eventsOf("confirmed").at(-1) === undefined;
  }

  #hasSent = false;

  #exchange(device: TwoSlotDevice): void {
    this.#hasSent = false;
    for (let datagram = device.pollTransmit(); datagram !== undefined; datagram = device.pollTransmit()) {
      if (this.cutOff.has(this.version)) continue;
      for (const answer of this.#server.handleDatagram(this.now, DEVICE, datagram)) {
        this.#hasSent = true;
        device.handleDatagram(this.now, answer);
      }
    }
  }
}
