// The sliding window of RFC 6347 4.1.2.6, 64 wide. Asked before a record is opened and told only after it authenticated.
// A jump ahead of any size is legal: a link may lose hundreds of records in a row.

const WIDTH = 64;

/** More records than a device loses in a row, or skips when it goes on with numbers that it reserved. */
const FAR_AHEAD = 2 ** 16;

/** A window as it is written down. */
export interface ReplayWindowState {
  /** −1 where none was seen. */
  readonly newest: number;
  /** Bit i of the low half stands for newest − i, bit i of the high half for newest − 32 − i. */
  readonly low: number;
  readonly high: number;
}

export class ReplayWindow {
  #newest = -1;
  #low = 0;
  #high = 0;

  /** `state` is that of a window which was written down; absent for one that has seen nothing. */
  constructor(state?: ReplayWindowState) {
    if (state === undefined) return;
    this.#newest = state.newest;
    this.#low = state.low | 0;
    this.#high = state.high | 0;
  }

  /** To be written down; both halves are unsigned. */
  get state(): ReplayWindowState {
    return { newest: this.#newest, low: this.#low >>> 0, high: this.#high >>> 0 };
  }

  /** Whether `sequenceNumber` can still be accepted: not seen, and not left of the window. */
  accepts(sequenceNumber: number): boolean {
    const age = this.#newest - sequenceNumber;
    if (age < 0) return true;
    if (age >= WIDTH) return false;
    const half = age < 32 ? this.#low : this.#high;
    return (half & (1 << (age & 31))) === 0;
  }

  isFarAhead(sequenceNumber: number): boolean {
    return sequenceNumber - this.#newest > FAR_AHEAD;
  }

  /**
   * Marks an authenticated record as seen. Gives back whether it is newer than every one before: only such a record may
   * move the peer's address (RFC 9146 6).
   */
  accept(sequenceNumber: number): boolean {
    const age = this.#newest - sequenceNumber;
    if (age >= 0) {
      if (age < 32) this.#low |= 1 << age;
      else this.#high |= 1 << (age - 32);
      return false;
    }
    this.#advance(-age);
    this.#newest = sequenceNumber;
    this.#low |= 1;
    return true;
  }

  #advance(steps: number): void {
    // JavaScript's shifts take their count modulo 32, so whole halves move first.
    if (steps >= WIDTH) {
      this.#high = 0;
      this.#low = 0;
    } else if (steps >= 32) {
      this.#high = this.#low << (steps - 32);
      this.#low = 0;
    } else {
      this.#high = (this.#high << steps) | (this.#low >>> (32 - steps));
      this.#low <<= steps;
    }
  }
}
