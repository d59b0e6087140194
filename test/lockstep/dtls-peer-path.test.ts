// A session whose peer speaks from another host (RFC 9146 6, RFC 9853): where answers go, and how many.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { UNPROVEN_ANSWERS_PER_MINUTE_MAX, UNPROVEN_BYTES_FACTOR } from "../../src/dtls/parameters.ts";
import { ContentType } from "../../src/dtls/record/record.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { CLIENT, ScriptedClient } from "../support/scripted-client.ts";

const peerPath = suite("dtls-peer-path");

const HOME_OTHER_PORT = peerAddress("192.0.2.1", 50_000);
const ELSEWHERE = peerAddress("198.51.100.7", 1234);
const ELSEWHERE_OTHER_PORT = peerAddress("198.51.100.7", 4321);
const THIRD = peerAddress("203.0.113.9", 1234);
const ANSWER = new Uint8Array(1000).fill(7);
const RRC = ContentType.return_routability_check;

function scene(returnRoutability: boolean) {
  const server = new ObservedServer();
  const extensions = returnRoutability ? ({ returnRoutability } as const) : {};
  const client = new ScriptedClient(server, { connectionId: Uint8Array.of(1, 2), extensions }).connect();
  client.heard();
  const session = server.sessions[0]!;
  /** How many of `count` answers go out, each behind a request from where the client is. */
  const answered = (count: number) => {
    let sent = 0;
    for (let i = 0; i < count; i++) {
      client.send(client.data("GET"));
      if (server.dtls.seal(session, ANSWER) !== undefined) sent++;
    }
    return sent;
  };
  return { server, client, session, answered };
}

peerPath("RFC 9853 3: rrc is answered where a Connection ID holds, and nowhere else", () => {
  assert.is(scene(true).client.serverHello!.extensions.returnRoutability, true);
  assert.is(scene(false).client.serverHello!.extensions.returnRoutability, undefined);
  const without = new ScriptedClient(new ObservedServer(), { extensions: { returnRoutability: true } }).connect();
  assert.is(without.serverHello!.extensions.returnRoutability, undefined);
});

for (const returnRoutability of [true, false]) {
  const what = returnRoutability ? "with RFC 9853" : "without it";
  peerPath(`RFC 9146 6, ${what}: a change of port alone needs no proof and costs nothing`, () => {
    const { server, client, answered } = scene(returnRoutability);
    client.address = HOME_OTHER_PORT;
    assert.is(answered(2 * UNPROVEN_ANSWERS_PER_MINUTE_MAX), 2 * UNPROVEN_ANSWERS_PER_MINUTE_MAX);
    assert.is(server.counted("pathUnproven"), 0);
    assert.is(server.sessions[0]!.peer, HOME_OTHER_PORT);
    assert.equal(client.heard(), []);
  });

  peerPath(`RFC 9146 6, ${what}: back home everything is as before`, () => {
    const { client, answered } = scene(returnRoutability);
    client.address = ELSEWHERE;
    answered(700);
    client.address = CLIENT;
    assert.is(answered(2_000), 2_000);
  });
}

peerPath("RFC 9853 5: a new host is asked, gets three times what came from it, and all once it answered", () => {
  const { server, client, session, answered } = scene(true);
  client.address = ELSEWHERE;
  const before = server.sent.length;
  client.send(client.data("GET"));
  assert.equal(client.heard(), ["path_challenge"]);
  assert.is(server.sent.length, before + 1);
  assert.is(server.dtls.seal(session, ANSWER), undefined);
  const small = toUtf8("4.04");
  assert.ok(server.dtls.seal(session, small) !== undefined);
  const response = Uint8Array.from(client.pathMessage);
  response[0] = 1;
  client.send(client.protected(RRC, response));
  assert.is(server.counted("pathProven"), 1);
  assert.is(answered(100), 100);
});

peerPath("RFC 9853 2: until the proof no more than three times the bytes go out, whatever is asked for", () => {
  const { server, client, session } = scene(true);
  client.address = ELSEWHERE;
  let [up, down] = [0, 0];
  const first = server.sent.length;
  for (let i = 0; i < 200; i++) {
    const request = client.data("GET of a block, with a few options");
    up += request.length;
    client.send(request);
    const datagram = server.dtls.seal(session, ANSWER);
    if (datagram !== undefined) down += datagram.length;
    server.elapse(700);
  }
  for (const { to, datagram } of server.sent.slice(first)) if (to === ELSEWHERE) down += datagram.length;
  assert.ok(down > up, `${down} bytes for ${up}`);
  assert.ok(down <= UNPROVEN_BYTES_FACTOR * up, `${down} bytes for ${up}`);
  assert.ok(server.counted("pathAnswerDropped") > 100);
});

peerPath("RFC 9853 5.3: it is asked again, later each time, and an answer that took long still holds", () => {
  const { server, client } = scene(true);
  client.address = ELSEWHERE;
  client.send(client.data("GET"));
  client.heard();
  const response = Uint8Array.from(client.pathMessage);
  response[0] = 1;
  for (let i = 0; i < 8; i++) {
    server.elapse(1_000);
    client.send(client.data("GET"));
  }
  assert.equal(client.heard(), ["path_challenge", "path_challenge", "path_challenge"]);
  client.send(client.protected(RRC, response));
  assert.is(server.counted("pathProven"), 1);
});

for (const [what, change] of [
  ["another cookie", (message: Uint8Array) => message.fill(9, 1)],
  ["a type of its own", (message: Uint8Array) => message.fill(7, 0, 1)],
  ["path_drop", (message: Uint8Array) => message.fill(2, 0, 1)],
] as const) {
  peerPath(`RFC 9853 5: ${what} proves nothing`, () => {
    const { server, client } = scene(true);
    client.address = ELSEWHERE;
    client.send(client.data("GET"));
    client.heard();
    const message = Uint8Array.from(client.pathMessage);
    message[0] = 1;
    client.send(client.protected(RRC, change(message)));
    assert.is(server.counted("pathMessageUnexpected"), 1);
    assert.is(server.counted("pathProven"), 0);
  });
}

peerPath("RFC 9853 5: an answer from a third host proves neither", () => {
  const { server, client } = scene(true);
  client.address = ELSEWHERE;
  client.send(client.data("GET"));
  client.heard();
  const response = Uint8Array.from(client.pathMessage);
  response[0] = 1;
  client.address = THIRD;
  client.send(client.protected(RRC, response));
  assert.is(server.counted("pathProven"), 0);
});

peerPath("RFC 9853 5.4: a challenge of the client's is answered once, to where it came from", () => {
  const { server, client } = scene(true);
  const challenge = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
  client.send(client.protected(RRC, challenge));
  assert.equal(client.heard(), ["path_response"]);
  assert.equal(client.pathMessage, Uint8Array.of(1, 1, 2, 3, 4, 5, 6, 7, 8));
  assert.is(server.sent.at(-1)!.to, CLIENT);
});

peerPath("RFC 9853 3: without negotiation its messages are passed over", () => {
  const { server, client } = scene(false);
  client.send(client.protected(RRC, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8)));
  assert.equal(client.heard(), []);
  assert.is(server.counted("pathMessageUnexpected"), 1);
});

peerPath(
  "without RFC 9853 a new host gets so many answers at once, and as many a minute, however often it moves",
  () => {
    const { server, client, answered } = scene(false);
    client.address = ELSEWHERE;
    assert.is(answered(UNPROVEN_ANSWERS_PER_MINUTE_MAX), UNPROVEN_ANSWERS_PER_MINUTE_MAX);
    assert.is(answered(10), 0);
    for (const address of [THIRD, ELSEWHERE_OTHER_PORT, CLIENT, THIRD]) {
      client.address = address;
      assert.is(answered(10), address === CLIENT ? 10 : 0);
    }
    server.elapse(1_000);
    client.send(client.data("GET"));
    assert.is(answered(100), UNPROVEN_ANSWERS_PER_MINUTE_MAX / 60);
    server.elapse(600_000);
    assert.is(answered(2_000), UNPROVEN_ANSWERS_PER_MINUTE_MAX);
  },
);

peerPath("an older record moves nothing, and buys nothing", () => {
  const { server, client, session } = scene(true);
  const old = client.data("old");
  client.send(client.data("new"));
  client.address = ELSEWHERE;
  client.send(old);
  assert.is(session.peer, CLIENT);
  assert.equal(client.heard(), []);
  assert.is(server.counted("pathUnproven"), 0);
});

peerPath.run();
