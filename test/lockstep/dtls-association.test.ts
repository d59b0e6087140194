// What may and what may not touch an established association.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY, fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { encodeAlert } from "../../src/dtls/alert.ts";
import { encodeHandshakeMessage } from "../../src/dtls/handshake/handshake-message.ts";
import { DTLS_PARAMETERS, LAST_FLIGHT_RESENDS_MAX } from "../../src/dtls/parameters.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const association = suite("dtls-association");

const FLIGHT_6 = ["ChangeCipherSpec", "Finished"];

/** An association, with the client's Finished kept for repeating. */
function scene() {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  client.greet();
  const exchange = client.clientKeyExchange();
  const finished = client.finished();
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec(), client.protectedMessage(finished));
  assert.equal(client.heard(), FLIGHT_6);
  return { server, client, exchange, finished };
}

/** Data still flows both ways. */
function lives({ server, client }: { readonly server: ObservedServer; readonly client: ScriptedClient }): boolean {
  const before = server.received.length;
  client.send(client.data("ping"));
  const last = server.received.at(-1);
  if (last === undefined || server.received.length !== before + 1 || fromUtf8(last.data) !== "ping") return false;
  server.send(last.session, toUtf8("pong"));
  return client.heard().includes("data pong");
}

association("RFC 6347 4.2.4: a repeated Finished brings the last flight again, under new record numbers", () => {
  const { server, client, exchange, finished } = scene();
  client.send(client.plaintextMessage(exchange), client.changeCipherSpec(), client.protectedMessage(finished));
  assert.equal(client.heard(), FLIGHT_6);
  assert.is(server.counted("lastFlightResent"), 1);
  assert.is(server.sessions.length, 1);
});

association(
  "RFC 6347 4.2.4: the last flight is sent again as often as LAST_FLIGHT_RESENDS_MAX says, and no more",
  () => {
    const { server, client, finished } = scene();
    for (let i = 0; i < LAST_FLIGHT_RESENDS_MAX; i++) client.send(client.protectedMessage(finished));
    assert.is(client.heard().length, 2 * LAST_FLIGHT_RESENDS_MAX);
    client.send(client.protectedMessage(finished));
    assert.equal(client.heard(), []);
    assert.is(server.counted("handshakeUnexpected"), 1);
    assert.ok(lives({ server, client }));
  },
);

association("RFC 6347 4.2.4: 2 MSL after the handshake nobody is given the last flight any more", () => {
  const { server, client, finished } = scene();
  server.elapse(240_000);
  client.send(client.protectedMessage(finished));
  assert.equal(client.heard(), []);
  assert.is(server.sessions[0]!.lastFlight, undefined);
});

association("RFC 6347 4.2.4: who sends data has our Finished: the last flight is let go", () => {
  const { server, client } = scene();
  client.send(client.data("ping"));
  assert.is(server.sessions[0]!.lastFlight, undefined);
});

association("RFC 6347 4.2.4, bug pattern 12: a Finished with other verify_data does not bring the last flight", () => {
  const { server, client, finished } = scene();
  client.send(client.protectedMessage({ ...finished, body: new Uint8Array(12) }));
  assert.equal(client.heard(), []);
  assert.ok(lives({ server, client }));
});

association(
  "RFC 6347 4.2.4, bug pattern 12: a Finished with another message_seq does not bring the last flight",
  () => {
    const { client, finished } = scene();
    client.send(client.protectedMessage({ ...finished, messageSeq: finished.messageSeq + 1 }));
    assert.equal(client.heard(), []);
  },
);

association(
  "RFC 6347 4.2.4, bug pattern 12: another message with the bytes of Finished does not bring the last flight",
  () => {
    const { client, finished } = scene();
    client.send(client.protectedMessage({ ...finished, type: 16 }));
    assert.equal(client.heard(), []);
  },
);

association("RFC 6347 4.2.4, bug pattern 12: a Finished in plaintext does not bring the last flight", () => {
  const { client, finished } = scene();
  client.send(client.plaintextMessage(finished));
  assert.equal(client.heard(), []);
});

association(
  "RFC 7925 17, bug pattern 16: a hello inside the association is refused, and the association lives on",
  () => {
    const { server, client } = scene();
    client.send(client.protectedMessage(client.clientHello({ cookie: EMPTY, messageSeq: 4 })));
    assert.equal(client.heard(), ["warning no_renegotiation"]);
    assert.is(server.dtls.handshakeCount, 0);
    assert.ok(lives({ server, client }));
  },
);

for (const [name, type, content] of [
  ["a fatal alert", ContentType.alert, encodeAlert("fatal", "internal_error")],
  ["close_notify", ContentType.alert, encodeAlert("warning", "close_notify")],
  ["ChangeCipherSpec", ContentType.change_cipher_spec, Uint8Array.of(1)],
  ["application data", ContentType.application_data, toUtf8("forged")],
  [
    "ClientKeyExchange",
    ContentType.handshake,
    encodeHandshakeMessage({ type: 16, messageSeq: 2, body: new Uint8Array(10) }),
  ],
] as const) {
  association(`RFC 6347 4.1.2.7: ${name} in plaintext does not touch the association`, () => {
    const { server, client } = scene();
    client.send(client.plaintext(type, content));
    assert.equal(client.heard(), []);
    assert.is(server.received.length, 0);
    assert.ok(lives({ server, client }));
  });
}

association("RFC 6347 4.1: ChangeCipherSpec under the keys of the association changes nothing", () => {
  const { server, client } = scene();
  client.send(client.protected(ContentType.change_cipher_spec, Uint8Array.of(1)));
  assert.is(server.counted("changeCipherSpecUnexpected"), 1);
  assert.ok(lives({ server, client }));
});

for (const epoch of [2, 0xffff]) {
  association(`RFC 6347 4.1: a record of epoch ${epoch} is dropped`, () => {
    const { server, client } = scene();
    client.send(client.data("hello", { epoch }));
    assert.is(server.counted("epochUnknown"), 1);
    assert.ok(lives({ server, client }));
  });
}

association("RFC 6347 4.1.2.6: the same record twice is delivered once", () => {
  const { server, client } = scene();
  const record = client.data("once");
  client.send(record).send(record);
  assert.is(server.received.length, 1);
  assert.is(server.counted("recordReplayed"), 1);
});

association("RFC 6347 4.1.2.6: a jump ahead of 2^40 records is legal, and the link goes on from there", () => {
  const { server, client } = scene();
  client.send(client.data("far", { sequenceNumber: 2 ** 40 }));
  client.send(client.data("farther", { sequenceNumber: 2 ** 40 + 1 }));
  assert.is(server.received.length, 2);
});

association("RFC 6347 4.1.2.6: a forged record far ahead does not move the window", () => {
  const { server, client } = scene();
  const forged = client.data("forged", { sequenceNumber: 2 ** 47 });
  forged[forged.length - 1] = forged[forged.length - 1]! ^ 1;
  client.send(forged);
  assert.is(server.counted("badRecordMac"), 1);
  assert.ok(lives({ server, client }));
});

association("RFC 6347 4.1.2.7, bug pattern 17: records that do not decrypt are dropped without an alert", () => {
  const { server, client } = scene();
  const forged = client.data("forged");
  forged.fill(0, 13);
  client.send(forged);
  client.send(forged.subarray(0, 13 + 15));
  assert.equal(client.heard(), []);
  assert.ok(lives({ server, client }));
});

for (const [what, at, value] of [
  ["an unknown content type", 0, 24],
  ["another version", 2, 0xfc],
  ["DTLS 1.0's version", 2, 0xff],
  ["a length above what the datagram holds", 12, 0xff],
  ["a length below what was sealed", 12, 20],
] as const) {
  association(`RFC 6347 4.1.2.7: a record with ${what} is dropped in silence, and the association lives on`, () => {
    const { server, client } = scene();
    const record = client.data("damaged");
    record[at] = value;
    client.send(record);
    assert.equal(client.heard(), []);
    assert.is(server.received.length, 0);
    assert.ok(lives({ server, client }));
  });
}

association("RFC 6347 4.1.2.7: as many forgeries as authenticationFailuresMax allows end the session", () => {
  const server = new ObservedServer({ parameters: { authenticationFailuresMax: 3, authenticationFailuresAtOnce: 3 } });
  const client = new ScriptedClient(server).connect();
  const forged = client.data("forged");
  forged[20] = forged[20]! ^ 1;
  client.send(forged).send(forged);
  assert.is(server.dtls.sessionCount, 1);
  client.send(forged);
  assert.is(server.dtls.sessionCount, 0);
  assert.equal(server.downs, ["forgeries"]);
  assert.equal(client.heard(), ["warning close_notify"]);
});

/** A record as the client would send it, damaged. */
function forged(client: ScriptedClient): Uint8Array {
  const record = client.data("forged");
  record[record.length - 1] = record[record.length - 1]! ^ 1;
  return record;
}

association("decision 7: 2^20 forgeries and more from a session's own address end nothing", () => {
  const { server, client } = scene();
  const record = forged(client);
  for (let i = 0; i <= 2 ** 20; i++) server.dtls.handleDatagram(server.now, client.address, record);
  assert.is(server.counted("badRecordMac"), 2 ** 20 + 1);
  assert.ok(lives({ server, client }));
});

association(
  "decision 7: more forgeries than may come at once are not tried, and wait for nobody who does not fail",
  () => {
    const parameters = {
      authenticationFailuresMax: 100,
      authenticationFailuresAtOnce: 3,
      authenticationFailureEveryMs: 8_000,
    };
    const server = new ObservedServer({ parameters });
    const client = new ScriptedClient(server).connect();
    for (let i = 0; i < 50; i++) client.send(forged(client));
    assert.is(server.counted("badRecordMac"), 3);
    assert.is(server.counted("forgeriesTooMany"), 47);
    server.elapse(8_000);
    for (let i = 0; i < 50; i++) client.send(client.data("mine"));
    assert.is(server.received.length, 50);
    for (let i = 0; i < 50; i++) client.send(forged(client));
    assert.is(server.counted("badRecordMac"), 4);
  },
);

association("RFC 5246 7.2.1, bug pattern 19: close_notify is answered, and nothing goes on after it", () => {
  const { server, client, finished } = scene();
  client.send(client.protected(ContentType.alert, encodeAlert("warning", "close_notify")));
  assert.equal(client.heard(), ["warning close_notify"]);
  assert.equal(server.downs, ["closeNotify"]);
  client.send(client.data("late"));
  client.send(client.protectedMessage(finished));
  client.send(client.changeCipherSpec());
  // The hint of lost-sessions.ts, to data alone.
  assert.equal(client.heard(), ["fatal internal_error"]);
  assert.is(server.received.length, 0);
  assert.is(server.dtls.sessionCount, 0);
});

association("RFC 5246 7.2.1, bug pattern 19: records behind close_notify in its datagram are not read", () => {
  const { server, client } = scene();
  const alert = client.protected(ContentType.alert, encodeAlert("warning", "close_notify"));
  client.send(alert, client.data("late"));
  assert.is(server.received.length, 0);
});

association(
  "RFC 5246 7.2.2, bug pattern 20: a fatal alert ends the session without a word, and its keys are wiped",
  () => {
    const { server, client } = scene();
    client.send(client.protected(ContentType.alert, encodeAlert("fatal", "internal_error")));
    assert.equal(server.downs, ["fatalAlert"]);
    assert.equal(client.heard(), []);
    client.send(client.data("late"));
    assert.equal(client.heard(), ["fatal internal_error"]);
    assert.is(server.received.length, 0);
    assert.throws(() => server.send(server.sessions[0]!, toUtf8("late")), "wiped");
  },
);

association("RFC 5246 7.2: a warning that is not close_notify, and an alert of one byte, end nothing", () => {
  const { server, client } = scene();
  client.send(client.protected(ContentType.alert, encodeAlert("warning", "user_canceled")));
  client.send(client.protected(ContentType.alert, Uint8Array.of(2)));
  assert.ok(lives({ server, client }));
});

association("RFC 6347 4.2.8: the old association of an address lives until the new Finished is verified", () => {
  const old = scene();
  const rebooted = new ScriptedClient(old.server, { seed: 5 });
  rebooted.greet();
  assert.ok(lives(old));
  rebooted.send(rebooted.plaintextMessage(rebooted.clientKeyExchange()), rebooted.changeCipherSpec());
  assert.ok(lives(old));
  rebooted.send(rebooted.protectedMessage(rebooted.finished()));
  assert.ok(rebooted.heard().includes("Finished"));
  assert.equal(old.server.downs, ["replaced"]);
  assert.is(old.server.dtls.sessionCount, 1);
  assert.ok(lives({ server: old.server, client: rebooted }));
});

association("RFC 6347 4.2.8: once replaced, the old association's records are worth nothing", () => {
  const { server, client } = scene();
  new ScriptedClient(server, { seed: 5 }).connect();
  client.send(client.data("from before", { sequenceNumber: 100 }));
  assert.is(server.received.length, 0);
  assert.is(server.counted("badRecordMac"), 1);
});

association("RFC 6347 4.2.8: a hello whose cookie is wrong leaves the old association alone", () => {
  const { server, client } = scene();
  const forger = new ScriptedClient(server, { seed: 5 });
  forger.send(forger.plaintextMessage(forger.clientHello({ cookie: new Uint8Array(16), messageSeq: 1 })));
  assert.equal(forger.heard(), ["HelloVerifyRequest"]);
  client.heard();
  assert.ok(lives({ server, client }));
});

association("RFC 6347 4.2.8: a second handshake that fails leaves the old association alone", () => {
  const { server, client } = scene();
  const forger = new ScriptedClient(server, { seed: 5, identity: toUtf8("stranger") });
  forger.greet();
  forger.finish();
  server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(server.dtls.handshakeCount, 0);
  client.heard();
  assert.ok(lives({ server, client }));
});

association("RFC 6347 4.2.8: a repeated old Finished that the new keys do not open brings the old last flight", () => {
  const { server, client, finished } = scene();
  const rebooted = new ScriptedClient(server, { seed: 5 });
  rebooted.greet();
  rebooted.send(rebooted.plaintextMessage(rebooted.clientKeyExchange()), rebooted.changeCipherSpec());
  client.heard();
  client.send(client.protectedMessage(finished));
  assert.equal(client.heard(), FLIGHT_6);
});

association("RFC 6347 4.2.8: a repeated old Finished while a new handshake runs harms neither", () => {
  const { server, client, finished } = scene();
  const rebooted = new ScriptedClient(server, { seed: 5 });
  rebooted.greet();
  client.send(client.protectedMessage(finished));
  assert.ok(rebooted.finish().includes("Finished"));
  assert.ok(lives({ server, client: rebooted }));
});

association.run();
