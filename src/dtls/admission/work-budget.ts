// How much of the server's time goes to strangers while it has more to do than it can: hellos, handshakes, plain requests.
// Records of live sessions are always served; what strangers want is done while its share lasts, and dropped before any
// cryptography after that. While the server keeps up with what comes, everyone is served.
//
// The core has no clock and no load to look at. The shell says how many datagrams came at once: many, and more were
// waiting. Work is counted by what it costs, in microseconds of one processor, and what strangers only say costs time as
// well: the more there is to read, the less is done of it.

import { addMs, type Instant, instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { prefixHash, SITE_LEVEL } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";

/** What a stranger can ask for, what it costs with the native parts, and what may be spent on it in each millisecond. */
const WORK = {
  /** A hello without a cookie: a MAC, and a HelloVerifyRequest. */
  hello: { cost: 8, perMs: 30 },
  /** A hello with one: a MAC or two. */
  cookie: { cost: 6, perMs: 15 },
  /** One whose cookie holds: half of a key agreement, and a flight. */
  handshake: { cost: 60, perMs: 60 },
  /** Of a handshake that runs: the other half, the key schedule, a record to open. */
  keyExchange: { cost: 60, perMs: 60 },
  /**
   * A record in a session's name whose number is far beyond all before: who does not hear the session can only guess its
   * numbers. To be opened.
   */
  farRecord: { cost: 4, perMs: 30 },
  /** Plain CoAP, where there are sessions too: an answer with a block, or the index of images asked in vain. */
  plainRequest: { cost: 12, perMs: 200 },
} as const;

export type StrangersWork = keyof typeof WORK;

const STRANGERS_WORK = Object.keys(WORK) as StrangersWork[];

/** So many datagrams at once: there were more than could be answered as they came. */
export const CROWDED_COUNT = 16;

/** How long a server stays on its guard after that. */
const GUARDED_MS = 100;

/** Of what a stranger says, whatever becomes of it. */
const READING_COST = 3;

/** What strangers may take of each millisecond in all, and what is done for them however much there is to read. */
const STRANGERS_PER_MS = 400;
const SHARE_MIN = 0.15;

/**
 * Sessions that had nothing to say for so long do not need anybody's time. A device whose request was lost in the crowd
 * repeats it within MAX_TRANSMIT_SPAN (RFC 7252 4.8.2); until then it speaks, though nobody hears it.
 */
const SESSIONS_QUIET_MS = 45_000;

/**
 * What was not spent is kept for so long: five hundred devices that come at once are no flood, and sessions wait for them
 * some forty milliseconds once.
 */
const KEPT_MS = 100;

const LONG_AGO = instant(Number.NEGATIVE_INFINITY);

/** What one site, a /24 or /48, may ask for meanwhile: others have their part of each share. */
const SITE_RATE = { atOnce: 200, perSecond: 2_000 };
const SITE_BUCKET_COUNT = 4_096;

export class WorkBudget {
  readonly #seed: number;
  readonly #costFactor: number;
  readonly #sites = new RateTable(SITE_RATE, SITE_BUCKET_COUNT);
  readonly #left: Record<StrangersWork, number> = {
    hello: 0,
    cookie: 0,
    handshake: 0,
    keyExchange: 0,
    farRecord: 0,
    plainRequest: 0,
  };
  /** What strangers asked for since time was counted last. */
  #asked = 0;
  #countedAt = LONG_AGO;
  #sessionServedAt = LONG_AGO;
  #guardedUntil = LONG_AGO;

  /** `costFactor`: how many times dearer all of it is than with the native parts. */
  constructor(seed: number, costFactor = 1) {
    this.#seed = seed;
    this.#costFactor = costFactor;
  }

  /** A record of a session came. */
  handleSessionRecord(now: Instant): void {
    this.#sessionServedAt = now;
  }

  /** So many datagrams came at once. */
  handleBatch(now: Instant, count: number): void {
    const sessionsSpeak = addMs(this.#sessionServedAt, SESSIONS_QUIET_MS) > now;
    if (count >= CROWDED_COUNT && sessionsSpeak) this.#guardedUntil = addMs(now, GUARDED_MS);
  }

  /** Whether a stranger's work is to be done; if so, it is counted as done. */
  admits(now: Instant, from: PeerAddress, work: StrangersWork): boolean {
    if (now >= this.#guardedUntil) return true;
    if (now > this.#countedAt) this.#earn(now);
    this.#asked++;
    const left = this.#left[work] - this.#costFactor * WORK[work].cost;
    if (left < 0) return false;
    const site = prefixHash(from, SITE_LEVEL, this.#seed);
    if (!this.#sites.has(now, site)) return false;
    this.#left[work] = left;
    this.#sites.take(now, site);
    return true;
  }

  /** Work that was admitted turned out to cost so much more. */
  charge(work: StrangersWork, cost: number): void {
    this.#left[work] -= this.#costFactor * cost;
  }

  /** Whether a first hello cannot be answered now, nor one with a cookie be looked at. */
  isSpent(now: Instant): boolean {
    if (now >= this.#guardedUntil) return false;
    if (now > this.#countedAt) this.#earn(now);
    const { hello, cookie } = this.#left;
    if (hello >= this.#costFactor * WORK.hello.cost || cookie >= this.#costFactor * WORK.cookie.cost) return false;
    this.#asked++;
    return true;
  }

  #earn(now: Instant): void {
    const elapsedMs = now - this.#countedAt;
    const readingPerMs = (this.#costFactor * READING_COST * this.#asked) / elapsedMs;
    const share = Math.max(SHARE_MIN, 1 - readingPerMs / STRANGERS_PER_MS);
    this.#asked = 0;
    this.#countedAt = now;
    for (const work of STRANGERS_WORK) {
      const { cost, perMs } = WORK[work];
      const kept = this.#costFactor * cost + KEPT_MS * perMs;
      this.#left[work] = Math.min(kept, this.#left[work] + elapsedMs * share * perMs);
    }
  }
}
