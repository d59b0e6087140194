// A CoAP URI, and what is wrong with one.

import { parseCoapUri } from "narrowboat/coap/coap-uri";

for (const text of ["coaps://[2001:db8::1]/fw/pump/2?offset=64", "http://example.org/"]) {
  const uri = parseCoapUri(text);
  console.log(uri.ok ? `${uri.value.host} port ${uri.value.port}, ${uri.value.path.join(" / ")}` : uri.error);
}
