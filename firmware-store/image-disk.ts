// The steps by which publishing changes the disk, one method each, so that a test can cut between any two of them
// and in the middle of a write. All of them are synchronous and throw what node:fs throws.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

export interface ImageDisk {
  /** Makes the file, or empties the one that is there, for writing; only its owner may read it. */
  create(path: string): number;
  /** Appends all of `bytes`. */
  write(handle: number, bytes: Uint8Array): void;
  /** Returns when the file's bytes would survive a power cut. */
  sync(handle: number): void;
  close(handle: number): void;
  /** Puts the file in the place of `to`, at once. */
  rename(from: string, to: string): void;
  /** Returns when the names in the directory would survive a power cut. */
  syncDirectory(directory: string): void;
  /** Removes the file if it is there. */
  remove(path: string): void;
}

export const imageDisk: ImageDisk = {
  create: (path) => openSync(path, "w", 0o600),
  write(handle, bytes) {
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
  },
  sync: fsyncSync,
  close: closeSync,
  rename: renameSync,
  syncDirectory(directory) {
    const handle = openSync(directory, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
  remove: (path) => rmSync(path, { force: true }),
};
