// What a device knows of its link's round trip, and how long it waits before it sends again: RFC 6298's estimator. One
// timer for the whole window restarts at each answer, so that a queue that fills up is no timeout; and every answer
// measures, that to a retransmission and that to what was sent before it, so that a link slower than the timer raises the
// timer instead of being fed copies for ever.

const TIMEOUT_MIN_MS = 500;
const TIMEOUT_MAX_MS = 300_000;

/** RFC 6298 2.3: gains of the smoothed round trip and of its variation. */
const SRTT_GAIN = 1 / 8;
const RTTVAR_GAIN = 1 / 4;

/** The shortest round trip drifts towards the smoothed one, so that a way that has become longer is not taken for a queue. */
const MIN_DRIFT = 1 / 256;

/**
 * Doublings end here; the answer that comes then resets it. Where a timeout is short they end soon, so that the end of an
 * outage is noticed; a request into silence costs little there. A slow link has better to do.
 */
const BACKOFF_MAX = 64;
const QUICK_BACKOFF_MAX = 4;
const QUICK_TIMEOUT_MAX_MS = 5_000;

export class RoundTrip {
  readonly #firstTimeoutMs: number;
  #smoothedMs = 0;
  #variationMs = 0;
  #knows: "nothing" | "a guess" | "samples" = "nothing";
  #backoff = 1;
  #minMs = Number.POSITIVE_INFINITY;

  /** `firstTimeoutMs` holds until something is known. */
  constructor(firstTimeoutMs: number) {
    this.#firstTimeoutMs = firstTimeoutMs;
  }

  /** The smoothed round trip, ms; undefined before anything is known. */
  get smoothedMs(): number | undefined {
    return this.#knows === "nothing" ? undefined : this.#smoothedMs;
  }

  /** The shortest of late, ms: without a queue on the way. Infinite before the first sample. */
  get minMs(): number {
    return this.#minMs;
  }

  /** How long to wait for the next sign of life before sending again, ms. */
  get timeoutMs(): number {
    return Math.min(TIMEOUT_MAX_MS, this.firstTimeoutMs * this.#backoff);
  }

  /** The same before any of it ran out, ms. */
  get firstTimeoutMs(): number {
    const margin = Math.max(4 * this.#variationMs, this.#smoothedMs / 2);
    const learned = this.#knows === "nothing" ? this.#firstTimeoutMs : this.#smoothedMs + margin;
    return Math.max(TIMEOUT_MIN_MS, learned);
  }

  /**
   * What a handshake measured, ms: with messages shorter than blocks, so that a block may well take twice as long. It is a
   * sign of life besides.
   */
  seed(ms: number): void {
    this.#backoff = 1;
    if (this.#knows === "nothing") this.#guess(2 * ms, ms);
  }

  /** From a transmission to its answer, ms. */
  sample(ms: number): void {
    this.#backoff = 1;
    if (this.#knows !== "samples") {
      // RFC 6298 has half of the first sample; on a radio a first sample is rather long than short.
      this.#guess(ms, ms / 4);
      this.#minMs = ms;
      this.#knows = "samples";
      return;
    }
    this.#minMs = Math.min(ms, this.#minMs + MIN_DRIFT * (this.#smoothedMs - this.#minMs));
    this.#variationMs += RTTVAR_GAIN * (Math.abs(this.#smoothedMs - ms) - this.#variationMs);
    this.#smoothedMs += SRTT_GAIN * (ms - this.#smoothedMs);
  }

  /** What is asked for has another length now, and takes another time: until the next sample all is a guess again. */
  relearn(): void {
    if (this.#knows === "samples") this.#knows = "a guess";
  }

  /** The timer ran out. */
  backOff(): void {
    const isQuick = this.#knows === "samples" && this.firstTimeoutMs <= QUICK_TIMEOUT_MAX_MS;
    this.#backoff = Math.min(2 * this.#backoff, isQuick ? QUICK_BACKOFF_MAX : BACKOFF_MAX);
  }

  #guess(smoothedMs: number, variationMs: number): void {
    this.#knows = "a guess";
    this.#smoothedMs = smoothedMs;
    this.#variationMs = variationMs;
  }
}
