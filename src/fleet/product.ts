// What is decided for a whole product, what is known of its releases, and saved filters.

import type { ReleaseKind } from "../manifest/release-record.ts";

export interface Product {
  readonly name: string;
  /** "newest": each device gets what was released last. "rollout": what a roll-out brings it, and nothing else. */
  readonly offer: "newest" | "rollout";
  /** From one check-in to the next, seconds. */
  readonly comeAgainSeconds: number;
  /** Persons who have to approve a roll-out, its author not counted. */
  readonly approvals: number;
  readonly needsRehearsal: boolean;
  /** ms since 1970. */
  readonly supportEndsAt: number | undefined;
}

/** Of one class, or of every device of the product. */
export interface FleetRelease {
  readonly product: string;
  readonly version: string;
  readonly class: string | undefined;
  readonly sequenceNumber: number;
  /** Of its signed manifest, hex: what a ticket names. */
  readonly digest: string;
  /** Of the image as it is flashed, hex: what a device runs afterwards. */
  readonly sha256: string;
  /** Of what is transferred, bytes. */
  readonly size: number;
  readonly kind: ReleaseKind;
  /** Seconds since 1970. */
  readonly notAfter: number | undefined;
  /** Devices below this release's sequence number take it first. */
  readonly requires: string | undefined;
  /** Which image it leads away from, hex: a way back; undefined: a release. */
  readonly forRunning: string | undefined;
}

export interface Group {
  readonly name: string;
  /** As it is written, see filter.ts. */
  readonly where: string;
}

/** Under which a release is looked up: a version of a class, or of every device. Names have no blanks. */
export function releaseKey(product: string, version: string, className: string | undefined): string {
  return `${product} ${version} ${className ?? ""}`;
}

/** The same of a way back, by the image that it leads away from. */
export function wayBackKey(product: string, forRunning: string, className: string | undefined): string {
  return `${product} ${forRunning} back ${className ?? ""}`;
}

export function keyOf({ product, version, class: className, forRunning }: FleetRelease): string {
  return forRunning === undefined
    ? releaseKey(product, version, className)
    : wayBackKey(product, forRunning, className);
}
