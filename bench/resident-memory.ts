// How much of a process is in memory, from the kernel's own accounting (Linux).

import { readFileSync } from "node:fs";

/** Bytes: VmRSS. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return 1024 * Number(kibibytes?.[1]);
}
