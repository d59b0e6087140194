// What can be wrong with a peer's bytes, by who must act: a Discard is counted and nothing goes on the wire
// (RFC 6347 4.1.2.7); a HandshakeError ends the handshake with an alert.

import type { AlertName } from "./alert.ts";

/** Why a record or a handshake fragment was dropped without an answer. */
export type Discard =
  /** Application data of the new epoch before its Finished (RFC 6347 4.1). */
  | "applicationDataBeforeFinished"
  /** An alert under keys of a handshake whose Finished has not come: only what was sent with them is forgotten. */
  | "alertBeforeFinished"
  /** An alert that no key protects; anyone could have sent it. */
  | "alertUnauthenticated"
  /** A record that did not authenticate: damaged, forged, or made with another key. */
  | "badRecordMac"
  /** A ClientHello whose first fragment does not reach the cookie. */
  | "clientHelloIncomplete"
  /** A ClientHello that does not parse, before its sender proved its address. */
  | "clientHelloMalformed"
  /** ChangeCipherSpec where none is due (RFC 6347 4.1, bug patterns 3 and 4). */
  | "changeCipherSpecUnexpected"
  /** A record without Connection ID of an epoch that no session or handshake at this address has. */
  | "epochUnknown"
  /** A Finished under good keys with other verify_data: its ClientKeyExchange is forgotten (RFC 5246 7.4.9). */
  | "finishedMismatch"
  /** A handshake fragment that contradicts its own header or an earlier fragment (RFC 6347 4.2.3). */
  | "fragmentInconsistent"
  /** A handshake message above HANDSHAKE_MESSAGE_LENGTH_MAX, or too far ahead. */
  | "fragmentTooFar"
  /** A record that was not tried: too many from there did not open under this session's keys. */
  | "forgeriesTooMany"
  /** A Finished that was not tried: too many from there did not open under keys of this identity. */
  | "guessesTooMany"
  /** A handshake message that was complete before: a retransmission. */
  | "handshakeRepeated"
  /** A handshake record that does not hold a whole handshake header. */
  | "handshakeTruncated"
  /** A handshake message inside an established session. */
  | "handshakeUnexpected"
  /** A record for the next epoch that came too early and did not fit the hold. */
  | "heldRecordsFull"
  /** A decrypted record with Connection ID that names no real type (RFC 9146 4). */
  | "innerPlaintextEmpty"
  /** A ClientKeyExchange that does not parse; anyone could have sent it. */
  | "keyExchangeMalformed"
  /** A ClientKeyExchange whose public key is not a point that may be used (RFC 8422 5.11). */
  | "keyShareInvalid"
  /** A first message with a message_seq that no handshake begins with. */
  | "messageSeqInvalid"
  /** A message of RFC 9853 that proves nothing: not negotiated, not asked for, or for another address. */
  | "pathMessageUnexpected"
  /** More records in a datagram than RECORDS_PER_DATAGRAM_MAX. */
  | "recordsTooMany"
  /** A record whose plaintext is above the limit. */
  | "recordOverflow"
  /** A sequence number seen before or left of the window (RFC 6347 4.1.2.6). */
  | "recordReplayed"
  /** A datagram that ends inside a record. */
  | "recordTruncated"
  /** A content type that is not ours. */
  | "recordTypeUnknown"
  /** A version that is not DTLS 1.2 (or 1.0 in a first hello). */
  | "recordVersion"
  /** A ClientHello in a record above HELLO_SEQUENCE_NUMBER_MAX. */
  | "sequenceNumberTooHigh"
  /** A Connection ID that is not ours, or no longer. */
  | "unknownConnectionId"
  /** A record that needs a handshake or session where there is none. */
  | "unknownPeer";

/** Why a handshake ended without a session. */
export type HandshakeErrorKind =
  | "compressionMissing"
  | "connectionIdTooLong"
  | "decodeError"
  | "extendedMasterSecretMissing"
  | "extensionUnasked"
  | "finishedMismatch"
  /** A server refuses a key by silence; this is what a client concludes from much of it (handshake/refusal-evidence.ts). */
  | "keyRefused"
  | "keyShareInvalid"
  | "noCommonCipherSuite"
  | "noCommonGroup"
  | "peerAlert"
  | "protocolVersion"
  | "recordSizeLimitInvalid"
  | "renegotiationInfoInvalid"
  | "sessionsFull"
  | "timeout"
  | "unexpectedMessage";

export interface HandshakeError {
  readonly kind: HandshakeErrorKind;
  /** What was wrong, for logs; holds nothing secret. */
  readonly detail: string;
}

export function handshakeError(kind: HandshakeErrorKind, detail: string): HandshakeError {
  return { kind, detail };
}

/** The alert that answers each kind, or undefined where silence does (RFC 5246 7.2.2). */
export function alertFor(kind: HandshakeErrorKind): AlertName | undefined {
  switch (kind) {
    case "decodeError":
      return "decode_error";
    case "extensionUnasked":
      return "unsupported_extension";
    case "finishedMismatch":
      return "decrypt_error";
    case "connectionIdTooLong":
    case "extendedMasterSecretMissing":
    case "noCommonCipherSuite":
    case "noCommonGroup":
    case "renegotiationInfoInvalid":
      return "handshake_failure";
    case "compressionMissing":
    case "keyShareInvalid":
    case "recordSizeLimitInvalid":
      return "illegal_parameter";
    case "protocolVersion":
      return "protocol_version";
    case "unexpectedMessage":
      return "unexpected_message";
    case "keyRefused":
    case "peerAlert":
    case "sessionsFull":
    case "timeout":
      return undefined;
  }
}
