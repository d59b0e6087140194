// The established sessions of a server: by Connection ID, by address for those without one, and in the order of their
// last use. Nothing here costs more for a session that sleeps.

import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { Session } from "./session.ts";

export class SessionTable {
  readonly #byConnectionId = new Map<number, Session>();
  readonly #byAddress = new Map<PeerAddress, Session>();
  #leastRecent: Session | undefined;
  #mostRecent: Session | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get leastRecent(): Session | undefined {
    return this.#leastRecent;
  }

  withConnectionId(connectionId: number): Session | undefined {
    return this.#byConnectionId.get(connectionId);
  }

  /** The session without Connection ID of this address. One that has an ID is found by nothing else (RFC 9146 3). */
  at(address: PeerAddress): Session | undefined {
    return this.#byAddress.get(address);
  }

  add(session: Session): void {
    const id = session.read.connectionId;
    if (id.length > 0) this.#byConnectionId.set(connectionIdKey(id), session);
    else this.#byAddress.set(session.peer, session);
    this.#size++;
    this.#append(session);
  }

  remove(session: Session): void {
    const id = session.read.connectionId;
    if (id.length > 0) this.#byConnectionId.delete(connectionIdKey(id));
    else this.#byAddress.delete(session.peer);
    this.#size--;
    this.#unlink(session);
  }

  /** An authentic record came: the session moves to the recent end. */
  touch(now: Instant, session: Session): void {
    session.lastActiveAt = now;
    if (session === this.#mostRecent) return;
    this.#unlink(session);
    this.#append(session);
  }

  /** From the least recently used on. Sessions may be removed while iterating. */
  *[Symbol.iterator](): Generator<Session> {
    let session = this.#leastRecent;
    while (session !== undefined) {
      const next: Session | undefined = session.moreRecent;
      yield session;
      session = next;
    }
  }

  #append(session: Session): void {
    session.lessRecent = this.#mostRecent;
    session.moreRecent = undefined;
    if (this.#mostRecent === undefined) this.#leastRecent = session;
    else this.#mostRecent.moreRecent = session;
    this.#mostRecent = session;
  }

  #unlink(session: Session): void {
    const { lessRecent, moreRecent } = session;
    if (lessRecent === undefined) this.#leastRecent = moreRecent;
    else lessRecent.moreRecent = moreRecent;
    if (moreRecent === undefined) this.#mostRecent = lessRecent;
    else moreRecent.lessRecent = lessRecent;
    session.lessRecent = undefined;
    session.moreRecent = undefined;
  }
}

/** The bytes of the Connection IDs that we give out. */
export const CONNECTION_ID_LENGTH = 4;

/** A number is a cheaper key than bytes. */
export function connectionIdKey(connectionId: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = connectionId;
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
