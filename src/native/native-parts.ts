// The parts in C, where they are built. Whoever uses one has a part in TypeScript that does the same.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import load from "node-gyp-build";
import type { NativeAead } from "./aead.ts";
import { type NativeDatagramPort, Note } from "./datagram-port.ts";

export interface NativeParts {
  /** Absent where this Node.js does not export OpenSSL. */
  readonly aead?: NativeAead;
  readonly datagramPort: NativeDatagramPort;
}

/** The same each time in a thread; undefined where nothing was built for this system from these sources. */
export function loadNativeParts(): NativeParts | undefined {
  const directory = packageDirectory(import.meta.dirname);
  if (directory === undefined) return undefined;
  try {
    const parts = load(directory) as NativeParts;
    return parts.datagramPort.noteLength === 2 * Note.LENGTH ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** Above `start`, whether it lies in the package or in a clone's dist/; undefined outside of any, as in a bundle. */
export function packageDirectory(start: string): string | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (directory === dirname(directory)) return undefined;
  }
}
