// What a client refuses in the extensions of a ServerHello.

import { type HandshakeError, handshakeError } from "../errors.ts";
import { CONNECTION_ID_LENGTH_MAX, RECORD_SIZE_LIMIT_MIN } from "../parameters.ts";
import type { Extensions } from "./extension.ts";

/** What is wrong with those that were `answered` to those that were `offered` in our hello. */
export function extensionFault(answered: Extensions, offered: Extensions): HandshakeError | undefined {
  const unasked = Object.keys(answered).find((name) => !(name in offered));
  if (unasked !== undefined) return handshakeError("extensionUnasked", unasked);
  const { connectionId, maxFragmentLength, recordSizeLimit, renegotiationInfo } = answered;
  if (renegotiationInfo !== undefined && renegotiationInfo.length > 0) {
    return handshakeError("renegotiationInfoInvalid", "not empty in a first handshake (RFC 5746 3.4)");
  }
  if (connectionId !== undefined && connectionId.length > CONNECTION_ID_LENGTH_MAX) {
    return handshakeError("connectionIdTooLong", `${connectionId.length} bytes, at most ${CONNECTION_ID_LENGTH_MAX}`);
  }
  if (maxFragmentLength !== undefined && maxFragmentLength !== offered.maxFragmentLength) {
    return handshakeError("recordSizeLimitInvalid", "another max_fragment_length than asked for (RFC 6066 4)");
  }
  if (recordSizeLimit !== undefined && recordSizeLimit < RECORD_SIZE_LIMIT_MIN) {
    return handshakeError("recordSizeLimitInvalid", `record_size_limit ${recordSizeLimit}`);
  }
  if (maxFragmentLength !== undefined && recordSizeLimit !== undefined) {
    return handshakeError("recordSizeLimitInvalid", "max_fragment_length beside record_size_limit (RFC 8449 5)");
  }
  return undefined;
}
