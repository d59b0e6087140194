// The DTLS client that a device of some dialect has.

import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { Secret } from "../base/secret.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { CipherSuite } from "../dtls/cipher-suite.ts";
import { DtlsClient, type DtlsClientOutlet } from "../dtls/dtls-client.ts";
import { DTLS_PARAMETERS, type DtlsParameters } from "../dtls/parameters.ts";
import type { Dialect } from "./dialect.ts";

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
  /** How long the first flight waits, ms, and which one of the dialect's own attempts it is. */
  readonly handshake: { readonly firstTimeoutMs: number; readonly attempt: number };
  readonly dtlsParameters?: Partial<DtlsParameters>;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
}

/** Says its first hello at once. */
export function createDeviceDtls(now: Instant, input: DeviceDtlsInput, outlet: DtlsClientOutlet): DtlsClient {
  const { server, security, dialect, crypto, random, dtlsParameters } = input;
  const { identity, key, cipherSuites, connectionId } = security;
  const { handshake } = dialect;
  const { firstTimeoutMs, attempt } = input.handshake;
  const lifetimeMs = handshake.attemptsMs?.[attempt];
  return new DtlsClient(now, {
    server,
    identity,
    key,
    suites: cipherSuites,
    // No other stack knows the hint.
    probes: dialect.timer === "learning" && dialect.reconnections > 0,
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
    crypto,
    random,
    outlet,
  });
}
