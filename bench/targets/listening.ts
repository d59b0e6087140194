// Waiting for a server to say where it listens.

import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";

const LIMIT_MS = 60_000;

/** The first lines of standard output that match, as many as wanted. Throws when the process ends or says nothing. */
export async function matchedLines(child: ChildProcess, pattern: RegExp, count: number): Promise<RegExpExecArray[]> {
  const lines = createInterface({ input: child.stdout! });
  const limit = setTimeout(() => lines.close(), LIMIT_MS);
  const found: RegExpExecArray[] = [];
  try {
    for await (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) found.push(match);
      if (found.length === count) break;
    }
  } finally {
    clearTimeout(limit);
  }
  if (found.length < count) throw new Error(`${child.spawnargs.slice(0, 3).join(" ")} ended before it listened`);
  // What comes later is read and dropped: a full pipe would stop the server.
  child.stdout!.resume();
  return found;
}

/** A port whose successor is free too: coap-server takes both. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const first = createSocket("udp4");
    const second = createSocket("udp4");
    try {
      first.bind(0, "127.0.0.1");
      await once(first, "listening");
      const { port } = first.address();
      if (port === 65_535) continue;
      second.bind(port + 1, "127.0.0.1");
      await once(second, "listening");
      return port;
    } catch {
      // The successor is taken; another pair may be free.
    } finally {
      first.close();
      second.close();
    }
  }
}
