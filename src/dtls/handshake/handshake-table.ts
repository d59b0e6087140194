// The half-open handshakes of a server: bounded, found by address or Connection ID, with one deadline each and the
// identities whose keys they wait for. Several may run at one address, since whoever sees a cookie on its way can begin one
// in its owner's name. Whatever ends a handshake, remove() releases all of it.

import { DeadlineHeap } from "../../base/deadline-heap.ts";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { SlotMap } from "../../base/slot-map.ts";
import { HandshakeEntry } from "./handshake-entry.ts";
import type { ServerHandshake } from "./server-handshake.ts";

export class HandshakeTable {
  /** The newest of each address, which leads to the others. */
  readonly #byAddress = new SlotMap<PeerAddress, ServerHandshake>();
  readonly #byConnectionId = new SlotMap<number, ServerHandshake>();
  readonly #byIdentity = new SlotMap<string, ServerHandshake[]>();
  readonly #deadlines = new DeadlineHeap<ServerHandshake>();
  /** In no order: whoever leaves, the last one takes its place. */
  readonly #all: ServerHandshake[] = [];

  get size(): number {
    return this.#all.length;
  }

  get earliestDeadline(): Instant | undefined {
    return this.#deadlines.earliest;
  }

  /** The one with a number below `size`; numbers change whenever one is removed. */
  number(index: number): ServerHandshake {
    return this.#all[index]!;
  }

  /** Handshakes may be removed while iterating. */
  *[Symbol.iterator](): Generator<ServerHandshake> {
    for (let i = this.#all.length - 1; i >= 0; i--) yield this.#all[i]!;
  }

  /** The newest at this address. */
  at(address: PeerAddress): ServerHandshake | undefined {
    return this.#byAddress.get(address);
  }

  /** All at this address, the newest first. */
  allAt(address: PeerAddress): readonly ServerHandshake[] {
    const all: ServerHandshake[] = [];
    for (let one = this.at(address); one !== undefined; one = one.entry!.sibling) all.push(one);
    return all;
  }

  /** Whose hello this is: of those that were begun with it or a later one, the one that was begun first. */
  answering(address: PeerAddress, clientRandom: Uint8Array, messageSeq: number): ServerHandshake | undefined {
    let found: ServerHandshake | undefined;
    for (const handshake of this.allAt(address)) {
      if (!handshake.answers(clientRandom, messageSeq)) continue;
      if (found === undefined || handshake.messageSeq < found.messageSeq) found = handshake;
    }
    return found;
  }

  withConnectionId(connectionId: number): ServerHandshake | undefined {
    return this.#byConnectionId.get(connectionId);
  }

  takeDue(now: Instant): ServerHandshake | undefined {
    return this.#deadlines.takeDue(now);
  }

  add(handshake: ServerHandshake): void {
    const entry = new HandshakeEntry<ServerHandshake>(handshake);
    handshake.entry = entry;
    entry.index = this.#all.push(handshake) - 1;
    entry.sibling = this.at(handshake.peer);
    this.#byAddress.set(handshake.peer, handshake);
    this.reschedule(handshake);
  }

  /** To be called after each step of a handshake; one that has left the table is left alone. */
  reschedule(handshake: ServerHandshake): void {
    const deadline = handshake.pollTimeout();
    if (handshake.entry !== undefined && deadline !== undefined) this.#deadlines.set(handshake.entry, deadline);
  }

  nameConnectionId(handshake: ServerHandshake, connectionId: number): void {
    if (handshake.entry === undefined) return;
    handshake.entry.connectionId = connectionId;
    this.#byConnectionId.set(connectionId, handshake);
  }

  awaitPsk(handshake: ServerHandshake, identity: string): void {
    const { entry } = handshake;
    if (entry === undefined || entry.awaited.includes(identity)) return;
    entry.awaited.push(identity);
    const waiting = this.#byIdentity.get(identity);
    if (waiting === undefined) this.#byIdentity.set(identity, [handshake]);
    else waiting.push(handshake);
  }

  /** Takes out those that wait for this identity's key. */
  takeAwaiting(identity: string): readonly ServerHandshake[] {
    const waiting = this.#byIdentity.get(identity);
    if (waiting === undefined) return [];
    this.#byIdentity.delete(identity);
    for (const { entry } of waiting) entry!.awaited.splice(entry!.awaited.indexOf(identity), 1);
    return waiting;
  }

  remove(handshake: ServerHandshake): void {
    const { entry } = handshake;
    if (entry === undefined) return;
    this.#unlink(handshake, entry.sibling);
    handshake.entry = undefined;
    const last = this.#all.pop()!;
    if (last !== handshake) {
      this.#all[entry.index] = last;
      last.entry!.index = entry.index;
    }
    this.#deadlines.delete(entry);
    if (entry.connectionId !== undefined) this.#byConnectionId.delete(entry.connectionId);
    for (const identity of entry.awaited) this.#stopAwaiting(handshake, identity);
  }

  #unlink(handshake: ServerHandshake, next: ServerHandshake | undefined): void {
    const newest = this.at(handshake.peer)!;
    if (newest === handshake) {
      if (next === undefined) this.#byAddress.delete(handshake.peer);
      else this.#byAddress.set(handshake.peer, next);
      return;
    }
    for (let one = newest.entry!; ; one = one.sibling!.entry!) {
      if (one.sibling !== handshake) continue;
      one.sibling = next;
      return;
    }
  }

  #stopAwaiting(handshake: ServerHandshake, identity: string): void {
    const others = this.#byIdentity.get(identity)?.filter((other) => other !== handshake);
    if (others === undefined || others.length === 0) this.#byIdentity.delete(identity);
    else this.#byIdentity.set(identity, others);
  }
}
