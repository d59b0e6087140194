// Keeps sessions for the next process: takes up what the last one stored, and has stored what changes, one portion after
// the other.

import { type Instant, instant } from "../base/instant.ts";
import type { FirmwareServer } from "../server/firmware-server.ts";
import { systemNow } from "./system-clock.ts";

/** How often changes are stored: half of the two seconds that an operator is promised. */
export const SAVING_INTERVAL_MS = 1_000;

/** Sessions in one portion: a millisecond of the server's time. */
const PORTION_COUNT_MAX = 512;

/** After a failure nothing is stored for so long. */
const PAUSE_MS = 60_000;

/** What was found when the store was opened. */
export interface SessionsStored {
  /** In the order of their last use. */
  readonly sessions: readonly { readonly number: number; readonly bytes: Uint8Array; readonly starts: number }[];
  readonly loss: "damaged" | "foreign" | undefined;
  readonly damagedCount: number;
  /** The removal of keys that was known of when sessions were stored last. */
  readonly removal: number;
  /** So that a hello whose cookie the process before has given is answered. */
  readonly cookieSecret: Uint8Array;
}

/** What the shell asks of a store of sessions. */
export interface SessionSource {
  readonly stored: SessionsStored;
  /** Resolves when the changes are stored; with a reason when nothing that ever was stored will be taken up. */
  save(changes: {
    readonly sessions: readonly {
      readonly number: number;
      readonly lastActiveAt: number;
      readonly bytes: Uint8Array;
    }[];
    readonly ended: readonly number[];
    readonly removal: number;
  }): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What it asks of a store of keys. */
export interface RemovalJournal {
  /** The last removal that is known here. */
  readonly removal: number;
  /** Identities whose keys were removed or replaced since; "journalPruned" when nobody can tell. */
  removedSince(removal: number): readonly Uint8Array[] | "journalPruned";
}

export interface SessionKeeperOutlet {
  /** Records that waited can be sent now. */
  saved(): void;
  lost(reason: string): void;
  failed(error: unknown): void;
}

export class SessionKeeper {
  readonly #server: FirmwareServer;
  readonly #source: SessionSource;
  readonly #keys: RemovalJournal;
  readonly #outlet: SessionKeeperOutlet;
  #portion: Promise<void> | undefined;
  #isSound = true;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(server: FirmwareServer, source: SessionSource, keys: RemovalJournal, outlet: SessionKeeperOutlet) {
    this.#server = server;
    this.#source = source;
    this.#keys = keys;
    this.#outlet = outlet;
  }

  /** Before the first datagram. Gives back how many sessions go on, and how many that were stored do not. */
  restore(): { readonly restoredCount: number; readonly refusedCount: number } {
    const { sessions, removal, damagedCount } = this.#source.stored;
    const removed = this.#keys.removedSince(removal);
    const names = removed === "journalPruned" ? undefined : new Set(removed.map((identity) => String(identity)));
    const isKeyGood = (identity: Uint8Array) => names !== undefined && !names.has(String(identity));
    let restoredCount = 0;
    for (const { number, bytes, starts } of sessions) {
      if (this.#server.restore(systemNow(), number, bytes, starts, isKeyGood)) restoredCount++;
      bytes.fill(0);
    }
    return { restoredCount, refusedCount: sessions.length - restoredCount + damagedCount };
  }

  /** Has stored what changed by now, in portions, unless that is under way. */
  save(): Promise<void> {
    return this.#saveUntil(systemNow());
  }

  /** Has stored what cannot wait for that, if there is any. */
  saveUrgent(): void {
    if (this.#server.saving.isUrgent) void this.#saveUntil(instant(Number.NEGATIVE_INFINITY));
  }

  /** The last time: nothing may come in meanwhile. Whether the next process will find every session. */
  async finish(): Promise<boolean> {
    await this.#portion;
    await this.save();
    return this.#isSound && systemNow() >= this.#pausedUntil;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  async #saveUntil(until: Instant): Promise<void> {
    if (!this.#isSound || this.#portion !== undefined || systemNow() < this.#pausedUntil) return;
    this.#portion = this.#savePortions(until);
    await this.#portion;
    this.#portion = undefined;
  }

  async #savePortions(until: Instant): Promise<void> {
    try {
      while (await this.#savePortion(until));
    } catch (error) {
      this.#isSound = false;
      this.#outlet.failed(error);
    }
  }

  /** Whether there may be more. */
  async #savePortion(until: Instant): Promise<boolean> {
    const { saving } = this.#server;
    const changes = saving.take(PORTION_COUNT_MAX, until);
    if (changes === undefined) return false;
    const { snapshots: sessions, ended } = changes;
    const lost = await this.#source.save({ sessions, ended, removal: this.#keys.removal });
    for (const { bytes } of sessions) bytes.fill(0);
    if (lost === undefined) {
      saving.handleSaved();
      this.#outlet.saved();
      return true;
    }
    this.#pausedUntil = systemNow() + PAUSE_MS;
    saving.handleLost();
    this.#outlet.saved();
    this.#outlet.lost(lost);
    return false;
  }
}
