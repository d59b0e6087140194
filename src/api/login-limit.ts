// Guesses of passwords: a few at once, and then one after the other, for an account and for an address apart.

import { RateLimit } from "./rate-limit.ts";

/** Of an account at once; the next after LOGIN_INTERVAL_MS each. */
export const LOGINS_AT_ONCE_MAX = 5;
export const LOGIN_INTERVAL_MS = 30_000;

/** Behind one address there may be a house of people. */
export const LOGINS_OF_ADDRESS_MAX = 20;

export class LoginLimit {
  readonly #accounts = new RateLimit(LOGINS_AT_ONCE_MAX, LOGIN_INTERVAL_MS);
  readonly #addresses = new RateLimit(LOGINS_OF_ADDRESS_MAX, LOGIN_INTERVAL_MS);

  /** Takes an attempt; false, and nothing is taken, where the account or the address has had too many. */
  admits(account: string, address: string, now: number): boolean {
    if (!this.#accounts.hasRoom(account, now) || !this.#addresses.hasRoom(address, now)) return false;
    this.#accounts.take(account, now);
    this.#addresses.take(address, now);
    return true;
  }

  /** Whoever has proved to be there has not guessed. */
  forget(account: string): void {
    this.#accounts.forget(account);
  }
}
