import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import { DEFAULT_CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import { HandshakeType } from "../../../src/dtls/handshake/handshake-message.ts";
import { KeyCandidate } from "../../../src/dtls/handshake/key-candidate.ts";
import { pendingStates } from "../../../src/dtls/handshake/pending-states.ts";
import { SuiteProtections } from "../../../src/dtls/suite-protections.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";

const keyCandidate = suite("key-candidate");

keyCandidate("wiped, nothing is left of its secrets, those that were never used included", () => {
  const message = { type: HandshakeType.client_key_exchange, messageSeq: 2, body: EMPTY };
  const candidate = new KeyCandidate(message, EMPTY, new Uint8Array(32).fill(1), 3);
  const masterSecret = new Uint8Array(48).fill(2);
  const protections = new SuiteProtections(CRYPTO, new SeededRandom(1));
  const states = pendingStates(CRYPTO, {
    role: "server",
    protection: protections.of(DEFAULT_CIPHER_SUITES[0]!, false),
    masterSecret,
    clientRandom: new Uint8Array(32),
    serverRandom: new Uint8Array(32),
    readConnectionId: EMPTY,
    writeConnectionId: EMPTY,
  });
  candidate.keys = { identityKnown: true, shared: false, masterSecret, states };
  const secrets = [candidate.sharedSecret!, masterSecret, states.read.keys.reveal(), states.write.keys.reveal()];
  for (const bytes of secrets) assert.ok(bytes.some((byte) => byte !== 0));
  candidate.wipe();
  for (const bytes of secrets) assert.ok(bytes.every((byte) => byte === 0));
});

keyCandidate.run();
