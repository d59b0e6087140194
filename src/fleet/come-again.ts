// When a device is to come again. Each has its own place in the period, by a hash of its identity, so that a fleet never comes at
// once: neither after an outage that ended for all at the same moment, nor when a window opens.

import { TICKET_SECONDS_MAX } from "../manifest/ticket.ts";

/** FNV-1a over UTF-16 units, 32 bits: it spreads, and guards nothing. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  // The last characters of identities differ most, and have touched the low bits alone.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** From 0 to below 1, always the same for a device. */
export function placeOf(id: string): number {
  return hashOf(id) / 2 ** 32;
}

/** Seconds until a device's own place in the period comes: from half a period to one and a half. */
export function comeAgainIn(id: string, periodSeconds: number, now: number): number {
  const phase = (now / 1_000 / periodSeconds) % 1;
  const ahead = (placeOf(id) - phase + 1) % 1;
  return asSeconds(1_000 * periodSeconds * (ahead < 0.5 ? ahead + 1 : ahead));
}

/** Seconds until so many ms from now, and somewhat later by the device's place in `spreadMs`. */
export function comeAgainAfter(id: string, ms: number, spreadMs: number): number {
  return asSeconds(ms + placeOf(id) * spreadMs);
}

function asSeconds(ms: number): number {
  return Math.min(TICKET_SECONDS_MAX, Math.max(1, Math.ceil(ms / 1_000)));
}
