// The DTLS client that a device of some dialect has.

import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { Secret } from "../base/secret.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { CipherSuite } from "../dtls/cipher-suite.ts";
import { DtlsClient, type DtlsClientOutlet } from "../dtls/dtls-client.ts";
import type { RefusalEvidence } from "../dtls/handshake/refusal-evidence.ts";
import { DTLS_PARAMETERS, type DtlsParameters } from "../dtls/parameters.ts";
import type { Dialect } from "./dialect.ts";
import type { HandshakeRetries } from "./handshake-retries.ts";

export interface DeviceSecurity {
  readonly identity: Uint8Array;
  readonly key: Secret;
  readonly cipherSuites: readonly CipherSuite[];
  /** RFC 9146 3: empty to send the server's Connection ID and ask for none; absent to use none at all. */
  readonly connectionId?: Uint8Array;
}

export interface DeviceDtlsInput {
  readonly server: PeerAddress;
  readonly security: DeviceSecurity;
  readonly dialect: Dialect;
  readonly retries: HandshakeRetries;
  readonly evidence: RefusalEvidence;
  readonly dtlsParameters?: Partial<DtlsParameters>;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
}

/** Says its first hello at once. */
export function createDeviceDtls(now: Instant, input: DeviceDtlsInput, outlet: DtlsClientOutlet): DtlsClient {
  const { server, security, dialect, evidence, crypto, random, dtlsParameters } = input;
  const { identity, key, cipherSuites, connectionId } = security;
  const { handshake } = dialect;
  const { firstTimeoutMs, lifetimeMs } = input.retries;
  // No other stack knows the hint, or says two hellos.
  const beginsBeside = dialect.timer === "learning" && dialect.reconnections > 0;
  return new DtlsClient(now, {
    server,
    identity,
    key,
    suites: cipherSuites,
    probes: beginsBeside,
    saysFreshHellos: beginsBeside,
    ...(dialect.connectionId && connectionId && { connectionId }),
    ...(handshake.helloLength !== undefined && { helloLength: handshake.helloLength }),
    ...(lifetimeMs !== undefined && { lifetimeMs }),
    parameters: {
      ...DTLS_PARAMETERS,
      ...handshake,
      retransmitMs: firstTimeoutMs,
      retransmitMaxMs: Math.max(handshake.retransmitMaxMs, firstTimeoutMs),
      ...dtlsParameters,
    },
    evidence,
    crypto,
    random,
    outlet,
  });
}
