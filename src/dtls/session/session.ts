// An established association: what remains of a handshake. A sleeping device's session is this object and nothing else.

import { bytesOfLatin1, latin1Of } from "../../base/bytes.ts";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import type { SecretSlab } from "../../base/secret-slab.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import type { LastFlight } from "../handshake/last-flight.ts";
import { DATAGRAM_LENGTH_MAX } from "../parameters.ts";
import type { ReadState, WriteState } from "../record/connection-state.ts";
import type { PeerPath } from "./peer-path.ts";

export interface SessionInput {
  readonly peer: PeerAddress;
  readonly identity: Uint8Array;
  readonly suite: CipherSuite;
  /** RFC 7366; false when absent. */
  readonly encryptThenMac?: boolean;
  /** RFC 9853; false when absent. */
  readonly returnRoutability?: boolean;
  readonly read: ReadState;
  readonly write: WriteState;
  /** The most plaintext that the peer takes in a record, bytes. */
  readonly peerPlaintextLengthMax: number;
}

/** Records that did not open: since when, and how many, from the peer's own address and from others. */
export interface OpeningFailures {
  readonly since: Instant;
  own: number;
  others: number;
}

export class Session {
  /** Where the peer was when its newest authentic record came. */
  peer: PeerAddress;
  /** One character a byte: a key for maps, and a sixth of what an array takes. */
  readonly identityKey: string;
  readonly suite: CipherSuite;
  readonly encryptThenMac: boolean;
  readonly read: ReadState;
  readonly write: WriteState;
  /** Its name where it is written down; 0 while it never was. */
  number = 0;
  /** The most application data that one record to the peer may carry, bytes. */
  readonly plaintextLengthMax: number;
  /** Whether RFC 9853 was negotiated. */
  readonly returnRoutability: boolean;
  /** Since the peer spoke from another host. */
  path: PeerPath | undefined;
  lastFlight: LastFlight | undefined;
  /** By which it can be resumed, one character a byte; empty where it cannot. What resumes it may be forgotten before it ends. */
  sessionId = "";
  lastActiveAt: Instant;
  /** Absent while there were none. */
  failures: OpeningFailures | undefined;
  /**
   * Saved by an earlier process, and nothing has shown since that what comes is no old record: a request that changes
   * something has to show it first (RFC 9175 2.4, 1).
   */
  restored = false;
  /** What the layer above knows of its identity, and as of which change; nothing of it is written down. */
  scope: unknown = undefined;
  scopeChange = 0;
  /** Whether it holds what rest() gives back. */
  busy = false;
  /** Its place among all of the session table. */
  index = 0;
  /** Neighbours in the ring of the sessions of its identity. */
  elderOfIdentity: Session = this;
  youngerOfIdentity: Session = this;
  /** Neighbours in the session table's order of use. */
  older: Session | undefined;
  newer: Session | undefined;

  constructor(now: Instant, input: SessionInput) {
    this.peer = input.peer;
    this.identityKey = latin1Of(input.identity);
    this.suite = input.suite;
    this.encryptThenMac = input.encryptThenMac ?? false;
    this.returnRoutability = input.returnRoutability ?? false;
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

  get identity(): Uint8Array {
    return bytesOfLatin1(this.identityKey);
  }

  /** Gives back what only a busy session needs; the next record makes it again. */
  rest(): void {
    this.read.rest();
    this.write.rest();
  }

  /** For a session that is kept for long, among many. */
  moveKeys(slabFor: (length: number) => SecretSlab): void {
    this.read.moveKeys(slabFor);
    this.write.moveKeys(slabFor);
  }

  /** Overwrites the keys; the session can do nothing after. */
  wipe(): void {
    this.read.wipe();
    this.write.wipe();
  }
}
