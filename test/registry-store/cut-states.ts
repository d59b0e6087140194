// A registry's life as its disk sees it: what the three files held before and after each operation, and what came between, so
// that a cut can be made in any byte of any write.

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { concat } from "../../src/base/bytes.ts";
import type { TreeHead } from "../../src/registry/proof-check.ts";
import { CHECKPOINT_INTERVAL_MS } from "../../src/registry-store/registry.ts";
import { RegistryScene } from "./scene.ts";

/** The files of a registry; undefined for one that is not there. */
export interface Disk {
  readonly database: Uint8Array;
  readonly log: Uint8Array;
  readonly head: Uint8Array | undefined;
  readonly nextHead: Uint8Array | undefined;
}

/** What everybody was told so far. */
export interface Told {
  readonly entryCount: number;
  readonly heads: readonly TreeHead[];
}

/** A write, cut or whole: what is on disk after each byte of it, and what may be relied on then. */
export interface Write {
  readonly what: string;
  /** Bytes that it writes. */
  readonly length: number;
  readonly before: Told;
  diskAfter(count: number): Disk;
}

const FILES = {
  database: "releases.db",
  log: "releases.db-wal",
  head: "registry-head",
  nextHead: "registry-head.next",
};

function readDisk(directory: string): Disk {
  const read = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
  };
  return {
    database: read(FILES.database) ?? new Uint8Array(0),
    log: read(FILES.log) ?? new Uint8Array(0),
    head: read(FILES.head),
    nextHead: read(FILES.nextHead),
  };
}

export function writeDisk(directory: string, disk: Disk): void {
  rmSync(join(directory, "releases.db-shm"), { force: true });
  for (const [part, name] of Object.entries(FILES) as [keyof Disk, string][]) {
    const bytes = disk[part];
    if (bytes === undefined || (part === "log" && bytes.length === 0)) rmSync(join(directory, name), { force: true });
    else writeFileSync(join(directory, name), bytes, { mode: 0o600 });
  }
}

/**
 * What SQLite makes of database and log when it opens them: a digest of the database once it was closed again, by then with all
 * of the log that counts. Throws where it is no database any more.
 */
export function recoveredFrom(directory: string, disk: Disk): string {
  writeDisk(directory, disk);
  const path = join(directory, FILES.database);
  const database = new DatabaseSync(path);
  database.prepare("SELECT 1 FROM sqlite_schema").get();
  database.close();
  if (existsSync(join(directory, FILES.log))) throw new Error("a log that was not taken into the database");
  return createHash("sha256").update(readFileSync(path)).digest("base64");
}

/** The writes of a life with entries in and around a tile's end, three checkpoints, and the log written into the database. */
export function writesOfLife(): Write[] {
  const directory = mkdtempSync(join(tmpdir(), "narrowboat-"));
  const scene = new RegistryScene(directory);
  const writes: Write[] = [];
  let told: Told = { entryCount: 0, heads: [] };
  const enter = (count: number) => {
    const before = readDisk(directory);
    scene.enter(...Array.from({ length: count }, (_, i) => `release ${told.entryCount + i}`));
    writes.push(appended(`${count} entries`, told, before, readDisk(directory)));
    told = { ...told, entryCount: told.entryCount + count };
  };
  const sign = () => {
    const before = readDisk(directory);
    const head = scene.sign();
    const after = readDisk(directory);
    writes.push(
      headWritten(told, before, after),
      appended("a checkpoint", told, { ...before, head: after.head }, after),
    );
    told = { ...told, heads: [...told.heads, head] };
  };
  enter(1);
  sign();
  enter(253);
  enter(1);
  sign();
  enter(3);
  const before = readDisk(directory);
  scene.file.emptyLog();
  writes.push(overwritten(told, before, readDisk(directory)));
  sign();
  enter(1);
  scene.close();
  rmSync(directory, { recursive: true });
  return writes;
}

/** SQLite writes frames behind each other, and over those that it has no more need of. */
function appended(what: string, before: Told, from: Disk, to: Disk): Write {
  let first = 0;
  while (first < from.log.length && from.log[first] === to.log[first]) first++;
  const diskAfter = (count: number): Disk => {
    const at = first + count;
    return { ...from, log: concat(to.log.subarray(0, at), from.log.subarray(at)) };
  };
  return { what, length: to.log.length - first, before, diskAfter };
}

/** The new head beside the old one; with its last byte it takes its place. */
function headWritten(before: Told, from: Disk, to: Disk): Write {
  const length = to.head!.length;
  const diskAfter = (count: number): Disk =>
    count === length ? { ...from, head: to.head } : { ...from, nextHead: to.head!.subarray(0, count) };
  return { what: "a head", length, before, diskAfter };
}

/** Pages of the log come into the database in their order, and with the last byte the log is cut to nothing. */
function overwritten(before: Told, from: Disk, to: Disk): Write {
  const length = to.database.length;
  const diskAfter = (count: number): Disk => {
    const database = concat(to.database.subarray(0, count), from.database.subarray(count));
    return { ...from, database, log: count === length ? to.log : from.log };
  };
  return { what: "the log into the database", length, before, diskAfter };
}

/** A scene on this disk whose clock is far beyond all that was. */
export function sceneOn(directory: string, disk: Disk): RegistryScene {
  writeDisk(directory, disk);
  const scene = new RegistryScene(directory);
  scene.now += 1_000 * CHECKPOINT_INTERVAL_MS;
  return scene;
}
