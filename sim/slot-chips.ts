// The chips of a simulated device with two slots, beside that of the slot that it downloads into and of its progress record.

import type { Instant } from "../src/base/instant.ts";
import type { Flash } from "../src/device/flash.ts";
import { MemoryFlash } from "../src/device/memory-flash.ts";
import type { ServerContactInput } from "../src/device/server-contact.ts";
import { BootControl } from "../src/device/slots/boot-control.ts";
import type { ImageDescription } from "../src/device/slots/device-memory.ts";
import { SEALED_PAGES } from "../src/device/slots/sealed-record.ts";
import { TwoSlotDevice } from "../src/device/slots/two-slot-device.ts";
import type { SimulatedTrust } from "./drawn-trust.ts";

const PAGE_LENGTH = 4_096;

/** Of a device that is updated more than once. */
export interface SlotsInput {
  /** What it runs when it begins; its slot holds as much as the other. */
  readonly factory: ImageDescription;
  /** Asked at each start of an image on trial: whether it does not start, so that the watchdog starts the board anew. */
  bootFails(now: Instant): boolean;
}

const FACTORY: ImageDescription = { sequenceNumber: 0, version: "0", sha256: undefined };

export class SlotChips {
  readonly #slots: readonly [Flash, Flash];
  readonly #progress: Flash;
  readonly #memory = new MemoryFlash(SEALED_PAGES * PAGE_LENGTH, PAGE_LENGTH);
  readonly #boot = new MemoryFlash(SEALED_PAGES * PAGE_LENGTH, PAGE_LENGTH);
  readonly #input: SlotsInput | undefined;

  /** `slot` is the second one; the first has what the factory left there. */
  constructor(slot: Flash, progress: Flash, input: SlotsInput | undefined) {
    const firstLength = input === undefined ? PAGE_LENGTH : slot.length;
    this.#slots = [new MemoryFlash(firstLength, PAGE_LENGTH), slot];
    this.#progress = progress;
    this.#input = input;
  }

  /** What the bootloader starts. */
  start(now: Instant, { product, makerKey }: SimulatedTrust, contact: ServerContactInput): TwoSlotDevice {
    const input = this.#input;
    let bootloader = new BootControl(this.#boot, contact.crypto);
    while (bootloader.onTrial && input?.bootFails(now)) bootloader = new BootControl(this.#boot, contact.crypto);
    return new TwoSlotDevice(now, {
      ...contact,
      product,
      makerKey,
      bootloader,
      slots: this.#slots,
      progress: this.#progress,
      memory: this.#memory,
      factory: input?.factory ?? FACTORY,
    });
  }
}
