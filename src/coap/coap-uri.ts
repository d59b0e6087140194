// URIs of CoAP resources, RFC 7252 6.1, 6.2 and 6.4: text in, what a request needs out.

import { toUtf8 } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";

export type Scheme = "coap" | "coaps";

export interface CoapUri {
  readonly scheme: Scheme;
  /** A name, decoded and in lower case, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** One string for each Uri-Path option. */
  readonly path: readonly string[];
  /** One string for each Uri-Query option. */
  readonly queries: readonly string[];
}

const DEFAULT_PORTS = { coap: 5683, coaps: 5684 } as const;

/** RFC 7252 5.10: bytes of a Uri-Host, Uri-Path or Uri-Query option. */
const OPTION_LENGTH_MAX = 255;

const TOO_LONG = `a part of the URI is longer than ${OPTION_LENGTH_MAX} bytes: CoAP has no option for it`;

/** RFC 6874 2: a zone behind an IPv6 address, of which URL knows nothing; people write it without "25", too (3). */
const ZONE = /^([a-z]+:\/\/\[[^\]%]*)%(?:25)?([^\]]+)\]/i;

/** Fails with one line that says what is wrong with the text. */
export function parseCoapUri(text: string): Result<CoapUri, string> {
  const zone = decoded(ZONE.exec(text)?.[2] ?? "") ?? "";
  const withoutZone = text.replace(ZONE, "$1]");
  const uri = URL.canParse(withoutZone) ? new URL(withoutZone) : undefined;
  const scheme = uri?.protocol.slice(0, -1);
  if (uri === undefined || uri.hostname === "" || (scheme !== "coap" && scheme !== "coaps")) {
    return failed(`"${text}" is not a CoAP URI: write coaps://HOST/PATH or coap://HOST/PATH`);
  }
  if (uri.username !== "" || uri.password !== "" || uri.hash !== "") {
    return failed(`"${text}" has parts that CoAP knows nothing of: write coaps://HOST/PATH`);
  }
  const host = decoded(uri.hostname);
  if (host === undefined) return failed(`"${uri.hostname}" is not percent-encoded UTF-8: mend the URI`);
  if (toUtf8(host).length > OPTION_LENGTH_MAX) return failed(TOO_LONG);
  if (uri.port === "0") return failed(`nothing can listen on port 0: mend the port in "${text}", or leave it out`);
  const path = optionsIn(uri.pathname === "/" ? "" : uri.pathname.slice(1), "/");
  if (!path.ok) return path;
  const queries = optionsIn(uri.search.slice(1), "&");
  if (!queries.ok) return queries;
  return ok({
    scheme,
    // RFC 7252 6.4: Uri-Host is in lower case.
    host: host.toLowerCase().replace(/^\[|\]$/g, "") + (zone && `%${zone}`),
    port: uri.port === "" ? DEFAULT_PORTS[scheme] : Number(uri.port),
    path: path.value,
    queries: queries.value,
  });
}

/** The decoded text of each option that `text` writes with `separator` between them. */
function optionsIn(text: string, separator: string): Result<readonly string[], string> {
  const options: string[] = [];
  for (const part of text === "" ? [] : text.split(separator)) {
    const option = decoded(part);
    if (option === undefined) return failed(`"${part}" is not percent-encoded UTF-8: mend the URI`);
    if (toUtf8(option).length > OPTION_LENGTH_MAX) return failed(TOO_LONG);
    options.push(option);
  }
  return ok(options);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** RFC 3986 3.2.2: an IPv6 address stands in brackets. */
export function uriHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
