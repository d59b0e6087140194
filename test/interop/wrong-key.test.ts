// RFC 4279 2 and 7.3: who guesses identities must not learn from the server which of them exist. OpenSSL shakes hands with a
// wrong key and with an unknown identity; a relay records what the server sends to each.

import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { IDENTITY, KEY } from "../support/coap-client-program.ts";
import { opensslClient } from "../support/openssl-client.ts";
import { CBC_PEER_SUITES, cipherSuitesFlag, DEFAULT_PEER_SUITES } from "../support/peer-suites.ts";
import { peer } from "../support/peers.ts";
import { RecordingRelay, type RelayedDatagram } from "../support/recording-relay.ts";
import { type Serving, servedFor } from "../support/serving.ts";

/** Long enough for two retransmissions of OpenSSL's last flight, after 1 and 3 s, and one of the server's timer. */
const LISTENING_MS = 4_000;

const RECORD_HEADER_LENGTH = 13;
const HANDSHAKE_HEADER_LENGTH = 12;
const SERVER_HELLO = 2;
const HELLO_VERIFY_REQUEST = 3;

const SUITES = [...DEFAULT_PEER_SUITES, ...CBC_PEER_SUITES.filter(({ name }) => name.startsWith("TLS_PSK"))];

const cargo = {
  images: { "1": sampleBytes(10, 100) },
  keys: { [IDENTITY]: KEY },
  flags: cipherSuitesFlag(SUITES),
};
const test = suite("wrong-key");
const serving = servedFor(test, cargo);
const command = peer("openssl");

/** What goes to and fro while a client with this identity and key tries for a while; it must not connect. */
async function refused(command: string, cipher: string, identity: string, key: string): Promise<RelayedDatagram[]> {
  const relay = await RecordingRelay.start(serving().coapsPort);
  const client = opensslClient({ command, port: relay.port, cipher, identity, key });
  await sleep(LISTENING_MS);
  client.kill("SIGKILL");
  const { text } = await client.ended;
  relay.close();
  assert.not.match(text, new RegExp(`Cipher is ${cipher}`));
  return relay.recorded;
}

/** The server's datagrams with what must be fresh in each handshake blanked: its random, the session ID and the cookie. */
function serverWords(recorded: readonly RelayedDatagram[]): string[] {
  return recorded.filter(({ from }) => from === "server").map(({ bytes }) => toHex(withoutFreshBytes(bytes)));
}

function withoutFreshBytes(datagram: Uint8Array): Uint8Array {
  const bytes = Buffer.from(datagram);
  for (let at = 0; at < bytes.length; at += RECORD_HEADER_LENGTH + bytes.readUInt16BE(at + 11)) {
    const messageType = bytes[at + RECORD_HEADER_LENGTH];
    const body = at + RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH;
    // Both messages begin with a version of two bytes; a session ID and a cookie have their lengths before them.
    if (messageType === SERVER_HELLO) bytes.fill(0, body + 2, body + 34 + 1 + bytes[body + 34]!);
    if (messageType === HELLO_VERIFY_REQUEST) bytes.fill(0, body + 3, body + 3 + bytes[body + 2]!);
  }
  return bytes;
}

/** Where the client's first record of epoch 1, its Finished, stands. */
function finishedAt(recorded: readonly RelayedDatagram[]): number {
  return recorded.findIndex(({ from, bytes }) => from === "client" && recordEpochs(bytes).includes(1));
}

function recordEpochs(datagram: Uint8Array): number[] {
  const bytes = Buffer.from(datagram);
  const epochs: number[] = [];
  for (let at = 0; at < bytes.length; at += RECORD_HEADER_LENGTH + bytes.readUInt16BE(at + 11)) {
    epochs.push(bytes.readUInt16BE(at + 3));
  }
  return epochs;
}

function sessionCount(server: Serving): number {
  return server.log().filter(({ event }) => event === "sessionUp").length;
}

if (command !== undefined) {
  for (const { openssl: cipher } of SUITES) {
    test(`RFC 4279 7.3: with ${cipher} a wrong key and an unknown identity get the same bytes and then silence`, async () => {
      const [wrongKey, unknownIdentity] = await Promise.all([
        refused(command, cipher, IDENTITY, "no-such-key-here"),
        // As long as the identity that exists: the client's own datagrams then have equal lengths.
        refused(command, cipher, "device-2", "no-such-key-here"),
      ]);
      // HelloVerifyRequest, and the flight of ServerHello.
      assert.ok(serverWords(wrongKey).length >= 2, "the server said nothing to compare");
      assert.equal(serverWords(wrongKey), serverWords(unknownIdentity));
      for (const recorded of [wrongKey, unknownIdentity]) {
        const afterFinished = recorded.slice(finishedAt(recorded));
        assert.ok(afterFinished.length > 1, "the client did not repeat its Finished");
        assert.equal(serverWords(afterFinished), []);
      }
      assert.is(sessionCount(serving()), 0);
    });
  }

  test("the right key through the same relay connects, and the server answers the Finished", async () => {
    const relay = await RecordingRelay.start(serving().coapsPort);
    const cipher = "PSK-AES128-CCM8";
    const client = opensslClient({ command, port: relay.port, cipher, identity: IDENTITY, key: KEY });
    await client.waitFor(/Cipher is PSK-AES128-CCM8/);
    client.endInput();
    await client.ended;
    relay.close();
    assert.ok(serverWords(relay.recorded.slice(finishedAt(relay.recorded))).length > 0);
  });
}

test.run();
