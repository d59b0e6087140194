// How often this link loses an exchange, and what that says of silence. Where every second exchange gets lost anyway, three
// in a row are no news; where one of a hundred does, two in a row are. So what chance explains changes neither timer nor
// window, and only what it does not explain is taken for congestion or for an outage. (RFC 8961 4 has a timer backed off at
// each loss unless there is reason to do otherwise; the window's own queue, which this file leaves alone, tells congestion.)

/**
 * Chance is blamed for silence down to this probability. A download asks the question some hundred times, so that chance is
 * wronged about once.
 */
const CHANCE_MIN = 0.001;

/** What is known fades by half at so many transmissions. */
const FADES_AT = 64;

export class LossRate {
  #sent = 0;
  #lost = 0;
  /** Transmissions without an answer since the latest answer: until the next one, perhaps nobody is there at all. */
  #unanswered = 0;

  /** So many transmissions in a row without an answer are more than chance: the least n with loss^n below CHANCE_MIN. */
  get tellingCount(): number {
    // One answer more than there were: where nothing is known nothing is blamed on chance, and no link loses all.
    const loss = this.#lost / (this.#sent + 1);
    return loss === 0 ? 1 : Math.ceil(Math.log(CHANCE_MIN) / Math.log(loss));
  }

  /** Whether the present silence is no more than what this link always loses. */
  get isSilentByChance(): boolean {
    return this.#unanswered < this.tellingCount;
  }

  answered(): void {
    this.#count(1 + this.#unanswered, this.#unanswered);
    this.#unanswered = 0;
  }

  /** Lost for certain: answers to later transmissions are there. */
  lost(): void {
    this.#count(1, 1);
  }

  /** The answer to a transmission that was taken for lost. */
  wasLate(): void {
    this.#lost = Math.max(0, this.#lost - 1);
  }

  /** So many transmissions more got no answer, and others neither. */
  unanswered(count: number): void {
    this.#unanswered += count;
  }

  /** The peer or the way to it is another one: the present silence says nothing of this link. */
  forgetSilence(): void {
    this.#unanswered = 0;
  }

  #count(sent: number, lost: number): void {
    this.#sent += sent;
    this.#lost += lost;
    if (this.#sent < FADES_AT) return;
    this.#sent /= 2;
    this.#lost /= 2;
  }
}
