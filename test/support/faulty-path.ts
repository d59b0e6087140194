// A way from a device on loopback to a server that may be killed: each datagram takes half of a round trip, and before one of
// them something happens.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const HOST = "127.0.0.1";

export class FaultyPath {
  readonly #front: Socket;
  readonly #roundTripMs: number;
  readonly #faultBefore: number;
  readonly #fault: () => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #back: Socket;
  #clientPort = 0;
  /** Undefined while there is none: what is sent to it is lost. */
  serverPort: number | undefined;
  /** Of both directions. */
  datagramCount = 0;

  /** `fault` is called before the datagram `faultBefore`, counted from 1 over both directions, goes on. */
  static async open(
    serverPort: number,
    roundTripMs: number,
    faultBefore: number,
    fault: () => void,
  ): Promise<FaultyPath> {
    const front = createSocket("udp4").bind(0, HOST);
    await once(front, "listening");
    return new FaultyPath(front, serverPort, roundTripMs, faultBefore, fault);
  }

  private constructor(front: Socket, serverPort: number, roundTripMs: number, faultBefore: number, fault: () => void) {
    this.#front = front;
    this.serverPort = serverPort;
    this.#roundTripMs = roundTripMs;
    this.#faultBefore = faultBefore;
    this.#fault = fault;
    this.#back = this.#openBack();
    front.on("message", (datagram, { port }) => {
      this.#clientPort = port;
      this.#count();
      this.#later(() => {
        if (this.serverPort !== undefined) this.#back.send(datagram, this.serverPort, HOST);
      });
    });
  }

  /** Where the device finds the server. */
  get port(): number {
    return this.#front.address().port;
  }

  /** From here on the server sees the device at another port, and what it says to the old one is lost. */
  rebind(): void {
    this.#back.close();
    this.#back = this.#openBack();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#front.close();
    this.#back.close();
  }

  #openBack(): Socket {
    const back = createSocket("udp4").bind(0, HOST);
    // Nobody may listen at the server's port any more.
    back.on("error", () => {});
    back.on("message", (datagram) => {
      this.#count();
      this.#later(() => this.#front.send(datagram, this.#clientPort, HOST));
    });
    return back;
  }

  #count(): void {
    this.datagramCount++;
    if (this.datagramCount === this.#faultBefore) this.#fault();
  }

  #later(pass: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      pass();
    }, this.#roundTripMs / 2);
    this.#timers.add(timer);
  }
}
