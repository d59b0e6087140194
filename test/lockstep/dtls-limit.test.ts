// Everything that a peer can grow, made small and reached: what gives way, and that all of it is given back.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import type { Extensions } from "../../src/dtls/handshake/extension.ts";
import {
  CLIENT_HELLO_MESSAGE_SEQ_MAX,
  DTLS_PARAMETERS,
  HANDSHAKE_MESSAGE_LENGTH_MAX,
  HELD_RECORD_LENGTH_MAX,
  HELD_RECORDS_MAX,
  RECORDS_PER_DATAGRAM_MAX,
  SESSION_BUSY_MS,
} from "../../src/dtls/parameters.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { KEY, ObservedServer } from "../support/observed-server.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const limit = suite("dtls-limit");

const FLIGHT_6 = ["ChangeCipherSpec", "Finished"];

function clientAt(server: ObservedServer, port: number): ScriptedClient {
  return new ScriptedClient(server, { seed: port, address: peerAddress("10.0.0.1", port) });
}

limit("handshakesMax: a half-open handshake gives way, and what waits for it with it", () => {
  const server = new ObservedServer({ parameters: { handshakesMax: 2 } });
  const clients = [1, 2, 3].map((port) => clientAt(server, port));
  for (const client of clients) client.greet();
  assert.is(server.dtls.handshakeCount, 2);
  assert.is(server.counted("handshakeEvicted"), 1);
  const finished = clients.filter((client) => client.finish().length > 0);
  assert.is(finished.length, 2);
  assert.is(server.dtls.handshakeCount, 0);
});

limit("sessionsMax: the least recently used session of the same identity gives way, and is told so", () => {
  const server = new ObservedServer({ parameters: { sessionsMax: 2 } });
  const [first, second, third] = [1, 2, 3].map((port) => clientAt(server, port));
  first!.connect();
  second!.connect();
  server.elapse(1);
  first!.send(first!.data("busy"));
  third!.connect();
  assert.is(server.dtls.sessionCount, 2);
  assert.equal(server.downs, ["evicted"]);
  assert.equal(second!.heard(), ["warning close_notify"]);
  first!.send(first!.data("still here"));
  assert.is(server.received.length, 2);
  second!.send(second!.data("gone"));
  assert.is(server.received.length, 2);
});

/** Its own identity for each number. */
function deviceAt(server: ObservedServer, number: number): ScriptedClient {
  const address = peerAddress("10.0.0.1", number);
  return new ScriptedClient(server, { seed: number, address, identity: toUtf8(`other-${number}`) });
}

limit(
  "sessionsMax: a newcomer never pushes out the only session of another identity, and is refused in silence",
  () => {
    const server = new ObservedServer({ psk: () => KEY, parameters: { sessionsMax: 20 } });
    const devices = Array.from({ length: 20 }, (_, i) => deviceAt(server, i + 1).connect());
    const newcomer = deviceAt(server, 21);
    newcomer.greet();
    assert.equal(newcomer.finish(), []);
    assert.is(server.failures[0]!.kind, "sessionsFull");
    for (const device of devices) device.send(device.data("still here"));
    assert.is(server.received.length, 20);
    assert.equal(server.downs, []);
  },
);

limit("sessionsMax: a newcomer pushes out a session of an identity that has others", () => {
  const server = new ObservedServer({ psk: () => KEY, sharedKeys: true, parameters: { sessionsMax: 40 } });
  const devices = Array.from({ length: 20 }, (_, i) => deviceAt(server, i + 1).connect());
  for (let port = 101; port <= 120; port++) clientAt(server, port).connect();
  for (let number = 21; number <= 30; number++) deviceAt(server, number).connect();
  assert.equal(server.downs, new Array(10).fill("evicted"));
  for (const device of devices) device.send(device.data("still here"));
  assert.is(server.received.length, 20);
});

limit(
  "sessionsPerIdentityMax: one identity that opens sessions without end pushes out its own, and 100 others stay",
  () => {
    const server = new ObservedServer({ psk: () => KEY, parameters: { sessionsMax: 120 } });
    const others = Array.from({ length: 100 }, (_, i) => deviceAt(server, i + 1).connect());
    for (let port = 1_000; port < 1_400; port++) clientAt(server, port).connect();
    assert.is(server.dtls.sessionCount, 100 + DTLS_PARAMETERS.sessionsPerIdentityMax);
    for (const other of others) other.send(other.data("still here"));
    assert.is(server.received.length, 100);
  },
);

limit("sessionsPerIdentityMax: the least recently used session of the identity gives way", () => {
  const server = new ObservedServer({ parameters: { sessionsPerIdentityMax: 2 } });
  const [first, second] = [clientAt(server, 1).connect(), clientAt(server, 2).connect()];
  server.elapse(10);
  first.send(first.data("busy"));
  clientAt(server, 3).connect();
  assert.equal(second.heard(), ["warning close_notify"]);
  assert.equal(first.heard(), []);
});

limit("sessionsPerIdentityMax: a key that many devices share has no such limit", () => {
  const server = new ObservedServer({ sharedKeys: true });
  for (let port = 1; port <= 50; port++) clientAt(server, port).connect();
  assert.is(server.dtls.sessionCount, 50);
});

limit("sealedRecordsMax: a session whose keys have sealed so many records ends, and the next one has new keys", () => {
  const server = new ObservedServer({ parameters: { sealedRecordsMax: 4 } });
  const client = clientAt(server, 1).connect();
  const [session] = server.sessions;
  for (let i = 0; i < 2; i++) server.send(session!, toUtf8("answer"));
  client.send(client.data("the third"));
  assert.is(server.received.length, 1);
  server.send(session!, toUtf8("the last answer"));
  client.send(client.data("the fourth"));
  assert.equal(server.downs, ["keysExhausted"]);
  assert.is(client.heard().at(-1), "warning close_notify");
  assert.is(server.received.length, 1);
  assert.equal(clientAt(server, 1).greet().slice(0, 1), ["ServerHello"]);
});

limit("busySessionsMax: the session without a record for longest rests, and goes on with its next record", () => {
  const server = new ObservedServer({ parameters: { busySessionsMax: 2 } });
  const clients = [1, 2, 3].map((port) => clientAt(server, port).connect());
  assert.is(server.tables["busySessions"], 2);
  for (const client of [...clients, ...clients]) client.send(client.data("again"));
  assert.is(server.received.length, 6);
  assert.is(server.tables["busySessions"], 2);
  assert.is(server.dtls.sessionCount, 3);
});

limit("SESSION_BUSY_MS: a session without a record for so long rests, without a timer of its own", () => {
  const server = new ObservedServer({});
  const [sleeper, active] = [clientAt(server, 1).connect(), clientAt(server, 2).connect()];
  server.elapse(SESSION_BUSY_MS - 1);
  active.send(active.data("awake"));
  assert.is(server.tables["busySessions"], 2);
  server.elapse(1);
  assert.is(server.tables["busySessions"], 1);
  server.elapse(SESSION_BUSY_MS);
  assert.is(server.tables["busySessions"], 0);
  sleeper.send(sleeper.data("awake too"));
  assert.is(server.received.length, 2);
});

limit("sessionIdleMs: a session without an authentic record for so long is closed, an active one is not", () => {
  const server = new ObservedServer({ parameters: { sessionIdleMs: 10_000 } });
  const [sleeper, active] = [clientAt(server, 1).connect(), clientAt(server, 2).connect()];
  server.elapse(6_000);
  active.send(active.data("awake"));
  server.elapse(3_999);
  assert.is(server.dtls.sessionCount, 2);
  server.elapse(1);
  assert.is(server.dtls.sessionCount, 1);
  assert.equal(server.downs, ["idle"]);
  assert.equal(sleeper.heard(), ["warning close_notify"]);
});

limit("sessionIdleMs: a forged record does not keep a session alive", () => {
  const server = new ObservedServer({ parameters: { sessionIdleMs: 10_000 } });
  const client = new ScriptedClient(server).connect();
  server.elapse(9_000);
  const forged = client.data("forged");
  forged[14] = forged[14]! ^ 1;
  forged[30] = forged[30]! ^ 1;
  client.send(forged);
  server.elapse(1_000);
  assert.equal(server.downs, ["idle"]);
});

limit("handleTimeout before anything is due does nothing", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.greet();
  server.dtls.handleTimeout(server.now);
  assert.equal(client.heard(), []);
  assert.is(server.dtls.handshakeCount, 1);
});

limit("HELD_RECORDS_MAX: what does not fit the hold is dropped, and a repeated Finished still comes through", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.greet();
  const exchange = client.plaintextMessage(client.clientKeyExchange());
  const finished = client.finished();
  for (let i = 0; i < HELD_RECORDS_MAX; i++) client.send(client.data("early"));
  client.send(client.protectedMessage(finished));
  assert.is(server.counted("heldRecordsFull"), 1);
  client.send(exchange, client.changeCipherSpec());
  assert.is(server.counted("applicationDataBeforeFinished"), HELD_RECORDS_MAX);
  client.send(client.protectedMessage(finished));
  assert.equal(client.heard(), FLIGHT_6);
});

limit("HELD_RECORD_LENGTH_MAX: a longer record is not held", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.greet();
  client.clientKeyExchange();
  client.send(client.protected(ContentType.application_data, new Uint8Array(HELD_RECORD_LENGTH_MAX - 16)));
  assert.is(server.counted("heldRecordsFull"), 0);
  client.send(client.protected(ContentType.application_data, new Uint8Array(HELD_RECORD_LENGTH_MAX - 15)));
  assert.is(server.counted("heldRecordsFull"), 1);
});

limit("RECORDS_PER_DATAGRAM_MAX: one record more is not read", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server).connect();
  const records = Array.from({ length: RECORDS_PER_DATAGRAM_MAX + 1 }, (_, i) => client.data(`${i}`));
  client.send(...records);
  assert.is(server.received.length, RECORDS_PER_DATAGRAM_MAX);
  assert.is(server.counted("recordsTooMany"), 1);
});

limit("CLIENT_HELLO_MESSAGE_SEQ_MAX: the last hello that is answered", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  client.send(client.plaintextMessage(client.clientHello({ messageSeq: CLIENT_HELLO_MESSAGE_SEQ_MAX })));
  assert.equal(client.heard(), ["ServerHello", "ServerHelloDone"]);
  assert.equal(client.finish(), FLIGHT_6);
});

limit("HANDSHAKE_MESSAGE_LENGTH_MAX: a hello that claims more is dropped before anything is kept", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  const message = client.clientHello();
  const body = new Uint8Array(HANDSHAKE_MESSAGE_LENGTH_MAX + 1);
  body.set(message.body);
  client.send(client.fragment({ ...message, body }, 0, 100));
  assert.is(server.counted("fragmentTooFar"), 1);
  assert.is(server.dtls.handshakeCount, 0);
});

limit("HANDSHAKE_MESSAGES_AHEAD_MAX: a message too far ahead of a hello that is being gathered is dropped", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.send(client.plaintextMessage(client.clientHello()));
  client.heard();
  client.send(client.fragment(client.clientHello(), 0, 60));
  for (const ahead of [1, 2, 3]) {
    client.send(client.plaintextMessage({ type: 16, messageSeq: 1 + ahead, body: new Uint8Array(9) }));
  }
  assert.is(server.counted("fragmentTooFar"), 0);
  client.send(client.plaintextMessage({ type: 16, messageSeq: 5, body: new Uint8Array(9) }));
  assert.is(server.counted("fragmentTooFar"), 1);
});

// Each way in which a handshake can end leaves nothing behind.

const HELLOS: readonly [string, Extensions, object, string][] = [
  ["no common suite", {}, { cipherSuites: [0x1301] }, "fatal handshake_failure"],
  ["no common group", { supportedGroups: [24] }, { cipherSuites: [0xd003] }, "fatal handshake_failure"],
  ["DTLS 1.0", {}, { version: 0xfeff }, "fatal protocol_version"],
  ["no null compression", {}, { compressionMethods: Uint8Array.of(1) }, "fatal illegal_parameter"],
  ["record_size_limit 63", { recordSizeLimit: 63 }, {}, "fatal illegal_parameter"],
  ["max_fragment_length code 5", { maxFragmentLength: 5 }, {}, "fatal illegal_parameter"],
  ["a renegotiation", { renegotiationInfo: Uint8Array.of(1) }, {}, "fatal handshake_failure"],
];

for (const [what, extensions, fields, alert] of HELLOS) {
  limit(`a handshake that ends by ${what} is answered by ${alert} and released`, () => {
    const server = new ObservedServer({ cipherSuites: DEFAULT_CIPHER_SUITES });
    const client = new ScriptedClient(server);
    client.send(client.plaintextMessage(client.clientHello({ ...fields, extensions })));
    client.heard();
    client.send(client.plaintextMessage(client.clientHello({ ...fields, extensions })));
    assert.equal(client.heard(), [alert]);
    assert.is(server.dtls.handshakeCount, 0);
    assert.is(server.failures.length, 1);
    assert.is(server.dtls.pollTimeout(), undefined);
  });
}

limit("a hello whose extensions do not parse is answered by decode_error and released", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  const torn = () => {
    const message = client.clientHello();
    return { ...message, body: message.body.subarray(0, message.body.length - 1) };
  };
  client.send(client.plaintextMessage(torn()));
  client.heard();
  client.send(client.plaintextMessage(torn()));
  assert.equal(client.heard(), ["fatal decode_error"]);
  assert.is(server.dtls.handshakeCount, 0);
});

limit("shutdown says close_notify to each session and forgets every handshake", () => {
  const server = new ObservedServer({ psk: () => "later" });
  const answered = new ObservedServer();
  new ScriptedClient(server).connect();
  assert.is(server.dtls.handshakeCount, 1);
  server.dtls.shutdown(server.now);
  assert.is(server.dtls.handshakeCount, 0);
  const clients = [1, 2].map((port) => clientAt(answered, port).connect());
  answered.dtls.shutdown(answered.now);
  for (const client of clients) assert.equal(client.heard(), ["warning close_notify"]);
  assert.equal(answered.downs, ["shutdown", "shutdown"]);
  assert.is(answered.dtls.sessionCount, 0);
  assert.is(answered.dtls.pollTimeout(), undefined);
});

limit("a thousand handshakes begun and left leave no deadline behind", () => {
  const server = new ObservedServer({ psk: () => "later" });
  for (let port = 1; port <= 1_000; port++) {
    const client = clientAt(server, port);
    if (port % 2 === 0) client.connect();
    else client.greet();
  }
  assert.is(server.dtls.handshakeCount, 1_000);
  server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(server.dtls.handshakeCount, 0);
  assert.is(server.dtls.pollTimeout(), undefined);
});

limit("an empty datagram, and a session's empty record, are borne", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server).connect();
  client.send(EMPTY);
  client.send(client.data(""));
  assert.equal(server.received[0]!.data, toUtf8(""));
});

limit("RFC 6655 3: an empty record with a forged tag is refused, and does not move the window", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server).connect();
  const forged = client.protected(ContentType.application_data, EMPTY, { sequenceNumber: 2 ** 47 });
  forged[forged.length - 1] = forged[forged.length - 1]! ^ 1;
  client.send(forged);
  assert.is(server.counted("badRecordMac"), 1);
  client.send(client.data("ping"));
  assert.is(server.received.length, 1);
});

limit.run();
