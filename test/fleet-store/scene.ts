// A fleet in a scratch directory, and devices that check in with it.

import { toUtf8 } from "../../src/base/bytes.ts";
import type { Alert } from "../../src/fleet/alert.ts";
import type { Answer } from "../../src/fleet/answer.ts";
import type { Device } from "../../src/fleet/device.ts";
import type { FleetRecord } from "../../src/fleet/fleet-record.ts";
import { FleetCounter } from "../../src/fleet-store/fleet-counter.ts";
import { type FleetInput, FleetIntake, type FleetOutput } from "../../src/fleet-store/fleet-intake.ts";
import { FleetStore } from "../../src/fleet-store/fleet-store.ts";
import { FleetTime } from "../../src/fleet-store/fleet-time.ts";
import { StoredFleet } from "../../src/fleet-store/stored-fleet.ts";
import type { CheckIn } from "../../src/manifest/check-in.ts";
import type { InstallReport } from "../../src/manifest/install-report.ts";
import { CRYPTO } from "../support/crypto.ts";
import { imageDigest } from "../support/releases.ts";

/** When these scenes begin, ms since 1970. */
export const BEGIN = 1_800_000_000_000;

export const OPERATOR = { person: "anna" };

export class FleetScene {
  readonly store: FleetStore;
  readonly intake: FleetIntake;
  readonly time: FleetTime;
  readonly counter: FleetCounter;
  readonly service: StoredFleet;
  readonly records: FleetRecord[];
  now = BEGIN;
  /** Whether its process was killed: nobody hears of it any more. */
  isDead = false;

  static async open(directory: string): Promise<FleetScene> {
    const records: FleetRecord[] = [];
    const decided = (some: readonly FleetRecord[], _alerts: readonly Alert[]) => void records.push(...some);
    return new FleetScene(await FleetStore.open(directory, CRYPTO, { decided }), records);
  }

  private constructor(store: FleetStore, records: FleetRecord[]) {
    this.store = store;
    this.records = records;
    this.intake = new FleetIntake(store);
    this.time = new FleetTime(store);
    this.counter = new FleetCounter(store.db);
    this.service = new StoredFleet(store, CRYPTO, () => this.now);
  }

  async takes(...inputs: FleetInput[]): Promise<FleetOutput[]> {
    const outputs = await this.intake.take(inputs, this.now);
    return this.isDead ? new Promise(() => {}) : outputs;
  }

  async checksIn(name: string, checkIn: Partial<CheckIn> = {}): Promise<Answer> {
    const [output] = await this.takes(checkInOf(name, checkIn));
    return output as Answer;
  }

  /** As the file has it, whatever waits in memory. */
  async inFile(name: string): Promise<Device | undefined> {
    return (await this.store.devices.find([name])).get(name)?.device;
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

export function checkInOf(name: string, more: Partial<CheckIn> = {}): FleetInput {
  const version = more.version ?? "1.2.0";
  const checkIn: CheckIn = {
    product: "pump",
    nonce: new Uint8Array(8).fill(1),
    sequenceNumber: 1,
    version,
    runningSha256: imageDigest(version),
    slot: 0,
    manifestWanted: false,
    figures: new Map(),
    ...more,
  };
  return { kind: "checkIn", id: name, identity: toUtf8(name), scheme: "coaps", checkIn };
}

export function reportOf(name: string, number: number, more: Partial<InstallReport> = {}): FleetInput {
  const id = new Uint8Array(8);
  new DataView(id.buffer).setUint32(4, number);
  const report = { id, product: "pump", version: "1.3.0", sequenceNumber: 2, state: 0, result: 1, figures: new Map() };
  return { kind: "report", id: name, device: toUtf8(name), report: { ...report, ...more } };
}
