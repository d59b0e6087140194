// A word for a peer whose session is gone, as after a restart without what was stored: a fatal internal_error in plaintext.
// Anybody could have sent it, and it is worth what a rumour is: a peer may shake hands anew beside its association, and
// give that up once the new Finished verified. Stacks that do not know it drop it (RFC 6347 4.1.2.7).
//
// Nothing is gained by provoking it: it is half as long as the shortest record that does, no alert provokes it, and there
// are only so many a second.

import { addMs, type Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { encodeAlert } from "../alert.ts";
import type { Discard } from "../errors.ts";
import { LOST_SESSION_ALERTS_PER_SECOND_MAX } from "../parameters.ts";
import { WriteState } from "../record/connection-state.ts";
import { ContentType, type DtlsRecord } from "../record/record.ts";

/** An explicit nonce, a byte and the shortest tag: what every record of application data has. */
const FRAGMENT_LENGTH_MIN = 17;

const SECOND_MS = 1_000;

export interface LostSessionsOutlet {
  transmit(to: PeerAddress, datagram: Uint8Array): void;
  counted(name: Discard | "sessionLostTold"): void;
}

export class LostSessions {
  readonly #outlet: LostSessionsOutlet;
  #secondEndsAt = Number.NEGATIVE_INFINITY as Instant;
  #left = 0;

  constructor(outlet: LostSessionsOutlet) {
    this.#outlet = outlet;
  }

  /** A protected record that belongs to no session. */
  handleRecord(now: Instant, from: PeerAddress, record: DtlsRecord, discard: Discard): void {
    this.#outlet.counted(discard);
    const isData = record.type === ContentType.application_data || record.type === ContentType.tls12_cid;
    if (!isData || record.epoch === 0 || record.fragmentLength < FRAGMENT_LENGTH_MIN) return;
    if (now >= this.#secondEndsAt) {
      this.#secondEndsAt = addMs(now, SECOND_MS);
      this.#left = LOST_SESSION_ALERTS_PER_SECOND_MAX;
    }
    if (this.#left === 0) return;
    this.#left--;
    // The record's own number, by which the peer knows that its record was seen.
    const alert = encodeAlert("fatal", "internal_error");
    this.#outlet.counted("sessionLostTold");
    this.#outlet.transmit(from, WriteState.plaintext(record.sequenceNumber).seal(ContentType.alert, alert));
  }
}
