// What a server makes of a ClientHello: the suite, the group, and which extensions hold. Pure: the same hello and the same
// configuration always give the same answer.

import { copyOf } from "../../base/bytes.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import { type HandshakeError, handshakeError } from "../errors.ts";
import { CONNECTION_ID_LENGTH_MAX, DTLS_1_2, PLAINTEXT_LENGTH_MAX, RECORD_SIZE_LIMIT_MIN } from "../parameters.ts";
import { maxFragmentLengthFor, TLS_EMPTY_RENEGOTIATION_INFO_SCSV } from "./extension.ts";
import type { ClientHello } from "./hello.ts";
import { NAMED_GROUPS, NamedGroup } from "./key-share.ts";

const NULL_COMPRESSION = 0;

export interface Negotiation {
  readonly suite: CipherSuite;
  /** Of NAMED_GROUPS; with ECDHE_PSK only. */
  readonly group: number | undefined;
  readonly extendedMasterSecret: boolean;
  readonly encryptThenMac: boolean;
  readonly secureRenegotiation: boolean;
  /** The code to repeat, where max_fragment_length holds. */
  readonly maxFragmentLength: number | undefined;
  /** Whether the client stated a record_size_limit, so that we state ours. */
  readonly recordSizeLimit: boolean;
  /** The most plaintext that the client takes in a record, bytes. */
  readonly plaintextLengthMax: number;
  /** What to put into our records, where Connection IDs hold; it may be empty (RFC 9146 3). */
  readonly clientConnectionId: Uint8Array | undefined;
  /** RFC 9853, which concerns peers with Connection IDs. */
  readonly returnRoutability: boolean;
}

/** `suites` in the operator's order of preference. */
export function negotiate(hello: ClientHello, suites: readonly CipherSuite[]): Result<Negotiation, HandshakeError> {
  const { extensions } = hello;
  // Versions of DTLS count downwards: 1.0 is 0xfeff, 1.2 is 0xfefd.
  if (hello.version >> 8 !== 0xfe || hello.version > DTLS_1_2) {
    return failed(handshakeError("protocolVersion", `client_version 0x${hello.version.toString(16)}`));
  }
  if (!hello.compressionMethods.includes(NULL_COMPRESSION)) {
    return failed(handshakeError("compressionMissing", "the null compression method is not offered"));
  }
  if (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0) {
    return failed(handshakeError("renegotiationInfoInvalid", "not empty in a first handshake (RFC 5746 3.6)"));
  }
  const limit = plaintextLimit(hello);
  if (!limit.ok) return limit;
  const choice = chooseSuite(hello, suites);
  if (!choice.ok) return choice;
  const { suite, group } = choice.value;
  const clientConnectionId = extensions.connectionId;
  // A device that asks for a longer one gets none.
  const takesConnectionId = clientConnectionId !== undefined && clientConnectionId.length <= CONNECTION_ID_LENGTH_MAX;
  return ok({
    suite,
    group,
    extendedMasterSecret: extensions.extendedMasterSecret === true,
    encryptThenMac: extensions.encryptThenMac === true && suite.canEncryptThenMac,
    secureRenegotiation:
      extensions.renegotiationInfo !== undefined || hello.cipherSuites.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
    // RFC 8449 5: where both are offered, record_size_limit alone holds.
    maxFragmentLength: extensions.recordSizeLimit === undefined ? extensions.maxFragmentLength : undefined,
    recordSizeLimit: extensions.recordSizeLimit !== undefined,
    plaintextLengthMax: limit.value,
    clientConnectionId: takesConnectionId ? copyOf(clientConnectionId) : undefined,
    returnRoutability: takesConnectionId && extensions.returnRoutability === true,
  });
}

/**
 * The same for a session that is resumed with the suite that it had (RFC 5246 7.4.1.2). Undefined where this hello or `suites`
 * do not allow it.
 */
export function negotiateAgain(
  hello: ClientHello,
  suites: readonly CipherSuite[],
  { suite, encryptThenMac }: { readonly suite: CipherSuite; readonly encryptThenMac: boolean },
): Negotiation | undefined {
  if (!suites.includes(suite)) return undefined;
  const negotiated = negotiate(hello, [suite]);
  return negotiated.ok && negotiated.value.encryptThenMac === encryptThenMac ? negotiated.value : undefined;
}

function plaintextLimit(hello: ClientHello): Result<number, HandshakeError> {
  const { recordSizeLimit, maxFragmentLength } = hello.extensions;
  if (recordSizeLimit !== undefined) {
    if (recordSizeLimit >= RECORD_SIZE_LIMIT_MIN) return ok(Math.min(recordSizeLimit, PLAINTEXT_LENGTH_MAX));
    return failed(handshakeError("recordSizeLimitInvalid", `record_size_limit ${recordSizeLimit}`));
  }
  if (maxFragmentLength === undefined) return ok(PLAINTEXT_LENGTH_MAX);
  const length = maxFragmentLengthFor(maxFragmentLength);
  if (length !== undefined) return ok(length);
  return failed(handshakeError("recordSizeLimitInvalid", `max_fragment_length code ${maxFragmentLength}`));
}

function chooseSuite(
  hello: ClientHello,
  suites: readonly CipherSuite[],
): Result<{ suite: CipherSuite; group: number | undefined }, HandshakeError> {
  // RFC 8422 4: without the extension the server may take any group; the mandatory one is the safe guess.
  const offeredGroups = hello.extensions.supportedGroups ?? [NamedGroup.secp256r1];
  // RFC 8422 5.1.1: the client's order of preference counts. wolfSSL 5.5.4 offers x25519 behind secp256r1, and cannot use it
  // with ECDHE_PSK.
  const group = offeredGroups.find((candidate) => NAMED_GROUPS.includes(candidate));
  let isCommon = false;
  for (const suite of suites) {
    if (!hello.cipherSuites.includes(suite.id)) continue;
    isCommon = true;
    if (suite.keyExchange === "psk") return ok({ suite, group: undefined });
    if (group !== undefined) return ok({ suite, group });
  }
  if (isCommon) return failed(handshakeError("noCommonGroup", `offered groups ${offeredGroups.join(", ")}`));
  const offered = hello.cipherSuites.map((id) => `0x${id.toString(16).padStart(4, "0")}`);
  return failed(handshakeError("noCommonCipherSuite", `offered ${offered.slice(0, 16).join(", ")}`));
}
