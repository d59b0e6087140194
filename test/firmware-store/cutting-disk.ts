// A disk that is cut off at one step of publishing, and that may lose in a power cut what was not synced.

import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { type ImageDisk, imageDisk } from "../../firmware-store/image-disk.ts";

/** Where in the step the cut comes; only a write has a middle. */
export type CutPlace = "before" | "middle" | "after";

/** What a power cut takes besides: nothing (a killed process), bytes never synced, or names never synced too. */
export type Loss = "nothing" | "bytes" | "names";

class Cut extends Error {}

interface Rename {
  readonly from: string;
  readonly to: string;
  /** What the rename put an end to. */
  readonly replaced: Uint8Array | undefined;
}

export class CuttingDisk implements ImageDisk {
  stepCount = 0;
  readonly #cutStep: number;
  readonly #place: CutPlace;
  #isCut = false;
  readonly #paths = new Map<number, string>();
  readonly #unsyncedPaths = new Set<string>();
  #unsyncedRenames: Rename[] = [];

  constructor(cutStep: number, place: CutPlace) {
    this.#cutStep = cutStep;
    this.#place = place;
  }

  create(path: string): number {
    return this.#step(() => {
      const handle = imageDisk.create(path);
      this.#paths.set(handle, path);
      this.#unsyncedPaths.add(path);
      return handle;
    });
  }

  write(handle: number, bytes: Uint8Array): void {
    this.#step(
      () => imageDisk.write(handle, bytes),
      () => imageDisk.write(handle, bytes.subarray(0, bytes.length >> 1)),
    );
  }

  sync(handle: number): void {
    this.#step(() => {
      imageDisk.sync(handle);
      this.#unsyncedPaths.delete(this.#paths.get(handle)!);
    });
  }

  close(handle: number): void {
    // The system closes a dead process's files.
    if (this.#isCut) imageDisk.close(handle);
    else this.#step(() => imageDisk.close(handle));
  }

  rename(from: string, to: string): void {
    this.#step(() => {
      const replaced = statSync(to, { throwIfNoEntry: false }) && readFileSync(to);
      imageDisk.rename(from, to);
      this.#unsyncedRenames.push({ from, to, replaced });
      if (this.#unsyncedPaths.delete(from)) this.#unsyncedPaths.add(to);
    });
  }

  syncDirectory(directory: string): void {
    this.#step(() => {
      imageDisk.syncDirectory(directory);
      this.#unsyncedRenames = [];
    });
  }

  remove(path: string): void {
    this.#step(() => imageDisk.remove(path));
  }

  /** Takes away what the power cut takes. */
  lose(loss: Loss): void {
    if (loss === "nothing") return;
    for (const path of this.#unsyncedPaths) writeFileSync(path, new Uint8Array(statSync(path).size));
    if (loss === "bytes") return;
    for (const { from, to, replaced } of this.#unsyncedRenames.reverse()) {
      renameSync(to, from);
      if (replaced !== undefined) writeFileSync(to, replaced);
    }
  }

  #step<Value>(perform: () => Value, performHalf?: () => void): Value {
    if (this.#isCut) throw new Cut();
    const isHere = this.stepCount++ === this.#cutStep;
    if (isHere && this.#place !== "after") {
      this.#isCut = true;
      if (this.#place === "middle") performHalf?.();
      throw new Cut();
    }
    const value = perform();
    if (isHere) {
      this.#isCut = true;
      if (typeof value === "number") imageDisk.close(value);
      throw new Cut();
    }
    return value;
  }
}
