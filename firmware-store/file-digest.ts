// Which file it is, in which state, and what the bytes are that are sealed in it.

import type { BigIntStats } from "node:fs";

export type FileDigest =
  | {
      readonly kind: "digested";
      /** See identityOf(). */
      readonly identity: string;
      readonly length: number;
      readonly sha256: Uint8Array;
    }
  | FileFault;

export interface FileFault {
  /** "differs": not what was sealed under the key that it was said to be. */
  readonly kind: "differs" | "missing" | "unreadable";
}

/** Changes when the path leads to another file and when the file is written to. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

/** What an error of node:fs says of a file that was to be digested. */
export function faultOf(error: unknown): FileFault {
  return { kind: (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "unreadable" };
}
