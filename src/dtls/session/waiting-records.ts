// Records that wait until their session may send again: its sequence numbers are reserved where they outlive the process,
// and what stores them is slow. The oldest go out first; what finds no room is lost, as datagrams are.

import { copyOf } from "../../base/bytes.ts";
import { WAITING_RECORD_LENGTH_MAX, WAITING_RECORDS_MAX } from "../parameters.ts";
import type { Session } from "./session.ts";

interface WaitingRecord {
  readonly session: Session;
  readonly content: Uint8Array;
}

export class WaitingRecords {
  #records: WaitingRecord[] = [];
  #length = 0;

  get count(): number {
    return this.#records.length;
  }

  /** Copies `content`. False when there is no room. */
  add(session: Session, content: Uint8Array): boolean {
    if (this.#records.length >= WAITING_RECORDS_MAX) return false;
    if (this.#length + content.length > WAITING_RECORD_LENGTH_MAX) return false;
    this.#records.push({ session, content: copyOf(content) });
    this.#length += content.length;
    return true;
  }

  /** Hands `send` what may go out now. */
  release(send: (session: Session, content: Uint8Array) => void): void {
    this.#keepThose(({ session, content }) => {
      if (!session.write.hasNumber) return true;
      send(session, content);
      return false;
    });
  }

  forget(session: Session): void {
    if (this.#records.length > 0) this.#keepThose((record) => record.session !== session);
  }

  #keepThose(keeps: (record: WaitingRecord) => boolean): void {
    this.#records = this.#records.filter(keeps);
    this.#length = this.#records.reduce((length, { content }) => length + content.length, 0);
  }
}
