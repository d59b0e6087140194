// Sessions that are resumed by their ID (RFC 5246 7.3, F.1.4; RFC 7627 5.3), message by message.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, equal, toUtf8 } from "../../src/base/bytes.ts";
import { Secret } from "../../src/base/secret.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { encodeClientKeyExchange } from "../../src/dtls/handshake/key-exchange.ts";
import { DTLS_PARAMETERS, RESUMABLE_PER_IDENTITY_MAX } from "../../src/dtls/parameters.ts";
import { IDENTITY, ObservedServer, type ObservedServerInput } from "../support/observed-server.ts";
import { ScriptedClient, type ScriptedClientInput } from "../support/scripted-client.ts";

const resumption = suite("dtls-resumption");

const FLIGHT_4 = ["ServerHello", "ServerHelloDone"];
const ABBREVIATED = ["ServerHello", "ChangeCipherSpec", "Finished"];
const CLOSE_NOTIFY = Uint8Array.of(1, 0);
const ALERT = 21;
const CLIENT_KEY_EXCHANGE = 16;

/** A server with a session that came and went, and a client that would resume it. */
function scene(input: ObservedServerInput = {}, second: ScriptedClientInput = {}) {
  const server = new ObservedServer(input);
  const first = new ScriptedClient(server).connect();
  first.send(first.protected(ALERT, CLOSE_NOTIFY));
  const client = new ScriptedClient(server, { seed: 5, resume: first.resumption, ...second });
  return { server, first, client };
}

for (const name of [
  "TLS_PSK_WITH_AES_128_CCM_8",
  "TLS_PSK_WITH_AES_128_GCM_SHA256",
  "TLS_PSK_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256",
]) {
  resumption(`RFC 5246 7.3: a session of ${name} is resumed in one round trip, and nobody is asked for its key`, () => {
    const server = new ObservedServer();
    const extensions = { encryptThenMac: true } as const;
    const input = { suite: cipherSuiteNamed(name)!, extensions };
    const first = new ScriptedClient(server, input).connect();
    first.send(first.protected(ALERT, CLOSE_NOTIFY));
    const client = new ScriptedClient(server, { ...input, seed: 5, resume: first.resumption });
    assert.equal(client.greet(), ABBREVIATED);
    assert.ok(equal(client.serverHello!.sessionId, first.resumption.sessionId));
    assert.is(server.dtls.sessionCount, 0);
    assert.equal(client.finishResumption(), []);
    client.send(client.data("up"));
    server.send(server.sessions[1]!, toUtf8("down"));
    assert.equal(
      server.received.map(({ data }) => data),
      [toUtf8("up")],
    );
    assert.equal(client.heard(), ["data down"]);
    assert.equal(server.sessions[1]!.identity, IDENTITY);
    assert.is(server.pskQuestions.length, 1);
  });
}

resumption("RFC 5246 F.1.4: a session can be resumed while it is up, and more than once", () => {
  const server = new ObservedServer();
  const first = new ScriptedClient(server).connect();
  for (const seed of [5, 6, 7]) {
    const client = new ScriptedClient(server, { seed, resume: first.resumption });
    assert.equal(client.greet(), ABBREVIATED);
    client.finishResumption();
  }
  assert.is(server.sessions.length, 4);
  assert.equal(server.downs, ["replaced", "replaced", "replaced"]);
  assert.is(server.tables["resumables"], 1);
});

resumption("RFC 5246 7.4.1.3: an ID that is not known leads to a full handshake under another", () => {
  const { client, first } = scene({}, {});
  const stranger = { sessionId: new Uint8Array(8).fill(9), masterSecret: first.resumption.masterSecret };
  const { client: other } = scene({}, { resume: stranger });
  assert.equal(other.greet(), FLIGHT_4);
  assert.is(other.serverHello!.sessionId.length, 8);
  assert.not.ok(equal(other.serverHello!.sessionId, stranger.sessionId));
  assert.equal(other.finish(), ["ChangeCipherSpec", "Finished"]);
  assert.equal(client.greet(), ABBREVIATED);
});

resumption("RFC 9146 3: who uses Connection IDs gets no session ID", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server, { connectionId: EMPTY }).connect();
  assert.is(client.serverHello!.sessionId.length, 0);
  assert.is(server.tables["resumables"], 0);
});

resumption("RFC 7627 5.3: a session without an extended master secret gets no session ID", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.send(client.plaintextMessage(client.clientHello({ extensions: {} })));
  client.heard();
  client.send(client.plaintextMessage(client.clientHello({ extensions: {} })));
  assert.equal(client.heard(), FLIGHT_4);
  assert.is(client.serverHello!.sessionId.length, 0);
});

resumption(
  "RFC 7627 5.3: a hello that would resume without the extension that the session had ends by an alert",
  () => {
    const { server, client } = scene();
    client.send(client.plaintextMessage(client.clientHello({ extensions: {} })));
    client.heard();
    client.send(client.plaintextMessage(client.clientHello({ extensions: {} })));
    assert.equal(client.heard(), ["fatal handshake_failure"]);
    assert.is(server.failures[0]!.kind, "extendedMasterSecretMissing");
  },
);

resumption("RFC 5246 7.4.1.2: a hello without the session's suite leads to a full handshake", () => {
  const { client } = scene({}, { suite: cipherSuiteNamed("TLS_PSK_WITH_AES_128_GCM_SHA256")! });
  assert.equal(client.greet(), FLIGHT_4);
  assert.equal(client.finish(), ["ChangeCipherSpec", "Finished"]);
});

resumption("RFC 7366 3.1: a CBC session is not resumed by a hello that treats encrypt_then_mac otherwise", () => {
  const suiteOfBoth = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CBC_SHA256")!;
  const server = new ObservedServer();
  const first = new ScriptedClient(server, { suite: suiteOfBoth, extensions: { encryptThenMac: true } }).connect();
  const client = new ScriptedClient(server, { suite: suiteOfBoth, seed: 5, resume: first.resumption });
  assert.equal(client.greet(), FLIGHT_4);
});

resumption("a client that has another secret under the ID is not let in, and its owner still is", () => {
  const { server, first } = scene();
  const stolen = { sessionId: first.resumption.sessionId, masterSecret: new Uint8Array(48) };
  const thief = new ScriptedClient(server, { seed: 6, resume: stolen });
  thief.greet();
  thief.finishResumption();
  assert.is(server.sessions.length, 1);
  assert.is(server.keyRefusals.length, 0);
  const owner = new ScriptedClient(server, { seed: 7, resume: first.resumption });
  assert.equal(owner.greet(), ABBREVIATED);
  owner.finishResumption();
  assert.is(server.sessions.length, 2);
});

resumption("RFC 5246 7.3: no ClientKeyExchange comes into a resumption", () => {
  const { server, client } = scene();
  client.greet();
  const body = encodeClientKeyExchange({ identity: toUtf8("somebody else") });
  client.send(client.plaintextMessage(client.message(CLIENT_KEY_EXCHANGE, body, 2)));
  assert.is(server.counted("handshakeUnexpected"), 1);
  assert.is(server.pskQuestions.length, 1);
});

resumption("a removed key ends what can be resumed: the next handshake is a full one", () => {
  const { server, client } = scene();
  assert.equal([...server.dtls.identities()], [IDENTITY]);
  server.dtls.closeIdentity(server.now, IDENTITY);
  assert.is(server.tables["resumables"], 0);
  assert.equal([...server.dtls.identities()], []);
  assert.equal(client.greet(), FLIGHT_4);
});

resumption("a key that is removed in the middle of a resumption ends it", () => {
  const { server, client } = scene();
  client.greet();
  server.dtls.closeIdentity(server.now, IDENTITY);
  assert.is(server.dtls.handshakeCount, 0);
  client.finishResumption();
  assert.is(server.sessions.length, 1);
});

resumption("RFC 5246 7.2.2: after a fatal alert a session is not resumed", () => {
  const server = new ObservedServer();
  const first = new ScriptedClient(server).connect();
  first.send(first.protected(ALERT, Uint8Array.of(2, 40)));
  assert.equal(server.downs, ["fatalAlert"]);
  const client = new ScriptedClient(server, { seed: 5, resume: first.resumption });
  assert.equal(client.greet(), FLIGHT_4);
});

resumption("RFC 5246 F.1.4: after resumptionMs a session is forgotten, whether it was resumed meanwhile or not", () => {
  const { server, first, client } = scene({ parameters: { resumptionMs: 60_000 } });
  server.elapse(59_999);
  assert.equal(client.greet(), ABBREVIATED);
  client.finishResumption();
  server.elapse(1);
  assert.is(server.tables["resumables"], 0);
  assert.equal(new ScriptedClient(server, { seed: 6, resume: first.resumption }).greet(), FLIGHT_4);
});

resumption("resumableSessionsMax: the oldest gives way; and so does that of an identity that has its share", () => {
  const identities = ["a", "b", "c"].map(toUtf8);
  const psk = () => new Secret(toUtf8("secretPSK"));
  const server = new ObservedServer({ parameters: { resumableSessionsMax: 6 }, psk });
  let seed = 100;
  const connect = (identity: Uint8Array) => new ScriptedClient(server, { identity, seed: seed++ }).connect().resumption;
  const resumes = (resume: ScriptedClientInput["resume"]) =>
    new ScriptedClient(server, { seed: seed++, resume: resume! }).greet().length === ABBREVIATED.length;
  const others = [connect(identities[0]!), connect(identities[1]!)];
  const own = Array.from({ length: RESUMABLE_PER_IDENTITY_MAX + 3 }, () => connect(identities[2]!));
  assert.is(server.tables["resumables"], 2 + RESUMABLE_PER_IDENTITY_MAX);
  assert.equal(others.map(resumes), [true, true]);
  assert.equal(
    own.map(resumes),
    own.map((_, index) => index >= 3),
  );
  connect(identities[1]!);
  assert.is(server.tables["resumables"], 6);
  assert.equal(others.map(resumes), [false, true]);
});

resumption("RFC 6347 4.2.4: the server's flight comes again when its time has come, and when the hello does", () => {
  const { server, client } = scene();
  client.greet();
  server.elapse(DTLS_PARAMETERS.retransmitMs);
  assert.equal(client.heard(), ABBREVIATED);
  client.send(client.plaintextMessage(client.clientHello({ messageSeq: 1 })));
  assert.equal(client.heard(), ABBREVIATED);
});

resumption(
  "RFC 6347 4.2.4: where the client's last flight is lost, data waits for it and the server asks again",
  () => {
    const { server, client } = scene();
    client.greet();
    const [changeCipherSpec, finished] = [client.changeCipherSpec(), client.protectedMessage(client.finished())];
    client.send(client.data("too early"));
    assert.equal(server.received, []);
    server.elapse(DTLS_PARAMETERS.retransmitMs);
    assert.equal(client.heard(), ABBREVIATED);
    client.send(changeCipherSpec, finished);
    client.send(client.data("in time"));
    assert.is(server.received.at(-1)!.data.length, "in time".length);
  },
);

resumption("after shutdown nothing can be resumed, and no deadline is left", () => {
  const { server } = scene();
  server.dtls.shutdown(server.now);
  assert.is(server.tables["resumables"], 0);
  server.elapse(300_000);
  assert.is(server.dtls.pollTimeout(), undefined);
});

resumption.run();
