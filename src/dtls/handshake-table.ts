// The half-open handshakes of a server: bounded, found by address or Connection ID, with one deadline each and the
// identities whose keys they wait for. Whatever ends a handshake, remove() releases all of it.

import { DeadlineQueue } from "../base/deadline-queue.ts";
import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { ServerHandshake } from "./server-handshake.ts";

interface Entry {
  connectionId: number | undefined;
  /** The identity that it waits for, as a map key. */
  identity: string | undefined;
}

export class HandshakeTable {
  readonly #byAddress = new Map<PeerAddress, ServerHandshake>();
  readonly #byConnectionId = new Map<number, ServerHandshake>();
  readonly #byIdentity = new Map<string, Set<ServerHandshake>>();
  readonly #entries = new Map<ServerHandshake, Entry>();
  readonly #deadlines = new DeadlineQueue<ServerHandshake>();

  get size(): number {
    return this.#entries.size;
  }

  get earliestDeadline(): Instant | undefined {
    return this.#deadlines.earliest;
  }

  get oldest(): ServerHandshake | undefined {
    return this.#entries.keys().next().value;
  }

  /** From the oldest on. Handshakes may be removed while iterating. */
  [Symbol.iterator](): Iterator<ServerHandshake> {
    return this.#entries.keys();
  }

  at(address: PeerAddress): ServerHandshake | undefined {
    return this.#byAddress.get(address);
  }

  withConnectionId(connectionId: number): ServerHandshake | undefined {
    return this.#byConnectionId.get(connectionId);
  }

  takeDue(now: Instant): ServerHandshake | undefined {
    return this.#deadlines.takeDue(now);
  }

  /** There is none at its address yet. */
  add(handshake: ServerHandshake): void {
    this.#entries.set(handshake, { connectionId: undefined, identity: undefined });
    this.#byAddress.set(handshake.peer, handshake);
    this.reschedule(handshake);
  }

  /** To be called after each step of a handshake; one that has left the table is left alone. */
  reschedule(handshake: ServerHandshake): void {
    if (this.#entries.has(handshake)) this.#deadlines.set(handshake, handshake.deadline);
  }

  nameConnectionId(handshake: ServerHandshake, connectionId: number): void {
    const entry = this.#entries.get(handshake);
    if (entry === undefined) return;
    entry.connectionId = connectionId;
    this.#byConnectionId.set(connectionId, handshake);
  }

  awaitPsk(handshake: ServerHandshake, identity: string): void {
    const entry = this.#entries.get(handshake);
    if (entry === undefined) return;
    entry.identity = identity;
    const waiting = this.#byIdentity.get(identity);
    if (waiting === undefined) this.#byIdentity.set(identity, new Set([handshake]));
    else waiting.add(handshake);
  }

  /** Takes out those that wait for this identity's key. */
  takeAwaiting(identity: string): readonly ServerHandshake[] {
    const waiting = this.#byIdentity.get(identity);
    if (waiting === undefined) return [];
    this.#byIdentity.delete(identity);
    for (const handshake of waiting) this.#entries.get(handshake)!.identity = undefined;
    return [...waiting];
  }

  remove(handshake: ServerHandshake): void {
    const entry = this.#entries.get(handshake);
    if (entry === undefined) return;
    this.#entries.delete(handshake);
    this.#deadlines.delete(handshake);
    this.#byAddress.delete(handshake.peer);
    if (entry.connectionId !== undefined) this.#byConnectionId.delete(entry.connectionId);
    if (entry.identity === undefined) return;
    const waiting = this.#byIdentity.get(entry.identity);
    waiting?.delete(handshake);
    if (waiting?.size === 0) this.#byIdentity.delete(entry.identity);
  }
}
