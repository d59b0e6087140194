// RFC 9562 5.5, version 5: a name's number, as SUIT names vendors and classes (draft-ietf-suit-manifest-37 8.4.8.2).

import { concat, toUtf8 } from "../../base/bytes.ts";

export const UUID_LENGTH = 16;

/** RFC 9562 6.6: the namespace of domain names, 6ba7b810-9dad-11d1-80b4-00c04fd430c8. */
const DNS: Uint8Array = Uint8Array.of(
  ...[0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1],
  ...[0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8],
);

type Sha1 = (bytes: Uint8Array) => Uint8Array;

/** A vendor by its domain, "arm.com". */
export function vendorUuid(sha1: Sha1, domain: string): Uint8Array {
  return nameUuid(sha1, DNS, domain);
}

/** A class of a vendor's devices, by the maker's own name of it. */
export function classUuid(sha1: Sha1, vendor: Uint8Array, name: string): Uint8Array {
  return nameUuid(sha1, vendor, name);
}

function nameUuid(sha1: Sha1, namespace: Uint8Array, name: string): Uint8Array {
  const uuid = sha1(concat(namespace, toUtf8(name))).slice(0, UUID_LENGTH);
  uuid[6] = (uuid[6]! & 0x0f) | 0x50;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return uuid;
}
