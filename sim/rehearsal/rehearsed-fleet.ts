// What decides in a rehearsal: the very functions that decide for a real fleet, over devices in memory. It follows each device on its
// way: when it was offered the image, had it whole, and what it runs.

import { fromHex, fromUtf8 } from "../../src/base/bytes.ts";
import type { Deadlined } from "../../src/base/deadlined.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import type { SlotEvent } from "../../src/device/slots/slot-event.ts";
import type { FleetAction } from "../../src/fleet/fleet-action.ts";
import type { Rollout } from "../../src/fleet/rollout.ts";
import { progressOf } from "../../src/fleet/transfer-progress.ts";
import { NO_FIGURES } from "../../src/manifest/figure.ts";
import type { ReportQuestion } from "../../src/server/report-resource.ts";
import type { CheckInDecision, CheckInQuestion } from "../../src/server/ticket-resource.ts";
import type { TransferNews } from "../../src/server/transfers.ts";
import type { EndlessDevice } from "../simulated-device.ts";
import type { SimulatedFleet } from "../simulation.ts";
import { MemoryFleet } from "./memory-fleet.ts";
import type { RehearsedReleases } from "./rehearsed-releases.ts";

/** Ticks from one count of the devices that are still to come to the next. */
const COUNTING_TICKS = 10;

const AUTHOR = "rehearsal";

export interface RehearsedFleetInput {
  readonly releases: RehearsedReleases;
  readonly deviceCount: number;
  /** In ms since 1970: where virtual time is 0. */
  readonly startsAt: number;
  /** From one look at the time to the next, ms. */
  readonly tickMs: number;
  /** See EndlessDevice. */
  readonly intervalMs: number | undefined;
  identity(number: number): string;
  /** Whether no new image starts on this device. */
  bootFails(identity: string): boolean;
}

/** A device's way through the roll-out; virtual time. */
export interface DeviceWay {
  /** Of the roll-out. */
  phase: number | undefined;
  offeredAt: Instant | undefined;
  downloadedAt: Instant | undefined;
  /** Whether the new image was started, however that went. */
  hasBooted: boolean;
  runsNew: boolean;
}

export class RehearsedFleet implements SimulatedFleet, Deadlined {
  readonly ways: readonly DeviceWay[];
  readonly #input: RehearsedFleetInput;
  readonly #fleet: MemoryFleet;
  readonly #name: string;
  /** Undefined when there is nothing left to wait for. */
  #ticksAt: Instant | undefined = instant(0);
  #ticks = 0;

  /** `actions` make the roll-out and start it; throws what is wrong with them as text. */
  constructor(crypto: CryptoProvider, input: RehearsedFleetInput, name: string, actions: readonly FleetAction[]) {
    this.#fleet = new MemoryFleet(crypto, { decided: () => {} });
    this.#input = input;
    this.#name = name;
    this.ways = Array.from({ length: input.deviceCount }, () => ({
      phase: undefined,
      offeredAt: undefined,
      downloadedAt: undefined,
      hasBooted: false,
      runsNew: false,
    }));
    const { startsAt } = input;
    this.ways.forEach((_, number) => {
      this.#meet(number);
    });
    for (const action of actions) {
      const refused = this.#fleet.act(action, AUTHOR, startsAt);
      if (refused !== undefined) throw new RehearsalRefused(refused.reason);
    }
  }

  get catalogue() {
    return this.#input.releases;
  }

  get trust() {
    return this.#input.releases;
  }

  get image() {
    return this.#input.releases.image;
  }

  get rollout(): Rollout {
    return this.#fleet.fleet.rollouts.get(this.#name)!;
  }

  /** Whether any device has an update under way. */
  get isBusy(): boolean {
    for (const { assignment } of this.#fleet.devices.values()) if (assignment !== undefined) return true;
    return false;
  }

  /** Those that were on their way have come to their ends, and those that are sent back are there. */
  get isSettled(): boolean {
    return !this.isBusy && (this.rollout.state !== "wayBack" || !this.ways.some(({ runsNew }) => runsNew));
  }

  device(number: number): EndlessDevice {
    const { releases, intervalMs } = this.#input;
    const way = this.ways[number]!;
    const identity = this.#input.identity(number);
    const bootFails = this.#input.bootFails(identity);
    return {
      identity,
      factory: releases.before,
      ...(intervalMs !== undefined && { intervalMs }),
      bootFails: () => {
        // It was jumped to, which is all that can be said of it.
        way.hasBooted ||= bootFails;
        return bootFails;
      },
      event: (now, event) => this.#follow(now, identity, way, event),
    };
  }

  checkedIn(now: Instant, { identity, checkIn }: CheckInQuestion): CheckInDecision {
    const id = fromUtf8(identity)!;
    const { answer } = this.#fleet.step(
      id,
      { kind: "checkedIn", id, pseudonym: id, scheme: "coaps", checkIn },
      this.#wall(now),
    );
    if (answer?.kind !== "offer") return { comeAgain: answer!.comeAgain };
    return { offered: fromHex(answer.digest)!, comeAgain: answer.comeAgain };
  }

  reported(now: Instant, { device, report }: ReportQuestion): void {
    this.#fleet.step(fromUtf8(device)!, { kind: "reported", report }, this.#wall(now));
  }

  transferred(now: Instant, identity: Uint8Array, news: TransferNews): void {
    this.#fleet.step(fromUtf8(identity)!, { kind: "progressed", progress: progressOf(news) }, this.#wall(now));
  }

  pollTimeout(): Instant | undefined {
    return this.#ticksAt;
  }

  handleTimeout(now: Instant): void {
    if (this.#ticksAt === undefined || now < this.#ticksAt) return;
    const isCounting = this.#ticks++ % COUNTING_TICKS === 0;
    const counts = isCounting ? { remaining: new Map([[this.#name, this.#fleet.remaining(this.#name)]]) } : {};
    this.#fleet.pass(this.#wall(now), counts);
    const isOver = this.rollout.state !== "running" && this.isSettled;
    this.#ticksAt = isOver ? undefined : addMs(now, this.#input.tickMs);
  }

  #wall(now: Instant): number {
    return this.#input.startsAt + now;
  }

  /** The inventory knows it from a check-in before the roll-out. */
  #meet(number: number): void {
    const { releases, startsAt } = this.#input;
    const id = this.#input.identity(number);
    const { sequenceNumber, version, sha256 } = releases.before;
    const checkIn = {
      product: releases.product,
      nonce: new Uint8Array(8),
      sequenceNumber,
      version,
      runningSha256: sha256,
      slot: 0,
      manifestWanted: true,
      figures: NO_FIGURES,
    };
    this.#fleet.step(id, { kind: "checkedIn", id, pseudonym: id, scheme: "coaps", checkIn }, startsAt);
  }

  #follow(now: Instant, identity: string, way: DeviceWay, event: SlotEvent): void {
    const { image } = this.#input.releases;
    switch (event.kind) {
      case "offered":
        if (event.image.version !== image.version || way.offeredAt !== undefined) return;
        way.offeredAt = now;
        way.phase = this.#fleet.devices.get(identity)?.assignment?.phase;
        return;
      case "downloaded":
        way.downloadedAt ??= now;
        return;
      case "healthCheckWanted":
        way.hasBooted = true;
        return;
      case "confirmed":
        way.runsNew = event.image.version === image.version;
        return;
    }
  }
}

/** The roll-out cannot be made as it was planned. */
export class RehearsalRefused extends Error {
  override readonly name = "RehearsalRefused";
}
