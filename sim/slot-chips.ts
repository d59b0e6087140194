// The chips of a simulated device with two slots, beside that of the slot that it downloads into and of its progress record.

import type { Instant } from "../src/base/instant.ts";
import type { Flash } from "../src/device/flash.ts";
import { MemoryFlash } from "../src/device/memory-flash.ts";
import type { ServerContactInput } from "../src/device/server-contact.ts";
import { BootControl } from "../src/device/slots/boot-control.ts";
import { SEALED_PAGES } from "../src/device/slots/sealed-record.ts";
import { TwoSlotDevice } from "../src/device/slots/two-slot-device.ts";
import type { DrawnTrust } from "./drawn-trust.ts";

const PAGE_LENGTH = 4_096;

export class SlotChips {
  readonly #slots: readonly [Flash, Flash];
  readonly #progress: Flash;
  readonly #memory = new MemoryFlash(SEALED_PAGES * PAGE_LENGTH, PAGE_LENGTH);
  readonly #boot = new MemoryFlash(SEALED_PAGES * PAGE_LENGTH, PAGE_LENGTH);

  /** `slot` is the second one; the first has what the factory left there. */
  constructor(slot: Flash, progress: Flash) {
    this.#slots = [new MemoryFlash(PAGE_LENGTH, PAGE_LENGTH), slot];
    this.#progress = progress;
  }

  /** What the bootloader starts. */
  start(now: Instant, { product, makerKey }: DrawnTrust, contact: ServerContactInput): TwoSlotDevice {
    return new TwoSlotDevice(now, {
      ...contact,
      product,
      makerKey,
      bootloader: new BootControl(this.#boot, contact.crypto),
      slots: this.#slots,
      progress: this.#progress,
      memory: this.#memory,
      factory: { sequenceNumber: 0, version: "0", sha256: undefined },
    });
  }
}
