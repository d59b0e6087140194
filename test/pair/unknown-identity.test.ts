// Who guesses identities learns nothing: an unknown one and a known one with another key lead to the same questions for keys,
// the same calls of cryptography, and the same datagrams (RFC 4279 2).

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { DtlsPair } from "../support/dtls-pair.ts";
import { KEY } from "../support/observed-server.ts";
import { WatchingCrypto } from "../support/watching-crypto.ts";

const identities = suite("unknown-identity");

const WRONG_KEY = new Secret(toUtf8("another key 16 b"));

for (const cipherSuite of CIPHER_SUITES) {
  identities(`RFC 4279 2: ${cipherSuite.name}: known and unknown, the same look-ups, calls and datagrams`, () => {
    const [known, unknown] = [KEY, undefined].map((key) => {
      const crypto = new WatchingCrypto();
      const suites = { clientSuites: [cipherSuite], serverSuites: [cipherSuite] };
      const pair = new DtlsPair({ ...suites, crypto, clientKey: WRONG_KEY, psk: () => key });
      pair.run(DTLS_PARAMETERS.handshakeLifetimeMs + 1_000);
      const datagrams = pair.datagrams.map(({ direction, bytes }) => `${direction} ${bytes.length}`);
      return { refusals: pair.keyRefusals, questions: pair.pskQuestions.length, calls: crypto.calls, datagrams };
    });
    assert.equal([known!.refusals, unknown!.refusals], [["keyDiffers"], ["identityUnknown"]]);
    assert.equal([known!.questions, unknown!.questions], [1, 1]);
    assert.equal(unknown!.calls, known!.calls);
    assert.equal(unknown!.datagrams, known!.datagrams);
  });
}

identities.run();
