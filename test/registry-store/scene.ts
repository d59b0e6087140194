// A registry in a directory of its own, a clock that stands still until it is told, and what everybody could check of it.

import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { toUtf8 } from "../../src/base/bytes.ts";
import { verifyCheckpoint } from "../../src/registry/checkpoint.ts";
import { EntryKind } from "../../src/registry/log-entry.ts";
import type { TreeHead } from "../../src/registry/proof-check.ts";
import { openDecisionFile } from "../../src/registry-store/decision-file.ts";
import { PublishedLog } from "../../src/registry-store/published-log.ts";
import { CHECKPOINT_INTERVAL_MS, type Decision, Registry } from "../../src/registry-store/registry.ts";
import type { StoreFile } from "../../src/store/store-file.ts";
import { keyPair } from "../registry/log-keys.ts";
import { CRYPTO } from "../support/crypto.ts";

export const LOG = keyPair(1);

export const START = Date.UTC(2026, 10, 27);

export class RegistryScene {
  readonly directory: string;
  readonly file: StoreFile;
  readonly registry: Registry;
  readonly published: PublishedLog;
  now = START;

  constructor(directory: string) {
    this.directory = directory;
    this.file = openDecisionFile(directory);
    this.registry = Registry.open(this.file, CRYPTO);
    this.published = new PublishedLog(this.registry, CRYPTO);
  }

  /** Enters releases whose records have these names, in one transaction; gives back the number of the first. */
  enter(...names: readonly string[]): number {
    return this.file.transaction(() => this.registry.append(names.map(decision), this.now));
  }

  /** A minute later: a checkpoint as everybody reads it. */
  sign(): TreeHead {
    this.now += CHECKPOINT_INTERVAL_MS;
    const signing = this.registry.sign(LOG.signer, this.now);
    if (signing.kind !== "signed") throw new Error(signing.kind);
    this.published.refresh();
    return this.head();
  }

  head(): TreeHead {
    const read = verifyCheckpoint(CRYPTO, LOG.log, this.published.note()!);
    if (!read.ok) throw new Error(read.error.detail);
    return read.value.checkpoint;
  }

  close(): void {
    this.file.close();
  }
}

export function decision(name: string): Decision {
  return { kind: EntryKind.RELEASE, records: [recordOf(name)] };
}

export function recordOf(name: string): Uint8Array {
  return toUtf8(`the record of ${name}`);
}

/** What a registry consists of on disk. */
export const REGISTRY_FILES = ["releases.db", "releases.db-wal", "registry-head"] as const;

export function copyRegistry(from: string, to: string): void {
  for (const name of REGISTRY_FILES) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
  }
}
