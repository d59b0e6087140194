// What has to be written down so that sessions outlive the process, and what must not be sent before it is. All of it is
// asked for: whoever has a store takes what changed, stores it, and says that it is stored.
//
// A session that is written down may be taken up by the next process at any moment from then on, with the last numbers
// that were stored. So numbers are reserved ahead, and a record whose number is not reserved waits: no nonce comes twice.
// A session that was never written down ends with the process, and may use all its numbers.

import { assert } from "../../base/assert.ts";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { SEQUENCE_NUMBERS_RESERVED } from "../parameters.ts";
import { SEQUENCE_NUMBER_END } from "../record/connection-state.ts";
import { ContentType } from "../record/record.ts";
import type { Session } from "./session.ts";
import { encodeSessionSnapshot, SESSION_SNAPSHOT_LENGTH_MAX, snapshotOf } from "./session-snapshot.ts";
import type { SessionTable } from "./session-table.ts";
import { WaitingRecords } from "./waiting-records.ts";

/** What happened since it was asked for last. */
export interface SessionChanges {
  /** Overwrite them when they are stored: they hold keys. */
  readonly snapshots: readonly NumberedSnapshot[];
  /** The numbers of sessions that are no more. */
  readonly ended: readonly number[];
}

export interface NumberedSnapshot {
  /** The session's name in the store, for as long as it lives. */
  readonly number: number;
  readonly lastActiveAt: Instant;
  readonly bytes: Uint8Array;
}

export interface SessionSavingOutlet {
  transmit(to: PeerAddress, datagram: Uint8Array): void;
  counted(name: SessionSavingCount): void;
}

export type SessionSavingCount =
  /** A record waits until its number is reserved. */
  | "recordWaits"
  /** A record whose number is not reserved found no room to wait in. */
  | "recordsWaitingFull";

interface Underway {
  readonly session: Session;
  /** The sequence numbers that are the session's once this is stored, to here. */
  readonly end: number;
}

export class SessionSaving {
  readonly #sessions: SessionTable;
  readonly #outlet: SessionSavingOutlet;
  readonly #waiting = new WaitingRecords();
  /** Sessions that have few numbers left. */
  readonly #low = new Set<Session>();
  #ended: number[] = [];
  /** What was taken and is not known to be stored yet. */
  #underway: readonly Underway[] | undefined;
  #lastNumber = 0;

  constructor(sessions: SessionTable, outlet: SessionSavingOutlet) {
    this.#sessions = sessions;
    this.#outlet = outlet;
  }

  /** Whether a session has few numbers left, so that changes should be taken now and not with the next tick. */
  get isUrgent(): boolean {
    return this.#low.size > 0;
  }

  /**
   * What changed, of `countMax` sessions at the most: those that are urgent, and those whose last record came by `until`.
   * Undefined when nothing did. Not before the last is answered for.
   */
  take(countMax: number, until: Instant): SessionChanges | undefined {
    assert(this.#underway === undefined, "changes were taken, and nobody has said yet that they are stored");
    const sessions = this.#takeSessions(countMax, until);
    const ended = this.#ended.splice(0, countMax);
    if (sessions.length === 0 && ended.length === 0) return undefined;
    const array = new Uint8Array(sessions.length * SESSION_SNAPSHOT_LENGTH_MAX);
    const snapshots: NumberedSnapshot[] = [];
    const underway: Underway[] = [];
    let offset = 0;
    for (const session of sessions) {
      if (session.number === 0) session.number = ++this.#lastNumber;
      const reserved = session.write.nextSequenceNumber + SEQUENCE_NUMBERS_RESERVED;
      const snapshot = snapshotOf(session, Math.min(reserved, SEQUENCE_NUMBER_END));
      const end = encodeSessionSnapshot(snapshot, array, offset);
      const { number, write } = session;
      snapshots.push({ number, lastActiveAt: snapshot.lastActiveAt, bytes: array.subarray(offset, end) });
      // From here on it may be what the next process finds. More is granted only once it surely is.
      write.sequenceNumberEnd = Math.min(write.sequenceNumberEnd, snapshot.sequenceNumberEnd);
      underway.push({ session, end: snapshot.sequenceNumberEnd });
      offset = end;
    }
    this.#underway = underway;
    return { snapshots, ended };
  }

  /** What take() gave is where the next process will find it. */
  handleSaved(): void {
    const underway = this.#underway;
    assert(underway !== undefined, "nothing was taken");
    this.#underway = undefined;
    for (const { session, end } of underway) session.write.sequenceNumberEnd = end;
    this.#release();
  }

  /** Nothing that was ever stored will be taken up by any process: every session is as one that was never written down. */
  handleLost(): void {
    this.#underway = undefined;
    this.#ended = [];
    this.#low.clear();
    for (const session of this.#sessions) {
      session.number = 0;
      session.write.sequenceNumberEnd = SEQUENCE_NUMBER_END;
    }
    this.#sessions.leaveAllUnsaved();
    this.#release();
  }

  /** A session has few numbers left. Whether `content` may be sent; when not, it waits. */
  admits(session: Session, content: Uint8Array): boolean {
    if (session.number > 0) this.#low.add(session);
    if (session.write.hasNumber) return true;
    this.#outlet.counted(this.#waiting.add(session, content) ? "recordWaits" : "recordsWaitingFull");
    return false;
  }

  /** A session that another process wrote down under `number` goes on in this one. */
  handleRestored(session: Session, number: number): void {
    session.number = number;
    session.restored = true;
    this.#lastNumber = Math.max(this.#lastNumber, number);
    session.write.sequenceNumberEnd = session.write.nextSequenceNumber + SEQUENCE_NUMBERS_RESERVED;
  }

  /** What is stored under `number` cannot be taken up. */
  handleRefused(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
    this.#ended.push(number);
  }

  handleEnded(session: Session): void {
    this.#low.delete(session);
    this.#waiting.forget(session);
    if (session.number > 0) this.#ended.push(session.number);
  }

  #takeSessions(countMax: number, until: Instant): Session[] {
    const sessions: Session[] = [];
    for (const session of this.#low) {
      if (sessions.length === countMax) break;
      sessions.push(session);
    }
    const low = new Set(sessions);
    while (sessions.length < countMax) {
      const session = this.#sessions.takeLeastRecentUnsaved(until);
      if (session === undefined) break;
      if (!low.has(session)) sessions.push(session);
    }
    for (const session of low) this.#low.delete(session);
    return sessions;
  }

  #release(): void {
    this.#waiting.release((session, content) => {
      this.#outlet.transmit(session.peer, session.write.seal(ContentType.application_data, content));
    });
  }
}
