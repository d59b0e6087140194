// What the registry says of a fleet: its records, each batch compared with the digest of its entry, and applied one after the
// other. Nothing is decided anew.

import * as assert from "uvu/assert";
import { equal } from "../../src/base/bytes.ts";
import { UNASSIGNED } from "../../src/fleet/change-application.ts";
import type { Device } from "../../src/fleet/device.ts";
import type { FleetRecord } from "../../src/fleet/fleet-record.ts";
import { decodeFleetRecord } from "../../src/fleet/record-codec.ts";
import { type Replayed, replay } from "../../src/fleet/replay.ts";
import { decodeEntry, EntryKind, recordsDigest } from "../../src/registry/log-entry.ts";
import { openDecisionFile } from "../../src/registry-store/decision-file.ts";
import { RegistryRows } from "../../src/registry-store/registry-rows.ts";
import { CRYPTO } from "../support/crypto.ts";
import type { FleetScene } from "./scene.ts";

export interface ReplayedStore extends Replayed {
  /** How often each device was assigned to each roll-out, by pseudonym and roll-out. */
  readonly assignedCounts: ReadonlyMap<string, number>;
  readonly records: readonly FleetRecord[];
}

/** Fails where an entry and its records do not fit. */
export async function replayed(directory: string, scene: FleetScene): Promise<ReplayedStore> {
  const batches = new Map<number, Uint8Array[]>();
  for (const { entry, bytes } of await scene.store.records.after(0, 1_000_000)) {
    batches.set(entry, [...(batches.get(entry) ?? []), bytes]);
  }
  const records = enteredBatches(directory, batches).flatMap((number) => batches.get(number)!.map(recordIn));
  const assignedCounts = new Map<string, number>();
  for (const { device, change } of records) {
    if (change.kind !== "assigned") continue;
    const name = `${device} ${change.rollout}`;
    assignedCounts.set(name, (assignedCounts.get(name) ?? 0) + 1);
  }
  return { ...replay(records), assignedCounts, records };
}

function recordIn(bytes: Uint8Array): FleetRecord {
  const decoded = decodeFleetRecord(bytes);
  if (!decoded.ok) throw new Error(decoded.error.reason);
  return decoded.value;
}

/** The numbers of the fleet's entries, in their order: each is about the records that say so, and all records are in one. */
function enteredBatches(directory: string, batches: ReadonlyMap<number, readonly Uint8Array[]>): number[] {
  const file = openDecisionFile(directory);
  const rows = new RegistryRows(file);
  const numbers: number[] = [];
  for (const { number, bytes } of rows.entries(0, rows.size())) {
    const entry = decodeEntry(bytes);
    assert.ok(entry.ok);
    if (!entry.ok || entry.value.kind !== EntryKind.FLEET) continue;
    const records = batches.get(number) ?? [];
    assert.ok(equal(recordsDigest(CRYPTO, records), entry.value.digest), `entry ${number} is not of its records`);
    numbers.push(number);
  }
  file.close();
  assert.equal(numbers, [...batches.keys()]);
  return numbers;
}

/** Fails unless the replay is what the store holds, field by field. */
export async function isReplayed(directory: string, scene: FleetScene, ids: readonly string[]): Promise<ReplayedStore> {
  // A store that was just opened has read nothing.
  await scene.service.rollouts();
  const replay = await replayed(directory, scene);
  const { clock: _clock, ...held } = scene.store.fleet;
  const { clock: _stopped, ...again } = replay.fleet;
  for (const name of Object.keys(held) as (keyof typeof held)[]) assert.equal(again[name], held[name], name);
  for (const { device } of (await scene.store.devices.find(ids)).values()) {
    const { assignment, past }: Device = device;
    assert.equal(replay.devices.get(device.pseudonym) ?? UNASSIGNED, { assignment, past });
  }
  return replay;
}

/** A phase opens when each device of the one before has run the new image for as long as it soaks. Gives how many did after the first. */
export function openedInTime(records: readonly FleetRecord[], soakMs: number): number {
  const phaseOf = new Map<string, number>();
  const bootedAt = new Map<number, number>();
  let opened = 0;
  for (const { device = "", change, time } of records) {
    if (change.kind === "assigned") phaseOf.set(device, change.phase);
    if (change.kind === "moved" && change.state === "booted") bootedAt.set(phaseOf.get(device)!, time);
    if (change.kind !== "phase" || change.state !== "running" || change.phase === 0) continue;
    opened++;
    const before = bootedAt.get(change.phase - 1);
    if (before !== undefined) assert.ok(time >= before + soakMs, `phase ${change.phase} opened too early`);
  }
  return opened;
}
