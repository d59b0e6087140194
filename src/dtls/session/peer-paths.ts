// Where a session's records go when its peer speaks from another host (RFC 9146 6): at once, since a NAT that forgets would
// otherwise cut off its devices; but only so much, until that host has shown that it wants them. Whoever has a key could
// otherwise name a victim's address, and have it sent twenty times the bytes.
//
// With RFC 9853 the new address is asked (its "basic" check), and gets three times what came from it until it answers. A peer
// without it cannot be asked: its session gets a number of answers a minute, however often it moves, which is more than a
// device on a slow link asks for. A change of port alone is the same host and needs no proof.

import { concat, equal } from "../../base/bytes.ts";
import { addMs, type Instant } from "../../base/instant.ts";
import { isSameHost, type PeerAddress } from "../../base/peer-address.ts";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import type { Discard } from "../errors.ts";
import {
  PATH_CHALLENGE_INTERVAL_MS,
  PATH_CHALLENGES_MAX,
  UNPROVEN_ANSWERS_PER_MINUTE_MAX,
  UNPROVEN_BYTES_FACTOR,
} from "../parameters.ts";
import { ContentType, type DtlsRecord } from "../record/record.ts";
import type { PeerPath } from "./peer-path.ts";
import type { Session } from "./session.ts";

const MINUTE_MS = 60_000;

/** RFC 9853 4. */
export const RrcMessageType = { path_challenge: 0, path_response: 1, path_drop: 2 } as const;

export const RRC_COOKIE_LENGTH = 8;
const RRC_MESSAGE_LENGTH = 1 + RRC_COOKIE_LENGTH;

/** What answers a path_challenge; undefined for any other message (RFC 9853 5.4). */
export function pathResponseTo(content: Uint8Array): Uint8Array | undefined {
  if (content.length !== RRC_MESSAGE_LENGTH || content[0] !== RrcMessageType.path_challenge) return undefined;
  return concat(Uint8Array.of(RrcMessageType.path_response), content.subarray(1));
}

/** What is counted of paths. */
export type PathCount = "pathUnproven" | "pathProven" | "pathAnswerDropped";

export interface PeerPathsOutlet {
  transmit(to: PeerAddress, datagram: Uint8Array): void;
  counted(name: Discard | PathCount): void;
}

export class PeerPaths {
  readonly #random: RandomSource;
  readonly #outlet: PeerPathsOutlet;

  constructor(random: RandomSource, outlet: PeerPathsOutlet) {
    this.#random = random;
    this.#outlet = outlet;
  }

  /** An authentic record, newer than every one before, came from another address than the session's. */
  handleMove(now: Instant, session: Session, from: PeerAddress): void {
    const { peer, path } = session;
    session.peer = from;
    const proven = path?.proven ?? peer;
    if (isSameHost(from, proven)) {
      if (path !== undefined) path.proven = from;
      return;
    }
    if (path !== undefined && isSameHost(from, peer)) return;
    this.#outlet.counted("pathUnproven");
    session.path = {
      proven,
      received: 0,
      sent: 0,
      cookies: [],
      challengeAgainAt: now,
      challengeIntervalMs: PATH_CHALLENGE_INTERVAL_MS,
      answersLeft: path?.answersLeft ?? UNPROVEN_ANSWERS_PER_MINUTE_MAX,
      countedAt: path?.countedAt ?? now,
    };
  }

  /** An authentic record came from `from`, for a session that has a path. */
  handleRecord(now: Instant, session: Session, path: PeerPath, from: PeerAddress, record: DtlsRecord): void {
    const gained = ((now - path.countedAt) * UNPROVEN_ANSWERS_PER_MINUTE_MAX) / MINUTE_MS;
    path.answersLeft = Math.min(UNPROVEN_ANSWERS_PER_MINUTE_MAX, path.answersLeft + gained);
    path.countedAt = now;
    if (isSameHost(session.peer, path.proven) || !isSameHost(from, session.peer)) return;
    path.received += record.length;
    if (!session.returnRoutability || now < path.challengeAgainAt) return;
    // RFC 9853 5.3: paced, and each one of fresh entropy. Earlier ones hold too: the round trip may be longer than the pace.
    path.challengeAgainAt = addMs(now, path.challengeIntervalMs);
    path.challengeIntervalMs *= 2;
    const cookie = randomBytes(this.#random, RRC_COOKIE_LENGTH);
    if (path.cookies.push(cookie) > PATH_CHALLENGES_MAX) path.cookies.shift();
    this.#send(session, session.peer, concat(Uint8Array.of(RrcMessageType.path_challenge), cookie));
  }

  /** Whether a record of `length` bytes may go to the session's address now; the caller then sends it. */
  admits(session: Session, path: PeerPath, length: number): boolean {
    if (isSameHost(session.peer, path.proven)) return true;
    const admitted = session.returnRoutability
      ? path.sent + length <= UNPROVEN_BYTES_FACTOR * path.received
      : path.answersLeft >= 1;
    if (!admitted) {
      this.#outlet.counted("pathAnswerDropped");
      return false;
    }
    path.sent += length;
    path.answersLeft--;
    return true;
  }

  /** RFC 9853 4. A message of a kind that is not known is passed over, as it asks. */
  handleMessage(session: Session, from: PeerAddress, content: Uint8Array): void {
    const response = session.returnRoutability ? pathResponseTo(content) : undefined;
    // RFC 9853 5.4: to where the challenge came from, and at once.
    if (response !== undefined) return this.#send(session, from, response);
    const { path } = session;
    const cookie = content.subarray(1);
    const proves =
      session.returnRoutability &&
      content[0] === RrcMessageType.path_response &&
      path !== undefined &&
      !isSameHost(session.peer, path.proven) &&
      from === session.peer &&
      path.cookies.some((sent) => equal(sent, cookie));
    if (!proves) return this.#outlet.counted("pathMessageUnexpected");
    path.proven = from;
    path.cookies = [];
    this.#outlet.counted("pathProven");
  }

  #send(session: Session, to: PeerAddress, message: Uint8Array): void {
    if (!session.write.hasNumber) return;
    const datagram = session.write.seal(ContentType.return_routability_check, message);
    if (session.path !== undefined && to === session.peer) session.path.sent += datagram.length;
    this.#outlet.transmit(to, datagram);
  }
}
