// The parts in C, where they are built and wanted. Whoever uses one has a part in TypeScript that does the same.

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

/** Why there are no native parts: the operator's wish, or nothing that was built for this system from these sources. */
export type NativeAbsence = "off" | "not-built";

/** The environment variable that leaves the native parts out when it is "off". */
export const NATIVE_VARIABLE = "NARROWBOAT_NATIVE";

export const nativeParts: NativeParts | NativeAbsence = find();

function find(): NativeParts | NativeAbsence {
  if (process.env[NATIVE_VARIABLE] === "off") return "off";
  try {
    const parts = load(packageDirectory()) as NativeParts;
    return parts.datagramPort.noteLength === 2 * Note.LENGTH ? parts : "not-built";
  } catch {
    return "not-built";
  }
}

/** Above this file, whether it runs from the package or from a clone's dist/. */
function packageDirectory(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}
