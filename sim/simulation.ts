// The real FirmwareServer and real FirmwareDevices in virtual time, joined by links. Time jumps from one thing that is due
// to the next, so that an update of an hour takes milliseconds. Everything random is drawn from one seed by name.

import { assert } from "../src/base/assert.ts";
import { copyOf } from "../src/base/bytes.ts";
import { DeadlineQueue } from "../src/base/deadline-queue.ts";
import type { Deadlined } from "../src/base/deadlined.ts";
import { addMs, type Instant, instant } from "../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../src/base/peer-address.ts";
import { Secret } from "../src/base/secret.ts";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import type { Dialect } from "../src/device/dialect.ts";
import { DEFAULT_CIPHER_SUITES } from "../src/dtls/cipher-suite.ts";
import type { DtlsParameters } from "../src/dtls/parameters.ts";
import type { Catalogue } from "../src/firmware/catalogue.ts";
import type { Unavailable } from "../src/firmware/releases.ts";
import { FirmwareServer } from "../src/server/firmware-server.ts";
import { newestReleaseFor } from "../src/server/newest-release.ts";
import type { ReportQuestion } from "../src/server/report-resource.ts";
import type { CheckInDecision, CheckInQuestion } from "../src/server/ticket-resource.ts";
import type { TransferNews } from "../src/server/transfers.ts";
import { DrawnImage } from "./drawn-image.ts";
import { DrawnTrust, type SimulatedTrust } from "./drawn-trust.ts";
import type { SharedMedium } from "./link/shared-medium.ts";
import { Prng } from "./prng.ts";
import type { LinkProfile } from "./profiles/profile.ts";
import { type EndlessDevice, SimulatedDevice } from "./simulated-device.ts";
import type { Trace } from "./trace.ts";

const START = instant(0);
const SERVER_ADDRESS = peerAddress("192.0.2.1", 5684);
const KEY_LENGTH = 16;

export interface SimulationInput {
  readonly seed: number;
  readonly crypto: CryptoProvider;
  readonly profile: LinkProfile;
  readonly dialect: Dialect;
  /** Bytes. */
  readonly imageLength: number;
  readonly deviceCount: number;
  /** Channels that devices share, one after the other in turn; without them each has its own. */
  readonly media?: readonly SharedMedium[];
  /** Devices come evenly spread over this time, ms; all at once when absent. */
  readonly spreadMs?: number;
  /** How many of them update at a time: one that comes while so many do waits, first come, first served. All when absent. */
  readonly atATimeMax?: number;
  readonly serverDtlsParameters?: Partial<DtlsParameters>;
  readonly deviceDtlsParameters?: Partial<DtlsParameters>;
  readonly trace?: Trace;
  /** Whether devices check in, try what they are offered and confirm it; they download one image when absent. */
  readonly trusted?: boolean;
  /** A fleet that decides what its devices get; they go on for good then. */
  readonly fleet?: SimulatedFleet;
  /** Handshakes that somebody may have begun beside the devices; none when absent. */
  readonly strangersMax?: number;
}

/** What decides for devices that check in, and hears what becomes of them. Its own deadlines are kept, as of all that acts. */
export interface SimulatedFleet extends Deadlined {
  readonly catalogue: Catalogue;
  /** What devices download first: the longest of all. */
  readonly image: DrawnImage;
  readonly trust: SimulatedTrust;
  device(number: number): EndlessDevice;
  checkedIn(now: Instant, question: CheckInQuestion): CheckInDecision | Unavailable;
  reported(now: Instant, question: ReportQuestion): void;
  transferred(now: Instant, identity: Uint8Array, news: TransferNews): void;
}

/** A finding: the run contradicts what must hold. The seed replays it. */
export class SimulationFinding extends Error {
  override readonly name = "SimulationFinding";
}

export class Simulation {
  readonly devices: readonly SimulatedDevice[];
  readonly image: DrawnImage;
  now: Instant = START;
  readonly #input: SimulationInput;
  readonly #random: Prng;
  readonly #key: Secret;
  readonly #trust: SimulatedTrust | undefined;
  readonly #deadlines = new DeadlineQueue<Deadlined>();
  readonly #byAddress = new Map<PeerAddress, SimulatedDevice>();
  readonly #messages = new WeakMap<Uint8Array, Uint8Array>();
  #server: FirmwareServer;
  #serverStarts = 0;
  #running = 0;
  /** How many devices may have begun: the next one in their order waits for one of them to end. */
  #admitted = 0;

  constructor(input: SimulationInput) {
    this.#input = input;
    this.#random = new Prng(input.seed);
    const { fleet } = input;
    this.image = fleet?.image ?? DrawnImage.of(input.crypto, input.imageLength, this.#random.fork("image"));
    const key = new Uint8Array(KEY_LENGTH);
    this.#random.fork("key").fill(key);
    this.#key = new Secret(key);
    if (fleet !== undefined) this.#trust = fleet.trust;
    else if (input.trusted) this.#trust = new DrawnTrust(input.crypto, this.image, this.#random.fork("trust"));
    this.#server = this.#startServer();
    this.devices = Array.from({ length: input.deviceCount }, (_, number) => this.#createDevice(number));
    this.#running = this.devices.length;
    if (fleet !== undefined) this.#reschedule(fleet);
    for (let i = 0; i < (input.atATimeMax ?? this.devices.length); i++) this.#admitNext();
  }

  get runningCount(): number {
    return this.#running;
  }

  get server(): FirmwareServer {
    return this.#server;
  }

  /** Runs until every device has ended, or until `until`. True when all ended with the right image. */
  run(until: Instant): boolean {
    while (this.#running > 0 && this.step(until));
    return this.devices.every((device) => device.outcome?.kind === "done");
  }

  /** Does the next thing that is due; false when there is nothing until `until`. */
  step(until: Instant): boolean {
    const { earliest } = this.#deadlines;
    if (earliest === undefined || earliest > until) return false;
    if (earliest > this.now) this.now = earliest;
    const actor = this.#deadlines.takeDue(this.now)!;
    actor.handleTimeout(this.now);
    this.#reschedule(actor);
    this.#drainServer();
    this.#check();
    return true;
  }

  /** The server loses all that it had in memory, as by a power cut, and is there again at once. */
  restartServer(): void {
    this.#deadlines.delete(this.#server);
    this.#server = this.#startServer();
  }

  /** What a device calls when it has done something: its own deadline and its link's may have changed. */
  #touch(device: SimulatedDevice): void {
    this.#reschedule(device);
    this.#reschedule(device.link);
  }

  #createDevice(number: number): SimulatedDevice {
    const { profile, dialect, media, spreadMs = 0, trace, deviceDtlsParameters, fleet } = this.#input;
    const medium = media?.[number % media.length];
    const startsAt = addMs(START, (spreadMs * number) / this.#input.deviceCount);
    const device: SimulatedDevice = new SimulatedDevice({
      number,
      startsAt,
      profile,
      dialect,
      image: this.image,
      key: this.#key,
      server: SERVER_ADDRESS,
      crypto: this.#input.crypto,
      random: this.#random.fork(`device ${number}`),
      ...(medium && { medium }),
      ...(this.#trust && { trust: this.#trust }),
      ...(fleet && { endless: fleet.device(number) }),
      ...(trace && { trace }),
      ...(deviceDtlsParameters && { dtlsParameters: deviceDtlsParameters }),
      outlet: {
        reachesServer: (now, from, datagram) => {
          this.#byAddress.set(from, device);
          const discards = this.#discards;
          this.#server.handleDatagram(now, "coaps", from, datagram);
          this.#drainServer();
          return this.#discards > discards;
        },
        ended: () => {
          this.#running--;
          this.#admitNext();
        },
        touched: () => this.#touch(device),
        violated: (what) => this.#fail(`device ${number}: ${what}`),
      },
    });
    return device;
  }

  /** Lets the next device begin, as soon as it has come. */
  #admitNext(): void {
    const device = this.devices[this.#admitted++];
    if (device !== undefined) this.#deadlines.set(device, device.pollTimeout()!);
  }

  #startServer(): FirmwareServer {
    const { serverDtlsParameters } = this.#input;
    return new FirmwareServer({
      now: this.now,
      crypto: this.#input.crypto,
      random: this.#random.fork(`server ${this.#serverStarts++}`),
      catalogue: this.#input.fleet?.catalogue ?? this.image,
      cipherSuites: DEFAULT_CIPHER_SUITES,
      ...(this.#trust && { trust: this.#trust.ticketMaker }),
      ...(serverDtlsParameters && { dtlsParameters: serverDtlsParameters }),
      tap: (datagram, message) => this.#messages.set(datagram, message),
    });
  }

  /** How often the server has counted anything: a record that it had before always counts. */
  get #discards(): number {
    return this.#server.counters.total;
  }

  /** All that the server has to say, until it is silent. */
  #drainServer(): void {
    for (;;) {
      const transmit = this.#server.pollTransmit();
      if (transmit !== undefined) {
        const { to, datagram } = transmit;
        const message = this.#messages.get(datagram);
        this.#byAddress.get(to)?.handleServerDatagram(this.now, to, copyOf(datagram), message);
        continue;
      }
      const event = this.#server.pollEvent();
      if (event === undefined) break;
      if (event.kind === "pskWanted") this.#server.handlePsk(this.now, event.identity, this.#key);
      if (event.kind === "checkInReceived") this.#decide(event.question);
      if (event.kind === "reportReceived") this.#keep(event.question);
      if (event.kind === "transfer") this.#input.fleet?.transferred(this.now, event.identity!, event.news);
    }
    this.#reschedule(this.#server);
  }

  #keep(question: ReportQuestion): void {
    this.#input.fleet?.reported(this.now, question);
    this.#server.handleReport(this.now, question, true);
  }

  #decide(question: CheckInQuestion): void {
    const { fleet } = this.#input;
    const { releases, unixSeconds } = this.#trust!.ticketMaker;
    const decision =
      fleet?.checkedIn(this.now, question) ?? newestReleaseFor(releases, question.checkIn, unixSeconds(this.now));
    this.#server.handleCheckIn(this.now, question, decision);
  }

  #reschedule(actor: Deadlined): void {
    const deadline = actor.pollTimeout();
    if (deadline === undefined) this.#deadlines.delete(actor);
    else if (deadline !== this.#deadlines.deadlineOf(actor)) this.#deadlines.set(actor, deadline);
  }

  #check(): void {
    const { sessionCount, handshakeCount } = this.#server;
    const total = sessionCount + handshakeCount;
    // A device has at most one association that it uses and what it left behind when it began anew.
    assert(
      total <= 16 * this.devices.length + 16 + (this.#input.strangersMax ?? 0),
      `${total} sessions and handshakes for ${this.devices.length} devices`,
    );
  }

  #fail(what: string): never {
    throw new SimulationFinding(`at ${(this.now / 1000).toFixed(3)} s: ${what} (seed ${this.#input.seed})`);
  }
}
