// Records of the next epoch that came before its keys: a Finished that overtook ChangeCipherSpec or the look-up of the
// key (RFC 6347 4.1: may be buffered). Few and small; what does not fit comes again.

import { copyOf } from "../base/bytes.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { Discard } from "./errors.ts";
import { HELD_RECORD_LENGTH_MAX, HELD_RECORDS_MAX } from "./parameters.ts";
import type { DtlsRecord } from "./record.ts";

interface HeldRecord {
  readonly from: PeerAddress;
  readonly record: DtlsRecord;
}

export class HeldRecords {
  #records: HeldRecord[] = [];

  /** Copies the record, which is a view into a datagram; gives back why not where it does not fit. */
  hold(from: PeerAddress, record: DtlsRecord): Discard | undefined {
    if (this.#records.length >= HELD_RECORDS_MAX || record.fragment.length > HELD_RECORD_LENGTH_MAX) {
      return "heldRecordsFull";
    }
    const copy = { ...record, connectionId: copyOf(record.connectionId), fragment: copyOf(record.fragment) };
    this.#records.push({ from, record: copy });
    return undefined;
  }

  /** All of them, in the order they came; nothing is held after. */
  release(): readonly HeldRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}
