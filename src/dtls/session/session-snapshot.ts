// A session written down, for the process that comes after this one:
//
//   version 1 | cipher suite 2 | flags 1 | epoch 2 | sequence number end 6
//   newest + 1 6 | window low 4 | window high 4 | plaintext length 2 | last active 6
//   peer <1> | identity <1> | read keys <1> | write keys <1> | read Connection ID <1> | write Connection ID <1>
//
// It holds keys: whoever stores it seals it, and overwrites what is left of it in memory. What is not in it is lost with the
// process, to nobody's harm: the last flight, and the count of records that did not authenticate.

import { ByteReader } from "../../base/byte-reader.ts";
import { put } from "../../base/bytes.ts";
import { type Instant, instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { Secret } from "../../base/secret.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import { CONNECTION_ID_LENGTH_MAX, DATAGRAM_LENGTH_MAX, PSK_IDENTITY_LENGTH_MAX } from "../parameters.ts";
import { ReadState, SEQUENCE_NUMBER_END, WriteState } from "../record/connection-state.ts";
import type { ReplayWindowState } from "../record/replay-window.ts";
import type { SuiteProtections } from "../suite-protections.ts";
import { Session } from "./session.ts";
import { CONNECTION_ID_LENGTH } from "./session-table.ts";

const VERSION = 1;
const ENCRYPT_THEN_MAC = 1;
const RETURN_ROUTABILITY = 2;
const FIXED_LENGTH = 38;
/** Two addresses of 8 units, a port, a mark, and a zone of the longest name that a network interface has. */
const PEER_LENGTH_MAX = 96;
/** The longest of all suites: AES-128-CBC with HMAC-SHA256. */
const KEYS_LENGTH_MAX = 64;

/** The most bytes that a snapshot takes. */
export const SESSION_SNAPSHOT_LENGTH_MAX =
  FIXED_LENGTH + 6 + PEER_LENGTH_MAX + PSK_IDENTITY_LENGTH_MAX + 2 * KEYS_LENGTH_MAX + 2 * CONNECTION_ID_LENGTH_MAX;

export interface SessionSnapshot {
  /** As in the IANA registry. */
  readonly cipherSuite: number;
  readonly encryptThenMac: boolean;
  readonly returnRoutability: boolean;
  readonly epoch: number;
  /** The first sequence number that this process never sends: where the next one begins. */
  readonly sequenceNumberEnd: number;
  readonly window: ReplayWindowState;
  readonly plaintextLengthMax: number;
  /** Of a clock that goes on in the next process; whole milliseconds. */
  readonly lastActiveAt: Instant;
  readonly peer: PeerAddress;
  readonly identity: Uint8Array;
  readonly readKeys: Uint8Array;
  readonly writeKeys: Uint8Array;
  readonly readConnectionId: Uint8Array;
  readonly writeConnectionId: Uint8Array;
}

/** What there is to write down of a session. The keys are the session's own bytes, not a copy. */
export function snapshotOf(session: Session, sequenceNumberEnd: number): SessionSnapshot {
  const { suite, encryptThenMac, returnRoutability, read, write, plaintextLengthMax, path, identity } = session;
  return {
    cipherSuite: suite.id,
    encryptThenMac,
    returnRoutability,
    epoch: write.epoch,
    sequenceNumberEnd,
    window: read.window,
    plaintextLengthMax,
    lastActiveAt: instant(Math.floor(session.lastActiveAt)),
    // The next process knows of no address that would have to be proven.
    peer: path?.proven ?? session.peer,
    identity,
    readKeys: read.keys.reveal(),
    writeKeys: write.keys.reveal(),
    readConnectionId: read.connectionId,
    writeConnectionId: write.connectionId,
  };
}

/** Writes at `offset` of `target`, which has room for SESSION_SNAPSHOT_LENGTH_MAX bytes; gives back where it ends. */
export function encodeSessionSnapshot(snapshot: SessionSnapshot, target: Uint8Array, offset: number): number {
  const { window } = snapshot;
  let at = putUint(target, offset, 1, VERSION);
  at = putUint(target, at, 2, snapshot.cipherSuite);
  at = putUint(target, at, 1, flagsOf(snapshot));
  at = putUint(target, at, 2, snapshot.epoch);
  at = putUint(target, at, 6, snapshot.sequenceNumberEnd);
  at = putUint(target, at, 6, window.newest + 1);
  at = putUint(target, at, 4, window.low);
  at = putUint(target, at, 4, window.high);
  at = putUint(target, at, 2, snapshot.plaintextLengthMax);
  at = putUint(target, at, 6, snapshot.lastActiveAt);
  at = putPeer(target, at, snapshot.peer);
  at = putVector(target, at, snapshot.identity);
  at = putVector(target, at, snapshot.readKeys);
  at = putVector(target, at, snapshot.writeKeys);
  at = putVector(target, at, snapshot.readConnectionId);
  return putVector(target, at, snapshot.writeConnectionId);
}

/** Undefined for anything that encodeSessionSnapshot does not write. Keys, IDs and identity are views of `bytes`. */
export function decodeSessionSnapshot(bytes: Uint8Array): SessionSnapshot | undefined {
  const reader = new ByteReader(bytes);
  const version = reader.uint8();
  const cipherSuite = reader.uint16();
  const flags = reader.uint8();
  const snapshot: SessionSnapshot = {
    cipherSuite,
    encryptThenMac: (flags & ENCRYPT_THEN_MAC) !== 0,
    returnRoutability: (flags & RETURN_ROUTABILITY) !== 0,
    epoch: reader.uint16(),
    sequenceNumberEnd: reader.uint48(),
    window: { newest: reader.uint48() - 1, low: reader.uint32(), high: reader.uint32() },
    plaintextLengthMax: reader.uint16(),
    lastActiveAt: instant(reader.uint48()),
    peer: peerIn(reader.vector8()),
    identity: reader.vector8(),
    readKeys: reader.vector8(),
    writeKeys: reader.vector8(),
    readConnectionId: reader.vector8(),
    writeConnectionId: reader.vector8(),
  };
  const { window, plaintextLengthMax, peer, identity, readConnectionId, writeConnectionId } = snapshot;
  const sound =
    version === VERSION &&
    flags <= (ENCRYPT_THEN_MAC | RETURN_ROUTABILITY) &&
    snapshot.epoch > 0 &&
    (window.newest >= 0 ? (window.low & 1) === 1 : window.low === 0 && window.high === 0) &&
    plaintextLengthMax > 0 &&
    plaintextLengthMax <= DATAGRAM_LENGTH_MAX &&
    peer.length > 0 &&
    2 * peer.length <= PEER_LENGTH_MAX &&
    identity.length <= PSK_IDENTITY_LENGTH_MAX &&
    readConnectionId.length <= CONNECTION_ID_LENGTH_MAX &&
    writeConnectionId.length <= CONNECTION_ID_LENGTH_MAX;
  return sound && reader.atEnd ? snapshot : undefined;
}

/**
 * The session that `snapshot` is of, which sends from `snapshot.sequenceNumberEnd` on. Undefined when none of `suites` fits
 * it, when its numbers are used up, or when its Connection ID is none of ours.
 */
export function sessionFrom(
  snapshot: SessionSnapshot,
  suites: readonly CipherSuite[],
  protections: SuiteProtections,
): Session | undefined {
  const { encryptThenMac, epoch, sequenceNumberEnd, readKeys, writeKeys, writeConnectionId } = snapshot;
  const suite = suites.find(({ id }) => id === snapshot.cipherSuite);
  if (suite === undefined || sequenceNumberEnd >= SEQUENCE_NUMBER_END) return undefined;
  const protection = protections.of(suite, encryptThenMac);
  let keysLength = 0;
  for (const part of protection.keyParts) keysLength += part;
  if (readKeys.length !== keysLength || writeKeys.length !== keysLength) return undefined;
  const { readConnectionId, window } = snapshot;
  if (readConnectionId.length > 0 && readConnectionId.length !== CONNECTION_ID_LENGTH) return undefined;
  return new Session(snapshot.lastActiveAt, {
    peer: snapshot.peer,
    identity: snapshot.identity,
    suite,
    encryptThenMac,
    returnRoutability: snapshot.returnRoutability,
    read: new ReadState(epoch, protection, new Secret(readKeys), readConnectionId, window),
    write: new WriteState(epoch, protection, new Secret(writeKeys), writeConnectionId, sequenceNumberEnd),
    // RFC 9146 4: the real type is one byte of the inner plaintext.
    peerPlaintextLengthMax: snapshot.plaintextLengthMax + (writeConnectionId.length > 0 ? 1 : 0),
  });
}

function flagsOf({ encryptThenMac, returnRoutability }: SessionSnapshot): number {
  return (encryptThenMac ? ENCRYPT_THEN_MAC : 0) | (returnRoutability ? RETURN_ROUTABILITY : 0);
}

function putUint(target: Uint8Array, offset: number, length: number, value: number): number {
  let rest = value;
  for (let i = offset + length - 1; i >= offset; i--) {
    target[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + length;
}

function putVector(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  target[offset] = bytes.length;
  put(target, offset + 1, bytes);
  return offset + 1 + bytes.length;
}

function putPeer(target: Uint8Array, offset: number, peer: PeerAddress): number {
  let at = putUint(target, offset, 1, 2 * peer.length);
  for (let i = 0; i < peer.length; i++) at = putUint(target, at, 2, peer.charCodeAt(i));
  return at;
}

function peerIn(bytes: Uint8Array): PeerAddress {
  let peer = "";
  for (let i = 0; i + 1 < bytes.length; i += 2) peer += String.fromCharCode((bytes[i]! << 8) | bytes[i + 1]!);
  return peer as PeerAddress;
}
