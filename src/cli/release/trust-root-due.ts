// Whether a product needs a new trust root: when the newest does not name the keys that its servers sign with, or has not long
// to live. A device that holds the maker's key alone learns from it whose tickets to believe.

import { toHex } from "../../base/bytes.ts";
import { majorityOf, TRUSTED_KEYS_MAX, type TrustedKey, type TrustRoot } from "../../manifest/trust-root.ts";
import { jobFailed } from "../command-error.ts";

const DAY_SECONDS = 86_400;

/** How long a root holds. */
const LIFETIME_DAYS = 1_461;

/** With less to live a new one is signed with the next release. */
const RENEWAL_DAYS = 730;

export interface RootContext {
  readonly product: string;
  /** The newest that is there. */
  readonly newest: TrustRoot | undefined;
  /** Those that servers, logs and witnesses sign with. */
  readonly keys: readonly TrustedKey[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The root to sign; undefined where the newest does. Throws CommandError. */
export function trustRootDue({ product, newest, keys, now }: RootContext): TrustRoot | undefined {
  // Where makers are named, they stay so: a root without them would give the word back to the first.
  const makers = newest?.keys.filter(({ role }) => role === "maker") ?? [];
  const wanted = [...makers, ...keys];
  if (wanted.length > TRUSTED_KEYS_MAX) {
    throw jobFailed(`${wanted.length} keys are trusted for ${product}, and a trust root names ${TRUSTED_KEYS_MAX}`);
  }
  const renewal = now / 1_000 + RENEWAL_DAYS * DAY_SECONDS;
  if (newest !== undefined && newest.notAfter > renewal && sameKeys(newest.keys, wanted)) return undefined;
  const witnesses = (keysOf: readonly TrustedKey[]) => keysOf.filter(({ role }) => role === "witness");
  const areSame = newest !== undefined && sameKeys(witnesses(newest.keys), witnesses(wanted));
  return {
    number: (newest?.number ?? 0) + 1,
    product,
    notAfter: endOfDay(now, LIFETIME_DAYS),
    keys: wanted,
    servers: newest?.servers ?? [],
    // Whoever chose another number for the same witnesses meant it.
    witnessesNeeded: areSame ? newest.witnessesNeeded : majorityOf(wanted),
  };
}

/** Seconds since 1970, the end of a day: so that who signs in two steps signs the same in both. */
export function endOfDay(now: number, days: number): number {
  return (Math.floor(now / 1_000 / DAY_SECONDS) + 1 + days) * DAY_SECONDS;
}

function sameKeys(some: readonly TrustedKey[], others: readonly TrustedKey[]): boolean {
  const names = (keys: readonly TrustedKey[]) => keys.map(({ role, spki }) => `${role} ${toHex(spki)}`).sort();
  const [one, other] = [names(some), names(others)];
  return one.length === other.length && one.every((name, i) => name === other[i]);
}
