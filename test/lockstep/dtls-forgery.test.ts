// What somebody else can send in a client's name while its handshake runs: at its address, with its numbers, even with its
// cookie. Nothing of it ends the handshake, and nothing of it comes back to the client as an alert that would.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { GUESSES } from "../../src/dtls/admission/guesses.ts";
import { encodeAlert } from "../../src/dtls/alert.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { KEY_CANDIDATES_MAX } from "../../src/dtls/handshake/key-candidate.ts";
import { encodeClientKeyExchange } from "../../src/dtls/handshake/key-exchange.ts";
import { HANDSHAKES_PER_ADDRESS_MAX } from "../../src/dtls/parameters.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const forgery = suite("dtls-forgery");

const FLIGHT_6 = ["ChangeCipherSpec", "Finished"];
const SUITES = ["TLS_PSK_WITH_AES_128_CCM_8", "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"] as const;

/** A handshake up to ServerHelloDone. */
function scene(suiteName: (typeof SUITES)[number] = SUITES[0]) {
  const server = new ObservedServer();
  const client = new ScriptedClient(server, { suite: cipherSuiteNamed(suiteName)! });
  client.greet();
  return { server, client };
}

function keyExchange(identity: string) {
  return { type: 16, messageSeq: 2, body: encodeClientKeyExchange({ identity: toUtf8(identity) }) };
}

for (const [what, forged] of [
  ["ClientKeyExchange of another identity", (c) => [c.plaintextMessage(keyExchange("stranger"))]],
  ["ClientKeyExchange of no bytes", (c) => [c.plaintextMessage({ ...keyExchange(""), body: new Uint8Array(0) })]],
  ["first piece of a ClientKeyExchange", (c) => [c.fragment(keyExchange("device-2"), 0, 5)]],
  ["piece of a longer ClientKeyExchange", (c) => [c.fragment(keyExchange("x".repeat(100)), 50, 5)]],
  ["ChangeCipherSpec", (c) => [c.changeCipherSpec()]],
  ["Finished in plaintext", (c) => [c.plaintextMessage({ type: 20, messageSeq: 3, body: new Uint8Array(12) })]],
  ["Finished in place of ClientKeyExchange", (c) => [c.plaintextMessage({ ...keyExchange("x"), type: 20 })]],
  ["hello that repeats the client's", (c) => [c.plaintextMessage(c.clientHello({ messageSeq: 1 }))]],
  ["fatal alert", (c) => [c.plaintext(ContentType.alert, encodeAlert("fatal", "handshake_failure"))]],
  ["record of epoch 1", (c) => [c.plaintext(ContentType.handshake, new Uint8Array(50), { epoch: 1 })]],
  [
    "whole second flight",
    (c) => [
      c.plaintextMessage(keyExchange("stranger")),
      c.changeCipherSpec(),
      c.plaintext(ContentType.handshake, new Uint8Array(50), { epoch: 1 }),
    ],
  ],
] as [string, (client: ScriptedClient) => Uint8Array[]][]) {
  forgery(`decision 7: a forged ${what} neither ends the handshake nor brings an alert`, () => {
    const { server, client } = scene();
    const forger = new ScriptedClient(server, { seed: 9 });
    forger.send(...forged(forger));
    assert.not(client.heard().some((message) => message.includes("fatal")));
    assert.equal(client.finish(), FLIGHT_6);
    assert.is(server.sessions.length, 1);
  });
}

for (const suiteName of SUITES) {
  forgery(`decision 7: with ${suiteName} any number of forged key exchanges block nobody`, () => {
    const { server, client } = scene(suiteName);
    const forger = new ScriptedClient(server, { seed: 9, suite: cipherSuiteNamed(suiteName)! });
    for (let i = 0; i < 5 * KEY_CANDIDATES_MAX; i++) {
      forger.send(forger.plaintextMessage(keyExchange(`stranger ${i}`)));
    }
    client.heard();
    assert.equal(client.finish(), FLIGHT_6);
    assert.equal(server.sessions.length, 1);
  });
}

forgery(
  "decision 7: a forged Finished between the client's key exchange and its Finished is dropped in silence",
  () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
    const forger = new ScriptedClient(server, { seed: 9 });
    forger.send(forger.plaintext(ContentType.handshake, new Uint8Array(50), { epoch: 1 }));
    assert.is(server.counted("badRecordMac"), 1);
    client.send(client.protectedMessage(client.finished()));
    assert.equal(client.heard(), FLIGHT_6);
  },
);

forgery("RFC 6347 4.2.1: a hello with a stolen cookie begins a handshake of its own beside the client's", () => {
  const { server, client } = scene();
  for (const messageSeq of [2, 3]) {
    const thief = new ScriptedClient(server);
    thief.cookie = client.cookie;
    thief.send(thief.plaintextMessage(thief.clientHello({ messageSeq })));
  }
  assert.is(server.dtls.handshakeCount, 3);
  const finished = client.plaintextMessage(client.clientKeyExchange());
  client.send(finished, client.changeCipherSpec(), client.protectedMessage(client.finished()));
  assert.is(server.sessions.length, 1);
  assert.is(server.dtls.handshakeCount, 0);
});

forgery("RFC 6347 4.2.1: a hello whose cookie was read on its way to the client does not end the client's", () => {
  const { server, client } = scene();
  const thief = new ScriptedClient(server, { seed: 9 });
  thief.greet();
  assert.is(server.dtls.handshakeCount, 2);
  client.heard();
  assert.equal(client.finish(), FLIGHT_6);
  assert.is(server.dtls.handshakeCount, 0);
});

forgery("HANDSHAKES_PER_ADDRESS_MAX: of more handshakes at one address one gives way", () => {
  const { server } = scene();
  for (let seed = 1; seed <= 2 * HANDSHAKES_PER_ADDRESS_MAX; seed++) new ScriptedClient(server, { seed }).greet();
  assert.is(server.dtls.handshakeCount, HANDSHAKES_PER_ADDRESS_MAX);
  assert.is(server.counted("handshakeEvicted"), HANDSHAKES_PER_ADDRESS_MAX + 1);
});

for (const identity of ["device-1", "nobody"]) {
  forgery(`decision 7: wrong guesses of the key of ${identity} are few, however many handshakes they come in`, () => {
    const server = new ObservedServer();
    for (let i = 0; i < 200; i++) {
      const address = peerAddress(`203.0.113.${i}`, i + 1);
      const guess = new Secret(toUtf8(`guess ${i}`));
      new ScriptedClient(server, { seed: i + 1, address, key: guess, identity: toUtf8(identity) }).connect();
    }
    assert.is(server.counted("badRecordMac"), GUESSES.atOnce);
    assert.is(server.counted("guessesTooMany"), 200 - GUESSES.atOnce);
    const elsewhere = new ScriptedClient(server).connect();
    elsewhere.send(elsewhere.data("let in"));
    assert.is(server.received.length, 1);
  });
}

forgery.run();
