// The half-open handshakes of a server: bounded, found by address or Connection ID, with one deadline each and the
// identities whose keys they wait for. Whatever ends a handshake, remove() releases all of it.

import { DeadlineHeap } from "../../base/deadline-heap.ts";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { RecencyList } from "../../base/recency-list.ts";
import { SlotMap } from "../../base/slot-map.ts";
import { HandshakeEntry } from "./handshake-entry.ts";
import type { ServerHandshake } from "./server-handshake.ts";

type Entry = HandshakeEntry<ServerHandshake>;

export class HandshakeTable {
  readonly #byAddress = new SlotMap<PeerAddress, ServerHandshake>();
  readonly #byConnectionId = new SlotMap<number, ServerHandshake>();
  readonly #byIdentity = new SlotMap<string, ServerHandshake[]>();
  readonly #deadlines = new DeadlineHeap<ServerHandshake>();
  /** In the order in which they were added. */
  readonly #order = new RecencyList<Entry>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get earliestDeadline(): Instant | undefined {
    return this.#deadlines.earliest;
  }

  get oldest(): ServerHandshake | undefined {
    return this.#order.oldest?.thing;
  }

  /** From the oldest on. Handshakes may be removed while iterating. */
  *[Symbol.iterator](): Generator<ServerHandshake> {
    let entry = this.#order.oldest;
    while (entry !== undefined) {
      const next: Entry | undefined = entry.newer;
      yield entry.thing;
      entry = next;
    }
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
    const entry = new HandshakeEntry<ServerHandshake>(handshake);
    handshake.entry = entry;
    this.#order.add(entry);
    this.#size++;
    this.#byAddress.set(handshake.peer, handshake);
    this.reschedule(handshake);
  }

  /** To be called after each step of a handshake; one that has left the table is left alone. */
  reschedule(handshake: ServerHandshake): void {
    if (handshake.entry !== undefined) this.#deadlines.set(handshake.entry, handshake.deadline);
  }

  nameConnectionId(handshake: ServerHandshake, connectionId: number): void {
    if (handshake.entry === undefined) return;
    handshake.entry.connectionId = connectionId;
    this.#byConnectionId.set(connectionId, handshake);
  }

  awaitPsk(handshake: ServerHandshake, identity: string): void {
    if (handshake.entry === undefined) return;
    handshake.entry.identity = identity;
    const waiting = this.#byIdentity.get(identity);
    if (waiting === undefined) this.#byIdentity.set(identity, [handshake]);
    else waiting.push(handshake);
  }

  /** Takes out those that wait for this identity's key. */
  takeAwaiting(identity: string): readonly ServerHandshake[] {
    const waiting = this.#byIdentity.get(identity);
    if (waiting === undefined) return [];
    this.#byIdentity.delete(identity);
    for (const { entry } of waiting) entry!.identity = undefined;
    return waiting;
  }

  remove(handshake: ServerHandshake): void {
    const { entry } = handshake;
    if (entry === undefined) return;
    handshake.entry = undefined;
    this.#order.remove(entry);
    this.#size--;
    this.#deadlines.delete(entry);
    this.#byAddress.delete(handshake.peer);
    if (entry.connectionId !== undefined) this.#byConnectionId.delete(entry.connectionId);
    if (entry.identity !== undefined) this.#stopAwaiting(handshake, entry.identity);
  }

  #stopAwaiting(handshake: ServerHandshake, identity: string): void {
    const others = this.#byIdentity.get(identity)?.filter((other) => other !== handshake);
    if (others === undefined || others.length === 0) this.#byIdentity.delete(identity);
    else this.#byIdentity.set(identity, others);
  }
}
