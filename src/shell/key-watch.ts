// A server's look at its store of keys while it serves: what the store cannot tell now is asked again each second, and keys
// that were removed are worked through in slices, so that neither a bad disk nor thousands of removals stop anybody.

import { latin1Of } from "../base/bytes.ts";
import { addMs, type Instant } from "../base/instant.ts";
import type { Secret } from "../base/secret.ts";
import type { FirmwareServer } from "../server/firmware-server.ts";
import type { RemovalJournal } from "./session-keeper.ts";
import { StoreFault, type StoreFaultOutlet } from "./store-fault.ts";
import { systemNow } from "./system-clock.ts";

/** Identities whose keys are asked for again; one more has no key. */
export const WAITING_KEYS_MAX = 1_024;

/** How long a handshake waits for its key; its device has given up by then. */
const WAITING_MS = 60_000;

/** The longest that removed keys keep the server from its sockets at once. */
const SLICE_MS = 1;

/** What the shell asks of a store of keys; psk/ happens to fit. */
export interface KeySource extends RemovalJournal {
  /** The key of an identity, and whether many devices have it. */
  lookUp(identity: Uint8Array): { readonly key: Secret; readonly shared: boolean } | undefined;
  /** Identities whose keys were removed since the last call. */
  refresh(): ReturnType<RemovalJournal["removedSince"]>;
}

export interface KeyWatchOutlet extends StoreFaultOutlet {
  /** The server may have something to say. */
  worked(): void;
  failed(error: unknown): void;
}

/** What it asks and tells the server. */
export type KeyUser = Pick<FirmwareServer, "handleKeyRemoved" | "handlePsk" | "identities">;

/** When it works. */
export interface Turns {
  now(): Instant;
  /** Does `work` after what waits on the sockets. */
  later(work: () => void): void;
}

const SYSTEM_TURNS: Turns = { now: systemNow, later: setImmediate };

interface WaitingKey {
  readonly identity: Uint8Array;
  readonly until: Instant;
}

export class KeyWatch implements RemovalJournal {
  readonly #server: KeyUser;
  readonly #keys: KeySource;
  readonly #outlet: KeyWatchOutlet;
  readonly #turns: Turns;
  readonly #fault: StoreFault;
  readonly #waiting = new Map<string, WaitingKey>();
  #removal: number;
  /** What is left of the removals; undefined when all are worked through. */
  #removals: Iterator<Uint8Array | undefined> | undefined;
  /** The journal could not say all, and not every session has been looked at yet. */
  #isPruned = false;
  #isClosed = false;

  constructor(server: KeyUser, keys: KeySource, outlet: KeyWatchOutlet, turns = SYSTEM_TURNS) {
    this.#server = server;
    this.#keys = keys;
    this.#outlet = outlet;
    this.#turns = turns;
    this.#fault = new StoreFault(outlet);
    this.#removal = keys.removal;
  }

  /** The last removal that no session is left of. */
  get removal(): number {
    return this.#removal;
  }

  /** Identities whose keys are asked for again. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  removedSince(removal: number): ReturnType<RemovalJournal["removedSince"]> {
    return this.#keys.removedSince(removal);
  }

  /** Answers the server's question for a key, now or later. */
  answer(identity: Uint8Array): void {
    const isRepeated = this.#waiting.has(latin1Of(identity));
    if (isRepeated || this.#fault.survives(() => this.#tell(identity))) return;
    if (this.#waiting.size >= WAITING_KEYS_MAX) this.#server.handlePsk(this.#turns.now(), identity, undefined);
    else this.#waiting.set(latin1Of(identity), { identity, until: addMs(this.#turns.now(), WAITING_MS) });
  }

  #tell(identity: Uint8Array): void {
    const found = this.#keys.lookUp(identity);
    this.#server.handlePsk(this.#turns.now(), identity, found?.key, found?.shared);
  }

  /** Once a second. */
  ask(): void {
    const answered = this.#answerWaiting();
    const asked = this.#removals !== undefined || this.#fault.survives(() => this.#askForRemovals());
    if (answered && asked) this.#fault.mend();
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Whether nobody waits any more. One failure is enough: a bad disk is not asked a thousand times. */
  #answerWaiting(): boolean {
    for (const [name, { identity, until }] of this.#waiting) {
      const isLate = this.#turns.now() >= until;
      const answered = this.#fault.survives(() => {
        if (isLate) this.#server.handlePsk(this.#turns.now(), identity, undefined);
        else this.#tell(identity);
      });
      if (!answered) {
        // Another page may be sound: the next one comes first when it is tried again.
        this.#waiting.delete(name);
        this.#waiting.set(name, { identity, until });
        return false;
      }
      this.#waiting.delete(name);
    }
    return true;
  }

  #askForRemovals(): void {
    const { removal } = this.#keys;
    const removed = this.#isPruned ? "journalPruned" : this.#keys.refresh();
    if (removed === "journalPruned") {
      this.#isPruned = true;
      this.#removals = this.#goneIdentities();
    } else if (removed.length > 0) this.#removals = removed.values();
    else if (this.#keys.removal === removal) return;
    this.#workRemovals();
  }

  /** Undefined for each that still has a key, so that the caller can pause there too. */
  *#goneIdentities(): Generator<Uint8Array | undefined, void, void> {
    for (const identity of this.#server.identities()) {
      yield this.#keys.lookUp(identity) === undefined ? identity : undefined;
    }
    this.#isPruned = false;
  }

  #workRemovals(): void {
    if (this.#isClosed) return;
    const until = addMs(this.#turns.now(), SLICE_MS);
    const isWhole = this.#fault.survives(() => {
      do {
        const next = this.#removals?.next();
        if (next === undefined || next.done === true) return this.#endRemovals();
        if (next.value !== undefined) this.#server.handleKeyRemoved(this.#turns.now(), next.value);
      } while (this.#turns.now() < until);
    });
    // What is left of a look at every session that failed is looked at from the beginning.
    if (!isWhole) this.#removals = undefined;
    this.#outlet.worked();
    if (this.#removals !== undefined) this.#turns.later(() => this.#workRemovalsLater());
  }

  #workRemovalsLater(): void {
    try {
      this.#workRemovals();
    } catch (error) {
      this.#outlet.failed(error);
    }
  }

  #endRemovals(): void {
    this.#removals = undefined;
    this.#removal = this.#keys.removal;
  }
}
