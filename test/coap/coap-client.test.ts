import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { CoapClient, type OutgoingRequest } from "../../src/coap/coap-client.ts";
import { Code } from "../../src/coap/code.ts";
import { decodeMessage, encodeMessage, type Message } from "../../src/coap/message.ts";
import { OptionNumber, uintOption } from "../../src/coap/option.ts";
import { EXCHANGE_LIFETIME_MS, OUTSTANDING_REQUEST_COUNT_MAX } from "../../src/coap/parameters.ts";
import { lineFromMessage, messageFromLine } from "../support/coap-line.ts";
import { ZERO_RANDOM } from "../support/scripted-coap-peer.ts";

const client = suite("coap-client");

const GET: OutgoingRequest = { code: Code.GET, path: ["fw"] };

/** The client under test and, in its lines, the server's side of the wire. First Message ID 1, first token 00000000. */
class Scene {
  readonly client: CoapClient;
  readonly outcomes: string[] = [];
  now: Instant = instant(0);
  readonly #outbox: Uint8Array[] = [];

  constructor(tokenLength: 2 | 4 = 4) {
    this.client = new CoapClient({
      random: ZERO_RANDOM,
      tokenLength,
      outlet: {
        transmit: (_now, datagram) => void this.#outbox.push(datagram),
        acknowledged: (_now, id) => void this.outcomes.push(`${id}: acknowledged`),
        response: (_now, id, message) => void this.outcomes.push(`${id}: ${lineFromMessage(message)}`),
        requestFailed: (_now, id, reason) => void this.outcomes.push(`${id}: ${reason}`),
      },
    });
  }

  requests(request: OutgoingRequest): number {
    return this.client.request(this.now, request);
  }

  serverReceives(line: string): void {
    assert.is(lineFromMessage(this.nextMessage()), line);
  }

  serverReceivesNothing(): void {
    assert.equal(this.#outbox.splice(0).map(toHex), []);
  }

  nextMessage(): Message {
    const decoded = decodeMessage(this.#outbox.shift()!);
    if (!decoded.ok) throw new Error(decoded.error.kind);
    return decoded.value;
  }

  serverSends(line: string): void {
    const datagram = encodeMessage(messageFromLine(line, 0));
    this.client.handleDatagram(this.now, datagram);
    // The shell's buffer is used again.
    datagram.fill(0xee);
  }

  waits(ms: number): void {
    this.now = addMs(this.now, ms);
    this.client.handleTimeout(this.now);
  }
}

client("RFC 7252 5.2.1: a piggy-backed response ends the request", () => {
  const scene = new Scene();
  scene.requests({ ...GET, queries: ["a=1"], options: [uintOption(OptionNumber.ACCEPT, 42)] });
  scene.serverReceives("CON 0001 GET T=00000000 /fw ?a=1 Accept=42");
  scene.serverSends('ACK 1 2.05 T=00000000 "hello"');
  scene.waits(300_000);
  scene.serverReceivesNothing();
  assert.equal(scene.outcomes, ['0: ACK 0001 2.05 T=00000000 "hello"']);
});

client("RFC 7252 4.2: an unanswered CON is sent five times in all, then fails as timeout", () => {
  const scene = new Scene();
  scene.requests(GET);
  for (const ms of [2_000, 4_000, 8_000, 16_000, 32_000]) {
    scene.serverReceives("CON 0001 GET T=00000000 /fw");
    scene.waits(ms - 1);
    scene.serverReceivesNothing();
    scene.waits(1);
  }
  scene.serverReceivesNothing();
  assert.equal(
    [scene.outcomes, scene.client.retransmitCount, scene.client.pollTimeout()],
    [["0: timeout"], 4, undefined],
  );
});

client("RFC 7252 5.2.2: an empty ACK stops retransmission, and the separate CON is acknowledged", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  scene.serverSends("ACK 1 EMPTY");
  scene.waits(60_000);
  scene.serverReceivesNothing();
  scene.serverSends("CON 77 2.05 T=00000000");
  scene.serverReceives("ACK 0077 EMPTY");
  assert.equal(scene.outcomes, ["0: acknowledged", "0: CON 0077 2.05 T=00000000"]);
});

client("RFC 7252 4.5: a repeated separate response is acknowledged again and delivered once", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  for (let i = 0; i < 3; i++) {
    scene.serverSends("CON 77 2.05 T=00000000");
    scene.serverReceives("ACK 0077 EMPTY");
  }
  assert.is(scene.outcomes.length, 1);
});

client("RFC 7252 5.2.2: a separate response whose ACK was lost ends retransmission all the same", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  scene.serverSends("CON 77 2.05 T=00000000");
  scene.serverReceives("ACK 0077 EMPTY");
  scene.waits(60_000);
  scene.serverReceivesNothing();
});

client("after an empty ACK the response is waited for, but not for ever", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverSends("ACK 1 EMPTY");
  scene.waits(92_999);
  assert.equal(scene.outcomes, ["0: acknowledged"]);
  scene.waits(1);
  assert.equal(scene.outcomes, ["0: acknowledged", "0: timeout"]);
});

client("RFC 7252 4.2: RST fails the request", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverSends("RST 1 EMPTY");
  assert.equal([scene.outcomes, scene.client.outstandingCount], [["0: reset"], 0]);
});

client("RFC 7252 4.2: a CON that answers nothing gets RST: response, request, ping and broken message", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  for (const rest of ["2.05 T=aabbccdd", "2.05", "GET T=00000000 /x", "EMPTY"]) {
    scene.serverSends(`CON 99 ${rest}`);
    scene.serverReceives("RST 0099 EMPTY");
  }
  scene.client.handleDatagram(scene.now, Uint8Array.of(0x40, 0x01, 0, 0x99, 0xff));
  scene.serverReceives("RST 0099 EMPTY");
  assert.equal(scene.outcomes, []);
});

client("RFC 7252 4.3: a NON that answers nothing, and any stray ACK or RST, are passed over in silence", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  for (const line of [
    "NON 99 2.05 T=aabbccdd",
    "NON 99 EMPTY",
    "ACK 99 EMPTY",
    "RST 99 EMPTY",
    "ACK 99 2.05 T=00000000",
  ]) {
    scene.serverSends(line);
  }
  scene.serverReceivesNothing();
  assert.equal(scene.outcomes, []);
});

client("RFC 7252 5.3.2: a piggy-backed response with another token is no response", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverSends("ACK 1 2.05 T=00000001");
  assert.equal([scene.outcomes, scene.client.outstandingCount], [[], 1]);
});

client("RFC 7252 5.4.1: a response with an unknown critical option is rejected", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  scene.serverSends("CON 77 2.05 T=00000000 #65001=01");
  scene.serverReceives("RST 0077 EMPTY");
  scene.serverSends("ACK 1 2.05 T=00000000 #65001=01");
  assert.equal(scene.outcomes, []);
});

client("RFC 7252 5.2.3: a NON request is sent once and takes a NON or a CON response", () => {
  const scene = new Scene();
  for (const type of ["NON", "CON"]) {
    scene.requests({ ...GET, confirmable: false });
    const { token } = scene.nextMessage();
    scene.serverSends(`${type} 77 2.05 T=${toHex(token)}`);
  }
  scene.serverReceives("ACK 0077 EMPTY");
  scene.waits(60_000);
  scene.serverReceivesNothing();
  assert.is(scene.outcomes.length, 2);
});

client("a NON request without response fails as timeout", () => {
  const scene = new Scene();
  scene.requests({ ...GET, confirmable: false });
  scene.waits(93_000);
  assert.equal(scene.outcomes, ["0: timeout"]);
});

client("RFC 9175 4: tokens are never used twice in one association", () => {
  const scene = new Scene();
  const tokens = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    scene.client.cancel(scene.requests(GET));
    tokens.add(toHex(scene.nextMessage().token));
  }
  assert.is(tokens.size, 10_000);
});

client("several requests are outstanding at once, and answered in any order", () => {
  const scene = new Scene();
  const tokens = [0, 1, 2].map(() => {
    scene.requests(GET);
    return toHex(scene.nextMessage().token);
  });
  for (const i of [2, 0, 1]) scene.serverSends(`ACK ${i + 1} 2.05 T=${tokens[i]}`);
  assert.equal(
    scene.outcomes.map((outcome) => outcome[0]),
    ["2", "0", "1"],
  );
});

client("a Message ID that is still outstanding is not taken again", () => {
  const scene = new Scene();
  scene.requests(GET);
  scene.nextMessage();
  for (let i = 0; i < 65_536; i++) {
    scene.client.cancel(scene.requests(GET));
    assert.is.not(scene.nextMessage().messageId, 1);
  }
});

client("a cancelled request is not heard of again, and its response is strange", () => {
  const scene = new Scene();
  scene.client.cancel(scene.requests(GET));
  scene.serverReceives("CON 0001 GET T=00000000 /fw");
  scene.serverSends("CON 77 2.05 T=00000000");
  scene.serverReceives("RST 0077 EMPTY");
  scene.waits(EXCHANGE_LIFETIME_MS);
  scene.serverReceivesNothing();
  assert.equal([scene.outcomes, scene.client.pollTimeout()], [[], undefined]);
});

client("OUTSTANDING_REQUEST_COUNT_MAX requests wait, and one more is a mistake of ours", () => {
  const scene = new Scene();
  for (let i = 0; i < OUTSTANDING_REQUEST_COUNT_MAX; i++) scene.requests(GET);
  assert.throws(() => scene.requests(GET), /outstanding/);
});

client(
  "RFC 7252 4.2: with the caller's timer nothing is sent again by itself, and a late answer is still taken",
  () => {
    const scene = new Scene();
    scene.requests({ ...GET, timer: "caller" });
    scene.serverReceives("CON 0001 GET T=00000000 /fw");
    assert.is(scene.client.pollTimeout(), undefined);
    scene.waits(300_000);
    scene.serverReceivesNothing();
    assert.is(scene.client.retransmitCount, 0);
    scene.serverSends("ACK 1 2.05 T=00000000");
    assert.equal(scene.outcomes, ["0: ACK 0001 2.05 T=00000000"]);
  },
);

client(
  "RFC 7252 5.2.2: with the caller's timer too a response is waited for from the empty ACK on, and no longer",
  () => {
    const scene = new Scene();
    scene.requests({ ...GET, timer: "caller" });
    scene.requests({ ...GET, timer: "caller" });
    scene.serverSends("ACK 1 EMPTY");
    scene.waits(92_999);
    assert.equal(scene.outcomes, ["0: acknowledged"]);
    scene.waits(1);
    assert.equal(scene.outcomes, ["0: acknowledged", "0: timeout"]);
  },
);

client(
  "RFC 7252 4.5: a POST keeps its Message ID and its token when it is repeated, and no caller can have it otherwise",
  () => {
    const scene = new Scene();
    scene.requests({ code: Code.POST, path: ["r"] });
    for (let sent = 0; sent < 5; sent++) {
      scene.serverReceives("CON 0001 POST T=00000000 /r");
      scene.waits(2_000 * 2 ** sent);
    }
    assert.equal(scene.outcomes, ["0: timeout"]);
    assert.throws(() => scene.requests({ code: Code.POST, path: ["r"], timer: "caller" }), /Message ID/);
  },
);

client("RFC 9175 4.1: short tokens are all used once, and then become longer: none comes twice", () => {
  const scene = new Scene(2);
  const seen = new Set<string>();
  const lengths = { 2: 0, 4: 0 };
  for (let count = 0; count < 2 ** 16 + 1_000; count++) {
    const id = scene.requests({ ...GET, timer: "caller" });
    const { token } = scene.nextMessage();
    seen.add(toHex(token));
    lengths[token.length as 2 | 4]++;
    scene.client.cancel(id);
  }
  assert.equal(lengths, { 2: 2 ** 16, 4: 1_000 });
  assert.is(seen.size, 2 ** 16 + 1_000);
});

client("RFC 7252 5.3.1: a response with another token is none, be it only longer", () => {
  const scene = new Scene(2);
  scene.requests(GET);
  scene.serverReceives("CON 0001 GET T=0000 /fw");
  scene.serverSends("ACK 1 2.05 T=00000000");
  assert.equal(scene.outcomes, []);
  scene.serverSends("ACK 1 2.05 T=0000");
  assert.is(scene.outcomes.length, 1);
});

client("RFC 9175 2.3: a 4.01 with Echo is answered by the same request with the value, as a new exchange", () => {
  const scene = new Scene();
  const id = scene.requests({ code: Code.POST, path: ["fw"], queries: ["a=1"], payload: toUtf8("now") });
  scene.serverReceives('CON 0001 POST T=00000000 /fw ?a=1 "now"');
  scene.serverSends("ACK 0001 4.01 T=00000000 Echo=0102030405060708");
  scene.serverReceives('CON 0002 POST T=9e3779b1 /fw ?a=1 Echo=0102030405060708 "now"');
  assert.equal(scene.outcomes, []);
  scene.serverSends("ACK 0002 2.04 T=9e3779b1");
  assert.equal(scene.outcomes, [`${id}: ACK 0002 2.04 T=9e3779b1`]);
  assert.is(scene.client.outstandingCount, 0);
});

client("RFC 9175 2.3: after two repetitions a 4.01 is the answer, and one without Echo is so at once", () => {
  const scene = new Scene();
  scene.requests(GET);
  for (let i = 0; i < 3; i++) {
    const { messageId, token } = scene.nextMessage();
    scene.serverSends(`ACK ${messageId.toString(16)} 4.01 T=${toHex(token)} Echo=0${i}`);
  }
  scene.serverReceivesNothing();
  assert.equal(scene.outcomes, ["0: ACK 0003 4.01 T=3c6ef362 Echo=02"]);
  scene.requests(GET);
  const { token } = scene.nextMessage();
  scene.serverSends(`ACK 4 4.01 T=${toHex(token)}`);
  assert.is(scene.outcomes.length, 2);
});

client("a request that is being repeated with Echo can be cancelled", () => {
  const scene = new Scene();
  const id = scene.requests(GET);
  scene.nextMessage();
  scene.serverSends("ACK 1 4.01 T=00000000 Echo=01");
  scene.client.cancel(id);
  scene.serverSends("ACK 2 2.05 T=9e3779b1");
  assert.equal([scene.outcomes, scene.client.outstandingCount], [[], 0]);
});

client.run();
