// A batch of datagrams in memory that is allocated once: slot i is `lengths[i]` bytes from i * SLOT_LENGTH on, for or from
// device number `devices[i]`. native/crowd.c has the same numbers.

export const SLOT_COUNT = 64;
export const SLOT_LENGTH = 2048;

export class DatagramSlots {
  readonly bytes = new Uint8Array(SLOT_COUNT * SLOT_LENGTH);
  readonly lengths = new Int32Array(SLOT_COUNT);
  readonly devices = new Int32Array(SLOT_COUNT);
}
