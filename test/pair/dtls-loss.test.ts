// Our client and our server with a wire between them that loses, doubles and reorders.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equal, toUtf8 } from "../../src/base/bytes.ts";
import { CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { DtlsPair, type Fate, type PairInput, SEND_ONLY_CONNECTION_ID, type Wire } from "../support/dtls-pair.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const loss = suite("dtls-loss");

const CONNECTION_IDS: readonly [string, Uint8Array | undefined][] = [
  ["without Connection ID", undefined],
  ["with a zero-length Connection ID", SEND_ONLY_CONNECTION_ID],
  ["with Connection ID", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
];

/** Data both ways over a wire that has become faithful. */
function dataFlows(pair: DtlsPair): boolean {
  const [up, down] = [toUtf8("request"), toUtf8("answer")];
  pair.sendUp(up);
  pair.sendDown(pair.sessions.at(-1)!, down);
  pair.run(1_000);
  return equal(pair.serverReceived.at(-1) ?? down, up) && equal(pair.clientReceived.at(-1) ?? up, down);
}

/** How many datagrams a handshake takes when nothing is lost. */
function handshakeLength(input: PairInput): number {
  return new DtlsPair(input).run().datagrams.length;
}

const FATES: readonly [Fate, string][] = [
  ["drop", "DTLS_03: any one datagram lost"],
  ["duplicate", "RFC 6347 4.2.4: any one datagram doubled"],
  ["late", "RFC 6347 4.2.2: any one datagram behind the next"],
];

for (const cipherSuite of CIPHER_SUITES) {
  for (const [how, connectionId] of CONNECTION_IDS) {
    const input = {
      clientSuites: [cipherSuite],
      serverSuites: CIPHER_SUITES,
      ...(connectionId && { connectionId }),
    };
    for (const [fate, what] of FATES) {
      loss(`${what}, ${cipherSuite.name} ${how}: one session, and data flows`, () => {
        const length = handshakeLength(input);
        for (let unlucky = 1; unlucky <= length; unlucky++) {
          const pair = new DtlsPair({ ...input, wire: (_bytes, number) => (number === unlucky ? fate : "deliver") });
          pair.run();
          assert.ok(pair.clientSession, `datagram ${unlucky} of ${length}`);
          assert.is(pair.sessions.length, 1, `datagram ${unlucky} of ${length}`);
          assert.is(pair.server.handshakeCount, 0, `datagram ${unlucky} of ${length}`);
          assert.ok(dataFlows(pair), `datagram ${unlucky} of ${length}`);
        }
      });
    }
  }
}

loss("RFC 6347 4.2.4: any two datagrams lost: one session, and nothing left half-open", () => {
  const length = handshakeLength({}) + 2;
  for (let first = 1; first <= length; first++) {
    for (let second = first + 1; second <= length; second++) {
      const pair = new DtlsPair({
        wire: (_bytes, number) => (number === first || number === second ? "drop" : "deliver"),
      });
      pair.run();
      assert.ok(pair.clientSession, `datagrams ${first} and ${second}`);
      assert.is(pair.server.handshakeCount, 0);
    }
  }
});

/** 20 % lost, 10 % doubled, 20 % out of order, as the seed has it. */
function roughWire(seed: number): Wire {
  const random = new SeededRandom(seed);
  return () => {
    const draw = random.below(100);
    if (draw < 20) return "drop";
    if (draw < 30) return "duplicate";
    return draw < 50 ? "late" : "deliver";
  };
}

loss("RFC 6347 4.2.4: on a rough wire a handshake succeeds or times out, and leaves nothing half-open", () => {
  let connected = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const cipherSuite = CIPHER_SUITES[seed % CIPHER_SUITES.length]!;
    const connectionId = CONNECTION_IDS[seed % CONNECTION_IDS.length]![1];
    let wire: Wire = roughWire(seed);
    const pair = new DtlsPair({
      seed,
      clientSuites: [cipherSuite],
      serverSuites: CIPHER_SUITES,
      ...(connectionId && { connectionId }),
      wire: (bytes, number, direction) => wire(bytes, number, direction),
    });
    pair.run();
    assert.is(pair.server.handshakeCount, 0, `seed ${seed}`);
    assert.ok(pair.clientSession !== undefined || pair.clientEnd?.kind === "timeout", `seed ${seed}`);
    if (pair.clientSession === undefined) continue;
    connected++;
    wire = () => "deliver";
    assert.ok(dataFlows(pair), `seed ${seed}`);
  }
  assert.ok(connected >= 290, `${connected} of 300 connected`);
});

loss("RFC 6347 4.2.4.1: a wire that carries nothing: both sides end in a timeout", () => {
  const pair = new DtlsPair({ wire: () => "drop" }).run();
  assert.is(pair.clientEnd?.kind, "timeout");
  assert.is(pair.datagrams.length, 6);
});

loss("RFC 6347 4.2.4: a client that falls silent in mid-handshake costs the server six flights", () => {
  const pair = new DtlsPair({
    wire: (_bytes, number, direction) => (direction === "up" && number > 3 ? "drop" : "deliver"),
  });
  pair.run(2 * DTLS_PARAMETERS.handshakeLifetimeMs);
  assert.is(pair.failures[0]?.kind, "timeout");
  assert.is(pair.server.handshakeCount, 0);
  assert.ok(pair.datagrams.filter(({ direction }) => direction === "down").length <= 1 + 12);
});

for (const [how, connectionId] of CONNECTION_IDS) {
  loss(`RFC 6347 4.1.1.1: over a way that drops what is longer than 128 bytes a handshake comes through ${how}`, () => {
    for (const cipherSuite of CIPHER_SUITES) {
      const pair = new DtlsPair({
        clientSuites: [cipherSuite],
        serverSuites: CIPHER_SUITES,
        ...(connectionId && { connectionId }),
        wire: ({ length }) => (length > 128 ? "drop" : "deliver"),
      });
      pair.run();
      assert.ok(pair.clientSession, cipherSuite.name);
      assert.ok(dataFlows(pair), cipherSuite.name);
    }
  });
}

loss.run();
