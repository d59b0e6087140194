// Which block size to ask for. The largest has the fewest headers and round trips, and where loss is by the packet nothing
// beats it; where loss is by the fragment or the byte, a large block may hardly ever arrive. So each size is judged by what
// arrives of it, and a size that was not tried lately is hoped to do as well as it possibly can: then it is tried. What does
// not pass at all is passing-size.ts's.

import { blockSizeOf, NUM_MAX } from "../coap/block.ts";
import { PassingSize, PIECE_SZX_MIN } from "./passing-size.ts";

/** Transmissions that a size is judged by; losses that tell enough where they are the most part of fewer. */
const JUDGED_AFTER = 16;
const JUDGED_AFTER_LOSSES = 4;

/** What is known of a size fades by half at so many transmissions, and is void after so many of other sizes. */
const FADES_AT = 64;
const VOID_AFTER = 256;

/**
 * What each block costs besides its bytes: some 80 of headers, and a request on an uplink that is slower than the downlink
 * and often shares the radio with it. In bytes of the downlink.
 */
const OVERHEAD_LENGTH = 250;

/** What became of the blocks of one size. */
interface Trial {
  sent: number;
  lost: number;
  /** The number of its latest transmission, over all sizes. */
  latest: number;
}

export class BlockSize {
  readonly #fixed: boolean;
  readonly #trials: Trial[];
  #szxMin = 0;
  #szxMax: number;
  #szx: number;
  #transmissions = 0;
  readonly #passing = new PassingSize();
  /** The size in use at the latest answer of this association. */
  #answeredSzx: number | undefined;

  /** `szx` is the fixed one, or the largest to try. */
  constructor(szx: number, fixed: boolean) {
    this.#szxMax = szx;
    this.#szx = szx;
    this.#fixed = fixed;
    this.#trials = Array.from({ length: szx + 1 }, () => ({ sent: 0, lost: 0, latest: 0 }));
  }

  get szx(): number {
    return this.#szx;
  }

  /** Whether silence may come of the size of the blocks, and pieces of several sizes can tell. */
  get isSuspect(): boolean {
    return !this.#fixed && this.#szx > this.#pieceSzxMin && !this.#passing.isSearching;
  }

  /** Whether a block as large as those that are asked for has come, of this association. */
  get hasPassed(): boolean {
    return this.#passing.hasPassed(this.#szx);
  }

  /**
   * The pieces of a block of `szx` that tell which sizes pass, as offsets in it: half of it, half of the other half and so
   * on. The largest first: where order is kept, what comes first is the answer.
   */
  search(szx: number): { readonly offset: number; readonly szx: number }[] {
    this.#passing.search();
    const pieces: { offset: number; szx: number }[] = [];
    let offset = 0;
    for (let piece = szx - 1; piece >= this.#pieceSzxMin; offset += blockSizeOf(piece--)) {
      pieces.push({ offset, szx: piece });
    }
    return [...pieces, { offset, szx: this.#pieceSzxMin }];
  }

  /** A size to ask for once, to see whether it passes; undefined when there is none to try now. */
  get trialSzx(): number | undefined {
    const isWanted = this.#passing.isTrialDue && this.#szx === this.#passing.szxMax && this.#szx < this.#szxMax;
    return isWanted ? this.#szx + 1 : undefined;
  }

  tried(): void {
    this.#passing.tried();
  }

  /** Whether the size says enough of why a block of it got lost. */
  explainsLoss(szx: number): boolean {
    return szx > this.#passing.szxMax;
  }

  /** A transmission of this size was answered. True when another size is chosen now. */
  answered(szx: number): boolean {
    const before = this.#szx;
    this.#count(szx, 0);
    if (!this.#fixed) {
      const grows = this.#passing.answered(szx, this.#szx);
      if (grows) this.#szx = szx;
      this.#keepWithin();
    }
    this.#answeredSzx = this.#szx;
    return this.#szx !== before;
  }

  /** A transmission of this size got no answer. True when another size is chosen now. */
  lost(szx: number): boolean {
    const before = this.#szx;
    this.#passing.lost(szx, lossOf(this.#trials[this.#szx]!));
    this.#count(szx, 1);
    return this.#szx !== before;
  }

  /**
   * The association is a new one. What got lost since the old one's latest answer says nothing of sizes: nobody was there.
   * Where nobody ever answered, it may well be that the blocks were too large.
   */
  handleReconnection(): void {
    this.#passing.handleReconnection();
    if (this.#answeredSzx === undefined) return;
    this.#szx = this.#answeredSzx;
    this.#keepWithin();
    this.#answeredSzx = undefined;
    for (const trial of this.#trials) Object.assign(trial, { sent: 0, lost: 0, latest: 0 });
  }

  /** The server answered with a smaller block than asked for, and would again (RFC 7959 2.4). */
  limitTo(szx: number): void {
    this.#szxMax = Math.min(this.#szxMax, szx);
    this.#szx = Math.min(this.#szx, szx);
  }

  /** Blocks must be large enough for `length` bytes (RFC 7959 2.2: NUM has 20 bits); false where they cannot be. */
  reach(length: number): boolean {
    while (length > (NUM_MAX + 1) * blockSizeOf(this.#szxMin)) this.#szxMin++;
    this.#keepWithin();
    return this.#szxMin <= this.#szxMax;
  }

  get #pieceSzxMin(): number {
    return Math.max(this.#szxMin, PIECE_SZX_MIN);
  }

  /** NUM's reach comes before what passes: without it there is no end. */
  #keepWithin(): void {
    this.#szx = Math.min(this.#szxMax, Math.max(this.#szxMin, Math.min(this.#szx, this.#passing.szxMax)));
  }

  #count(szx: number, lost: number): void {
    if (this.#fixed) return;
    const trial = this.#trials[szx]!;
    trial.sent++;
    trial.lost += lost;
    trial.latest = ++this.#transmissions;
    if (trial.sent >= FADES_AT) {
      trial.sent /= 2;
      trial.lost /= 2;
    }
    if (szx === this.#szx && isJudged(trial)) this.#choose(lossOf(trial));
  }

  /** Moves to a neighbour that does better, or that would if loss were as kind to it as loss can be. */
  #choose(loss: number): void {
    let best = { szx: this.#szx, arriving: arriving(this.#szx, loss) };
    // Half a block arrives at best as half of the bytes do; a double one at best as often as a single one.
    for (const [szx, hoped] of [
      [this.#szx - 1, 1 - Math.sqrt(1 - loss)],
      [this.#szx + 1, loss],
    ] as const) {
      if (szx < this.#szxMin || szx > Math.min(this.#szxMax, this.#passing.szxMax)) continue;
      const share = arriving(szx, this.#knownLoss(szx) ?? hoped);
      if (share > best.arriving) best = { szx, arriving: share };
    }
    if (best.szx !== this.#szx && this.#knownLoss(best.szx) === undefined) {
      this.#trials[best.szx] = { sent: 0, lost: 0, latest: 0 };
    }
    this.#szx = best.szx;
  }

  #knownLoss(szx: number): number | undefined {
    const trial = this.#trials[szx]!;
    const isKnown = isJudged(trial) && this.#transmissions - trial.latest < VOID_AFTER;
    return isKnown ? lossOf(trial) : undefined;
  }
}

function isJudged({ sent, lost }: Trial): boolean {
  return sent >= JUDGED_AFTER || (lost >= JUDGED_AFTER_LOSSES && lost > sent / 2);
}

/** Never quite 1: a size of which nothing arrived must not look like all others. */
function lossOf({ sent, lost }: Trial): number {
  return lost / (sent + 1);
}

/** Image bytes that arrive for each byte sent, from 0 to 1. */
function arriving(szx: number, loss: number): number {
  const length = blockSizeOf(szx);
  return ((1 - loss) * length) / (length + OVERHEAD_LENGTH);
}
