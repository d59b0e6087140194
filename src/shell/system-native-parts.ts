// The parts in C as the operator wants them.

import { loadNativeParts, type NativeParts } from "../native/native-parts.ts";

/** Why there are no native parts: the operator's wish, or nothing that was built for this system. */
export type NativeAbsence = "off" | "notBuilt";

/** The environment variable that leaves the native parts out when it is "off". */
export const NATIVE_VARIABLE = "NARROWBOAT_NATIVE";

export function systemNativeParts(): NativeParts | NativeAbsence {
  if (process.env[NATIVE_VARIABLE] === "off") return "off";
  return loadNativeParts() ?? "notBuilt";
}
