// A UDP relay on loopback between one client and a server: it passes every datagram on and remembers it.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface RelayedDatagram {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

export class RecordingRelay {
  readonly recorded: RelayedDatagram[] = [];
  readonly #front: Socket;
  readonly #back: Socket;

  static async start(serverPort: number): Promise<RecordingRelay> {
    const sockets = [createSocket("udp4"), createSocket("udp4")] as const;
    for (const socket of sockets) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    return new RecordingRelay(...sockets, serverPort);
  }

  private constructor(front: Socket, back: Socket, serverPort: number) {
    this.#front = front;
    this.#back = back;
    let clientPort = 0;
    front.on("message", (bytes, { port }) => {
      clientPort = port;
      this.recorded.push({ from: "client", bytes });
      back.send(bytes, serverPort, "127.0.0.1");
    });
    back.on("message", (bytes) => {
      this.recorded.push({ from: "server", bytes });
      front.send(bytes, clientPort, "127.0.0.1");
    });
  }

  /** Where the client finds the server. */
  get port(): number {
    return this.#front.address().port;
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }
}
