// Which of the two ports a server gets: the native one where it is built and wanted, or else one of node:dgram.

import { type NativeAbsence, type NativeParts, nativeParts } from "../native/native-parts.ts";
import type { DatagramPort, DatagramPortOutlet } from "./datagram-port.ts";
import { NativeDatagramPort } from "./native-datagram-port.ts";
import { UdpSocket } from "./udp-socket.ts";

/**
 * Listens on an IP address; without one on every address of the computer, IPv6 and IPv4 by one socket, or IPv4 alone
 * where the system has no IPv6. Rejects with the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT.
 */
export async function bindDatagramPort(
  host: string | undefined,
  port: number,
  outlet: DatagramPortOutlet,
  native: NativeParts | NativeAbsence = nativeParts,
): Promise<DatagramPort> {
  if (host !== undefined) return bindAddress(host, port, outlet, native);
  try {
    return await bindAddress("::", port, outlet, native);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EAFNOSUPPORT" && code !== "EADDRNOTAVAIL") throw error;
    return bindAddress("0.0.0.0", port, outlet, native);
  }
}

async function bindAddress(
  host: string,
  port: number,
  outlet: DatagramPortOutlet,
  native: NativeParts | NativeAbsence,
): Promise<DatagramPort> {
  if (typeof native === "object") return new NativeDatagramPort(native.datagramPort, host, port, outlet);
  return dgramPort(host, port, outlet);
}

/** What came in one turn of the event loop is a batch. */
async function dgramPort(host: string, port: number, outlet: DatagramPortOutlet): Promise<DatagramPort> {
  let closed = false;
  let inBatch = false;
  const endBatch = () => {
    inBatch = false;
    if (!closed) outlet.batchEnd();
  };
  const socket = await UdpSocket.bind(host, port, {
    datagram: (from, datagram) => {
      if (!inBatch) setImmediate(endBatch);
      inBatch = true;
      outlet.datagram(from, datagram);
    },
    failed: (code) => outlet.failed(code),
  });
  return {
    host: socket.host,
    port: socket.port,
    // A copy: node:dgram may keep it until the system takes it.
    sendTo: (to, datagram) => socket.sendTo(to, Buffer.from(datagram)),
    // node:dgram sends each one by itself, and queues what the system does not take.
    flush: () => {},
    room: async () => {},
    close: () => {
      closed = true;
      return socket.close();
    },
  };
}
