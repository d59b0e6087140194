// Connection IDs on the wire (RFC 9146), with a client whose address changes under it.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { CLIENT, ScriptedClient } from "../support/scripted-client.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const connectionId = suite("dtls-connection-id");

const ELSEWHERE = peerAddress("198.51.100.7", 1234);
const CLIENT_ID = Uint8Array.of(0xaa, 0xbb, 0xcc);

function scene(id: Uint8Array = CLIENT_ID) {
  const server = new ObservedServer();
  const client = new ScriptedClient(server, { connectionId: id }).connect();
  return { server, client, session: server.sessions[0]! };
}

/** Where the server's next data for its one session goes. */
function peerOf(server: ObservedServer): PeerAddress {
  server.send(server.sessions[0]!, toUtf8("pong"));
  return server.sent.at(-1)!.to;
}

connectionId("RFC 9146 3: ServerHello names an ID of our own when the client's hello had the extension", () => {
  const { client } = scene();
  assert.is(client.serverHello!.extensions.connectionId!.length, 4);
});

connectionId("two servers at one address give out Connection IDs that begin unlike", () => {
  const server = new ObservedServer({ connectionIdPrefix: Uint8Array.of(7, 8) });
  const { serverHello } = new ScriptedClient(server, { connectionId: CLIENT_ID }).connect();
  assert.equal([...serverHello!.extensions.connectionId!.subarray(0, 2)], [7, 8]);
});

connectionId("RFC 9146 3: a hello without the extension is answered without", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server).connect();
  assert.is(client.serverHello!.extensions.connectionId, undefined);
});

connectionId("RFC 9146 4: our records carry the client's ID under content type 25, from Finished on", () => {
  const { server, session } = scene();
  const finished = server.sent.at(-1)!.datagram.subarray(14);
  assert.equal([...finished.subarray(0, 14)], [25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, ...CLIENT_ID]);
  server.send(session, toUtf8("pong"));
  const data = server.sent.at(-1)!.datagram;
  assert.equal([...data.subarray(0, 14)], [25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, ...CLIENT_ID]);
});

connectionId("RFC 9146 3: a zero-length ID asks for none in our records, and takes ours in the client's", () => {
  const { server, client, session } = scene(EMPTY);
  assert.is(client.serverHello!.extensions.connectionId!.length, 4);
  server.send(session, toUtf8("pong"));
  assert.is(server.sent.at(-1)!.datagram[0], ContentType.application_data);
  assert.equal(client.heard(), ["data pong"]);
  const record = client.data("ping");
  assert.is(record[0], ContentType.tls12_cid);
  client.send(record);
  assert.is(server.received.length, 1);
});

connectionId("RFC 9146 3: who wants an ID above CONNECTION_ID_LENGTH_MAX in our records gets no IDs", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server, { connectionId: new Uint8Array(33) });
  client.greet();
  assert.is(client.serverHello!.extensions.connectionId, undefined);
});

connectionId("RFC 9146 6: a verified and newest record moves the address, without a new handshake", () => {
  const { server, client } = scene();
  client.address = ELSEWHERE;
  client.send(client.data("moved"));
  assert.is(fromUtf8(server.received[0]!.data), "moved");
  assert.is(peerOf(server), ELSEWHERE);
  assert.is(server.dtls.sessionCount, 1);
});

connectionId("RFC 9146 6: answers leave from that of our addresses which the newest record asked", () => {
  const { server, client } = scene();
  const asked = ["192.0.2.7", "192.0.2.8"].map((local) => peerAddress("198.51.100.7", 1234, local));
  for (const address of [...asked, ...asked]) {
    client.address = address;
    client.send(client.data("asked"));
    assert.is(peerOf(server), address);
  }
  assert.is(server.dtls.sessionCount, 1);
});

connectionId("RFC 9146 6: an older valid record is delivered and does not move the address", () => {
  const { server, client } = scene();
  const late = client.data("late");
  client.send(client.data("newest"));
  client.address = ELSEWHERE;
  client.send(late);
  assert.is(fromUtf8(server.received[1]!.data), "late");
  assert.is(peerOf(server), CLIENT);
});

connectionId("RFC 9146 6: a replayed record from a new address moves nothing", () => {
  const { server, client } = scene();
  const record = client.data("ping");
  client.send(record);
  client.address = ELSEWHERE;
  client.send(record);
  assert.is(server.counted("recordReplayed"), 1);
  assert.is(peerOf(server), CLIENT);
});

connectionId("RFC 9146 6: a record with a bad MAC from a new address moves nothing and keeps nothing", () => {
  const { server, client, session } = scene();
  const activeAt = session.lastActiveAt;
  server.elapse(1_000);
  const forged = client.data("forged");
  forged[forged.length - 1] = forged[forged.length - 1]! ^ 1;
  client.address = ELSEWHERE;
  client.send(forged);
  assert.is(server.counted("badRecordMac"), 1);
  assert.is(server.dtls.handshakeCount, 0);
  assert.is(session.lastActiveAt, activeAt);
  assert.is(peerOf(server), CLIENT);
});

connectionId(
  "RFC 9146 5: the ID in the header is authenticated: a session's record under another ID is refused",
  () => {
    const server = new ObservedServer();
    const one = new ScriptedClient(server, { connectionId: CLIENT_ID }).connect();
    const other = new ScriptedClient(server, { connectionId: CLIENT_ID, address: ELSEWHERE, seed: 5 }).connect();
    const record = one.data("whose");
    record.set(other.serverHello!.extensions.connectionId!, 11);
    one.send(record);
    assert.is(server.counted("badRecordMac"), 1);
    assert.is(server.received.length, 0);
  },
);

connectionId("RFC 9146 3: a record without ID is invalid for a session that has one", () => {
  const { server, client } = scene();
  const naked = new ScriptedClient(server, { connectionId: CLIENT_ID });
  const record = client.data("ping");
  // The same record with the ID cut out and the type of plain application data.
  const without = Uint8Array.from([ContentType.application_data, ...record.subarray(1, 11), ...record.subarray(15)]);
  naked.send(without);
  assert.is(server.received.length, 0);
  assert.is(server.counted("unknownPeer"), 1);
});

connectionId("RFC 9146 3: a record under an ID that nobody was given is dropped", () => {
  const { server, client } = scene();
  const record = client.data("ping");
  record[11] = record[11]! ^ 1;
  client.send(record);
  assert.is(server.counted("unknownConnectionId"), 1);
});

connectionId("RFC 9146 4: the zeros that a client pads with are taken off", () => {
  const { server, client } = scene();
  const padded = Uint8Array.from([...toUtf8("ping"), ContentType.application_data, 0, 0, 0]);
  // As if all of it were content: its own type then is the padding's first zero.
  client.send(client.protected(0, padded));
  assert.is(fromUtf8(server.received[0]!.data), "ping");
});

connectionId("RFC 9146 4: an inner plaintext of zeros names no type, and is dropped", () => {
  const { server, client } = scene();
  client.send(client.protected(0, new Uint8Array(8)));
  assert.is(server.counted("innerPlaintextEmpty"), 1);
  assert.is(server.received.length, 0);
});

connectionId("RFC 9146 3: a Finished with ID that came first waits for its ChangeCipherSpec", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server, { connectionId: CLIENT_ID });
  client.greet();
  const exchange = client.plaintextMessage(client.clientKeyExchange());
  client.send(client.protectedMessage(client.finished()));
  client.send(exchange, client.changeCipherSpec());
  assert.equal(client.heard(), ["ChangeCipherSpec", "Finished"]);
});

connectionId("RFC 9146 6: a Finished from a forged source does not take that address, nor its session", () => {
  const server = new ObservedServer();
  const victim = new ScriptedClient(server, { address: ELSEWHERE, seed: 5 }).connect();
  const client = new ScriptedClient(server, { connectionId: CLIENT_ID });
  client.greet();
  client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
  const finished = client.finished();
  client.address = ELSEWHERE;
  client.send(client.protectedMessage(finished));
  assert.is(server.dtls.sessionCount, 2);
  assert.equal(server.downs, []);
  assert.is(server.sessions[1]!.peer, CLIENT);
  victim.send(victim.data("still here"));
  assert.is(server.received.length, 1);
});

connectionId(
  "RFC 9146 6: a device that moved in mid-handshake gets the last flight where its Finished comes from",
  () => {
    const server = new ObservedServer();
    const client = new ScriptedClient(server, { connectionId: CLIENT_ID });
    client.greet();
    client.send(client.plaintextMessage(client.clientKeyExchange()), client.changeCipherSpec());
    const finished = client.finished();
    client.address = ELSEWHERE;
    client.send(client.protectedMessage(finished));
    assert.equal(client.heard(), []);
    client.send(client.protectedMessage(finished));
    assert.equal(client.heard(), ["ChangeCipherSpec", "Finished"]);
  },
);

connectionId("RFC 6347 4.2.8 with RFC 9146: a plaintext hello from a session's address goes the cookie's way", () => {
  const { server, client, session } = scene();
  const rebooted = new ScriptedClient(server, { seed: 5, connectionId: CLIENT_ID });
  assert.equal(rebooted.greet(), ["ServerHello", "ServerHelloDone"]);
  client.send(client.data("old"));
  assert.is(server.received[0]!.session, session);
  assert.equal(rebooted.finish().slice(-2), ["ChangeCipherSpec", "Finished"]);
});

connectionId("RFC 9146 3: no ID is given out twice, whatever the random source says", () => {
  const seeded = new SeededRandom(1);
  let ids = 0;
  // The first four draws of four bytes say the same.
  const random = {
    fill: (target: Uint8Array) => (target.length === 4 && ids++ < 4 ? target.fill(9) : seeded.fill(target)),
  };
  const server = new ObservedServer({ random });
  const given = [CLIENT, ELSEWHERE].map((address, seed) => {
    const client = new ScriptedClient(server, { address, seed, connectionId: CLIENT_ID });
    client.greet();
    return client.serverHello!.extensions.connectionId!;
  });
  assert.equal(Uint8Array.from(given[0]!), Uint8Array.of(9, 9, 9, 9));
  assert.not.equal(given[1], given[0]);
});

connectionId("RFC 9146 3: two sessions behind one address and port are told apart by their IDs", () => {
  const server = new ObservedServer();
  const clients = [3, 4].map((seed) => new ScriptedClient(server, { seed, connectionId: CLIENT_ID }).connect());
  clients.forEach((client, i) => {
    client.send(client.data(`${i}`));
  });
  assert.equal(
    server.received.map(({ session, data }) => [server.sessions.indexOf(session), fromUtf8(data)]),
    [
      [0, "0"],
      [1, "1"],
    ],
  );
});

for (const name of [
  "TLS_PSK_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
  "TLS_PSK_WITH_AES_128_GCM_SHA256",
]) {
  for (const encryptThenMac of [true, undefined]) {
    const how = encryptThenMac ? "with" : "without";
    connectionId(`RFC 9146 5: ${name} ${how} encrypt_then_mac carries an ID both ways`, () => {
      const server = new ObservedServer();
      const suiteNamed = cipherSuiteNamed(name)!;
      const extensions = encryptThenMac ? { encryptThenMac } : {};
      const client = new ScriptedClient(server, { suite: suiteNamed, connectionId: CLIENT_ID, extensions }).connect();
      client.send(client.data("ping"));
      assert.is(fromUtf8(server.received[0]!.data), "ping");
      server.send(server.sessions[0]!, toUtf8("pong"));
      assert.equal(client.heard(), ["data pong"]);
    });
  }
}

/** A client with a Connection ID, and a record in its name that does not open. */
function forgedScene() {
  const server = new ObservedServer();
  const client = new ScriptedClient(server, { connectionId: EMPTY }).connect();
  const record = client.data("forged");
  record[record.length - 1] = record[record.length - 1]! ^ 1;
  return { server, client, record };
}

connectionId("decision 7: forgeries from one network are tried a few times, and then at its own cost", () => {
  const { server, client, record } = forgedScene();
  for (let i = 0; i < 1_000; i++) server.receive(peerAddress(`203.0.113.${i % 256}`, i + 1), record);
  assert.is(server.counted("badRecordMac"), 64);
  assert.is(server.counted("forgeriesTooMany"), 936);
  server.elapse(1_000);
  server.receive(peerAddress("203.0.113.1", 1), record);
  assert.is(server.counted("badRecordMac"), 65);
  client.send(client.data("mine"));
  client.address = peerAddress("198.51.100.1", 7);
  client.send(client.data("mine, from elsewhere"));
  assert.is(server.received.length, 2);
});

connectionId("decision 7: forgeries from everywhere are bounded over a session's life, and do not end it", () => {
  const parameters = { authenticationFailuresMax: 500, authenticationFailuresAtOnce: 500 };
  const server = new ObservedServer({ parameters });
  const client = new ScriptedClient(server, { connectionId: EMPTY }).connect();
  const record = client.data("forged");
  record[record.length - 1] = record[record.length - 1]! ^ 1;
  for (let i = 0; i < 1_000; i++) server.receive(peerAddress(`10.${i >> 8}.${i & 255}.1`, 1), record);
  assert.is(server.counted("badRecordMac"), 500);
  client.send(client.data("mine"));
  assert.is(server.received.length, 1);
  assert.equal(server.downs, []);
});

connectionId.run();
