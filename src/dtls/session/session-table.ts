// The established sessions of a server: by Connection ID, by address for those without one, and in the order of their
// last use. The recent end of that order are the busy ones, which hold cipher contexts; nothing here costs more for a
// session that sleeps.

import { assert } from "../../base/assert.ts";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { RecencyList } from "../../base/recency-list.ts";
import { SecretSlab } from "../../base/secret-slab.ts";
import { SlotMap } from "../../base/slot-map.ts";
import { IdentityIndex } from "./identity-index.ts";
import type { Session } from "./session.ts";

export class SessionTable {
  readonly #byConnectionId = new SlotMap<number, Session>();
  readonly #byAddress = new SlotMap<PeerAddress, Session>();
  /** The sessions' keys, by their length. */
  readonly #keys = new Map<number, SecretSlab>();
  readonly #order = new RecencyList<Session>();
  /** In no order: whoever leaves, the last one takes its place. */
  readonly #all: Session[] = [];
  readonly ofIdentities = new IdentityIndex();
  /** From here on to the recent end all are busy, and none before. */
  #leastRecentBusy: Session | undefined;
  /** From here on to the recent end a record came for each since it was written down, and for none before. */
  #leastRecentUnsaved: Session | undefined;
  #busyCount = 0;

  get size(): number {
    return this.#all.length;
  }

  get leastRecent(): Session | undefined {
    return this.#order.oldest;
  }

  get busyCount(): number {
    return this.#busyCount;
  }

  get leastRecentBusy(): Session | undefined {
    return this.#leastRecentBusy;
  }

  /** The one with a number below `size`; numbers change whenever one is removed. */
  number(index: number): Session {
    return this.#all[index]!;
  }

  withConnectionId(connectionId: number): Session | undefined {
    return this.#byConnectionId.get(connectionId);
  }

  /** The session without Connection ID of this address. One that has an ID is found by nothing else (RFC 9146 3). */
  at(address: PeerAddress): Session | undefined {
    return this.#byAddress.get(address);
  }

  /** The session that is found by what `session` would be found by. */
  inPlaceOf(session: Session): Session | undefined {
    const id = session.read.connectionId;
    return id.length > 0 ? this.withConnectionId(connectionIdKey(id)) : this.at(session.peer);
  }

  /** The session's keys lie here from now on, until it is wiped. */
  add(session: Session): void {
    this.#enter(session);
    this.#leastRecentUnsaved ??= session;
    this.#makeBusy(session);
  }

  /** The same for a session that another process wrote down: the next in the order of use, and before all of this process. */
  addRestored(session: Session): void {
    assert(this.#busyCount === 0 && this.#leastRecentUnsaved === undefined, "what is restored comes first");
    this.#enter(session);
  }

  remove(session: Session): void {
    const id = session.read.connectionId;
    if (id.length > 0) this.#byConnectionId.delete(connectionIdKey(id));
    else this.#byAddress.delete(session.peer);
    const last = this.#all.pop()!;
    if (last !== session) {
      this.#all[session.index] = last;
      last.index = session.index;
    }
    this.ofIdentities.remove(session);
    if (session.busy) this.#busyCount--;
    if (session === this.#leastRecentBusy) this.#leastRecentBusy = session.newer;
    if (session === this.#leastRecentUnsaved) this.#leastRecentUnsaved = session.newer;
    this.#order.remove(session);
  }

  /** An authentic record came: the session is busy and moves to the recent end. */
  touch(now: Instant, session: Session): void {
    session.lastActiveAt = now;
    // All that are more recent are busy too: if there is one, it is the next.
    if (session === this.#leastRecentBusy && session.newer !== undefined) this.#leastRecentBusy = session.newer;
    if (session === this.#leastRecentUnsaved && session.newer !== undefined) this.#leastRecentUnsaved = session.newer;
    this.#order.touch(session);
    this.#leastRecentUnsaved ??= session;
    this.#makeBusy(session);
  }

  /** The session that has been busy without a record for longest rests. */
  restLeastRecentBusy(): void {
    const session = this.#leastRecentBusy;
    if (session === undefined) return;
    this.#leastRecentBusy = session.newer;
    this.#busyCount--;
    session.busy = false;
    session.rest();
  }

  /** The session that waits for longest to be written down, if its last record came by `until`; it is going to be now. */
  takeLeastRecentUnsaved(until: Instant): Session | undefined {
    const session = this.#leastRecentUnsaved;
    if (session === undefined || session.lastActiveAt > until) return undefined;
    this.#leastRecentUnsaved = session.newer;
    return session;
  }

  /** What was written down counts no more. */
  leaveAllUnsaved(): void {
    this.#leastRecentUnsaved = this.#order.oldest;
  }

  /** From the least recently used on. Sessions may be removed while iterating. */
  *[Symbol.iterator](): Generator<Session> {
    let session = this.#order.oldest;
    while (session !== undefined) {
      const next: Session | undefined = session.newer;
      yield session;
      session = next;
    }
  }

  #enter(session: Session): void {
    const id = session.read.connectionId;
    if (id.length > 0) this.#byConnectionId.set(connectionIdKey(id), session);
    else this.#byAddress.set(session.peer, session);
    session.moveKeys((length) => this.#slabFor(length));
    session.index = this.#all.push(session) - 1;
    this.ofIdentities.add(session);
    this.#order.add(session);
  }

  #slabFor(length: number): SecretSlab {
    let slab = this.#keys.get(length);
    if (slab === undefined) {
      slab = new SecretSlab(length);
      this.#keys.set(length, slab);
    }
    return slab;
  }

  /** Of the session at the recent end. */
  #makeBusy(session: Session): void {
    if (session.busy) return;
    session.busy = true;
    this.#busyCount++;
    this.#leastRecentBusy ??= session;
  }
}

/** The bytes of the Connection IDs that we give out. */
export const CONNECTION_ID_LENGTH = 4;

/** A number is a cheaper key than bytes. */
export function connectionIdKey(bytes: Uint8Array, at = 0): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
