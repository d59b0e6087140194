// Which names a server answers to: a page of somebody else's that a name leads to this computer's loopback interface (DNS
// rebinding) asks for another one.

import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Throws what node:crypto says of a certificate that is none. */
export function hostCheck(listeningOn: string, certificate: string | undefined): (host: string | undefined) => boolean {
  const own = isIP(listeningOn) === 6 ? `[${listeningOn}]` : listeningOn;
  const parsed = certificate === undefined ? undefined : new X509Certificate(certificate);
  return (host) => {
    const name = host?.replace(/:\d+$/, "").toLowerCase();
    if (name === undefined || name === "") return false;
    if (LOOPBACK_NAMES.has(name) || name === own) return true;
    if (parsed === undefined) return false;
    const bare = name.replace(/^\[|\]$/g, "");
    return (isIP(bare) === 0 ? parsed.checkHost(bare) : parsed.checkIP(bare)) !== undefined;
  };
}
