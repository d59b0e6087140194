// From ServerHelloDone to the server's Finished: the patterns of broken state machines, one by one.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../src/base/bytes.ts";
import { encodeAlert } from "../../src/dtls/alert.ts";
import { encodeHandshakeMessage } from "../../src/dtls/handshake/handshake-message.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const flight = suite("dtls-flight");

const FLIGHT_6 = ["ChangeCipherSpec", "Finished"];

/** A handshake up to ServerHelloDone. */
function scene() {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.greet();
  return { server, client };
}

flight("RFC 6347 4.2.4: a client's second flight in one datagram ends the handshake", () => {
  const { server, client } = scene();
  assert.equal(client.finish(), FLIGHT_6);
  assert.is(server.sessions.length, 1);
  assert.is(server.dtls.handshakeCount, 0);
});

flight("RFC 6347 4.2.4: a client's second flight in three datagrams ends the handshake", () => {
  const { client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  client.send(client.changeCipherSpec());
  assert.equal(client.heard(), []);
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("RFC 6347 4.2.2: the server's numbers go on from its hello: 1, 2, and 3 for Finished", () => {
  const { server, client } = scene();
  client.finish();
  const messageSeqs = server.sent.slice(1, 2).flatMap(({ datagram }) => [datagram[13 + 5], datagram.at(-7)]);
  assert.equal(messageSeqs, [1, 2]);
});

flight("bug pattern 1: Finished in plaintext with no ChangeCipherSpec is dropped", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  client.send(client.plaintextMessage(client.finished()));
  assert.equal(client.heard(), []);
  assert.is(server.sessions.length, 0);
  assert.is(server.counted("handshakeUnexpected"), 1);
});

flight("bug pattern 1: Finished in plaintext beside ClientKeyExchange in one record is dropped", () => {
  const { server, client } = scene();
  const messages = [client.clientKeyExchange(), client.finished()].map(encodeHandshakeMessage);
  client.send(client.plaintext(ContentType.handshake, concat(...messages)));
  client.send(client.changeCipherSpec());
  assert.equal(client.heard(), []);
  assert.is(server.sessions.length, 0);
});

flight("bug pattern 1: a plaintext Finished does not take the place of the real one", () => {
  const { client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  const finished = client.finished();
  client.send(client.plaintextMessage({ ...finished, body: new Uint8Array(12) }));
  client.send(client.changeCipherSpec(), client.protectedMessage(finished));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("bug pattern 1: application data and no ChangeCipherSpec: neither is delivered nor answered", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  client.send(client.protectedMessage(client.finished()), client.data("hello"));
  assert.equal(client.heard(), []);
  assert.is(server.received.length, 0);
});

flight("RFC 6347 4.1, bug pattern 2: Finished that overtook ChangeCipherSpec waits for it", () => {
  const { client } = scene();
  const exchange = client.plaintextMessage(client.clientKeyExchange());
  const finished = client.protectedMessage(client.finished());
  client.send(exchange);
  client.send(finished);
  assert.equal(client.heard(), []);
  client.send(client.changeCipherSpec());
  assert.equal(client.heard(), FLIGHT_6);
});

flight("RFC 6347 4.1, bug pattern 2: Finished that overtook all of its flight waits for it", () => {
  const { client } = scene();
  const exchange = client.plaintextMessage(client.clientKeyExchange());
  client.send(client.protectedMessage(client.finished()));
  client.send(client.changeCipherSpec());
  assert.equal(client.heard(), []);
  client.send(exchange);
  assert.equal(client.heard(), FLIGHT_6);
});

flight("bug pattern 3: a second ChangeCipherSpec of the same epoch is dropped", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  client.send(client.changeCipherSpec(), client.changeCipherSpec());
  assert.is(server.counted("changeCipherSpecUnexpected"), 1);
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("bug pattern 3: a second ChangeCipherSpec is dropped while the first waits for ClientKeyExchange", () => {
  const { server, client } = scene();
  client.send(client.changeCipherSpec(), client.changeCipherSpec());
  assert.is(server.counted("changeCipherSpecUnexpected"), 1);
  assert.equal(client.finish(), FLIGHT_6);
});

flight("bug pattern 4 (CVE-2017-7243): ChangeCipherSpec from a stranger is dropped, and nothing is kept", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.send(client.changeCipherSpec());
  assert.equal(client.heard(), []);
  assert.is(server.counted("changeCipherSpecUnexpected"), 1);
  assert.is(server.dtls.handshakeCount, 0);
});

flight("bug pattern 4: ChangeCipherSpec while the hello is being gathered is dropped", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  client.send(client.fragment(message, 0, 60));
  client.send(client.changeCipherSpec());
  assert.is(server.counted("changeCipherSpecUnexpected"), 1);
  client.send(client.fragment(message, 60, message.body.length - 60));
  assert.equal(client.heard(), ["ServerHello", "ServerHelloDone"]);
});

for (const content of [[], [0], [2], [1, 1]]) {
  flight(`RFC 5246 7.1, bug pattern 4: ChangeCipherSpec of the bytes [${content}] changes nothing`, () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage(client.clientKeyExchange()));
    client.send(client.plaintext(ContentType.change_cipher_spec, Uint8Array.from(content)));
    client.send(client.protectedMessage(client.finished()));
    assert.equal(client.heard(), []);
    assert.is(server.counted("changeCipherSpecUnexpected"), 1);
  });
}

flight("RFC 6347 4.2.4, bug pattern 5: ChangeCipherSpec before ClientKeyExchange waits for it", () => {
  const { client } = scene();
  client.send(client.changeCipherSpec());
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("bug pattern 5: ChangeCipherSpec and Finished without ClientKeyExchange lead nowhere", () => {
  const { server, client } = scene();
  client.clientKeyExchange();
  client.send(client.changeCipherSpec());
  client.send(client.protectedMessage(client.finished()), client.data("hello"));
  assert.equal(client.heard(), []);
  assert.is(server.sessions.length, 0);
  server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(server.dtls.handshakeCount, 0);
});

flight("bug pattern 6: ClientKeyExchange under a later number waits, and the order is kept", () => {
  const { server, client } = scene();
  const exchange = client.clientKeyExchange();
  client.send(client.plaintextMessage({ ...exchange, messageSeq: exchange.messageSeq + 1 }));
  assert.is(server.pskQuestions.length, 0);
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec());
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

for (const [pattern, name, type] of [
  ["7 and 9", "Certificate", 11],
  ["8", "CertificateVerify", 15],
  ["9", "CertificateStatus", 22],
  ["6", "ServerHelloDone", 14],
] as const) {
  flight(`bug pattern ${pattern}: ${name} in place of ClientKeyExchange is dropped: anyone could have sent it`, () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage({ type, messageSeq: 2, body: new Uint8Array(40) }));
    assert.equal(client.heard(), []);
    assert.is(server.counted("handshakeUnexpected"), 1);
    assert.equal(client.finish(), FLIGHT_6);
  });
}

flight("bug pattern 9: Certificate behind ClientKeyExchange is dropped", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()));
  client.send(client.plaintextMessage({ type: 11, messageSeq: 3, body: new Uint8Array(3) }));
  assert.is(server.counted("handshakeUnexpected"), 1);
  client.send(client.changeCipherSpec(), client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("bug pattern 10: ClientHello in place of ClientKeyExchange begins nothing anew", () => {
  const { server, client } = scene();
  const exchange = client.clientKeyExchange();
  client.send(client.plaintextMessage({ type: 1, messageSeq: 2, body: new Uint8Array(50) }));
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec());
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
  assert.is(server.sessions.length, 1);
});

flight("RFC 6347 4.1, bug pattern 17: a Finished that does not decrypt is dropped without an alert", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
  const finished = client.finished();
  const broken = client.protectedMessage(finished);
  broken[broken.length - 1] = broken[broken.length - 1]! ^ 1;
  client.send(broken);
  assert.equal(client.heard(), []);
  assert.is(server.counted("badRecordMac"), 1);
  client.send(client.protectedMessage(finished));
  assert.equal(client.heard(), FLIGHT_6);
});

for (const length of [0, 11, 12, 13]) {
  flight(
    `RFC 5246 7.4.9, bug pattern 18: ${length} bytes of other verify_data are met by silence and a new start`,
    () => {
      const { server, client } = scene();
      const exchange = client.clientKeyExchange();
      client.send(client.plaintextMessage(exchange), client.changeCipherSpec());
      const finished = client.finished();
      client.send(client.protectedMessage({ ...finished, body: new Uint8Array(length) }));
      assert.equal(client.heard(), []);
      assert.is(server.counted("finishedMismatch"), 1);
      client.send(client.protectedMessage(finished));
      assert.equal(client.heard(), []);
      // It waits for the ClientKeyExchange, which comes again.
      client.send(client.plaintextMessage(exchange));
      assert.equal(client.heard(), FLIGHT_6);
    },
  );
}

flight(
  "RFC 5246 7.4.9: another message in place of Finished takes its ClientKeyExchange along, and nothing else",
  () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
    client.send(client.protectedMessage({ type: 16, messageSeq: 3, body: new Uint8Array(12) }));
    assert.equal(client.heard(), []);
    assert.is(server.dtls.handshakeCount, 1);
  },
);

flight("RFC 6347 4.1: application data between ChangeCipherSpec and Finished is not processed", () => {
  const { server, client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
  client.send(client.data("early"));
  client.send(client.protectedMessage(client.finished()));
  assert.is(server.counted("applicationDataBeforeFinished"), 1);
  assert.is(server.received.length, 0);
  assert.equal(client.heard(), FLIGHT_6);
});

flight(
  "RFC 5246 7.2.2: an alert under keys that no Finished proved takes its ClientKeyExchange along, and nothing else",
  () => {
    const { server, client } = scene();
    const exchange = client.clientKeyExchange();
    client.send(client.plaintextMessage(exchange), client.changeCipherSpec());
    client.send(client.protected(ContentType.alert, encodeAlert("fatal", "user_canceled")));
    assert.equal(client.heard(), []);
    assert.is(server.counted("alertBeforeFinished"), 1);
    client.send(client.plaintextMessage(exchange), client.protectedMessage(client.finished()));
    assert.equal(client.heard(), FLIGHT_6);
  },
);

flight(
  "RFC 6347 4.1.2.7, bug pattern 20: a plaintext alert does not end a handshake: anyone could have sent it",
  () => {
    const { server, client } = scene();
    client.send(client.plaintext(ContentType.alert, encodeAlert("fatal", "handshake_failure")));
    assert.is(server.counted("alertUnauthenticated"), 1);
    assert.equal(client.finish(), FLIGHT_6);
  },
);

flight("RFC 6347 4.2.3: Finished in two fragments, the second first, is gathered", () => {
  const { client } = scene();
  client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
  const whole = encodeHandshakeMessage(client.finished());
  const piece = (offset: number, length: number) => {
    const header = Uint8Array.from(whole.subarray(0, 12));
    header[8] = offset;
    header[11] = length;
    return concat(header, whole.subarray(12 + offset, 12 + offset + length));
  };
  client.send(client.protected(ContentType.handshake, piece(5, 7)));
  assert.equal(client.heard(), []);
  client.send(client.protected(ContentType.handshake, piece(0, 6)));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("RFC 4279 2: a ClientKeyExchange with a byte too many is dropped: anyone could have sent it", () => {
  const { server, client } = scene();
  const exchange = client.clientKeyExchange();
  client.send(client.plaintextMessage({ ...exchange, body: concat(exchange.body, Uint8Array.of(0)) }));
  assert.equal(client.heard(), []);
  assert.is(server.counted("keyExchangeMalformed"), 1);
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec(), client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
});

flight("RFC 6347 4.2.4: a repeated ClientKeyExchange and ChangeCipherSpec change nothing before Finished", () => {
  const { server, client } = scene();
  const exchange = client.clientKeyExchange();
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec());
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec());
  client.send(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), FLIGHT_6);
  assert.is(server.pskQuestions.length, 1);
});

flight.run();
