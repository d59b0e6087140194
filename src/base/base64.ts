// RFC 4648 4: base64 as texts of other people carry it.

import { bytesOfLatin1, latin1Of } from "./bytes.ts";

export function toBase64(bytes: Uint8Array): string {
  return btoa(latin1Of(bytes));
}

/**
 * The bytes; undefined for what toBase64 writes for none: other characters or white space, missing padding, and bits behind
 * the end that are not zero (RFC 4648 3.5), which would give one signature several texts.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined;
  const bytes = bytesOfLatin1(atob(text));
  return toBase64(bytes) === text ? bytes : undefined;
}
