// A client as nRF Connect SDK's on a real socket: see nrf-connect-transfer.ts.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { systemNow } from "../../src/shell/system-clock.ts";
import { DtlsClientSocket } from "./dtls-client-socket.ts";
import { NrfConnectTransfer, type NrfConnectTransferInput } from "./nrf-connect-transfer.ts";

const HOST = "127.0.0.1";
const SUITE = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!;

/** Where it speaks to, and how: with DTLS where it has a key. */
export interface NrfConnectServer {
  readonly port: number;
  readonly identity?: string;
  readonly key?: string;
}

export interface NrfConnectPull {
  readonly bytes: Uint8Array;
  readonly repetitions: number;
  /** The longest that it waited for a block, ms. */
  readonly longestMs: number;
}

interface Line {
  send(datagram: Uint8Array): void;
  receiveBytes(): Promise<Uint8Array>;
  vanish(): void;
}

/** Rejects with what ended the transfer before its time. */
export async function pullAsNrfConnect(
  server: NrfConnectServer,
  input: Omit<NrfConnectTransferInput, "send">,
): Promise<NrfConnectPull> {
  const line = await lineTo(server);
  try {
    const transfer = new NrfConnectTransfer(systemNow(), { ...input, send: (datagram) => line.send(datagram) });
    let [askedAt, longestMs] = [performance.now(), 0];
    let next = line.receiveBytes();
    for (let due = transfer.pollTimeout(); due !== undefined; due = transfer.pollTimeout()) {
      const patience = new AbortController();
      const waited = sleep(Math.max(0, due - systemNow()), undefined, { signal: patience.signal }).catch(
        () => undefined,
      );
      const datagram = await Promise.race([next, waited]);
      patience.abort();
      if (datagram === undefined) {
        transfer.handleTimeout(systemNow());
        continue;
      }
      next = line.receiveBytes();
      const { length } = transfer.bytes;
      transfer.handleDatagram(systemNow(), datagram);
      if (transfer.bytes.length === length) continue;
      const now = performance.now();
      longestMs = Math.max(longestMs, now - askedAt);
      askedAt = now;
    }
    return { bytes: Uint8Array.from(transfer.bytes), repetitions: transfer.repetitions, longestMs };
  } finally {
    line.vanish();
  }
}

async function lineTo({ port, identity, key }: NrfConnectServer): Promise<Line> {
  if (identity !== undefined && key !== undefined) {
    return DtlsClientSocket.connect({ port, identity, key, suite: SUITE });
  }
  const socket = createSocket("udp4");
  socket.connect(port, HOST);
  await once(socket, "connect");
  // Nobody who listens there: the transfer ends when it has asked often enough.
  socket.on("error", () => {});
  const received: Uint8Array[] = [];
  let wake = () => {};
  socket.on("message", (datagram) => {
    received.push(datagram);
    wake();
  });
  const receiveBytes = async () => {
    while (received.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return received.shift()!;
  };
  return { send: (datagram) => void socket.send(datagram), receiveBytes, vanish: () => void socket.close() };
}
