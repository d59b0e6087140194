// Every kind of server that the scenes know.

import { libcoap } from "./targets/libcoap-target.ts";
import { earlier, narrowboat } from "./targets/narrowboat-target.ts";
import { coapPackage, dgramEcho, nativeEcho, portEcho } from "./targets/plain-target.ts";
import type { Contender, ContenderId } from "./targets/target.ts";

/** `node` runs what needs Node.js; `checkout` is a built one of an earlier commit, if any. Throws where that is not built,
 * and with NARROWBOAT_REQUIRE_PEERS=1 where anything is missing. */
export function contendersWith(node: string, checkout?: string): ReadonlyMap<ContenderId, Contender> {
  const all = [
    narrowboat({ node, native: true }),
    narrowboat({ node, native: false }),
    libcoap("openssl"),
    libcoap("gnutls"),
    coapPackage(node),
    dgramEcho(node),
    portEcho(node),
    nativeEcho(),
    ...(checkout === undefined ? [] : [true, false].map((native) => earlier({ node, native }, checkout))),
  ];
  const required = process.env["NARROWBOAT_REQUIRE_PEERS"] === "1";
  for (const contender of all) {
    const absence = contender.absence();
    // A checkout is there because somebody named it.
    if (absence !== undefined && (required || contender.id.startsWith("earlier"))) throw new Error(absence);
  }
  return new Map(all.map((contender) => [contender.id, contender]));
}
