// URIs of CoAP resources, RFC 7252 6.1, 6.2 and 6.4: text in, what a request needs out.

import type { Scheme } from "../server/transmit-queue.ts";
import { wrongUse } from "./command-error.ts";

export interface CoapUri {
  readonly scheme: Scheme;
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** One string for each Uri-Path option. */
  readonly path: readonly string[];
  /** One string for each Uri-Query option. */
  readonly queries: readonly string[];
}

const DEFAULT_PORTS = { coap: 5683, coaps: 5684 } as const;

/** RFC 7252 5.10: bytes of a Uri-Path or Uri-Query option. */
const OPTION_LENGTH_MAX = 255;

/** Throws CommandError for what is no such URI. */
export function parseCoapUri(text: string): CoapUri {
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = uri?.protocol.slice(0, -1);
  if (uri === undefined || uri.hostname === "" || (scheme !== "coap" && scheme !== "coaps")) {
    throw wrongUse(`"${text}" is not a CoAP URI: write coaps://HOST/PATH or coap://HOST/PATH`);
  }
  if (uri.username !== "" || uri.password !== "" || uri.hash !== "") {
    throw wrongUse(`"${text}" has parts that CoAP knows nothing of: write coaps://HOST/PATH`);
  }
  return {
    scheme,
    host: uri.hostname.replace(/^\[|\]$/g, ""),
    port: uri.port === "" ? DEFAULT_PORTS[scheme] : Number(uri.port),
    path: uri.pathname.replace(/^\//, "") === "" ? [] : uri.pathname.slice(1).split("/").map(decoded),
    queries: uri.search === "" ? [] : uri.search.slice(1).split("&").map(decoded),
  };
}

function decoded(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    throw wrongUse(`"${part}" is not percent-encoded UTF-8: mend the URI`);
  }
  if (Buffer.byteLength(text) > OPTION_LENGTH_MAX) {
    throw wrongUse(`a part of the URI is longer than ${OPTION_LENGTH_MAX} bytes: CoAP has no option for it`);
  }
  return text;
}

/** RFC 3986 3.2.2: an IPv6 address stands in brackets. */
export function uriHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
