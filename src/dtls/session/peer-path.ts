// What is known of the way to a peer that spoke from a host other than the one that it was known at.

import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";

/** Of a session that spoke from a host other than the one that was proven. */
export interface PeerPath {
  /** Where the peer last showed that it hears us. */
  proven: PeerAddress;
  /** Bytes from and to the present address, with RFC 9853. */
  received: number;
  sent: number;
  /** Of the challenges that may still be answered, the oldest first. */
  cookies: Uint8Array[];
  challengeAgainAt: Instant;
  challengeIntervalMs: number;
  /** Without it: answers that may be sent, and when that was so. */
  answersLeft: number;
  countedAt: Instant;
}
