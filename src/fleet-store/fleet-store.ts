// The fleet in the file of what was decided. Whatever happens to it goes through one transaction: what the file says is looked at
// first, events are stepped, and devices, roll-outs, records and the registry's entry of these are there together or not at all.
// Who else has the file open may write at any time, for nothing here is believed that the file does not say.

import { randomFillSync } from "node:crypto";
import { toHex } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { Alert } from "../fleet/alert.ts";
import type { Device } from "../fleet/device.ts";
import { EMPTY_FLEET, type Fleet } from "../fleet/fleet.ts";
import type { Actor } from "../fleet/fleet-event.ts";
import type { FleetRecord } from "../fleet/fleet-record.ts";
import type { FleetRelease } from "../fleet/product.ts";
import { encodeFleetRecord } from "../fleet/record-codec.ts";
import { decodeEntry, EntryKind } from "../registry/log-entry.ts";
import { pseudonymOf } from "../registry/pseudonym.ts";
import { openDecisionFile } from "../registry-store/decision-file.ts";
import { Registry } from "../registry-store/registry.ts";
import { RELEASE_SCHEMA } from "../release-store/release-file.ts";
import { ReleaseTable } from "../release-store/release-table.ts";
import type { StoreFile } from "../store/store-file.ts";
import { withContactOf } from "./contact-fields.ts";
import { decisionDatabase, type FleetDatabase } from "./decision-database.ts";
import { DeviceTable, FLEET_DEVICES_MAX, type StoredDevice } from "./device-table.ts";
import { FleetBatch } from "./fleet-batch.ts";
import { BLANK_FLEET, loadFleet, saveFleet } from "./fleet-parts.ts";
import { fleetReleases, releaseNews } from "./known-releases.ts";
import { migrateFleet } from "./migrations.ts";
import { oldReports, removeOldReports } from "./old-reports.ts";
import { RecordTable } from "./record-table.ts";
import { ReportTable } from "./report-table.ts";

/** Devices whose contact alone is new, and that wait in memory for the next commit. */
export const CONTACTS_WAITING_MAX = 4_096;

/** For how long they may, ms: what a power cut may cost. */
export const CONTACT_DELAY_MS = 5_000;

const SECRET_LENGTH = 32;

/** Who tells of releases: no person. */
const RELEASER: Actor = { person: "release" };

export interface FleetStoreOutlet {
  /** Was committed. */
  decided(records: readonly FleetRecord[], alerts: readonly Alert[]): void;
}

export class FleetStore {
  readonly db: FleetDatabase;
  readonly devices: DeviceTable;
  readonly records: RecordTable;
  readonly reports: ReportTable;
  readonly releases: ReleaseTable;
  readonly #file: StoreFile;
  readonly #registry: Registry;
  readonly #crypto: CryptoProvider;
  readonly #outlet: FleetStoreOutlet;
  /** As the file has it. */
  #saved = BLANK_FLEET;
  #fleet: Fleet = EMPTY_FLEET;
  #revision = -1;
  #newest = 0;
  /** Undefined where others may have added some. */
  #deviceCount: number | undefined;
  /** Of the releases that the fleet was told of last. */
  #releaseState = "";
  /** Devices whose contact is newer than in the file. */
  #contacts = new Map<string, StoredDevice>();
  #flushedAt = 0;
  /** One transaction at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static async open(directory: string, crypto: CryptoProvider, outlet: FleetStoreOutlet): Promise<FleetStore> {
    const file = openDecisionFile(directory, RELEASE_SCHEMA);
    try {
      const db = decisionDatabase(file);
      await migrateFleet(db);
      const store = new FleetStore(file, db, crypto, outlet);
      await store.#takeOldReports(directory);
      return store;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: StoreFile, db: FleetDatabase, crypto: CryptoProvider, outlet: FleetStoreOutlet) {
    this.#file = file;
    this.db = db;
    this.#crypto = crypto;
    this.#outlet = outlet;
    this.#registry = Registry.open(file, crypto);
    this.devices = new DeviceTable(db);
    this.records = new RecordTable(db);
    this.reports = new ReportTable(db);
    this.releases = new ReleaseTable(file);
  }

  /** What whoever decides has in memory, as of the last transaction. */
  get fleet(): Fleet {
    return this.#fleet;
  }

  /** For how long the oldest entry of the registry that no checkpoint covers has been waiting, ms. */
  logBehindMs(now: number): number {
    const { rows } = this.#registry;
    const signed = rows.checkpoint()?.size ?? 0;
    const [oldest] = rows.entries(signed, signed + 1);
    const entry = oldest && decodeEntry(oldest.bytes);
    return entry?.ok === true ? Math.max(0, now - 1_000 * entry.value.time) : 0;
  }

  /**
   * Runs `work` on what the file says, and writes what it came to; `now` in ms since 1970. Throws StoreError, and then nothing
   * has changed.
   */
  transact<Value>(now: number, work: (batch: FleetBatch) => Promise<Value>): Promise<Value> {
    return this.#inTurn(async () => {
      try {
        const { value, batch, isWritten } = await this.#file.asyncTransaction(() => this.#run(now, work));
        this.#settle(now, batch, isWritten);
        return value;
      } catch (error) {
        // What the fleet was told of releases it may not know now.
        this.#releaseState = "";
        throw error;
      }
    });
  }

  /** The same for who only reads. */
  read<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#inTurn(work);
  }

  /** Devices as they are now, for a batch. */
  async hold(batch: FleetBatch, ids: readonly string[]): Promise<void> {
    const unknown = ids.filter((id) => batch.deviceOf(id) === undefined && !this.#contacts.has(id));
    batch.hold(ids.flatMap((id) => this.#contacts.get(id) ?? []));
    batch.hold((await this.devices.find([...new Set(unknown)])).values());
  }

  /** The same of devices that were read out of the file. */
  holdRead(batch: FleetBatch, read: readonly StoredDevice[]): void {
    batch.hold(read.map((stored) => this.#contacts.get(stored.device.id) ?? stored));
  }

  /** The secret of a device that may be new, and what records call it; undefined where there is no room for another one. */
  async namesOf(batch: FleetBatch, id: string, identity: Uint8Array): Promise<DeviceNames | undefined> {
    const known = batch.secretOf(id);
    if (known === undefined) {
      this.#deviceCount ??= await this.devices.count();
      if (this.#deviceCount + batch.addedCount >= FLEET_DEVICES_MAX) return undefined;
    }
    const pseudonym = batch.deviceOf(id)?.pseudonym;
    const secret = known ?? randomFillSync(new Uint8Array(SECRET_LENGTH));
    return { secret, pseudonym: pseudonym ?? toHex(pseudonymOf(this.#crypto, secret, identity)) };
  }

  /** With the contact that waits. */
  latest(device: Device): Device {
    return this.#contacts.get(device.id)?.device ?? device;
  }

  /** Tells the fleet of a product's releases what it does not know of them. */
  learnReleases(batch: FleetBatch, product: string | undefined): void {
    if (product === undefined) return;
    const ofProduct = (release: FleetRelease) => release.product === product;
    const known = [...batch.fleet.releases.values()].filter(ofProduct);
    const stored = fleetReleases(this.releases.list()).filter(ofProduct);
    for (const action of releaseNews(known, stored)) batch.step(undefined, { kind: "acted", actor: RELEASER, action });
  }

  /** The same of all products that have roll-outs or a policy, where anything was released or withdrawn since the last call. */
  learnNews(batch: FleetBatch): void {
    if (!this.#file.changedElsewhere() && this.#releaseState !== "") return;
    const state = this.releases.state();
    if (state === this.#releaseState) return;
    this.#releaseState = state;
    for (const product of batch.fleet.products.keys()) this.learnReleases(batch, product);
  }

  /** When all that was asked for is done, with what waits in memory. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#contacts.size > 0) await this.#file.asyncTransaction(() => this.#writeContacts());
      this.#file.close();
    });
  }

  async #takeOldReports(directory: string): Promise<void> {
    const old = oldReports(directory);
    if (old === undefined) return;
    await this.#file.asyncTransaction(async () => {
      for (const report of old) await this.reports.add(report);
    });
    removeOldReports(directory);
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #run<Value>(now: number, work: (batch: FleetBatch) => Promise<Value>): Promise<Ran<Value>> {
    await this.#catchUp();
    const batch = new FleetBatch(this.#crypto, this.#fleet, now);
    const value = await work(batch);
    const waiting = this.#contacts.size + batch.changedDevices().length;
    const isDue = waiting >= CONTACTS_WAITING_MAX || now >= this.#flushedAt + CONTACT_DELAY_MS || now < this.#flushedAt;
    const isWritten = batch.isUrgent || (waiting > 0 && isDue);
    if (isWritten) await this.#write(batch, now);
    return { value, batch, isWritten };
  }

  /** What others wrote is read before anything is decided. */
  async #catchUp(): Promise<void> {
    const head = await this.db.selectFrom("fleet_head").select("revision").executeTakeFirstOrThrow();
    if (head.revision === this.#revision) return;
    const saved = await loadFleet(this.db);
    this.#saved = saved ?? BLANK_FLEET;
    const fleet = saved ?? EMPTY_FLEET;
    // The time that was seen here counts, though it was never written.
    const { clock } = this.#fleet;
    this.#fleet = clock.time > fleet.clock.time ? { ...fleet, clock } : fleet;
    this.#newest = await this.records.newest();
    this.#deviceCount = undefined;
    const fresh = await this.devices.find([...this.#contacts.keys()]);
    const contacts = this.#contacts;
    this.#contacts = new Map();
    for (const [id, { device, secret }] of fresh) {
      this.#contacts.set(id, { device: withContactOf(device, contacts.get(id)!.device), secret });
    }
    this.#revision = head.revision;
  }

  async #write(batch: FleetBatch, now: number): Promise<void> {
    const changed = new Map(this.#contacts);
    for (const stored of batch.changedDevices()) changed.set(stored.device.id, stored);
    for (const id of batch.removed) changed.delete(id);
    await this.devices.write([...changed.values()]);
    for (const id of batch.removed) await this.devices.remove(id);
    await saveFleet(this.db, this.#saved, batch.fleet);
    for (const rollout of batch.sweep) await this.#beginSweep(rollout);
    this.#openWaysBack(batch, now);
    const records = batch.records.map(encodeFleetRecord);
    if (records.length > 0) {
      const entry = this.#registry.append([{ kind: EntryKind.FLEET, records }], now);
      await this.records.add(this.#newest, entry, records);
    }
    await this.db
      .updateTable("fleet_head")
      .set({ revision: this.#revision + 1 })
      .execute();
  }

  async #writeContacts(): Promise<void> {
    await this.#catchUp();
    await this.devices.write([...this.#contacts.values()]);
  }

  /** What was signed beside a release is offered from the moment on in which its roll-out sends devices back. */
  #openWaysBack({ fleet }: FleetBatch, now: number): void {
    for (const [name, { state, plan }] of fleet.rollouts) {
      if (state !== "wayBack" || this.#saved.rollouts.get(name)?.state === "wayBack") continue;
      const sealed = this.releases.waysBack(plan.product, plan.version).filter((back) => back.offeredAt === undefined);
      const opened = sealed.map(({ manifest }) => ({ kind: EntryKind.WAY_BACK_OPENED, records: [manifest] }));
      this.#registry.append(opened, now);
      this.releases.offerWaysBack(plan.product, plan.version, now);
    }
  }

  async #beginSweep(rollout: string): Promise<void> {
    await this.db
      .insertInto("fleet_sweep")
      .values({ rollout, after: "" })
      .onConflict((conflict) => conflict.column("rollout").doUpdateSet({ after: "" }))
      .execute();
  }

  /** After the commit. */
  #settle(now: number, batch: FleetBatch, isWritten: boolean): void {
    this.#fleet = batch.fleet;
    if (!isWritten) {
      for (const stored of batch.changedDevices()) this.#contacts.set(stored.device.id, stored);
      return;
    }
    this.#saved = batch.fleet;
    this.#revision++;
    this.#newest += batch.records.length;
    if (this.#deviceCount !== undefined) this.#deviceCount += batch.addedCount - batch.removed.size;
    this.#contacts.clear();
    this.#flushedAt = now;
    this.#outlet.decided(batch.records, batch.alerts);
  }
}

export interface DeviceNames {
  readonly secret: Uint8Array;
  /** Hex. */
  readonly pseudonym: string;
}

interface Ran<Value> {
  readonly value: Value;
  readonly batch: FleetBatch;
  readonly isWritten: boolean;
}
