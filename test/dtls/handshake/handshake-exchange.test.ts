import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import { addMs, instant } from "../../../src/base/instant.ts";
import { encodeFlight, HandshakeExchange } from "../../../src/dtls/handshake/handshake-exchange.ts";
import { encodeHandshakeMessage } from "../../../src/dtls/handshake/handshake-message.ts";
import { DTLS_PARAMETERS, HANDSHAKE_DATAGRAM_LENGTH_MAX } from "../../../src/dtls/parameters.ts";
import { WriteState } from "../../../src/dtls/record/connection-state.ts";
import { CRYPTO } from "../../support/crypto.ts";

const handshakeExchange = suite("handshake-exchange");

const NOW = instant(0);

function exchange() {
  const sent: Uint8Array[] = [];
  const plain = WriteState.plaintext(0);
  const parameters = { ...DTLS_PARAMETERS, retransmitMs: 1_000, retransmitMaxMs: 3_000, retransmissionsMax: 3 };
  const made = new HandshakeExchange((datagram) => sent.push(datagram), CRYPTO, parameters, 0, 0);
  return { sent, plain, exchange: made, flight: [made.message(plain, 14, EMPTY)] };
}

handshakeExchange("RFC 6347 4.2.3: a long message goes out in fragments of at most 160 bytes a datagram", () => {
  const plain = WriteState.plaintext(0);
  const body = new Uint8Array(400);
  const datagrams = encodeFlight([{ kind: "handshake", state: plain, message: { type: 16, messageSeq: 0, body } }]);
  assert.equal(
    datagrams.map(({ length }) => length),
    [HANDSHAKE_DATAGRAM_LENGTH_MAX, HANDSHAKE_DATAGRAM_LENGTH_MAX, 13 + 12 + 130],
  );
});

handshakeExchange("RFC 6347 4.2.3: as many messages share a datagram as fit it", () => {
  const plain = WriteState.plaintext(0);
  const item = (length: number) => ({
    kind: "handshake" as const,
    state: plain,
    message: { type: 2, messageSeq: 0, body: new Uint8Array(length) },
  });
  const lengths = (...bodies: number[]) => encodeFlight(bodies.map(item)).map((datagram) => datagram.length);
  assert.equal(lengths(60, 50), [160]);
  assert.equal(lengths(60, 51), [85, 76]);
});

handshakeExchange("RFC 6347 4.2.4: each sending takes new record numbers", () => {
  const { sent, exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  made.resend(NOW);
  assert.equal(
    sent.map((datagram) => datagram[10]),
    [0, 1],
  );
  assert.equal(sent[0]!.subarray(11), sent[1]!.subarray(11));
});

handshakeExchange(
  "OpenSSL: a datagram just before its timer ends has the flight sent again, and counts for no limit",
  () => {
    const sent: Uint8Array[] = [];
    const parameters = { ...DTLS_PARAMETERS, retransmitMs: 1_000, handshakeRetransmissionsMax: 1, arrivalSlackMs: 15 };
    const made = new HandshakeExchange((datagram) => sent.push(datagram), CRYPTO, parameters, 0, 0);
    made.send(NOW, [made.message(WriteState.plaintext(0), 14, EMPTY)], true);
    made.handleArrival(addMs(NOW, 984));
    assert.is(sent.length, 1);
    made.handleArrival(addMs(NOW, 985));
    assert.is(sent.length, 2);
    assert.is(made.deadline, addMs(NOW, 2_985));
    assert.ok(made.handleTimeout(addMs(NOW, 2_985)));
    assert.is(sent.length, 3);
    assert.not.ok(made.handleTimeout(addMs(NOW, 6_985)));
  },
);

handshakeExchange("OpenSSL: a flight that the peer repeats has ours sent again by the timer alone", () => {
  const sent: Uint8Array[] = [];
  const parameters = { ...DTLS_PARAMETERS, retransmitMs: 1_000, answersRepeatedFlight: false };
  const made = new HandshakeExchange((datagram) => sent.push(datagram), CRYPTO, parameters, 0, 0);
  made.send(NOW, [made.message(WriteState.plaintext(0), 14, EMPTY)], true);
  made.resend(addMs(NOW, 500));
  assert.is(sent.length, 1);
  assert.ok(made.handleTimeout(addMs(NOW, 1_000)));
  assert.is(sent.length, 2);
});

handshakeExchange("RFC 6347 4.2.4.1: an arrival changes nothing of our own timer", () => {
  const { sent, exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  made.handleArrival(addMs(NOW, 1_000));
  assert.is(sent.length, 1);
});

handshakeExchange("RFC 6347 4.2.4.1: the time to the next sending doubles up to its maximum, then it gives up", () => {
  const { sent, exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  const deadlines: unknown[] = [];
  for (let deadline = made.deadline; deadline !== undefined && made.handleTimeout(deadline); deadline = made.deadline) {
    deadlines.push(deadline);
  }
  assert.equal(deadlines, [1_000, 3_000, 6_000]);
  assert.is(sent.length, 4);
});

handshakeExchange("RFC 6347 4.2.4.1: an early call sends nothing", () => {
  const { sent, exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  assert.ok(made.handleTimeout(addMs(NOW, 999)));
  assert.is(sent.length, 1);
});

handshakeExchange(
  "RFC 6347 4.2.4: a flight that awaits no answer has no timer, and goes out again when asked for",
  () => {
    const { sent, exchange: made, flight } = exchange();
    made.send(NOW, flight, false);
    assert.is(made.deadline, undefined);
    made.resend(NOW);
    assert.is(made.deadline, undefined);
    assert.is(sent.length, 2);
  },
);

handshakeExchange(
  "retransmissionsMax bounds what the peer can ask for, and the timer's sendings are not used up by it",
  () => {
    const { sent, exchange: made, flight } = exchange();
    made.send(NOW, flight, true);
    for (let i = 0; i < 10; i++) made.resend(NOW);
    assert.is(sent.length, 1 + 3);
    assert.ok(made.handleTimeout(made.deadline!));
    assert.is(sent.length, 1 + 3 + 1);
  },
);

handshakeExchange("RFC 6347 4.2.4: once settled nothing goes out", () => {
  const { sent, exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  made.settle();
  assert.ok(made.handleTimeout(addMs(NOW, 100_000)));
  assert.is(sent.length, 1);
});

handshakeExchange(
  "RFC 6347 4.2.6: the transcript covers headers with message_seq, and restarts after HelloVerifyRequest",
  () => {
    const { plain, exchange: made } = exchange();
    made.restartTranscript();
    made.message(plain, 1, new Uint8Array(300));
    made.record({ type: 2, messageSeq: 9, body: Uint8Array.of(5) });
    const first = encodeHandshakeMessage({ type: 1, messageSeq: 1, body: new Uint8Array(300) });
    const second = encodeHandshakeMessage({ type: 2, messageSeq: 9, body: Uint8Array.of(5) });
    const expected = Uint8Array.from(createHash("sha256").update(concat(first, second)).digest());
    assert.equal(made.transcriptHash(), expected);
    assert.equal(made.transcriptHash(), expected);
  },
);

handshakeExchange(
  "a flight that the peer answers measures the round trip, and the next one waits three times that",
  () => {
    const { exchange: made, flight } = exchange();
    assert.is(made.roundTripMs, undefined);
    made.send(NOW, flight, true);
    made.send(addMs(NOW, 700), flight, true);
    assert.is(made.roundTripMs, 700);
    assert.is(made.deadline, addMs(NOW, 700 + 3 * 700));
  },
);

handshakeExchange("RFC 6347 4.2.4.1: a short round trip leads to no timeout below one second", () => {
  const { exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  made.send(addMs(NOW, 20), flight, true);
  assert.is(made.deadline, addMs(NOW, 20 + 1_000));
});

handshakeExchange("a long round trip leads to no timeout above the longest", () => {
  const { exchange: made, flight } = exchange();
  made.send(NOW, flight, true);
  made.send(addMs(NOW, 999), flight, true);
  made.send(addMs(NOW, 2_500), flight, true);
  assert.is(made.deadline, addMs(NOW, 2_500 + 3_000));
});

for (const [what, again] of [
  ["the timer", (made: HandshakeExchange) => made.handleTimeout(addMs(NOW, 1_000))],
  ["the peer", (made: HandshakeExchange) => made.resend(addMs(NOW, 1_000))],
] as const) {
  handshakeExchange(`RFC 6298 3: a flight that ${what} had sent again measures nothing`, () => {
    const { exchange: made, flight } = exchange();
    made.send(NOW, flight, true);
    again(made);
    made.send(addMs(NOW, 1_700), flight, true);
    assert.is(made.roundTripMs, undefined);
    assert.is(made.deadline, addMs(NOW, 1_700 + 1_000));
  });
}

handshakeExchange.run();
