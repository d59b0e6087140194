// Names of hosts, resolved as other programs of the computer do it (hosts file, DNS).

import { lookup } from "node:dns/promises";

/** The IP address of a host name, or of what is one already. Rejects with the system's error: ENOTFOUND, EAI_AGAIN. */
export async function hostAddress(host: string): Promise<string> {
  return (await lookup(host)).address;
}
