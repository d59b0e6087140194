// What the device asks of the bootloader beneath it. docs/device.md has the contract in words, with MCUboot's calls beside
// each; boot-control.ts is one that keeps its own record.

/** One of the two places in flash that an image can be started from. */
export type SlotNumber = 0 | 1;

export function otherSlot(slot: SlotNumber): SlotNumber {
  return slot === 0 ? 1 : 0;
}

export interface Bootloader {
  /** The slot whose image runs. */
  readonly running: SlotNumber;
  /** Whether it runs on trial: unless confirm() is called, the next start is the other slot's. */
  readonly onTrial: boolean;
  /**
   * At the next start the other slot's image runs, once and on trial. Whole in flash before it returns: a power cut leaves
   * it asked for or not.
   */
  tryOther(): void;
  /** Takes back what tryOther() asked for: the other slot is about to be written to. Does nothing where nothing was asked. */
  withdraw(): void;
  /** The image that runs is started from now on. Does nothing where it is that already. */
  confirm(): void;
}
