// How much of a process is in memory, from the kernel's own accounting (Linux).

import { readFileSync } from "node:fs";

/** Bytes now: VmRSS. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** Bytes at the most since the process began: VmHWM. */
export function peakResidentBytes(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return 1024 * Number(kibibytes?.[1]);
}
