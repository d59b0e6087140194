// Records that do not open under a session's keys: damaged, or forged. They cost the forger and not the session.
//
// An 8-byte tag is met by a forgery with the probability 2^-64. A session opens at most 2^23 records in vain from its
// peer's own address and 2^23 from all others: 2^24 · 2^-64 = 2^-40 over its life, whatever its age (RFC 6347 4.1.2.7;
// NIST SP 800-38D and RFC 6655 leave the bound to the application). So that nobody uses that up and ends a session of
// somebody else, half of it is there at once and the rest comes over a year, one in eight seconds: 2^22 + 2^25 s / 8 s.
//
// Where a record comes from elsewhere, as one of a device that moved may (RFC 9146 6), its network has a few tries, so
// that a forger who shows its own address uses up its own and not what the device's next address needs.

import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import type { DtlsParameters } from "../parameters.ts";
import type { OpeningFailures, Session } from "../session/session.ts";
import { siteHash } from "./address-prefix.ts";
import { RateTable } from "./rate-table.ts";

/** Of one network against one session. */
const TRIES = { atOnce: 64, perSecond: 1 };
const TRIES_BUCKET_COUNT = 16_384;

export class FailedOpenings {
  readonly #parameters: DtlsParameters;
  readonly #seed: number;
  readonly #tries = new RateTable(TRIES, TRIES_BUCKET_COUNT);

  constructor(parameters: DtlsParameters, seed: number) {
    this.#parameters = parameters;
    this.#seed = seed;
  }

  /** Networks that have tried lately to open records of somebody else's session. */
  tryingCount(now: Instant): number {
    return this.#tries.size(now);
  }

  /** Whether a record may be tried under a session's keys. */
  admits(now: Instant, session: Session, from: PeerAddress): boolean {
    const { failures } = session;
    if (failures === undefined) return true;
    if (from === session.peer) return failures.own < this.#allowed(now, failures);
    return failures.others < this.#allowed(now, failures) && this.#tries.has(now, this.#keyOf(session, from));
  }

  /** A record did not open. True when the session has had as many as its keys bear. */
  handleFailure(now: Instant, session: Session, from: PeerAddress): boolean {
    session.failures ??= { since: now, own: 0, others: 0 };
    const { failures } = session;
    if (from === session.peer) {
      failures.own++;
      return failures.own >= this.#parameters.authenticationFailuresMax;
    }
    failures.others++;
    this.#tries.take(now, this.#keyOf(session, from));
    return false;
  }

  #allowed(now: Instant, { since }: OpeningFailures): number {
    const { authenticationFailuresMax, authenticationFailuresAtOnce, authenticationFailureEveryMs } = this.#parameters;
    const later = (now - since) / authenticationFailureEveryMs;
    return Math.min(authenticationFailuresMax, authenticationFailuresAtOnce + later);
  }

  #keyOf(session: Session, from: PeerAddress): number {
    return siteHash(from, this.#seed, session.read.connectionId);
  }
}
