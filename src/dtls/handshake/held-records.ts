// Records of the next epoch that came before its keys: a Finished that overtook ChangeCipherSpec or the look-up of the
// key (RFC 6347 4.1: may be buffered). Few and small; what does not fit comes again.

import type { Discard } from "../errors.ts";
import { HELD_RECORD_LENGTH_MAX, HELD_RECORDS_MAX } from "../parameters.ts";
import type { DtlsRecord } from "../record/record.ts";

export class HeldRecords {
  #records: DtlsRecord[] = [];

  /** Copies the record, which is a view into a datagram; gives back why not where it does not fit. */
  hold(record: DtlsRecord): Discard | undefined {
    if (this.#records.length >= HELD_RECORDS_MAX || record.fragmentLength > HELD_RECORD_LENGTH_MAX) {
      return "heldRecordsFull";
    }
    this.#records.push(record.copy());
    return undefined;
  }

  /** All of them, in the order they came; nothing is held after. */
  release(): readonly DtlsRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}
