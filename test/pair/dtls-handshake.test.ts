// Our client and our server over a faithful wire: what they agree on, and how small their datagrams are.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { addMs } from "../../src/base/instant.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { CIPHER_SUITES, cipherSuiteNamed, DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { encodeHandshakeMessage } from "../../src/dtls/handshake/handshake-message.ts";
import {
  DATAGRAM_LENGTH_MAX,
  DTLS_PARAMETERS,
  HANDSHAKE_DATAGRAM_LENGTH_MAX,
  RECORDS_PER_DATAGRAM_MAX,
} from "../../src/dtls/parameters.ts";
import { WriteState } from "../../src/dtls/record/connection-state.ts";
import { DtlsPair, SEND_ONLY_CONNECTION_ID } from "../support/dtls-pair.ts";
import { KEY, ObservedServer } from "../support/observed-server.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const handshake = suite("dtls-handshake");

for (const cipherSuite of CIPHER_SUITES) {
  handshake(`every handshake datagram fits 160 bytes: ${cipherSuite.name}, identity of 128 bytes, ID of 8`, () => {
    const pair = new DtlsPair({
      clientSuites: [cipherSuite],
      serverSuites: CIPHER_SUITES,
      identity: new Uint8Array(128).fill(0x61),
      connectionId: new Uint8Array(8),
      psk: () => KEY,
    }).run();
    assert.is(pair.sessions[0]?.suite, cipherSuite);
    const lengths = pair.datagrams.map(({ bytes }) => bytes.length);
    assert.ok(Math.max(...lengths) <= HANDSHAKE_DATAGRAM_LENGTH_MAX, `${lengths}`);
  });
}

handshake("every handshake datagram fits 160 bytes when the client offers every suite", () => {
  const pair = new DtlsPair({ clientSuites: CIPHER_SUITES, connectionId: new Uint8Array(8) }).run();
  assert.ok(pair.clientSession);
  assert.ok(pair.datagrams.every(({ bytes }) => bytes.length <= HANDSHAKE_DATAGRAM_LENGTH_MAX));
});

handshake("the same seed gives the same datagrams, another seed others", () => {
  const transcript = (seed: number) => new DtlsPair({ seed }).run().datagrams.map(({ bytes }) => toHex(bytes));
  assert.equal(transcript(4), transcript(4));
  assert.not.equal(transcript(4), transcript(5));
});

handshake("by default both sides settle on ECDHE_PSK with CCM_8", () => {
  const pair = new DtlsPair().run();
  assert.is(pair.sessions[0]?.suite.name, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256");
});

handshake("a CBC suite is not taken unless the operator names it", () => {
  const cbc = [cipherSuiteNamed("TLS_PSK_WITH_AES_128_CBC_SHA256")!];
  const refused = new DtlsPair({ clientSuites: cbc, serverSuites: DEFAULT_CIPHER_SUITES }).run();
  assert.is(refused.failures[0]?.kind, "noCommonCipherSuite");
  assert.equal(refused.clientEnd, { kind: "peerAlert", detail: "handshake_failure" });
  assert.ok(new DtlsPair({ clientSuites: cbc, serverSuites: cbc }).run().clientSession);
});

handshake(
  "DTLS_02: a wrong key ends in silence and a timeout on both sides, and the server's owner is told at once",
  () => {
    const pair = new DtlsPair({ clientKey: new Secret(toUtf8("wrong")) }).run(10_000);
    assert.equal(pair.keyRefusals, ["keyDiffers"]);
    pair.run(2 * DTLS_PARAMETERS.handshakeLifetimeMs);
    assert.is(pair.clientEnd?.kind, "timeout");
    assert.is(pair.failures[0]?.kind, "timeout");
    assert.is(pair.server.handshakeCount, 0);
    assert.ok(pair.datagrams.every(({ bytes }) => bytes[0] !== 21));
  },
);

for (const [what, input, most] of [
  ["max_fragment_length 2^9", { maxFragmentLength: 1 }, 512],
  ["max_fragment_length 2^10", { maxFragmentLength: 2 }, 1024],
  ["record_size_limit 64", { recordSizeLimit: 64 }, 64],
  ["record_size_limit 300", { recordSizeLimit: 300 }, 300],
  ["record_size_limit beside max_fragment_length (RFC 8449 5)", { maxFragmentLength: 1, recordSizeLimit: 800 }, 800],
] as const) {
  handshake(`RFC 6066 4, RFC 8449 4: ${what} bounds what the server puts into a record to ${most} bytes`, () => {
    const pair = new DtlsPair(input).run();
    assert.ok(pair.clientSession);
    assert.is(pair.sessions[0]!.plaintextLengthMax, most);
  });
}

handshake("RFC 8449 4: with Connection ID the type byte counts too", () => {
  const pair = new DtlsPair({ recordSizeLimit: 300, connectionId: new Uint8Array(1) }).run();
  assert.is(pair.sessions[0]!.plaintextLengthMax, 299);
});

for (const cipherSuite of CIPHER_SUITES) {
  handshake(`the largest record of ${cipherSuite.name} with Connection ID fits DATAGRAM_LENGTH_MAX`, () => {
    const pair = new DtlsPair({
      clientSuites: [cipherSuite],
      serverSuites: CIPHER_SUITES,
      connectionId: new Uint8Array(8),
    }).run();
    const session = pair.sessions[0]!;
    pair.sendDown(session, new Uint8Array(session.plaintextLengthMax));
    assert.ok(pair.datagrams.at(-1)!.bytes.length <= DATAGRAM_LENGTH_MAX);
    pair.run(1_000);
    assert.is(pair.clientReceived[0]!.length, session.plaintextLengthMax);
  });
}

handshake("RECORDS_PER_DATAGRAM_MAX: a client reads no more records of one datagram", () => {
  const pair = new DtlsPair().run();
  const write = pair.sessions[0]!.write;
  const records = Array.from({ length: RECORDS_PER_DATAGRAM_MAX + 1 }, () => write.seal(23, toUtf8("one")));
  pair.deliver("down", concat(...records));
  assert.is(pair.clientReceived.length, RECORDS_PER_DATAGRAM_MAX);
  assert.is(pair.counted("client recordsTooMany"), 1);
});

handshake("RFC 5246 7.2.1: the client's close_notify ends both sides", () => {
  const pair = new DtlsPair().run();
  pair.client.close();
  pair.run(1_000);
  assert.equal(pair.downs, ["closeNotify"]);
  assert.is(pair.server.sessionCount, 0);
});

handshake("RFC 5246 7.2.1: the server's shutdown ends the client with closeNotify", () => {
  const pair = new DtlsPair().run();
  pair.server.shutdown(pair.now);
  pair.run(1_000);
  assert.is(pair.clientEnd?.kind, "closeNotify");
  assert.is(pair.client.session, undefined);
});

handshake("RFC 6347 4.1: a plaintext Finished forged ahead of time does not keep a client from connecting", () => {
  const pair = new DtlsPair();
  // Until the hello with the cookie is on its way; ServerHello will be 1, and the server's Finished 4.
  while (pair.datagrams.length < 3) pair.step(pair.now);
  const forged = encodeHandshakeMessage({ type: 20, messageSeq: 4, body: new Uint8Array(11) });
  pair.deliver("down", WriteState.plaintext(9).seal(22, forged));
  pair.run();
  assert.ok(pair.clientSession);
});

handshake("a client that ended sends nothing and hears nothing", () => {
  const pair = new DtlsPair().run();
  pair.client.close();
  assert.throws(() => pair.clientSession!.write.seal(23, toUtf8("late")), "wiped");
  const before = pair.datagrams.length;
  pair.sendUp(toUtf8("late"));
  pair.client.close();
  assert.is(pair.datagrams.length, before);
  pair.run(1_000);
  assert.ok(pair.counted("client unknownPeer") > 0);
});

handshake("RFC 9853: our own device offers the check, and shows the server that it hears it at its new host", () => {
  const pair = new DtlsPair({ connectionId: SEND_ONLY_CONNECTION_ID }).run(10_000);
  assert.is(pair.sessions[0]!.returnRoutability, true);
  pair.clientAddress = peerAddress("198.51.100.7", 1234);
  pair.sendUp(Uint8Array.of(1));
  pair.run(1_000);
  assert.is(pair.counted("pathProven"), 1);
  pair.sendDown(pair.sessions[0]!, new Uint8Array(1_000));
  pair.run(1_000);
  assert.is(pair.clientReceived.length, 1);
});

handshake(
  "RFC 6347 4.2.4: a server whose flight was answered has none to send again, and wakes at the handshake's end",
  () => {
    const server = new ObservedServer({ psk: () => "later" });
    const client = new ScriptedClient(server);
    client.greet();
    client.send(client.plaintextMessage(client.clientKeyExchange()));
    assert.is(server.dtls.pollTimeout(), addMs(server.now, DTLS_PARAMETERS.handshakeLifetimeMs));
  },
);

handshake.run();
