// A crowd's socket where there is no compiler: one socket of node:dgram for each device. Good for a small load.

import { createSocket, type Socket } from "node:dgram";
import type { CrowdSocket, CrowdSocketInput } from "./crowd-socket.ts";
import { SLOT_LENGTH } from "./datagram-slots.ts";

export class DgramCrowdSocket implements CrowdSocket {
  readonly descriptor = undefined;
  readonly #input: CrowdSocketInput;
  readonly #sockets = new Map<number, Socket>();

  constructor(input: CrowdSocketInput) {
    this.#input = input;
  }

  flush(count: number): void {
    const { outgoing, serverPort } = this.#input;
    for (let slot = 0; slot < count; slot++) {
      const start = slot * SLOT_LENGTH;
      // A copy: the system takes the bytes later.
      const datagram = outgoing.bytes.slice(start, start + outgoing.lengths[slot]!);
      this.#socketOf(outgoing.devices[slot]!).send(datagram, serverPort, "127.0.0.1");
    }
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #socketOf(device: number): Socket {
    const known = this.#sockets.get(device);
    if (known !== undefined) return known;
    const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
    socket.on("message", (datagram, { port }) => {
      if (port === this.#input.serverPort) this.#handleMessage(device, datagram);
    });
    if (this.#input.ownAddresses === true) socket.bind(0, addressOf(device));
    this.#sockets.set(device, socket);
    return socket;
  }

  #handleMessage(device: number, datagram: Uint8Array): void {
    const { received, handleBatch } = this.#input;
    received.bytes.set(datagram.subarray(0, SLOT_LENGTH));
    received.lengths[0] = Math.min(datagram.length, SLOT_LENGTH);
    received.devices[0] = device;
    this.flush(handleBatch(1));
  }
}

/** As native/crowd.c numbers them. */
function addressOf(device: number): string {
  return `127.${16 + (device >> 16)}.${(device >> 8) & 255}.${device & 255}`;
}
