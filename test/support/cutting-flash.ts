// Flash whose power fails at a chosen operation: before it, in the middle, or after.

import type { Flash } from "../../src/device/flash.ts";
import type { MemoryFlash } from "../../src/device/memory-flash.ts";

export class PowerCut extends Error {}

export type CutMoment = "before" | "middle" | "after";

/** The power of a device: its flash chips share it. Counts their operations from 1. */
export class Power {
  operations = 0;
  readonly #cutAt: number;
  readonly #moment: CutMoment;

  /** Without arguments it never fails. */
  constructor(cutAt = Number.POSITIVE_INFINITY, moment: CutMoment = "before") {
    this.#cutAt = cutAt;
    this.#moment = moment;
  }

  /** Runs `whole`, or where the power fails what the moment leaves of it; throws PowerCut then. */
  operate(whole: () => void, half: () => void): void {
    this.operations++;
    if (this.operations > this.#cutAt) throw new PowerCut("there is no power any more");
    if (this.operations < this.#cutAt) return whole();
    if (this.#moment === "after") whole();
    if (this.#moment === "middle") half();
    throw new PowerCut(`cut at operation ${this.operations}`);
  }
}

export class CuttingFlash implements Flash {
  readonly #chip: MemoryFlash;
  readonly #power: Power;

  constructor(chip: MemoryFlash, power: Power) {
    this.#chip = chip;
    this.#power = power;
  }

  get length(): number {
    return this.#chip.length;
  }

  get pageLength(): number {
    return this.#chip.pageLength;
  }

  /** The middle of it: the first half of the page is blank, the second as it was. */
  erasePage(offset: number): void {
    const half = this.pageLength / 2;
    this.#power.operate(
      () => this.#chip.erasePage(offset),
      () => {
        const rest = this.#chip.read(offset + half, half);
        this.#chip.erasePage(offset);
        this.#chip.write(offset + half, rest);
      },
    );
  }

  /** The middle of it: the first half of the bytes is there, and of the next byte the upper bits. */
  write(offset: number, bytes: Uint8Array): void {
    const half = Math.floor(bytes.length / 2);
    this.#power.operate(
      () => this.#chip.write(offset, bytes),
      () => {
        this.#chip.write(offset, bytes.subarray(0, half));
        if (half < bytes.length) this.#chip.write(offset + half, Uint8Array.of(bytes[half]! | 0x0f));
      },
    );
  }

  read(offset: number, length: number): Uint8Array {
    return this.#chip.read(offset, length);
  }
}
