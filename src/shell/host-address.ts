// Names of hosts, resolved as other programs of the computer do it (hosts file, DNS).

import { lookup } from "node:dns/promises";

/** Addresses of one name that anybody tries. */
const SERVER_ADDRESSES_MAX = 8;

/** The IP address of a host name, or of what is one already. Rejects with the system's error: ENOTFOUND, EAI_AGAIN. */
export async function hostAddress(host: string): Promise<string> {
  return (await lookup(host)).address;
}

/** RFC 6761 6.3: what this name means, where the hosts file knows but one of them, too. */
const LOOPBACK: Readonly<Record<string, readonly string[]>> = { localhost: ["127.0.0.1", "::1"] };

/** The first of all of them, each once and in the system's order of preference (RFC 6724): at least one. Rejects likewise. */
export async function hostAddresses(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  const addresses = [...found.map(({ address }) => address), ...(LOOPBACK[host] ?? [])];
  return [...new Set(addresses)].slice(0, SERVER_ADDRESSES_MAX);
}
