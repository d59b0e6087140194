// Every kind of server that the scenes know.

import { libcoap } from "./targets/libcoap-target.ts";
import { earlier, narrowboat } from "./targets/narrowboat-target.ts";
import { coapPackage, dgramEcho, nativeEcho, portEcho } from "./targets/plain-target.ts";
import type { Contender, ContenderId } from "./targets/target.ts";

/** `node` runs what needs Node.js; `checkout` is a built one of an earlier commit, if any. With NARROWBOAT_REQUIRE_PEERS=1 nothing may be missing: throws where something is. */
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
  if (process.env["NARROWBOAT_REQUIRE_PEERS"] === "1") {
    for (const contender of all) {
      const absence = contender.absence();
      if (absence !== undefined) throw new Error(absence);
    }
  }
  return new Map(all.map((contender) => [contender.id, contender]));
}
