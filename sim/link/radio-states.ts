// What a device's radio does while time goes by: it sends, it receives, it listens, it wakes up, or it is off. Listening
// costs what receiving costs, or what the profile says: docs/links.md 6 has the closed forms.

import type { Instant } from "../../src/base/instant.ts";
import type { LinkProfile } from "../profiles/profile.ts";

/** How long in each state, seconds. On a half-duplex link they add up to all time, a full-duplex radio sends besides. */
export interface StateTimes {
  readonly sending: number;
  readonly receiving: number;
  readonly listening: number;
  readonly wakingUp: number;
  readonly off: number;
  /** How often it woke up, the first time included. */
  readonly wakeCount: number;
}

/** What the parts of a link know of the device's radio, seconds. */
export interface RadioUse {
  /** When the first datagram was given to the link, and until when it is asked. */
  readonly from: Instant;
  readonly until: Instant;
  readonly sending: number;
  readonly receiving: number;
  /** Of a device that sleeps: how long it was awake, inactivity timers included, and how often and how long it woke up. */
  readonly sleep?: { readonly awake: number; readonly wakeCount: number; readonly wakingUp: number };
  /** Of class A: how long windows were open in which nothing began. */
  readonly emptyWindows?: number;
}

export function stateTimes({ duplex, passes }: LinkProfile, use: RadioUse): StateTimes {
  const { sending, receiving, sleep, emptyWindows } = use;
  const elapsed = (use.until - use.from) / 1000;
  const wakingUp = sleep?.wakingUp ?? 0;
  const wakeCount = sleep?.wakeCount ?? 0;
  const busy = receiving + (duplex === "half" ? sending : 0);
  if (emptyWindows !== undefined) {
    const off = Math.max(0, elapsed - busy - emptyWindows);
    return { sending, receiving, listening: emptyWindows, wakingUp, off, wakeCount };
  }
  // The inactivity timer after the last frame runs on beyond the time that is asked for.
  const on = sleep?.awake ?? (passes === undefined ? elapsed : openSeconds(passes, use));
  const listening = Math.max(0, on - busy);
  return { sending, receiving, listening, wakingUp, off: Math.max(0, elapsed - on - wakingUp), wakeCount };
}

/** The energy of these times, in joules. */
export function energyJoules({ energy }: LinkProfile, times: StateTimes): number {
  const { transmitWatts, receiveWatts, listenWatts = receiveWatts, offWatts = 0, wakeJoules } = energy;
  return (
    times.sending * transmitWatts +
    times.receiving * receiveWatts +
    times.listening * listenWatts +
    times.off * offWatts +
    times.wakeCount * wakeJoules
  );
}

/** How long of this time the satellite passes: a device knows when, and is off in between. */
function openSeconds(passes: NonNullable<LinkProfile["passes"]>, { from, until }: RadioUse): number {
  const openUntil = (seconds: number) =>
    Math.floor(seconds / passes.everySeconds) * passes.openSeconds +
    Math.min(seconds % passes.everySeconds, passes.openSeconds);
  return openUntil(until / 1000) - openUntil(from / 1000);
}
