// One case of the fuzzer: the whole server and whole devices in virtual time, and somebody hostile among them, all drawn
// from one seed. A case that throws is a finding. What must hold whatever comes:
//
//   nothing throws, and a deadline that was handled moves on (FirmwarePair sees to the latter)
//   tables stay within their limits, and are empty when everybody is gone
//   who never showed a cookie gets no more bytes than it sent (RFC 6347 4.2.1)
//   no device ever holds a wrong byte; where only the server was attacked, every honest device ends with the image

import { copyOf, equal, toHex } from "../../../src/base/bytes.ts";
import type { PeerAddress } from "../../../src/base/peer-address.ts";
import { randomBytes } from "../../../src/base/random-source.ts";
import { DEFAULT_COAP_SERVER_LIMITS } from "../../../src/coap/parameters.ts";
import { dialectNamed } from "../../../src/device/dialect.ts";
import { DEFAULT_CIPHER_SUITES } from "../../../src/dtls/cipher-suite.ts";
import type { ServedLog } from "../../../src/server/log-resource.ts";
import { newestReleaseFor } from "../../../src/server/newest-release.ts";
import { type Direction, type Fate, FirmwarePair, type PairedDevice } from "../../support/firmware-pair.ts";
import { addressNumbered, IDENTITY, KEY, PSK_CCM_8 } from "../../support/firmware-scene.ts";
import { signedTrustRoot } from "../../support/releases.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { BEGIN, MemoryReleases, SERVER_KEYS } from "../../support/trust-scene.ts";
import { runAnswerCase } from "./answer-case.ts";
import { HostileClient, INSIDER_IDENTITY } from "./hostile-client.ts";
import { hostileMessage, mutatedMessage } from "./message-mutation.ts";
import { mutatedRecords } from "./record-mutation.ts";
import { trustMessage } from "./trust-message.ts";

/**
 * Who is attacked: the server alone, from wherever; or the devices too, by somebody who reads along; or the server by what is
 * said of trust: check-ins, reports, questions for manifests and for the log; or the decoders of a device that checks in.
 */
export type Attacked = "answers" | "devices" | "server" | "trust";

const ATTACKS = 250;
const DEVICES = 3;
const STRANGERS = 6;
const HOSTILE_CLIENTS_MAX = 4;
const SESSIONS_MAX = 24;
const HANDSHAKES_MAX = 24;
/** Datagrams that were overheard and may come again. */
const OVERHEARD_MAX = 400;
/** Of the server's tables; see FirmwareServer. */
const TABLES_MAX = {
  sessions: SESSIONS_MAX,
  handshakes: HANDSHAKES_MAX,
  rememberedBytes: DEFAULT_COAP_SERVER_LIMITS.resendLengthMax,
};
const FATES: readonly Fate[] = ["drop", "duplicate"];
const DAY_MS = 24 * 3_600_000;

/** Throws what is wrong, if anything is. The same seed gives the same case. */
export function runCase(seed: number, attacked: Attacked): void {
  if (attacked === "answers") runAnswerCase(seed);
  else new FuzzCase(seed, attacked).run();
}

const RELEASES = new MemoryReleases();
RELEASES.release(2, "1.3.0");
RELEASES.release(3, "1.4.0", { class: "outdoor" });
RELEASES.roots.set("pump", signedTrustRoot(1));
RELEASES.head = { size: 3, root: new Uint8Array(32) };
RELEASES.proofBytes = new Uint8Array(200);

const TRUST = { releases: RELEASES, key: SERVER_KEYS.signing, unixSeconds: () => BEGIN };

/** A log that has something of each kind, and nothing of most. */
const SAID_LOG: ServedLog = {
  note: () => "log\n3\nAAAA\n",
  tile: ({ number }) => (number === 0 ? new Uint8Array(96) : undefined),
  proofText: (index) => (index < 3 ? `proof ${index}` : undefined),
  consistencyText: (old) => (old <= 3 ? `old ${old}` : undefined),
};

class FuzzCase {
  readonly #random: SeededRandom;
  readonly #attacked: Attacked;
  readonly #pair: FirmwarePair;
  readonly #devices: PairedDevice[] = [];
  readonly #hostile: HostileClient[] = [];
  readonly #overheard: Record<Direction, Uint8Array[]> = { up: [], down: [] };
  /** By address that never showed a cookie: bytes that it sent and got. */
  readonly #strangers = new Map<PeerAddress, { sent: number; got: number }>();
  #attacking = true;

  constructor(seed: number, attacked: Attacked) {
    this.#random = new SeededRandom(seed);
    this.#attacked = attacked;
    const keys = new Map([IDENTITY, INSIDER_IDENTITY].map((identity) => [toHex(identity), KEY]));
    this.#pair = new FirmwarePair({
      seed,
      imageLength: 1 + this.#random.below(6_000),
      wire: (_number, direction, datagram, peer) => this.#fateOf(direction, datagram, peer),
      arrived: (direction, datagram, peer) => this.#overhear(direction, datagram, peer),
      psk: (identity) => keys.get(toHex(identity)),
      server: {
        dtlsParameters: { sessionsMax: SESSIONS_MAX, handshakesMax: HANDSHAKES_MAX },
        ...(attacked === "trust" && { trust: TRUST, log: SAID_LOG }),
      },
    });
    for (let number = 1; number <= STRANGERS; number++) {
      this.#strangers.set(addressNumbered(500 + number), { sent: 0, got: 0 });
    }
  }

  run(): void {
    this.#addDevices();
    for (let attack = 0; attack < ATTACKS; attack++) {
      this.#pair.run(this.#random.below(60));
      this.#attack();
      if (this.#attacked === "trust") this.#answerQuestions();
      this.#checkTables();
      this.#checkStrangers();
    }
    this.#attacking = false;
    this.#pair.run(DAY_MS);
    for (const device of this.#devices) this.#checkDevice(device);
    this.#pair.run(3 * DAY_MS);
    for (const [table, entries] of Object.entries(this.#pair.server.tables(this.#pair.now))) {
      check(entries === 0, `${entries} ${table} are left when everybody is gone`);
    }
  }

  #addDevices(): void {
    const random = this.#random;
    for (let number = 0; number < DEVICES; number++) {
      const own = dialectNamed("own");
      this.#devices.push(
        this.#pair.addDevice({
          dialect: random.below(2) === 0 ? { ...own, blockSize: 16 << random.below(7) } : own,
          cipherSuites: random.below(2) === 0 ? [PSK_CCM_8] : DEFAULT_CIPHER_SUITES,
          ...(random.below(2) === 0 && { connectionId: randomBytes(random, random.below(5)) }),
        }),
      );
    }
  }

  #attack(): void {
    const random = this.#random;
    const ups = this.#overheard.up;
    if (ups.length === 0) return;
    const scheme = random.below(5) === 0 ? "coap" : "coaps";
    switch (random.below(this.#attacked === "devices" ? 9 : 7)) {
      case 0:
        return this.#inject(scheme, this.#anyAddress(), randomBytes(random, random.below(200)));
      case 1:
        return this.#inject(scheme, this.#anyAddress(), mutatedRecords(random, picked(random, ups), ups));
      case 2:
        return this.#inject(scheme, this.#anyAddress(), picked(random, ups));
      case 3:
        return this.#inject("coap", this.#anyAddress(), this.#plainMessage());
      case 4:
        return this.#addHostileClient();
      case 5:
      case 6:
        return this.#hostile[random.below(Math.max(1, this.#hostile.length))]?.act(this.#pair.now);
      default:
        return this.#attackDevice();
    }
  }

  /** Some at once, some later, and some never. */
  #answerQuestions(): void {
    const { server, serverEvents, now } = this.#pair;
    for (const event of serverEvents.splice(0)) {
      if (this.#random.below(10) === 0) continue;
      if (event.kind === "checkInReceived") {
        const decision =
          this.#random.below(6) === 0 ? "unavailable" : newestReleaseFor(RELEASES, event.question.checkIn, BEGIN);
        server.handleCheckIn(now, event.question, decision);
      }
      if (event.kind === "reportReceived") server.handleReport(now, event.question, this.#random.below(4) > 0);
    }
    if (this.#random.below(20) === 0) server.handleReleasesChange(now);
    this.#pair.drive();
  }

  #plainMessage(): Uint8Array {
    const message = this.#attacked === "trust" ? trustMessage(this.#random) : hostileMessage(this.#random);
    return this.#random.below(2) === 0 ? message : mutatedMessage(this.#random, message);
  }

  #addHostileClient(): void {
    const random = this.#random;
    if (this.#hostile.length === HOSTILE_CLIENTS_MAX) this.#hostile.splice(random.below(HOSTILE_CLIENTS_MAX), 1);
    const address = addressNumbered(700 + random.below(40));
    const client = new HostileClient({
      now: this.#pair.now,
      random,
      insider: random.below(3) === 0,
      ...(this.#attacked === "trust" && { says: trustMessage }),
      address,
      transmit: (datagram) => this.#inject("coaps", address, datagram),
    });
    this.#hostile.push(client);
  }

  /** Somebody who reads along speaks to a device in the server's place. */
  #attackDevice(): void {
    const random = this.#random;
    const { down } = this.#overheard;
    if (down.length === 0) return;
    const datagram = picked(random, down);
    const mutant = random.below(3) === 0 ? datagram : mutatedRecords(random, datagram, down);
    picked(random, this.#devices).device.handleDatagram(this.#pair.now, copyOf(mutant));
    this.#pair.drive();
  }

  #inject(scheme: "coap" | "coaps", from: PeerAddress, datagram: Uint8Array): void {
    const stranger = scheme === "coaps" ? this.#strangers.get(from) : undefined;
    if (stranger !== undefined) stranger.sent += datagram.length;
    this.#pair.inject(scheme, from, datagram);
  }

  /** A stranger's, a device's, or one that somebody hostile has. */
  #anyAddress(): PeerAddress {
    const random = this.#random;
    const kind = random.below(3);
    if (kind === 0) return picked(random, this.#devices).address;
    if (kind === 1) return addressNumbered(700 + random.below(40));
    return picked(random, [...this.#strangers.keys()]);
  }

  #fateOf(direction: Direction, datagram: Uint8Array, peer: PeerAddress): Fate {
    const stranger = direction === "down" ? this.#strangers.get(peer) : undefined;
    // The version of CoAP tells plain answers from records.
    if (stranger !== undefined && datagram[0]! >> 6 !== 1) stranger.got += datagram.length;
    // The network is no friend either, as long as somebody is about.
    return FATES[this.#attacking ? this.#random.below(40) : FATES.length] ?? "deliver";
  }

  #overhear(direction: Direction, datagram: Uint8Array, peer: PeerAddress): void {
    if (direction === "down") {
      for (const client of this.#hostile) {
        if (client.address === peer) client.handleDatagram(this.#pair.now, copyOf(datagram));
      }
    }
    const kept = this.#overheard[direction];
    if (kept.length < OVERHEARD_MAX) kept.push(copyOf(datagram));
    else kept[this.#random.below(OVERHEARD_MAX)] = copyOf(datagram);
  }

  #checkTables(): void {
    const tables = this.#pair.server.tables(this.#pair.now);
    for (const [table, max] of Object.entries(TABLES_MAX)) {
      check(tables[table]! <= max, `${tables[table]} ${table} where ${max} are the most`);
    }
  }

  #checkStrangers(): void {
    for (const { sent, got } of this.#strangers.values()) {
      check(got <= sent, `who never showed a cookie got ${got} bytes for ${sent}`);
    }
  }

  #checkDevice(device: PairedDevice): void {
    const { end } = device;
    check(end !== undefined, "a device neither ended nor goes on");
    if (end?.kind === "done") check(equal(device.received, this.#pair.imageBytes), "a device holds other bytes");
    else check(this.#attacked === "devices", `an honest device ended with ${JSON.stringify(end)}`);
  }
}

function picked<Thing>(random: SeededRandom, things: readonly Thing[]): Thing {
  return things[random.below(things.length)]!;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
