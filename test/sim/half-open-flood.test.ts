// One host begins 1,500 handshakes a second and ends none, while devices come from elsewhere at the round trips of a
// satellite and of a bad night: the whole server and whole devices, in virtual time. Here table and flood have a tenth of
// their size, so that a handshake that gives way does so as soon; NARROWBOAT_FULL_FLOOD=1 gives them their full one, which
// takes minutes.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { Simulation } from "../../sim/simulation.ts";
import { concat } from "../../src/base/bytes.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { dialectNamed } from "../../src/device/dialect.ts";
import { cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import type { FirmwareServer } from "../../src/server/firmware-server.ts";
import { CRYPTO } from "../support/crypto.ts";
import { COOKIE_AT, COOKIE_IN_HELLO_AT, COOKIE_LENGTH, halfOpenHello } from "../support/half-open-hello.ts";

const flood = suite("half-open-flood");

const SCALE = process.env["NARROWBOAT_FULL_FLOOD"] === "1" ? 1 : 0.1;
const PER_SECOND = SCALE * 1_500;
const HANDSHAKES_MAX = SCALE * DTLS_PARAMETERS.handshakesMax;
const TICK_MS = 20;
const DEVICE_COUNT = 30;
const HALF_AN_HOUR_MS = 1_800_000;
const CIPHER_SUITE = cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!.id;

/** The same hellos each time: what differs is the address. */
const FIRST = halfOpenHello({ cipherSuite: CIPHER_SUITE });
const SECOND = halfOpenHello({ cipherSuite: CIPHER_SUITE, cookie: new Uint8Array(COOKIE_LENGTH) });

class Attacker {
  begun = 0;
  readonly #server: FirmwareServer;
  readonly #addressOf: (number: number) => PeerAddress;

  constructor(server: FirmwareServer, addressOf: (number: number) => PeerAddress) {
    this.#server = server;
    this.#addressOf = addressOf;
  }

  begin(now: Instant): void {
    const from = this.#addressOf(this.begun++);
    this.#server.handleDatagram(now, "coaps", from, FIRST);
    const request = Uint8Array.from(this.#server.pollTransmit()!.datagram);
    const again = concat(SECOND);
    again.set(request.subarray(COOKIE_AT, COOKIE_AT + COOKIE_LENGTH), COOKIE_IN_HELLO_AT);
    this.#server.handleDatagram(now, "coaps", from, again);
    while (this.#server.pollTransmit() !== undefined);
  }
}

/** How many devices are served within half an hour, how long that took, and how many handshakes the attacker began. */
function served(roundTripSeconds: number, addressOf: (number: number) => PeerAddress) {
  const simulation = new Simulation({
    crypto: CRYPTO,
    seed: 1,
    profile: profileNamed(`bernoulli:loss=0%,rtt=${roundTripSeconds}s`),
    dialect: dialectNamed("own"),
    imageLength: 2_000,
    deviceCount: DEVICE_COUNT,
    spreadMs: 20_000,
    strangersMax: HANDSHAKES_MAX,
    serverDtlsParameters: { handshakesMax: HANDSHAKES_MAX },
  });
  const attacker = new Attacker(simulation.server, addressOf);
  const perTick = (PER_SECOND * TICK_MS) / 1000;
  // The table is full before the first device comes.
  const before = instant(0);
  while (attacker.begun < HANDSHAKES_MAX) attacker.begin(before);
  let now = instant(0);
  while (now < HALF_AN_HOUR_MS && simulation.devices.some(({ outcome }) => outcome === undefined)) {
    now = addMs(now, TICK_MS);
    while (simulation.step(now));
    simulation.server.handleTimeout(now);
    while (simulation.server.pollTransmit() !== undefined);
    for (let i = 0; i < perTick; i++) attacker.begin(now);
    assert.ok(simulation.server.handshakeCount <= HANDSHAKES_MAX);
  }
  const count = simulation.devices.filter(({ outcome }) => outcome?.kind === "done").length;
  return { count, seconds: now / 1000, begun: attacker.begun };
}

for (const [roundTripSeconds, countMin] of [
  [8, 27],
  [60, 24],
] as const) {
  flood(
    `must show 4: 1,500 half-open handshakes a second, and ${countMin} of 30 devices at ${roundTripSeconds} s`,
    () => {
      const { count, seconds, begun } = served(roundTripSeconds, (i) =>
        peerAddress(`203.0.113.${i % 256}`, 1 + (i % 65_535)),
      );
      assert.ok(count >= countMin, `${count} of ${DEVICE_COUNT} in ${seconds} s, ${begun} handshakes begun`);
      assert.ok(begun > PER_SECOND * seconds);
    },
  );
}

flood.run();
