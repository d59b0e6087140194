// What is known of one device, with at most one running assignment. A million of these lie in a store and never in memory:
// whoever steps the fleet hands in the one that an event is about.

import type { ConsentState } from "../manifest/check-in.ts";
import type { Assignment, PastAssignment } from "./assignment.ts";

/** What runs, as the device itself last said: never what the server hopes. */
export interface RunningImage {
  /** 0 where nothing was ever installed by a manifest. */
  readonly sequenceNumber: number;
  readonly version: string | undefined;
  /** Hex. */
  readonly sha256: string | undefined;
  readonly slot: number | undefined;
}

/** What a device's user says of an update; `until` is in ms since 1970. */
export interface Consent {
  readonly state: ConsentState;
  readonly until: number | undefined;
}

/** What the server measured of a device's latest transfers. */
export interface LinkFigures {
  /** The block size that these are about, bytes. */
  readonly blockSize: number;
  readonly blocks: number;
  /** Blocks that had gone out before. */
  readonly resends: number;
  /** From one block to the next, ms. */
  readonly roundTripMs: number;
}

/** The transfer that runs, as the server sees it: not recorded, for it changes with each block. */
export interface TransferProgress {
  /** Of the release, hex. */
  readonly target: string;
  /** Different bytes of the image. */
  readonly bytes: number;
  readonly requests: number;
  /** Fleet's time of the latest byte that was new, and the requests at that time. */
  readonly advancedAt: number;
  readonly advancedAtRequests: number;
}

export interface LastReport {
  /** LwM2M's. */
  readonly state: number;
  readonly result: number;
  readonly reason: string | undefined;
  readonly at: number;
}

/** Times are in ms since 1970. */
export interface Device {
  /** The identity, as people write it. */
  readonly id: string;
  /** What records call it: it tells nothing once the device's secret is destroyed. */
  readonly pseudonym: string;
  readonly product: string;
  readonly class: string | undefined;
  /** What operators say of it. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly running: RunningImage;
  readonly firstContactAt: number;
  readonly lastContactAt: number;
  /** "coap" or "coaps". */
  readonly scheme: string;
  /** Cell or gateway. */
  readonly cell: string | undefined;
  /** Coverage enhancement: 0 is good, 2 is hardly anything. */
  readonly radioLevel: number | undefined;
  readonly uptimeSeconds: number | undefined;
  readonly boots: number | undefined;
  readonly link: LinkFigures | undefined;
  readonly transfer: TransferProgress | undefined;
  readonly report: LastReport | undefined;
  readonly consent: Consent | undefined;
  readonly isOptedOut: boolean;
  readonly postponedUntil: number | undefined;
  readonly assignment: Assignment | undefined;
  /** The newest first, at most PAST_MAX. */
  readonly past: readonly PastAssignment[];
}

/** Ended assignments kept with a device; the oldest go first. */
export const PAST_MAX = 16;

export const ATTRIBUTES_MAX = 32;
export const ATTRIBUTE_LENGTH_MAX = 128;
