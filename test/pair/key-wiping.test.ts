// However an association ends, or a handshake that never became one: nothing of its keys is left in memory, and what a
// library holds for them was given back. A provider that watches says so.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { addMs } from "../../src/base/instant.ts";
import { Secret } from "../../src/base/secret.ts";
import { CIPHER_SUITES, cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { HandshakeType } from "../../src/dtls/handshake/handshake-message.ts";
import { encodeClientKeyExchange } from "../../src/dtls/handshake/key-exchange.ts";
import { DTLS_PARAMETERS, SESSION_BUSY_MS } from "../../src/dtls/parameters.ts";
import { CRYPTO } from "../support/crypto.ts";
import { DtlsPair, type PairInput } from "../support/dtls-pair.ts";
import { IDENTITY, KEY, ObservedServer } from "../support/observed-server.ts";
import { ScriptedClient } from "../support/scripted-client.ts";
import { WatchingCrypto } from "../support/watching-crypto.ts";
import { hex } from "../vectors/dtls.ts";

const wiping = suite("key-wiping");

/** The MACs of the cookie secret, of what is derived from it for this period, and for the one before. */
const COOKIE_MACS = 3;

const WRONG_KEY = new Secret(toUtf8("another key 16 b"));

function watched(input: PairInput = {}): { readonly crypto: WatchingCrypto; readonly pair: DtlsPair } {
  const crypto = new WatchingCrypto();
  return { crypto, pair: new DtlsPair({ ...input, crypto }) };
}

function leavesNothing(crypto: WatchingCrypto): void {
  assert.equal([crypto.secretsLeft, crypto.openCount], [[], COOKIE_MACS]);
}

for (const cipherSuite of CIPHER_SUITES) {
  const suites = { clientSuites: [cipherSuite], serverSuites: [cipherSuite] };

  wiping(`${cipherSuite.name}: the client closes`, () => {
    const { crypto, pair } = watched(suites);
    pair.run(1_000);
    pair.sendUp(toUtf8("up"));
    pair.sendDown(pair.sessions[0]!, toUtf8("down"));
    pair.run(1_000);
    assert.equal([pair.serverReceived.length, pair.clientReceived.length], [1, 1]);
    assert.ok(crypto.openCount > COOKIE_MACS, "a busy session has contexts");
    pair.client.close();
    pair.run(1_000);
    assert.is(pair.server.sessionCount, 0);
    leavesNothing(crypto);
  });

  wiping(`${cipherSuite.name}: the server closes`, () => {
    const { crypto, pair } = watched(suites);
    pair.run(1_000);
    pair.sendUp(toUtf8("up"));
    pair.run(1_000);
    pair.server.shutdown(pair.now);
    pair.run(1_000);
    assert.is(pair.clientEnd?.kind, "closeNotify");
    leavesNothing(crypto);
  });

  wiping(`${cipherSuite.name}: a wrong key, until both give up`, () => {
    const { crypto, pair } = watched({ ...suites, clientKey: WRONG_KEY });
    pair.run(DTLS_PARAMETERS.handshakeLifetimeMs + 1_000);
    assert.equal([pair.keyRefusals, pair.server.handshakeCount], [["keyDiffers"], 0]);
    leavesNothing(crypto);
  });
}

wiping("a session that rests gives its contexts back, and makes them again", () => {
  const { crypto, pair } = watched();
  pair.run(1_000);
  const session = pair.sessions[0]!;
  pair.sendUp(toUtf8("up"));
  pair.sendDown(session, toUtf8("down"));
  pair.run(1_000);
  const busy = crypto.openCount;
  pair.now = addMs(pair.now, SESSION_BUSY_MS);
  pair.server.handleTimeout(pair.now);
  assert.is(crypto.openCount, busy - 2);
  pair.sendUp(toUtf8("up"));
  pair.sendDown(session, toUtf8("down"));
  pair.run(1_000);
  assert.is(crypto.openCount, busy);
});

wiping("the server dies silently, and the client's handshake with it", () => {
  const { crypto, pair } = watched({ wire: (_datagram, number) => (number < 7 ? "deliver" : "drop") });
  pair.run(DTLS_PARAMETERS.handshakeLifetimeMs + 1_000);
  assert.is(pair.clientEnd?.kind, "timeout");
  leavesNothing(crypto);
});

wiping("the client gives up after it has tried to open a Finished", () => {
  const { crypto, pair } = watched({ wire: (_datagram, number) => (number < 7 ? "deliver" : "drop") });
  pair.run(500);
  pair.deliver("down", hex("14 fefd 0000 000000000063 0001 01"));
  pair.deliver("down", hex(`16 fefd 0001 000000000000 0028 ${"a5".repeat(40)}`));
  assert.is(pair.counted("client badRecordMac"), 1);
  pair.run(DTLS_PARAMETERS.handshakeLifetimeMs + 1_000);
  assert.is(pair.clientEnd?.kind, "timeout");
  leavesNothing(crypto);
});

wiping("the client is closed in the midst of its handshake", () => {
  const { crypto, pair } = watched({ psk: () => "later" });
  pair.run(500);
  pair.client.close();
  pair.server.shutdown(pair.now);
  assert.equal([pair.sessions.length, pair.server.handshakeCount], [0, 0]);
  leavesNothing(crypto);
});

wiping("a handshake that waits for a key, and the server shuts down", () => {
  const { crypto, pair } = watched({ psk: () => "later", clientKey: WRONG_KEY });
  pair.run(500);
  pair.server.handlePsk(pair.now, IDENTITY, WRONG_KEY);
  pair.server.shutdown(pair.now);
  pair.client.close();
  leavesNothing(crypto);
});

wiping("a key is removed while its handshake is half open", () => {
  const { crypto, pair } = watched({ clientKey: WRONG_KEY });
  pair.run(500);
  assert.is(pair.server.handshakeCount, 1);
  pair.server.closeIdentity(pair.now, IDENTITY);
  pair.client.close();
  assert.is(pair.server.handshakeCount, 0);
  leavesNothing(crypto);
});

/** A client that waits for its key, and a forger whose key exchange came before. */
function besideForger(psk: "later" | Secret) {
  const crypto = new WatchingCrypto();
  const server = new ObservedServer({ crypto, psk: () => psk });
  const client = new ScriptedClient(server, { suite: cipherSuiteNamed("TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256")! });
  client.greet();
  for (const seed of [9, 10]) {
    const forger = new ScriptedClient(server, { seed });
    const { publicKey } = CRYPTO.x25519(new Uint8Array(32).fill(seed));
    const body = encodeClientKeyExchange({ identity: IDENTITY, publicKey });
    forger.send(forger.plaintextMessage({ type: HandshakeType.client_key_exchange, messageSeq: 2, body }));
  }
  return { crypto, server, client };
}

for (const [what, psk] of [
  ["keys", KEY],
  ["shared secrets", "later"],
] as const) {
  wiping(`the ${what} of every key exchange that came, when their handshake gives way`, () => {
    const { crypto, server } = besideForger(psk);
    assert.ok(crypto.secretsLeft.filter((secret) => secret === "shared secret").length >= (psk === KEY ? 0 : 2));
    server.dtls.shutdown(server.now);
    leavesNothing(crypto);
  });
}

wiping("the keys of the key exchanges that were not the client's, when its Finished is verified", () => {
  const { crypto, server, client } = besideForger(KEY);
  client.finish();
  assert.is(server.sessions.length, 1);
  server.dtls.shutdown(server.now);
  leavesNothing(crypto);
});

wiping("a session idles to its end", () => {
  const { crypto, pair } = watched({ parameters: { sessionIdleMs: 5_000 } });
  pair.run(1_000);
  pair.run(10_000);
  pair.client.close();
  assert.equal(pair.downs, ["idle"]);
  leavesNothing(crypto);
});

wiping.run();
