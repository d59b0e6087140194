// An established association: what remains of a handshake. A sleeping device's session is this object and nothing else.

import { copyOf } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import type { ReadState, WriteState } from "./connection-state.ts";
import type { FlightItem } from "./handshake-exchange.ts";
import { DATAGRAM_LENGTH_MAX, LAST_FLIGHT_RESENDS_MAX } from "./parameters.ts";

/** Our last flight and what may ask for it again (RFC 6347 4.2.4). */
export interface LastFlight {
  readonly items: readonly FlightItem[];
  /** The peer's Finished that this flight answers: message_seq and verify_data have to be the same. */
  readonly peerMessageSeq: number;
  readonly peerVerifyData: Uint8Array;
  resendsLeft: number;
}

export interface SessionInput {
  readonly peer: PeerAddress;
  readonly identity: Uint8Array;
  readonly suite: CipherSuite;
  readonly read: ReadState;
  readonly write: WriteState;
  /** The most plaintext that the peer takes in a record, bytes. */
  readonly peerPlaintextLengthMax: number;
}

export class Session {
  /** Where the peer was when its newest authentic record came. */
  peer: PeerAddress;
  readonly identity: Uint8Array;
  readonly suite: CipherSuite;
  readonly read: ReadState;
  readonly write: WriteState;
  /** The most application data that one record to the peer may carry, bytes. */
  readonly plaintextLengthMax: number;
  lastFlight: LastFlight | undefined;
  lastActiveAt: Instant;
  authenticationFailures = 0;
  /** Whether it holds what rest() gives back. */
  busy = false;
  /** Neighbours in the session table's order of use. */
  lessRecent: Session | undefined;
  moreRecent: Session | undefined;

  constructor(now: Instant, input: SessionInput) {
    this.peer = input.peer;
    this.identity = copyOf(input.identity);
    this.suite = input.suite;
    this.read = input.read;
    this.write = input.write;
    this.lastActiveAt = now;
    // RFC 9146 4: the real type is one byte of the inner plaintext.
    const innerTypeLength = input.write.connectionId.length > 0 ? 1 : 0;
    this.plaintextLengthMax = Math.min(
      input.peerPlaintextLengthMax - innerTypeLength,
      DATAGRAM_LENGTH_MAX - input.write.overhead,
    );
  }

  /** Gives back what only a busy session needs; the next record makes it again. */
  rest(): void {
    this.read.rest();
    this.write.rest();
  }

  /** Overwrites the keys; the session can do nothing after. */
  wipe(): void {
    this.read.wipe();
    this.write.wipe();
  }
}

export function lastFlight(
  items: readonly FlightItem[],
  peerMessageSeq: number,
  peerVerifyData: Uint8Array,
): LastFlight {
  return { items, peerMessageSeq, peerVerifyData, resendsLeft: LAST_FLIGHT_RESENDS_MAX };
}
