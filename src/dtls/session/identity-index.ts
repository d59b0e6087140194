// The sessions of each identity, in the order in which they came up: a ring that the sessions are themselves.

import { SlotMap } from "../../base/slot-map.ts";
import type { Session } from "./session.ts";

/** Sessions of one identity that are looked at for the one that was used least recently: a shared one may have all. */
const LOOKED_AT_MAX = 64;

export class IdentityIndex {
  /** The eldest of each identity. */
  readonly #eldest = new SlotMap<string, Session>();

  /** Identities that have sessions, one character a byte, each once. Sessions may come and go while iterating. */
  get keys(): IterableIterator<string> {
    return this.#eldest.keys();
  }

  add(session: Session): void {
    const eldest = this.#eldest.get(session.identityKey);
    if (eldest === undefined) {
      session.elderOfIdentity = session;
      session.youngerOfIdentity = session;
      this.#eldest.set(session.identityKey, session);
      return;
    }
    const youngest = eldest.elderOfIdentity;
    session.elderOfIdentity = youngest;
    session.youngerOfIdentity = eldest;
    youngest.youngerOfIdentity = session;
    eldest.elderOfIdentity = session;
  }

  remove(session: Session): void {
    const { identityKey, elderOfIdentity: elder, youngerOfIdentity: younger } = session;
    if (younger === session) this.#eldest.delete(identityKey);
    else if (this.#eldest.get(identityKey) === session) this.#eldest.set(identityKey, younger);
    elder.youngerOfIdentity = younger;
    younger.elderOfIdentity = elder;
    session.elderOfIdentity = session;
    session.youngerOfIdentity = session;
  }

  /** From the eldest on. */
  *of(identityKey: string): Generator<Session> {
    const eldest = this.#eldest.get(identityKey);
    if (eldest === undefined) return;
    let session = eldest;
    do {
      yield session;
      session = session.youngerOfIdentity;
    } while (session !== eldest);
  }

  /** Whether an identity has at least so many. */
  hasAtLeast(identityKey: string, count: number): boolean {
    let found = 0;
    for (const _ of this.of(identityKey)) if (++found >= count) return true;
    return false;
  }

  /** The least recently used of the eldest. */
  leastRecentOf(identityKey: string): Session | undefined {
    let least: Session | undefined;
    let lookedAt = 0;
    for (const session of this.of(identityKey)) {
      if (least === undefined || session.lastActiveAt < least.lastActiveAt) least = session;
      if (++lookedAt === LOOKED_AT_MAX) break;
    }
    return least;
  }
}
