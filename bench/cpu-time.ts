// The processor time that another process has used, from the kernel's own accounting (Linux).

import { readdirSync, readFileSync } from "node:fs";

/** Microseconds on a processor since the process began, all of its threads together. */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1000;
}
