// Which of the two ports a server gets: the native one where it is built and wanted, or else one of node:dgram.

import type { NativeParts } from "../native/native-parts.ts";
import type { DatagramPort, DatagramPortOutlet } from "./datagram-port.ts";
import { DgramPort } from "./dgram-port.ts";
import { isAddressOfMany } from "./local-addresses.ts";
import { NativeDatagramPort } from "./native-datagram-port.ts";
import { type NativeAbsence, systemNativeParts } from "./system-native-parts.ts";

/**
 * Listens on an IP address; without one on every address of the computer, IPv6 and IPv4 by one port, or IPv4 alone where
 * the system has no IPv6. Rejects with the system's error: EADDRINUSE, EACCES, EAFNOSUPPORT, and EADDRNOTAVAIL also for an
 * address of many, of which none is answered.
 */
export async function bindDatagramPort(
  host: string | undefined,
  port: number,
  outlet: DatagramPortOutlet,
  native: NativeParts | NativeAbsence = systemNativeParts(),
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
  if (isAddressOfMany(host)) throw Object.assign(new Error(`bind ${host}`), { code: "EADDRNOTAVAIL" });
  if (typeof native === "object") return new NativeDatagramPort(native.datagramPort, host, port, outlet);
  return DgramPort.bind(host, port, outlet);
}
