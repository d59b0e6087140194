// A link whose deliveries and drops are written down, and a clock that runs it dry.

import { Link } from "../../sim/link/link.ts";
import type { DropReason } from "../../sim/link/link-statistics.ts";
import type { SharedMedium } from "../../sim/link/shared-medium.ts";
import { Prng } from "../../sim/prng.ts";
import type { Direction, LinkProfile } from "../../sim/profiles/profile.ts";
import { type Instant, instant } from "../../src/base/instant.ts";

export interface Delivery {
  readonly at: number;
  readonly direction: Direction;
  /** The first byte of the datagram, by which tests tell datagrams apart. */
  readonly id: number;
  readonly length: number;
}

export interface Drop {
  readonly at: number;
  readonly direction: Direction;
  readonly reason: DropReason;
}

export interface LinkLog {
  readonly link: Link;
  readonly deliveries: Delivery[];
  readonly drops: Drop[];
}

export function linkLog(profile: LinkProfile, seed = 1, medium?: SharedMedium): LinkLog {
  const deliveries: Delivery[] = [];
  const drops: Drop[] = [];
  const outlet = {
    deliver: (now: Instant, direction: Direction, datagram: Uint8Array) => {
      deliveries.push({ at: now, direction, id: datagram[0]!, length: datagram.length });
    },
    dropped: (now: Instant, direction: Direction, reason: DropReason) => {
      drops.push({ at: now, direction, reason });
    },
  };
  return { link: new Link(profile, new Prng(seed), outlet, medium), deliveries, drops };
}

/** A datagram of `length` bytes that begins with `id`. */
export function datagram(id: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = id;
  return bytes;
}

/** Runs until nothing is due any more, or until `limitMs`. */
export function run(links: readonly Link[], limitMs = 1e12): void {
  for (;;) {
    let next: Link | undefined;
    for (const link of links) {
      const at = link.pollTimeout();
      if (at !== undefined && at <= limitMs && at < (next?.pollTimeout() ?? Number.POSITIVE_INFINITY)) next = link;
    }
    if (next === undefined) return;
    next.handleTimeout(instant(next.pollTimeout()!));
  }
}
