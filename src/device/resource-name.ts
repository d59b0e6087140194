// What tells one resource from all others in a few bytes, for a record on flash: an ETag means nothing beside another one
// (RFC 7252 5.10.6), so that two images with one ETag must never become one.

import { bytesOfLatin1, toUtf8 } from "../base/bytes.ts";
import { hostOf, type PeerAddress, portOf } from "../base/peer-address.ts";
import type { Scheme } from "../coap/coap-uri.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { RESOURCE_LENGTH } from "./image-slot.ts";

/** A resource as RFC 7252 6 names it: by the name of its host where it has one, else by the address. */
export interface ResourceInput {
  readonly scheme: Scheme;
  readonly host: string | undefined;
  readonly server: PeerAddress;
  readonly path: readonly string[];
  readonly queries: readonly string[];
}

/** RESOURCE_LENGTH bytes. */
export function resourceName(crypto: CryptoProvider, input: ResourceInput): Uint8Array {
  const { scheme, host, server, path, queries } = input;
  const uri = JSON.stringify([scheme, host ?? hostOf(server), portOf(server), path, queries]);
  return bytesOfLatin1(crypto.sha256(toUtf8(uri))).subarray(0, RESOURCE_LENGTH);
}
