// What a DTLS server tells and asks its owner.

import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { Discard, HandshakeError } from "./errors.ts";
import type { PathCount } from "./session/peer-paths.ts";
import type { Session } from "./session/session.ts";
import type { SessionSavingCount } from "./session/session-saving.ts";

/** Why a session ended. */
export type SessionEnd =
  | "closeNotify"
  | "evicted"
  | "fatalAlert"
  | "forgeries"
  | "idle"
  | "keyRemoved"
  | "keysExhausted"
  | "replaced"
  | "shutdown";

/** What is counted beside discards. */
export type DtlsCount =
  | Discard
  | SessionSavingCount
  | PathCount
  | "cookieRefused"
  /** Another one took its place: see admission/address-shares.ts. */
  | "handshakeEvicted"
  | "helloVerifyRequest"
  /** Not done while sessions had much to say: see admission/work-budget.ts. */
  | "cookieShed"
  | "farRecordShed"
  | "handshakeShed"
  | "helloShed"
  | "keyExchangeShed"
  | "lastFlightResent"
  /** A peer was told that its session is not here: see session/lost-sessions.ts. */
  | "sessionLostTold";

export interface DtlsServerOutlet {
  transmit(to: PeerAddress, datagram: Uint8Array): void;
  /** `data` is valid until the call returns. */
  applicationData(now: Instant, session: Session, data: Uint8Array): void;
  /** A question: answer with handlePsk, at once or later. */
  pskWanted(now: Instant, identity: Uint8Array): void;
  sessionUp(now: Instant, session: Session): void;
  sessionDown(now: Instant, session: Session, end: SessionEnd): void;
  handshakeFailed(now: Instant, peer: PeerAddress, error: HandshakeError): void;
  /** See ServerHandshakeOutlet. The handshake goes on: the peer hears nothing of it, and may find the right key. */
  keyRefused(now: Instant, peer: PeerAddress, identity: Uint8Array, identityKnown: boolean): void;
  counted(name: DtlsCount): void;
}
