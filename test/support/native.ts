// The native parts, for the tests that need them.

import type { NativeParts } from "../../src/native/native-parts.ts";
import { systemNativeParts } from "../../src/shell/system-native-parts.ts";
import { absent } from "./peers.ts";

/**
 * Where they are not built, says so aloud and gives undefined, as for any other peer: the caller then declares no tests
 * that need them. Switched off, they are not missed.
 */
export function builtNativeParts(): NativeParts | undefined {
  const nativeParts = systemNativeParts();
  if (typeof nativeParts === "object") return nativeParts;
  if (nativeParts === "notBuilt") return absent("the native parts' tools are", "gcc make python3");
  console.log("\nskipped: the native parts are switched off");
  return undefined;
}
