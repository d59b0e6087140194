// The device's memory on its two pages of flash.

import { equal } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { Flash } from "../flash.ts";
import { type DeviceMemory, decodeMemory, encodeMemory, type ImageDescription } from "./device-memory.ts";
import { SealedRecord } from "./sealed-record.ts";

/** Bytes of a page that holds every memory, with a trust root of the greatest length. */
export const MEMORY_PAGE_LENGTH_MIN = 4_096;

export class MemoryRecord {
  readonly #record: SealedRecord;
  #memory: DeviceMemory;

  /** `factory` is what is installed where nothing was ever written. */
  constructor(flash: Flash, crypto: CryptoProvider, factory: ImageDescription) {
    this.#record = new SealedRecord(flash, crypto);
    const read = this.#record.body && decodeMemory(this.#record.body);
    this.#memory = read?.ok ? read.value : memoryOf(factory);
  }

  get memory(): DeviceMemory {
    return this.#memory;
  }

  /** One entry, and nothing where nothing changes. */
  update(change: Partial<DeviceMemory>): void {
    const changed = { ...this.#memory, ...change };
    const body = encodeMemory(changed);
    if (!equal(body, encodeMemory(this.#memory))) this.#record.write(body);
    this.#memory = changed;
  }
}

function memoryOf(installed: ImageDescription): DeviceMemory {
  return {
    installed,
    securityCounter: 0,
    candidate: undefined,
    report: undefined,
    attempts: undefined,
    root: undefined,
    rootAskedAt: 0,
    behindSeconds: 0,
  };
}
