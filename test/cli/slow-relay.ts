// A relay of datagrams between one client and a server, which holds back what comes from the server for a moment.

import { createSocket } from "node:dgram";
import { once } from "node:events";

const DELAY_MS = 50;

export interface SlowRelay {
  readonly port: number;
  /** Resolves when so many datagrams of the server have been passed on. */
  passed(count: number): Promise<void>;
  /** Delays nothing from here on. */
  hurry(): void;
  close(): void;
}

export async function startSlowRelay(serverPort: number): Promise<SlowRelay> {
  const [front, back] = [createSocket("udp4"), createSocket("udp4")];
  let client = 0;
  let passedCount = 0;
  let delayMs = DELAY_MS;
  front.on("message", (datagram, { port }) => {
    client = port;
    back.send(datagram, serverPort, "127.0.0.1");
  });
  back.on("message", (datagram) => {
    setTimeout(() => {
      front.send(datagram, client, "127.0.0.1");
      passedCount++;
      front.emit("passed");
    }, delayMs);
  });
  front.bind(0, "127.0.0.1");
  await once(front, "listening");
  return {
    port: front.address().port,
    passed: async (count) => {
      while (passedCount < count) await once(front, "passed");
    },
    hurry: () => {
      delayMs = 0;
    },
    close: () => {
      front.close();
      back.close();
    },
  };
}
