// How often this link loses an exchange, and what that says of silence. Where every second exchange gets lost anyway, three
// in a row are no news; where one of a hundred does, two in a row are. So what chance explains changes neither timer nor
// window, and only what it does not explain is taken for congestion or for an outage. (RFC 8961 4 has a timer backed off at
// each loss unless there is reason to do otherwise; the window's own queue, which this file leaves alone, tells congestion.)

/**
 * Chance is blamed for silence down to this probability. A download asks the question some hundred times, so that chance is
 * wronged about once.
 */
const CHANCE_MIN = 0.001;

/**
 * A link that loses more than this of what is sent is taken for one whose queues have run over: what is sent into them all the
 * same gets lost too, and would excuse itself for ever. (Half of the datagrams each way are three quarters of the exchanges.)
 */
const LOSS_MAX = 0.8;

/** What is known fades by half at so many transmissions. */
const FADES_AT = 64;

const UNANSWERED_MAX = Math.ceil(Math.log(CHANCE_MIN) / Math.log(LOSS_MAX));

export class LossRate {
  #sent = 0;
  #lost = 0;
  /**
   * Transmissions without an answer since the latest answer, by their positions among all: until the next one, perhaps nobody
   * is there at all. No more than can tell are kept.
   */
  #unanswered: number[] = [];

  /** So many transmissions in a row without an answer are more than chance: the least n with loss^n below CHANCE_MIN. */
  get tellingCount(): number {
    // One answer more than there were: where nothing is known nothing is blamed on chance, and no link loses all.
    const loss = Math.min(LOSS_MAX, this.#lost / (this.#sent + 1));
    return loss === 0 ? 1 : Math.ceil(Math.log(CHANCE_MIN) / Math.log(loss));
  }

  /** Whether the present silence is no more than what this link always loses. */
  get isSilentByChance(): boolean {
    return this.#unanswered.length < this.tellingCount;
  }

  /**
   * An answer to the transmission at `position`: what was sent before it and got none is lost. What was sent after it may still
   * be on its way, behind it in the same queue. True when it was itself among those without an answer.
   */
  answered(position: number): boolean {
    const lost = this.#unanswered.filter((other) => other < position).length;
    const wasUnanswered = this.#unanswered.includes(position);
    this.#count(1 + lost, lost);
    this.#unanswered = [];
    return wasUnanswered;
  }

  /** Lost for certain: answers to later transmissions are there. */
  lost(): void {
    this.#count(1, 1);
  }

  /** The answer to a transmission that was taken for lost. */
  wasLate(): void {
    this.#lost = Math.max(0, this.#lost - 1);
  }

  /** These transmissions got no answer either. */
  unanswered(positions: readonly number[]): void {
    this.#unanswered = [...this.#unanswered, ...positions].slice(0, UNANSWERED_MAX);
  }

  /** The peer or the way to it is another one: the present silence says nothing of this link. */
  forgetSilence(): void {
    this.#unanswered = [];
  }

  #count(sent: number, lost: number): void {
    this.#sent += sent;
    this.#lost += lost;
    if (this.#sent < FADES_AT) return;
    this.#sent /= 2;
    this.#lost /= 2;
  }
}
