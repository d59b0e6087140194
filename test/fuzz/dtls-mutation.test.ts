// Damaged, torn and spliced datagrams of real handshakes, and plain noise, against every state of both sides.
// The seed is fixed; a failing run names the datagram that did it.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, toHex, toUtf8 } from "../../src/base/bytes.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { randomBytes } from "../../src/base/random-source.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { DtlsPair, type PairInput } from "../support/dtls-pair.ts";
import { ObservedServer } from "../support/observed-server.ts";
import { CLIENT, ScriptedClient } from "../support/scripted-client.ts";
import { SeededRandom } from "../support/seeded-random.ts";

const mutation = suite("dtls-mutation");

const RUNS = 6_000;
/** For what builds both sides anew each time. */
const RUNS_OF_PAIRS = 600;
const HANDSHAKES_MAX = 50;

const SCENES: readonly [string, PairInput][] = [
  ["without Connection ID", {}],
  ["with Connection ID", { connectionId: Uint8Array.of(1, 2, 3, 4) }],
];

/** One to three damages: a bit, a byte, a length, a cut, a splice, a repetition. */
function mutate(random: SeededRandom, datagram: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(datagram);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(Math.max(1, bytes.length));
    switch (random.below(7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes[at] = random.below(2) * 255;
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = concat(bytes.subarray(0, at), other.subarray(random.below(other.length)));
        break;
      case 5:
        bytes = concat(bytes, bytes.subarray(0, 500));
        break;
      default:
        // The header of another record before this one's fragment.
        bytes = concat(other.subarray(0, 13), bytes.subarray(13));
    }
  }
  return bytes;
}

/** Calls `use` with each of `runs` mutants of these datagrams; whatever it throws is told with the mutant's bytes. */
function forEachMutant(
  seed: number,
  runs: number,
  datagrams: readonly Uint8Array[],
  use: (mutant: Uint8Array, run: number) => void,
) {
  const random = new SeededRandom(seed);
  const pick = () => datagrams[random.below(datagrams.length)]!;
  for (let run = 0; run < runs; run++) {
    const mutant = run % 20 === 0 ? randomBytes(random, random.below(300)) : mutate(random, pick(), pick());
    try {
      use(mutant, run);
    } catch (error) {
      throw new Error(`seed ${seed}, run ${run}, datagram ${toHex(mutant)}`, { cause: error });
    }
  }
}

function recorded(input: PairInput, direction: "up" | "down"): Uint8Array[] {
  const pair = new DtlsPair(input).run();
  pair.sendUp(toUtf8("request"));
  pair.sendDown(pair.sessions[0]!, toUtf8("answer"));
  return pair.datagrams.filter((sent) => sent.direction === direction).map(({ bytes }) => bytes);
}

for (const [what, input] of SCENES) {
  mutation(`a server that starts from nothing bears every mutant, and stays within its limits, ${what}`, () => {
    const server = new ObservedServer({ parameters: { handshakesMax: HANDSHAKES_MAX } });
    // The same seed as the recorded server's, hence the same cookie secret: some hellos get past it. What it draws for
    // another client first keeps the rest of the recorded handshake from being true once more.
    new ScriptedClient(server, { address: peerAddress("192.0.2.2", 1) }).connect();
    forEachMutant(1, RUNS, recorded(input, "up"), (mutant, run) => {
      server.receive(run % 2 === 0 ? CLIENT : peerAddress("192.0.2.1", run), mutant);
      assert.ok(server.dtls.handshakeCount <= HANDSHAKES_MAX);
    });
    assert.is(server.sessions.length, 1);
    assert.is(server.dtls.sessionCount, 1);
    assert.ok(server.counted("helloVerifyRequest") > 100);
    server.elapse(DTLS_PARAMETERS.handshakeLifetimeMs + 10_000);
    assert.is(server.dtls.handshakeCount, 0);
  });

  mutation(`a handshake that runs bears every mutant, and is released, ${what}`, () => {
    const datagrams = recorded(input, "up");
    let begun = 0;
    forEachMutant(2, RUNS_OF_PAIRS, datagrams, (mutant, run) => {
      const pair = new DtlsPair(input);
      // Some datagrams of the true handshake first, so that each state meets some mutants.
      for (let steps = run % 8; steps > 0; steps--) pair.step(pair.now);
      begun = Math.max(begun, pair.server.handshakeCount);
      if (run % 2 === 0) pair.deliver("up", mutant);
      else pair.deliver("down", mutant);
      pair.run(10);
      assert.ok(pair.server.handshakeCount <= 1);
    });
    assert.is(begun, 1);
  });

  mutation(`an established session survives every mutant, from its own address and from others, ${what}`, () => {
    const pair = new DtlsPair(input).run();
    const datagrams = pair.datagrams.map(({ bytes }) => bytes);
    pair.sendUp(toUtf8("first"));
    pair.run(100);
    forEachMutant(3, RUNS, [...datagrams, pair.datagrams.at(-1)!.bytes], (mutant, run) => {
      if (run % 2 === 0) pair.deliver("up", mutant);
      else pair.server.handleDatagram(pair.now, peerAddress("198.51.100.1", run), mutant);
    });
    assert.equal(pair.downs, []);
    assert.is(pair.serverReceived.length, 1);
    pair.sendUp(toUtf8("still here"));
    pair.sendDown(pair.sessions[0]!, toUtf8("so am I"));
    pair.run(100);
    assert.is(pair.serverReceived.length, 2);
    assert.equal(pair.clientReceived, [toUtf8("so am I")]);
  });

  mutation(`a connected client survives every mutant, ${what}`, () => {
    const pair = new DtlsPair(input).run();
    pair.sendDown(pair.sessions[0]!, toUtf8("first"));
    pair.run(100);
    forEachMutant(
      4,
      RUNS,
      pair.datagrams.map(({ bytes }) => bytes),
      (mutant) => pair.deliver("down", mutant),
    );
    assert.is(pair.clientEnd, undefined);
    pair.sendDown(pair.sessions[0]!, toUtf8("still here"));
    pair.run(100);
    assert.equal(pair.clientReceived, [toUtf8("first"), toUtf8("still here")]);
  });
}

mutation("a scripted client's every record, cut at every byte, is borne, and its handshake still ends well", () => {
  const server = new ObservedServer();
  const client = new ScriptedClient(server);
  const sendCuts = (record: Uint8Array) => {
    for (let length = 0; length < record.length; length++) client.send(record.subarray(0, length));
    client.send(record);
  };
  sendCuts(client.plaintextMessage(client.clientHello()));
  client.heard();
  sendCuts(client.plaintextMessage(client.clientHello()));
  client.heard();
  sendCuts(client.plaintextMessage(client.clientKeyExchange()));
  sendCuts(client.changeCipherSpec());
  sendCuts(client.protectedMessage(client.finished()));
  assert.equal(client.heard(), ["ChangeCipherSpec", "Finished"]);
});

mutation.run();
