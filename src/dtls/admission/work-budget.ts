// How much of the server's time goes to strangers while it has more to do than it can: hellos, handshakes, plain requests.
// Records of live sessions are always served; what strangers want is done while its share lasts, and dropped before any
// cryptography after that. While the server keeps up with what comes, everyone is served.
//
// The core has no clock and no load to look at. The shell says how many datagrams came at once: many, and more were
// waiting. Work is counted by what it costs, in microseconds of one processor with the native parts.

import { addMs, type Instant, instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { prefixHash, SITE_LEVEL } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";

/** What a stranger can ask for, what it costs, and what may be spent on it in each millisecond. */
const WORK = {
  /** A hello without a cookie: a MAC, and a HelloVerifyRequest. */
  hello: { cost: 8, perMs: 50 },
  /** A hello with one: a MAC or two. */
  cookie: { cost: 6, perMs: 50 },
  /** One whose cookie holds: half of a key agreement, and a flight. */
  handshake: { cost: 60, perMs: 120 },
  /** Of a handshake that runs: the other half, the key schedule, a record to open. */
  keyExchange: { cost: 60, perMs: 120 },
  /** Plain CoAP, where there are sessions too. */
  plainRequest: { cost: 4, perMs: 100 },
} as const;

export type StrangersWork = keyof typeof WORK;

/** So many datagrams at once: there were more than could be answered as they came. */
export const CROWDED_COUNT = 16;

/** How long a server stays on its guard after that. */
const GUARDED_MS = 100;

/** Sessions that had nothing to say for so long do not need anybody's time. */
const SESSIONS_QUIET_MS = 1_000;

/** What was not spent is kept for so long. */
const KEPT_MS = 5;

const LONG_AGO = instant(Number.NEGATIVE_INFINITY);

/** What one site, a /24 or /48, may ask for meanwhile: others have their part of each share. */
const SITE_RATE = { atOnce: 250, perSecond: 2_500 };
const SITE_BUCKET_COUNT = 4_096;

export class WorkBudget {
  readonly #seed: number;
  readonly #sites = new RateTable(SITE_RATE, SITE_BUCKET_COUNT);
  readonly #left = new Map<StrangersWork, number>();
  #countedAt = LONG_AGO;
  #sessionServedAt = LONG_AGO;
  #guardedUntil = LONG_AGO;

  constructor(seed: number) {
    this.#seed = seed;
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
    const site = prefixHash(from, SITE_LEVEL, this.#seed);
    if (!this.#sites.has(now, site)) return false;
    if (now > this.#countedAt) this.#earn(now);
    const left = this.#left.get(work)! - WORK[work].cost;
    if (left < 0) return false;
    this.#left.set(work, left);
    this.#sites.take(now, site);
    return true;
  }

  #earn(now: Instant): void {
    const elapsedMs = now - this.#countedAt;
    this.#countedAt = now;
    for (const [work, { cost, perMs }] of Object.entries(WORK)) {
      const left = this.#left.get(work as StrangersWork) ?? 0;
      this.#left.set(work as StrangersWork, Math.min(cost + KEPT_MS * perMs, left + elapsedMs * perMs));
    }
  }
}
