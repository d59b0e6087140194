import { suite } from "uvu";
import * as assert from "uvu/assert";
import { alertFor, type HandshakeErrorKind } from "../../src/dtls/errors.ts";

const errors = suite("errors");

const ANSWERS: Readonly<Record<HandshakeErrorKind, string | undefined>> = {
  compressionMissing: "illegal_parameter",
  connectionIdTooLong: "handshake_failure",
  decodeError: "decode_error",
  extendedMasterSecretMissing: "handshake_failure",
  extensionUnasked: "unsupported_extension",
  finishedMismatch: "decrypt_error",
  keyRefused: undefined,
  keyShareInvalid: "illegal_parameter",
  noCommonCipherSuite: "handshake_failure",
  noCommonGroup: "handshake_failure",
  peerAlert: undefined,
  sessionsFull: undefined,
  protocolVersion: "protocol_version",
  recordSizeLimitInvalid: "illegal_parameter",
  renegotiationInfoInvalid: "handshake_failure",
  timeout: undefined,
  unexpectedMessage: "unexpected_message",
};

for (const [kind, alert] of Object.entries(ANSWERS)) {
  errors(`RFC 5246 7.2.2: ${kind} is answered by ${alert ?? "silence"}`, () => {
    assert.is(alertFor(kind as HandshakeErrorKind), alert);
  });
}

errors.run();
