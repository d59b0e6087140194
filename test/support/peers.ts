// The other sides of the interop tests: programs from Debian packages that a computer may or may not have.

import { commandOnPath } from "../../src/shell/command-path.ts";

/** Which package brings each command. */
const PACKAGES = {
  cc: "gcc",
  chromium: "chromium",
  "coap-client-gnutls": "libcoap3-bin",
  "coap-client-notls": "libcoap3-bin",
  "coap-client-openssl": "libcoap3-bin",
  "coap-server-gnutls": "libcoap3-bin",
  "coap-server-notls": "libcoap3-bin",
  "coap-server-openssl": "libcoap3-bin",
  "gnutls-cli": "gnutls-bin",
  "gnutls-serv": "gnutls-bin",
  ip: "iproute2",
  "linux.uml": "user-mode-linux",
  nsenter: "util-linux",
  openssl: "openssl",
  ss: "iproute2",
  tcpdump: "tcpdump",
  unshare: "util-linux",
} as const;

export type PeerName = keyof typeof PACKAGES;

/**
 * The path of the command `name`. Where it is not installed, says so aloud and gives undefined: the caller then declares
 * no tests that need it. With NARROWBOAT_REQUIRE_PEERS=1, as in CI, it throws instead, and nothing is skipped.
 */
export function peer(name: PeerName): string | undefined {
  const path = commandOnPath(name);
  if (path !== undefined) return path;
  return absent(name, PACKAGES[name]);
}

/** The same for what is no command: `what` is missing, and `debianPackage` would bring it. */
export function absent(what: string, debianPackage: string): undefined {
  return missing(`${what} not installed (apt install ${debianPackage})`);
}

/** The same for what no package brings. */
export function missing(complaint: string): undefined {
  if (process.env["NARROWBOAT_REQUIRE_PEERS"] === "1") throw new Error(complaint);
  // The runner looks for this at the start of a line, and uvu may have left its dots on the current one.
  console.log(`\nskipped: ${complaint}`);
  return undefined;
}
