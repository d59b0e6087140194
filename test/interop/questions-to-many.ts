// node questions-to-many.js QUESTIONS: sends datagrams to addresses of many from one socket, then the same to one address
// from another, and prints as JSON how many answers each socket has heard, once the second has heard enough.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface Questions {
  /** The datagrams, in hex. */
  readonly datagrams: readonly string[];
  readonly ports: readonly number[];
  /** A multicast or broadcast address. */
  readonly many: string;
  /** One of the addresses of whoever might answer. */
  readonly one: string;
  /** How many answers come from `one`. */
  readonly answerCount: number;
}

export interface Heard {
  readonly many: number;
  readonly one: number;
}

/** What is answered at all is there long before. */
const SILENCE_MS = 700;

const { datagrams, ports, many, one, answerCount } = JSON.parse(process.argv[2]!) as Questions;

async function ask(to: string) {
  const socket = createSocket(isIPv6(to.split("%")[0]!) ? "udp6" : "udp4");
  let heard = 0;
  let wake = () => {};
  socket.on("message", () => {
    heard++;
    wake();
  });
  socket.bind();
  await once(socket, "listening");
  socket.setBroadcast(true);
  for (const port of ports) {
    for (const datagram of datagrams) {
      await new Promise<void>((resolve, reject) => {
        socket.send(Buffer.from(datagram, "hex"), port, to, (error) => (error ? reject(error) : resolve()));
      });
    }
  }
  const until = async (count: number) => {
    while (heard < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { socket, until, heard: () => heard };
}

const [toMany, toOne] = [await ask(many), await ask(one)];
await toOne.until(answerCount);
await delay(SILENCE_MS);
console.log(JSON.stringify({ many: toMany.heard(), one: toOne.heard() } satisfies Heard));
toMany.socket.close();
toOne.socket.close();
