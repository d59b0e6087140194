// How keys come in and out of Node's crypto: base64url (RFC 7515 2), as JWK wants it.

import { copyOf } from "../base/bytes.ts";

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

export function fromBase64Url(text: string): Uint8Array {
  return copyOf(Buffer.from(text, "base64url"));
}
