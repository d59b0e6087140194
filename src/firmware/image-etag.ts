// The entity tag of an image (RFC 7252 5.10.6).

/** As many bytes as RFC 7252 5.10.6 allows. */
export const ETAG_LENGTH = 8;

/** The first 8 bytes of an image's SHA-256. A view. */
export function etagOf(sha256: Uint8Array): Uint8Array {
  return sha256.subarray(0, ETAG_LENGTH);
}
