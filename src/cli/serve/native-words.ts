// Which parts serve, in words.

import type { NativeParts } from "../../native/native-parts.ts";
import { NATIVE_VARIABLE, type NativeAbsence } from "../../shell/system-native-parts.ts";

/** The line that `serve` says below its `listening` lines. */
export function nativeWords(parts: NativeParts | NativeAbsence, platform: NodeJS.Platform): string {
  if (typeof parts === "object") return `native parts: datagrams${parts.aead === undefined ? "" : " and AEAD"}`;
  return `native parts: none (${absenceWords(parts, platform)}); TypeScript serves`;
}

function absenceWords(absence: NativeAbsence, platform: NodeJS.Platform): string {
  if (absence === "off") return `${NATIVE_VARIABLE}=off`;
  if (platform !== "linux") return "not built: they are for Linux";
  return "not built: that takes gcc, make and python3 when it is installed";
}
