// A client that fetches one block after the other over a link, with RFC 7252's timers and no protocol bytes: what the
// closed forms of stop-and-wait describe. The server answers at once.

import { Link } from "../../sim/link/link.ts";
import type { Prng } from "../../sim/prng.ts";
import type { LinkProfile } from "../../sim/profiles/profile.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";

export interface StopAndWait {
  readonly requestLength: number;
  readonly responseLength: number;
  readonly exchangeCount: number;
  /** RFC 7252 4.8, in milliseconds. */
  readonly ackTimeoutMs: number;
  /** How long the client rests before each exchange, in milliseconds. */
  readonly restMs?: number;
  /** Told the attempt of an exchange before anything is drawn for it, from 0. */
  readonly attempting?: (attempt: number) => void;
}

export interface StopAndWaitResult {
  readonly seconds: number;
  /** Exchanges by their number of retransmissions, the last place for those given up. */
  readonly retransmissions: readonly number[];
}

const MAX_RETRANSMIT = 4;

/** Gives up an exchange after MAX_RETRANSMIT and begins it anew. */
export function stopAndWait(profile: LinkProfile, random: Prng, parameters: StopAndWait): StopAndWaitResult {
  const request = new Uint8Array(parameters.requestLength);
  const response = new Uint8Array(parameters.responseLength);
  const retransmissions = new Array<number>(MAX_RETRANSMIT + 2).fill(0);
  const jitter = random.fork("ack-timeout");
  let answeredAt: Instant | undefined;
  const link = new Link(profile, random.fork("link"), {
    deliver: (now, direction, datagram) => {
      // The first two bytes name the exchange, so that a late answer to an earlier one is not taken for this one's.
      if (direction === "up") {
        response.set(datagram.subarray(0, 2));
        link.send(now, "down", response);
      } else if (datagram[0] === request[0] && datagram[1] === request[1]) answeredAt ??= now;
    },
  });
  const runUntil = (limit: Instant): void => {
    for (let due = link.pollTimeout(); due !== undefined && due <= limit; due = link.pollTimeout()) {
      link.handleTimeout(due);
      if (answeredAt !== undefined) return;
    }
  };
  let now = instant(0);
  let exchange = 0;
  let done = 0;
  while (done < parameters.exchangeCount) {
    if (parameters.restMs !== undefined) now = addMs(now, parameters.restMs);
    answeredAt = undefined;
    request[0] = exchange >> 8;
    request[1] = exchange & 255;
    exchange = (exchange + 1) & 0xffff;
    parameters.attempting?.(0);
    let timeoutMs = parameters.ackTimeoutMs * (1 + 0.5 * jitter.fraction());
    let attempt = 0;
    for (; attempt <= MAX_RETRANSMIT && answeredAt === undefined; attempt++) {
      link.send(now, "up", request);
      const limit = addMs(now, timeoutMs);
      runUntil(limit);
      now = answeredAt ?? limit;
      timeoutMs *= 2;
      if (attempt < MAX_RETRANSMIT) parameters.attempting?.(attempt + 1);
    }
    const outcome = answeredAt === undefined ? MAX_RETRANSMIT + 1 : attempt - 1;
    retransmissions[outcome] = retransmissions[outcome]! + 1;
    if (answeredAt !== undefined) done++;
  }
  return { seconds: now / 1000, retransmissions };
}
