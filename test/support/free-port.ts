// A UDP port for a server that cannot choose a free one by itself.

import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A port that was free a moment ago, and whose successor probably is: the system gives out ports at random. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
