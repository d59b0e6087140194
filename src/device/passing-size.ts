// Which block sizes pass the way to the server at all. A way with a small MTU, or a NAT that drops fragments, loses every
// large datagram and says nothing; blocks that then go out again in the same size are lost for ever. So where silence may
// come of size, a block is asked for in pieces of all sizes at once, and what comes back says what passes. Larger ones are
// tried from time to time, one at a time beside the others, so that a size that chance had put out of use comes back
// (RFC 8899 4.1 and 5.1.2: packetization layer path MTU discovery, whose search this is in powers of two).

/** Smaller pieces than 64 bytes are asked for by nobody: a way that handshakes pass has room for these. */
export const PIECE_SZX_MIN = 2;

/** RFC 8899 5.1.2 (MAX_PROBES): a size of which so many blocks in a row are lost does not pass, */
const TRIALS_MAX = 3;

/** unless it may be chance, as probable as this, where other blocks get lost as well. */
const CHANCE_MIN = 0.001;

/** Answers until the next trial of a size that may pass; and of one that does not, twice as many each time. */
const ANSWERS_BETWEEN_TRIALS = 8;
const ANSWERS_FIRST_REST = 64;
const ANSWERS_LONGEST_REST = 1_024;

export class PassingSize {
  /** The largest that is known to pass, where larger ones are not; undefined while nothing speaks against any. */
  #szx: number | undefined;
  /** The largest that was answered since the association began. */
  #passed = -1;
  #isSearching = false;
  /** Of the next size, in a row. */
  #trialsLost = 0;
  #answersUntilTrial = 0;

  /** Nothing larger may be asked for but as a trial. */
  get szxMax(): number {
    return this.#szx ?? Number.POSITIVE_INFINITY;
  }

  /** Whether pieces of several sizes are in the air, and none of them has come. */
  get isSearching(): boolean {
    return this.#isSearching;
  }

  /** Whether the next size shall be tried, once. */
  get isTrialDue(): boolean {
    return this.#szx !== undefined && this.#answersUntilTrial <= 0;
  }

  /** Whether blocks of this size have passed, so that silence has hardly to do with their size. */
  hasPassed(szx: number): boolean {
    return this.#passed >= szx;
  }

  /** Pieces of several sizes are asked for: the first one that comes tells. */
  search(): void {
    this.#isSearching = true;
  }

  /** The next size is asked for. */
  tried(): void {
    this.#answersUntilTrial = ANSWERS_BETWEEN_TRIALS;
  }

  /** A block of this size has come, while blocks of `szxInUse` were asked for. True when larger ones may be asked for now. */
  answered(szx: number, szxInUse: number): boolean {
    this.#passed = Math.max(this.#passed, szx);
    if (this.#isSearching) {
      this.#isSearching = false;
      if (szx < Math.min(szxInUse, this.szxMax)) this.#settle(szx);
      return false;
    }
    this.#answersUntilTrial--;
    if (szx <= this.szxMax) return false;
    this.#settle(szx);
    return true;
  }

  /** One of this size is lost; others get lost with this probability. */
  lost(szx: number, usualLoss: number): void {
    if (szx !== this.szxMax + 1) return;
    this.#trialsLost++;
    const telling = usualLoss === 0 ? 0 : Math.ceil(Math.log(CHANCE_MIN) / Math.log(usualLoss));
    const beyond = this.#trialsLost - Math.max(TRIALS_MAX, telling);
    this.#answersUntilTrial =
      beyond < 0 ? ANSWERS_BETWEEN_TRIALS : Math.min(ANSWERS_LONGEST_REST, ANSWERS_FIRST_REST * 2 ** beyond);
  }

  /** The association is a new one, and so may the way be. What did not pass the old one is remembered. */
  handleReconnection(): void {
    this.#passed = -1;
    this.#isSearching = false;
  }

  #settle(szx: number): void {
    this.#szx = szx;
    this.#trialsLost = 0;
    this.#answersUntilTrial = 0;
  }
}
