// Identities and keys (RFC 4279): who is let in, and what a stranger can learn.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equal, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { CIPHER_SUITES, cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { IDENTITY, KEY, ObservedServer, type ObservedServerInput } from "../support/observed-server.ts";
import { ScriptedClient, type ScriptedClientInput } from "../support/scripted-client.ts";

const identity = suite("dtls-identity");

const FLIGHT_6 = ["ChangeCipherSpec", "Finished"];

/** Everything a server says to a client that tries for two minutes and then sends data. */
function dialogue(input: ScriptedClientInput, serverInput: ObservedServerInput = {}) {
  const server = new ObservedServer({ seed: 9, ...serverInput });
  const client = new ScriptedClient(server, input);
  client.greet();
  client.finish();
  client.send(client.data("hello"));
  server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs + 10_000);
  return { server, said: server.sent.map(({ to, datagram }) => to + toHex(datagram)) };
}

for (const cipherSuite of CIPHER_SUITES) {
  identity(
    `RFC 4279 2: an unknown identity and a wrong key are answered alike, byte for byte, in ${cipherSuite.name}`,
    () => {
      const stranger = toUtf8("device-2");
      const key = new Secret(toUtf8("some other key"));
      const unknown = dialogue({ suite: cipherSuite, identity: stranger, key });
      const wrong = dialogue({ suite: cipherSuite, identity: stranger, key }, { psk: () => KEY });
      assert.equal(unknown.said, wrong.said);
      assert.equal(unknown.server.failures, wrong.server.failures);
      assert.is(unknown.server.counted("badRecordMac"), wrong.server.counted("badRecordMac"));
      assert.is(unknown.server.sessions.length + wrong.server.sessions.length, 0);
      // The owner is told apart what the peer is not, once for each handshake.
      assert.equal(
        [unknown, wrong].map(({ server }) => server.keyRefusals),
        [["identityUnknown"], ["keyDiffers"]],
      );
    },
  );
}

identity("RFC 4279 2: an unknown identity fails at Finished, in silence, and is released after its lifetime", () => {
  const { server, said } = dialogue({ identity: toUtf8("stranger") });
  assert.is(said.length, 2);
  assert.is(server.counted("badRecordMac"), 2);
  assert.is(server.failures[0]!.kind, "timeout");
  assert.is(server.dtls.handshakeCount, 0);
});

for (const length of [0, 1, 128]) {
  identity(`RFC 4279 5.3: an identity of ${length} bytes with its key is let in`, () => {
    const bytes = new Uint8Array(length).fill(0x61);
    const server = new ObservedServer({ psk: (asked) => (equal(asked, bytes) ? KEY : undefined) });
    const client = new ScriptedClient(server, { identity: bytes });
    client.greet();
    assert.equal(client.finish(), FLIGHT_6);
    assert.equal(server.sessions[0]!.identity, bytes);
  });
}

identity("RFC 4279 5.3: an identity of 129 bytes is unknown, and no store is asked", () => {
  const { server, said } = dialogue({ identity: new Uint8Array(129) }, { psk: () => KEY });
  assert.is(server.pskQuestions.length, 0);
  assert.is(server.sessions.length, 0);
  assert.is(said.length, 2);
});

for (const length of [1, 16, 64]) {
  identity(`RFC 4279 5.3: a key of ${length} bytes opens the door`, () => {
    const key = new Secret(new Uint8Array(length).fill(7));
    const server = new ObservedServer({ psk: () => key });
    const client = new ScriptedClient(server, { key });
    client.greet();
    assert.equal(client.finish(), FLIGHT_6);
  });
}

identity("an identity is bytes, not text: one that is not UTF-8 is asked for as it came", () => {
  const bytes = Uint8Array.of(0xff, 0x00, 0xfe);
  const server = new ObservedServer({ psk: () => KEY });
  const client = new ScriptedClient(server, { identity: bytes }).connect();
  assert.equal(server.pskQuestions, [bytes]);
  client.send(client.data("ping"));
  assert.is(server.received.length, 1);
});

for (const cipherSuite of CIPHER_SUITES) {
  for (const extendedMasterSecret of [true, false]) {
    const how = extendedMasterSecret ? "with" : "without";
    identity(`RFC 7627 5.2: ${cipherSuite.name} ${how} extended_master_secret`, () => {
      const server = new ObservedServer();
      const client = new ScriptedClient(server, { suite: cipherSuite });
      const extensions = {
        ...(cipherSuite.keyExchange === "ecdhe_psk" && { supportedGroups: [23] }),
        ...(extendedMasterSecret && { extendedMasterSecret: true as const }),
      };
      client.send(client.plaintextMessage(client.clientHello({ extensions })));
      client.heard();
      client.send(client.plaintextMessage(client.clientHello({ extensions })));
      client.heard();
      assert.is(client.serverHello!.extensions.extendedMasterSecret === true, extendedMasterSecret);
      assert.equal(client.finish(), FLIGHT_6);
    });
  }
}

identity("a store that answers late: nothing goes out meanwhile, and the handshake goes on from there", () => {
  const server = new ObservedServer({ psk: () => "later" });
  const client = new ScriptedClient(server);
  client.greet();
  assert.equal(client.finish(), []);
  server.elapse(5_000);
  assert.equal(client.heard(), []);
  server.dtls.handlePsk(server.now, IDENTITY, KEY);
  assert.equal(client.heard(), FLIGHT_6);
});

identity("a store that answers late, between ClientKeyExchange and ChangeCipherSpec", () => {
  const server = new ObservedServer({ psk: () => "later" });
  const client = new ScriptedClient(server);
  client.greet();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  server.dtls.handlePsk(server.now, IDENTITY, KEY);
  client.send(client.changeCipherSpec(), client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

identity("one answer serves every handshake that waits for the same identity, and no other", () => {
  const server = new ObservedServer({ psk: () => "later" });
  const clients = [1, 2].map(
    (port) => new ScriptedClient(server, { seed: port, address: peerAddress("10.0.0.1", port) }),
  );
  const other = new ScriptedClient(server, { seed: 3, address: peerAddress("10.0.0.2", 3), identity: toUtf8("other") });
  for (const client of [...clients, other]) client.connect();
  server.dtls.handlePsk(server.now, IDENTITY, KEY);
  assert.is(server.sessions.length, 2);
  assert.is(server.dtls.handshakeCount, 1);
});

identity("an answer that nobody waits for changes nothing", () => {
  const server = new ObservedServer();
  server.dtls.handlePsk(server.now, IDENTITY, KEY);
  assert.is(server.dtls.handshakeCount, 0);
});

identity("a store that never answers: the handshake is released after its lifetime", () => {
  const server = new ObservedServer({ psk: () => "later" });
  new ScriptedClient(server).connect();
  server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(server.dtls.handshakeCount, 0);
  assert.is(server.failures[0]!.detail, "in state expectPsk");
  server.dtls.handlePsk(server.now, IDENTITY, KEY);
  assert.is(server.sessions.length, 0);
});

identity("a removed key ends the sessions of its identity, and only these", () => {
  const server = new ObservedServer({ psk: () => KEY });
  const client = new ScriptedClient(server).connect();
  const other = new ScriptedClient(server, { seed: 2, address: peerAddress("10.0.0.2", 3), identity: toUtf8("other") });
  other.connect();
  assert.equal([...server.dtls.identities()], [IDENTITY, toUtf8("other")]);
  server.dtls.closeIdentity(server.now, IDENTITY);
  assert.equal(server.downs, ["keyRemoved"]);
  assert.equal(client.heard(), ["warning close_notify"]);
  other.send(other.data("ping"));
  assert.is(server.received.length, 1);
});

identity("a removed key ends the handshakes that have it already, and only these", () => {
  const server = new ObservedServer({ psk: () => KEY });
  const client = new ScriptedClient(server);
  const other = new ScriptedClient(server, { seed: 2, address: peerAddress("10.0.0.2", 3), identity: toUtf8("other") });
  for (const one of [client, other]) {
    one.greet();
    one.send(one.plaintextMessage(one.clientKeyExchange()), one.changeCipherSpec());
  }
  server.dtls.closeIdentity(server.now, IDENTITY);
  assert.is(server.dtls.handshakeCount, 1);
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), []);
  other.send(other.protectedMessage(other.finished()));
  assert.is(server.sessions.length, 1);
});

for (const [what, publicKey] of [
  ["a point of small order", new Uint8Array(32)],
  ["a share that is too short", new Uint8Array(31)],
  ["an empty share", new Uint8Array(0)],
] as const) {
  identity(`RFC 8422 5.11: ${what} is no key exchange, and ends nothing: anyone could have sent it`, () => {
    const server = new ObservedServer();
    const client = new ScriptedClient(server, { suite: cipherSuiteNamed("TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256")! });
    client.greet();
    const body = Uint8Array.from([0, 1, 0x61, publicKey.length, ...publicKey]);
    client.send(client.plaintextMessage(client.message(16, body)));
    assert.equal(client.heard(), []);
    assert.is(server.counted("keyShareInvalid"), 1);
    assert.is(server.dtls.handshakeCount, 1);
    assert.is(server.pskQuestions.length, 0);
  });
}

identity.run();
