// Datagrams that the kernel dropped because a socket's buffer was full: the server never saw them (Linux).

import { readFileSync } from "node:fs";

/** Of all sockets of 127.0.0.1 with this port, since they were bound. */
export function kernelDrops(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let drops = 0;
  for (const line of readFileSync("/proc/net/udp", "utf8").split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[1]?.endsWith(suffix)) drops += Number(words.at(-1));
  }
  return drops;
}
