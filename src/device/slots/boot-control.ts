// The boot control record: which slot is started, and which one is tried. The bootloader reads it at each start, before it
// jumps, and the image that it started calls the rest. A trial is one start: what was tried and did not confirm itself, be it
// that it hangs, crashes or loses power, is not started again until somebody asks for it. The record's body:
//
//   the slot that is started | the slot to try, or none | whether it was started for that already

import { assert } from "../../base/assert.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { Flash } from "../flash.ts";
import { type Bootloader, otherSlot, type SlotNumber } from "./bootloader.ts";
import { SealedRecord } from "./sealed-record.ts";

const NO_TRIAL = 0xff;

interface BootState {
  /** Confirmed, or from the factory. */
  readonly slot: SlotNumber;
  readonly trial: SlotNumber | undefined;
  readonly isTried: boolean;
}

/** As a device leaves its factory: an image in the first slot. */
const FACTORY_STATE: BootState = { slot: 0, trial: undefined, isTried: false };

export class BootControl implements Bootloader {
  readonly running: SlotNumber;
  readonly #record: SealedRecord;
  #state: BootState;

  /** The bootloader's part at a start: chooses what runs. A trial is on the record before it begins. */
  constructor(flash: Flash, crypto: CryptoProvider) {
    this.#record = new SealedRecord(flash, crypto);
    this.#state = stateIn(this.#record.body);
    const { slot, trial, isTried } = this.#state;
    if (trial !== undefined) this.#write({ slot, trial: isTried ? undefined : trial, isTried: !isTried });
    this.running = this.#state.trial ?? slot;
  }

  get onTrial(): boolean {
    return this.running !== this.#state.slot;
  }

  tryOther(): void {
    assert(!this.onTrial, "an image on trial tries no other: it would leave none to fall back to");
    this.#write({ slot: this.running, trial: otherSlot(this.running), isTried: false });
  }

  withdraw(): void {
    if (!this.onTrial && this.#state.trial !== undefined) this.#write({ ...FACTORY_STATE, slot: this.running });
  }

  confirm(): void {
    if (this.onTrial) this.#write({ ...FACTORY_STATE, slot: this.running });
  }

  #write(state: BootState): void {
    const { slot, trial, isTried } = state;
    this.#record.write(Uint8Array.of(slot, trial ?? NO_TRIAL, isTried ? 1 : 0));
    this.#state = state;
  }
}

function stateIn(body: Uint8Array | undefined): BootState {
  if (body === undefined) return FACTORY_STATE;
  const [slot, trial, isTried] = body;
  return {
    slot: slot === 1 ? 1 : 0,
    trial: trial === NO_TRIAL ? undefined : trial === 1 ? 1 : 0,
    isTried: isTried === 1,
  };
}
