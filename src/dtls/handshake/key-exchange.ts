// ServerKeyExchange and ClientKeyExchange of PSK (RFC 4279 2) and ECDHE_PSK (RFC 5489 2, curves as in RFC 8422 5.4).

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { EMPTY } from "../../base/bytes.ts";

/** RFC 8422 5.4: ECCurveType named_curve. */
const NAMED_CURVE = 3;

export interface ServerKeyExchange {
  /** The server's hint which identity to use; clients that do not know it pass over it (RFC 4279 5.2). */
  readonly identityHint: Uint8Array;
  /** With ECDHE_PSK only. */
  readonly keyShare?: { readonly group: number; readonly publicKey: Uint8Array };
}

export interface ClientKeyExchange {
  readonly identity: Uint8Array;
  /** With ECDHE_PSK only. */
  readonly publicKey?: Uint8Array;
}

/** With an empty hint: none helps a device, and every byte is air. */
export function encodeServerKeyExchange(group: number, publicKey: Uint8Array): Uint8Array {
  return new ByteWriter().vector16(EMPTY).uint8(NAMED_CURVE).uint16(group).vector8(publicKey).finish();
}

export function decodeServerKeyExchange(
  body: Uint8Array,
  keyExchange: "psk" | "ecdhe_psk",
): ServerKeyExchange | undefined {
  const reader = new ByteReader(body);
  const identityHint = reader.vector16();
  if (keyExchange === "psk") return reader.atEnd ? { identityHint } : undefined;
  const curveType = reader.uint8();
  const group = reader.uint16();
  const publicKey = reader.vector8();
  return reader.atEnd && curveType === NAMED_CURVE ? { identityHint, keyShare: { group, publicKey } } : undefined;
}

export function encodeClientKeyExchange(exchange: ClientKeyExchange): Uint8Array {
  const writer = new ByteWriter().vector16(exchange.identity);
  if (exchange.publicKey !== undefined) writer.vector8(exchange.publicKey);
  return writer.finish();
}

export function decodeClientKeyExchange(
  body: Uint8Array,
  keyExchange: "psk" | "ecdhe_psk",
): ClientKeyExchange | undefined {
  const reader = new ByteReader(body);
  if (keyExchange === "psk") {
    const identityLength = reader.uint16();
    if (reader.overrun || identityLength !== reader.remaining) return undefined;
    // A copy, since `body` is short: a view would move it out of V8's heap first, 0.3 µs.
    return { identity: body.slice(reader.offset) };
  }
  const identity = reader.vector16();
  const publicKey = reader.vector8();
  return reader.atEnd ? { identity, publicKey } : undefined;
}
