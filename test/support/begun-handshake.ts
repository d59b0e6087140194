// Handshakes that were just begun, without an owner.

import { instant } from "../../src/base/instant.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import { CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { ClientHandshake } from "../../src/dtls/handshake/client-handshake.ts";
import { ServerHandshake } from "../../src/dtls/handshake/server-handshake.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { ResumableSessions } from "../../src/dtls/session/resumable-sessions.ts";
import { SuiteProtections } from "../../src/dtls/suite-protections.ts";
import { CRYPTO } from "./crypto.ts";
import { IDENTITY, KEY, SERVER_ADDRESS } from "./firmware-scene.ts";
import { SeededRandom } from "./seeded-random.ts";

/** One that was just begun; it is given up 120 s later. */
export function begunServerHandshake(peer: PeerAddress, now = 0): ServerHandshake {
  return new ServerHandshake(instant(now), {
    peer,
    recordSequenceNumber: 0,
    messageSeq: 1,
    clientRandom: new Uint8Array(32),
    suites: CIPHER_SUITES,
    parameters: DTLS_PARAMETERS,
    crypto: CRYPTO,
    protections: new SuiteProtections(CRYPTO, new SeededRandom(1)),
    resumables: new ResumableSessions(DTLS_PARAMETERS),
    random: new SeededRandom(1),
    outlet: {
      transmit: () => {},
      counted: () => {},
      allocateConnectionId: () => new Uint8Array(4),
      pskWanted: () => {},
      admitsGuess: () => true,
      guessFailed: () => {},
      keyRefused: () => {},
      admitsSession: () => true,
      established: () => {},
      failed: () => {},
    },
  });
}

/** It has sent its hello, which nobody answers. */
export function begunClientHandshake(): ClientHandshake {
  return new ClientHandshake(instant(0), {
    server: SERVER_ADDRESS,
    identity: IDENTITY,
    key: KEY,
    suites: CIPHER_SUITES,
    parameters: DTLS_PARAMETERS,
    crypto: CRYPTO,
    random: new SeededRandom(1),
    outlet: { transmit: () => {}, counted: () => {}, established: () => {}, failed: () => {} },
  });
}
