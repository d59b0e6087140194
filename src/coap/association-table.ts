// What the server remembers of its associations for a while: bounded per association by count, over all by bytes, and
// in time. The lifetime is the same for all entries, so that one list in order of age serves as the queue of expiry:
// no timer per entry, no scan, and an association without recent traffic has nothing here.

import type { Deadlined } from "../base/deadlined.ts";
import { addMs, type Instant } from "../base/instant.ts";
import { ENTRY_OVERHEAD_LENGTH, EXPIRY_SLACK_MS } from "./parameters.ts";

interface Entry<Association, Key, Value> {
  readonly association: Association;
  readonly key: Key;
  readonly value: Value;
  readonly length: number;
  readonly expiresAt: Instant;
  older: Entry<Association, Key, Value> | undefined;
  newer: Entry<Association, Key, Value> | undefined;
}

export interface AssociationTableLimits {
  /** Entries of one association. */
  readonly countMax: number;
  /** Bytes over all associations, ENTRY_OVERHEAD_LENGTH for each entry included. */
  readonly lengthMax: number;
  /** From set() until the entry is gone. */
  readonly lifetimeMs: number;
}

export class AssociationTable<Association, Key, Value> implements Deadlined {
  readonly #limits: AssociationTableLimits;
  /** The inner maps are in order of age as well. */
  readonly #entries = new Map<Association, Map<Key, Entry<Association, Key, Value>>>();
  #oldest: Entry<Association, Key, Value> | undefined;
  #newest: Entry<Association, Key, Value> | undefined;
  #length = 0;

  constructor(limits: AssociationTableLimits) {
    this.#limits = limits;
  }

  /** Bytes, overhead included. */
  get length(): number {
    return this.#length;
  }

  get associationCount(): number {
    return this.#entries.size;
  }

  countOf(association: Association): number {
    return this.#entries.get(association)?.size ?? 0;
  }

  find(now: Instant, association: Association, key: Key): Value | undefined {
    const entry = this.#entries.get(association)?.get(key);
    return entry === undefined || entry.expiresAt <= now ? undefined : entry.value;
  }

  /** Puts `value` in place of any earlier one; the oldest entries leave where a limit is reached. */
  set(now: Instant, association: Association, key: Key, value: Value, valueLength: number): void {
    this.delete(association, key);
    this.handleTimeout(now);
    const length = valueLength + ENTRY_OVERHEAD_LENGTH;
    if (length > this.#limits.lengthMax) return;
    while (this.#length + length > this.#limits.lengthMax) this.#evictOldest();
    let own = this.#entries.get(association);
    if (own !== undefined && own.size === this.#limits.countMax) this.#remove(own.values().next().value!, own);
    // A map that became empty has left the table.
    own = this.#entries.get(association);
    if (own === undefined) {
      own = new Map();
      this.#entries.set(association, own);
    }
    const expiresAt = addMs(now, this.#limits.lifetimeMs);
    const entry = { association, key, value, length, expiresAt, older: this.#newest, newer: undefined };
    own.set(key, entry);
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    this.#length += length;
  }

  delete(association: Association, key: Key): void {
    const own = this.#entries.get(association);
    const entry = own?.get(key);
    if (own !== undefined && entry !== undefined) this.#remove(entry, own);
  }

  /** Drops all that is remembered of `association`. */
  forget(association: Association): void {
    const own = this.#entries.get(association);
    if (own === undefined) return;
    for (const entry of own.values()) this.#remove(entry, own);
  }

  handleTimeout(now: Instant): void {
    while (this.#oldest !== undefined && this.#oldest.expiresAt <= now) this.#evictOldest();
  }

  /** Later than the first expiry: find() knows what has expired, so that waking up only frees memory. */
  pollTimeout(): Instant | undefined {
    return this.#oldest && addMs(this.#oldest.expiresAt, EXPIRY_SLACK_MS);
  }

  #evictOldest(): void {
    const entry = this.#oldest!;
    this.#remove(entry, this.#entries.get(entry.association)!);
  }

  #remove(entry: Entry<Association, Key, Value>, own: Map<Key, Entry<Association, Key, Value>>): void {
    own.delete(entry.key);
    if (own.size === 0) this.#entries.delete(entry.association);
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    this.#length -= entry.length;
  }
}
