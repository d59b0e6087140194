// The addresses of this computer, as sockets are bound to them.

import { networkInterfaces } from "node:os";
import { localKeyOf, peerAddress } from "../base/peer-address.ts";

/** Beyond that many the others are not listened on. */
const LOCAL_ADDRESSES_MAX = 1_024;

export interface LocalAddress {
  /** With its zone where it is a link-local one: "fe80::1%eth0". */
  readonly host: string;
  /** RFC 4007: the index of that zone's interface, and 0 for others. Another interface may take over the name. */
  readonly zoneIndex: number;
}

/** Whether `host` stands for all addresses: "::", "0.0.0.0". */
export function isAllAddresses(host: string): boolean {
  return /^[0:.]+(?:%|$)/.test(host);
}

/**
 * What `host` stands for now, by keys as localKeyOf() gives them: for "::" all addresses, for "0.0.0.0" those of IPv4. Of
 * 127.0.0.0/8 only what is configured, which is 127.0.0.1. Some may be tentative still, or gone.
 */
export function localAddresses(host: string): ReadonlyMap<string, LocalAddress> {
  const found = new Map<string, LocalAddress>();
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const one of addresses) {
      if (found.size >= LOCAL_ADDRESSES_MAX || (one.family === "IPv6" && !host.includes(":"))) continue;
      const zoneIndex = one.family === "IPv6" ? one.scopeid : 0;
      const own = zoneIndex === 0 ? one.address : `${one.address}%${name}`;
      found.set(localKeyOf(peerAddress(own, 0, own)), { host: own, zoneIndex });
    }
  }
  return found;
}

/** RFC 5771, RFC 4291 2.7. */
export function isMulticast(host: string): boolean {
  return host.includes(":") ? /^ff/i.test(host) : /^2(?:2[4-9]|3\d)\./.test(host);
}

/** Whether `host` is an address of many: multicast, or an IPv4 broadcast address of this computer. */
export function isAddressOfMany(host: string): boolean {
  if (isMulticast(host) || host === "255.255.255.255") return true;
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return own.some(
    (one) => one.family === "IPv4" && host !== one.address && host === broadcastOf(one.address, one.netmask),
  );
}

/** RFC 919: all bits of the host are ones. */
function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((byte, i) => (Number(byte) | ~mask[i]!) & 255)
    .join(".");
}
