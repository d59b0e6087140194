// A fleet in virtual time: the pure core with a store in memory around it, and models of devices that follow the sequence of
// check-ins and reports that TwoSlotDevice has.

import { MemoryFleet } from "../../sim/rehearsal/memory-fleet.ts";
import { toHex } from "../../src/base/bytes.ts";
import type { Answer } from "../../src/fleet/answer.ts";
import type { Device, LinkFigures } from "../../src/fleet/device.ts";
import type { Fleet } from "../../src/fleet/fleet.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import type { FleetCounts, FleetEvent } from "../../src/fleet/fleet-event.ts";
import type { FleetRecord } from "../../src/fleet/fleet-record.ts";
import type { FleetRelease } from "../../src/fleet/product.ts";
import type { Rollout } from "../../src/fleet/rollout.ts";
import type { Step } from "../../src/fleet/steps/turn.ts";
import type { CheckIn } from "../../src/manifest/check-in.ts";
import { Figure } from "../../src/manifest/figure.ts";
import type { InstallReport } from "../../src/manifest/install-report.ts";
import { CRYPTO } from "./crypto.ts";

export const PRODUCT = "meter";
/** Monday, 2026-03-02, 00:00 UTC. */
export const BEGIN = Date.UTC(2026, 2, 2);

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const NONCE = new Uint8Array(8);
const REPORT_ID = new Uint8Array(8);

const RELEASES = new Map<number, FleetRelease>();

/** A release of the product: its digests follow from its number. */
export function releaseNumbered(sequenceNumber: number, more: Partial<FleetRelease> = {}): FleetRelease {
  const known = RELEASES.get(sequenceNumber) ?? plainRelease(sequenceNumber);
  RELEASES.set(sequenceNumber, known);
  return Object.keys(more).length === 0 ? known : { ...known, ...more };
}

function plainRelease(sequenceNumber: number): FleetRelease {
  return {
    product: PRODUCT,
    version: `${sequenceNumber}.0`,
    class: undefined,
    sequenceNumber,
    digest: digestHex(0x10, sequenceNumber),
    sha256: digestHex(0x20, sequenceNumber),
    size: 65_536,
    kind: "functional",
    notAfter: undefined,
    requires: undefined,
    forRunning: undefined,
  };
}

function digestHex(first: number, number: number): string {
  const digest = new Uint8Array(32).fill(first);
  new DataView(digest.buffer).setUint32(1, number);
  return toHex(digest);
}

export class FleetScene {
  now: number;
  readonly records: FleetRecord[] = [];
  readonly #memory: MemoryFleet;

  constructor(now = BEGIN) {
    this.now = now;
    this.#memory = new MemoryFleet(CRYPTO, {
      decided: (records) => {
        // Not by spreading: a sweep of thousands is one step's worth of records each.
        for (const record of records) this.records.push(record);
      },
    });
  }

  get fleet(): Fleet {
    return this.#memory.fleet;
  }

  get devices(): Map<string, Device> {
    return this.#memory.devices;
  }

  /** Throws where it is refused. */
  acts(action: FleetAction, person = "anna", device?: string): Step {
    const done = this.step({ kind: "acted", actor: { person }, action }, device);
    if (done.refused !== undefined) throw new Error(done.refused.reason);
    return done;
  }

  refusalOf(action: FleetAction, person = "anna", device?: string): string | undefined {
    return this.step({ kind: "acted", actor: { person }, action }, device).refused?.reason;
  }

  releases(...releases: readonly FleetRelease[]): void {
    for (const release of releases) this.acts({ kind: "releaseKnown", release });
  }

  checksIn(id: string, checkIn: Partial<CheckIn> = {}): Answer {
    const whole: CheckIn = {
      product: PRODUCT,
      nonce: NONCE,
      sequenceNumber: 1,
      version: "1.0",
      runningSha256: bytesOf(releaseNumbered(1).sha256),
      slot: 0,
      manifestWanted: true,
      figures: new Map([[Figure.UPTIME, 0]]),
      ...checkIn,
    };
    return this.step({ kind: "checkedIn", id, pseudonym: id, scheme: "coaps", checkIn: whole }, id).answer!;
  }

  /** Checks in while this release runs, or the one with this number. */
  runs(id: string, release: number | FleetRelease, uptimeSeconds = 0, more: Partial<CheckIn> = {}): Answer {
    const { sequenceNumber, version, sha256 } = typeof release === "number" ? releaseNumbered(release) : release;
    const figures = new Map([[Figure.UPTIME, uptimeSeconds]]);
    return this.checksIn(id, { sequenceNumber, version, runningSha256: bytesOf(sha256), figures, ...more });
  }

  reports(id: string, sequenceNumber: number, result: number, reason?: string, state = 0): Step {
    const report: InstallReport = {
      id: REPORT_ID,
      product: PRODUCT,
      version: `${sequenceNumber}.0`,
      sequenceNumber,
      state,
      result,
      reason,
      slot: 0,
      figures: new Map(),
    };
    return this.step({ kind: "reported", report }, id);
  }

  /** A transfer's news: so much of the image of a version. */
  progresses(
    id: string,
    sequenceNumber: number,
    bytes: number,
    more: { blocks?: number; seconds?: number } = {},
  ): Step {
    const { size, version } = releaseNumbered(sequenceNumber);
    const { blocks = Math.ceil(bytes / 512), seconds = blocks } = more;
    const progress = { version, bytes, size, blocks, resends: 0, blockSize: 512, seconds };
    return this.step({ kind: "progressed", progress }, id);
  }

  /** It is known, and so is what its link carries. */
  measured(id: string, link: LinkFigures): void {
    this.runs(id, 1);
    this.devices.set(id, { ...this.devices.get(id)!, link });
  }

  /** Downloads, boots and confirms itself as a good device does, all in a minute. */
  installs(id: string, sequenceNumber: number): void {
    this.progresses(id, sequenceNumber, releaseNumbered(sequenceNumber).size);
    this.passes(MINUTE);
    this.reports(id, sequenceNumber, 0, undefined, 3);
    this.reports(id, sequenceNumber, 1);
    this.runs(id, sequenceNumber);
  }

  /** Time goes by, with a tick each `every` ms. */
  passes(ms: number, counts?: FleetCounts, every = MINUTE): void {
    const until = this.now + ms;
    while (this.now < until) {
      this.now = Math.min(until, this.now + every);
      this.ticks(counts);
    }
  }

  ticks(counts?: FleetCounts): void {
    this.#memory.pass(this.now, counts);
  }

  rollout(name: string): Rollout {
    return this.fleet.rollouts.get(name)!;
  }

  /** As FleetCounts has it. */
  remaining(name: string): number {
    return this.#memory.remaining(name);
  }

  step(event: FleetEvent, id?: string): Step {
    return this.#memory.step(id, event, this.now);
  }
}

/** Digests by their hex digits: ten thousand devices run the same few images. */
const DIGESTS = new Map<string, Uint8Array>();

export function bytesOf(hex: string): Uint8Array {
  const known = DIGESTS.get(hex);
  if (known !== undefined) return known;
  const bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  DIGESTS.set(hex, bytes);
  return bytes;
}
