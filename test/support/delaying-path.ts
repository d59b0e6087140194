// A way from a device on loopback to a server of another address, on which each datagram takes half of a round trip.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const HOST = "127.0.0.1";

export class DelayingPath {
  readonly #front: Socket;
  readonly #back: Socket;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** The server, 127.0.0.1:`serverPort`, sees what comes by it come from `address`. */
  static async open(serverPort: number, address: string, roundTripMs: number): Promise<DelayingPath> {
    const [front, back] = [createSocket("udp4"), createSocket("udp4")];
    front.bind(0, HOST);
    back.bind(0, address);
    await Promise.all([once(front, "listening"), once(back, "listening")]);
    return new DelayingPath(front, back, serverPort, roundTripMs / 2);
  }

  private constructor(front: Socket, back: Socket, serverPort: number, delayMs: number) {
    this.#front = front;
    this.#back = back;
    let clientPort = 0;
    front.on("message", (datagram, { port }) => {
      clientPort = port;
      this.#after(delayMs, () => back.send(datagram, serverPort, HOST));
    });
    back.on("message", (datagram) => this.#after(delayMs, () => front.send(datagram, clientPort, HOST)));
  }

  /** Where the device finds the server. */
  get port(): number {
    return this.#front.address().port;
  }

  /** What is under way is lost. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#front.close();
    this.#back.close();
  }

  #after(delayMs: number, pass: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      pass();
    }, delayMs);
    this.#timers.add(timer);
  }
}
