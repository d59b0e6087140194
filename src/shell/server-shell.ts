// FirmwareServer on real sockets: one for each scheme, one timer, and the stores' news each second. Everything that is
// decided is decided in the core.

import { fromHex } from "../base/bytes.ts";
import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { Scheme } from "../coap/coap-uri.ts";
import type { SigningKey } from "../crypto/signature.ts";
import type { Unavailable } from "../firmware/releases.ts";
import type { Answer } from "../fleet/answer.ts";
import { EventLimit } from "../server/event-limit.ts";
import { FirmwareServer, type FirmwareServerInput } from "../server/firmware-server.ts";
import { newestReleaseFor } from "../server/newest-release.ts";
import type { ServerEvent } from "../server/server-event.ts";
import type { CheckInDecision, CheckInQuestion } from "../server/ticket-resource.ts";
import type { DatagramPort } from "./datagram-port.ts";
import { bindDatagramPort } from "./datagram-port-binding.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { FleetKeeper } from "./fleet/fleet-keeper.ts";
import { newsOf } from "./fleet/fleet-news.ts";
import type { FleetSink } from "./fleet/fleet-thread.ts";
import { type ImageSource, ImageWatch } from "./image-watch.ts";
import { type KeySource, KeyWatch } from "./key-watch.ts";
import { SAVING_INTERVAL_MS, SessionKeeper, type SessionSource } from "./session-keeper.ts";
import type { StoreFaultOutlet } from "./store-fault.ts";
import { systemNow, systemUnixSeconds } from "./system-clock.ts";
import { systemCrypto } from "./system-crypto.ts";
import { systemNativeParts } from "./system-native-parts.ts";
import { SystemRandom } from "./system-random.ts";
import type { RegistryThread, RegistryWatch } from "./trust/registry-keeper.ts";
import { type ReleaseSource, ReleaseWatch } from "./trust/release-watch.ts";
import { type ScopeSource, ScopeWatch } from "./trust/scope-watch.ts";

/** How often the stores are asked for what other processes did: half of the two seconds that an operator is promised. */
const STORES_INTERVAL_MS = 1_000;

const COUNTERS_INTERVAL_MS = 60_000;

/** See DtlsParameters.strangersCostFactor: a handshake or an answer without the native parts. */
const COST_FACTOR_WITHOUT_NATIVE = 6;

/** An event that is no question. */
export type NewsEvent = Exclude<
  ServerEvent,
  { kind: "checkInReceived" | "contentWanted" | "pskWanted" | "reportReceived" }
>;

export interface ServerLog {
  event(event: NewsEvent): void;
  /** Each minute when they changed, and at the end. */
  counters(counters: Readonly<Record<string, number>>): void;
}

export interface ListenAddress {
  readonly scheme: Scheme;
  /** An IP address; absent for all addresses of the computer, IPv6 and IPv4. */
  readonly host?: string;
  /** 0 for a free one. */
  readonly port: number;
}

export interface ServerShellInput
  extends Pick<
    FirmwareServerInput,
    "cipherSuites" | "blockSize" | "coapEcho" | "dtlsParameters" | "exchanged" | "rates" | "sessionsPerIdentity"
  > {
  readonly images: ImageSource;
  readonly keys: KeySource;
  /** Where sessions go that are to outlive the process; closed at the end. Absent where they end with it. */
  readonly sessions?: SessionSource | undefined;
  /** What identities are bound to; none is bound when absent. */
  readonly scopes?: ScopeSource | undefined;
  /** Releases, and what goes with them; no manifest, ticket or report is there when absent. */
  readonly trust?: ServerTrust | undefined;
  readonly log: ServerLog;
  readonly listen: readonly ListenAddress[];
}

export interface ServerTrust {
  readonly releases: ReleaseSource;
  /** The registry, where there is one. */
  readonly registry?: RegistryWatch | undefined;
  /** What signs it; closed at the end. */
  readonly signer?: RegistryThread | undefined;
  /** What decides for devices that check in, and keeps their reports; closed at the end. */
  readonly fleet: FleetSink;
  /** The server's own, for tickets. */
  readonly key: SigningKey;
}

/** A socket that cannot be had. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly address: ListenAddress;
  /** The system's name for it: "EADDRINUSE". */
  readonly code: string;

  constructor(address: ListenAddress, cause: unknown) {
    super(`cannot listen on ${address.host ?? "::"} port ${address.port}`, { cause });
    this.address = address;
    this.code = (cause as NodeJS.ErrnoException).code ?? String(cause);
  }
}

export class ServerShell {
  /** Settles when the server has stopped; rejects with what went wrong inside. */
  readonly stopped: Promise<void>;
  readonly #server: FirmwareServer;
  readonly #images: ImageWatch;
  readonly #keys: KeyWatch;
  readonly #scopes: ScopeWatch | undefined;
  readonly #releases: ReleaseWatch | undefined;
  readonly #fleet: FleetKeeper | undefined;
  readonly #signer: RegistryThread | undefined;
  readonly #keeper: SessionKeeper | undefined;
  readonly #log: ServerLog;
  readonly #eventLimit = new EventLimit();
  readonly #ports = new Map<Scheme, DatagramPort>();
  readonly #timer = new DeadlineTimer(() => this.#handleTimeout());
  readonly #intervals: NodeJS.Timeout[] = [];
  #settle!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  #countersLogged = "{}";
  /** When the batch of datagrams began that is being handled: a clock costs as much as finding a session. */
  #batchNow: Instant | undefined;
  /** What comes now is lost: all sessions are written down for the next process. */
  #isStopping = false;

  /** Rejects with ListenError; then nothing is left open. */
  static async start(input: ServerShellInput): Promise<ServerShell> {
    const shell = new ServerShell(input);
    try {
      for (const address of input.listen) await shell.#listen(address);
    } catch (error) {
      await shell.#close();
      throw error;
    }
    void shell.#images.checkAll();
    return shell;
  }

  private constructor(input: ServerShellInput) {
    const { images, keys, scopes, sessions, trust, log, listen: _listen, ...options } = input;
    this.#log = log;
    this.#images = new ImageWatch(images, {
      answered: (question) => {
        this.#server.handleContent(systemNow(), question);
        this.#drive();
      },
      faulty: (reason) => this.#log.event({ kind: "imagesUnavailable", reason }),
      mended: () => this.#log.event({ kind: "imagesAvailable" }),
      failed: (error) => this.#fail(error),
    });
    this.#scopes =
      scopes &&
      new ScopeWatch(scopes, {
        faulty: (reason) => this.#log.event({ kind: "keysUnavailable", reason }),
        mended: () => this.#log.event({ kind: "keysAvailable" }),
      });
    this.#releases = trust && this.#createReleases(trust);
    this.#fleet = trust && this.#createFleet(trust.fleet);
    this.#signer = trust?.signer;
    this.#signer?.start({
      broken: (reason) => this.#log.event({ kind: "registryBroken", reason }),
      unwitnessed: (reason) => this.#log.event({ kind: "unwitnessed", reason }),
      failed: (error) => this.#fail(error),
    });
    this.#server = new FirmwareServer({
      ...options,
      trust: trust && { releases: this.#releases!, key: trust.key, unixSeconds: systemUnixSeconds },
      log: trust?.registry,
      scopes: this.#scopes,
      now: systemNow(),
      crypto: systemCrypto(),
      random: new SystemRandom(),
      catalogue: this.#images,
      dtlsParameters: {
        strangersCostFactor: typeof systemNativeParts() === "object" ? 1 : COST_FACTOR_WITHOUT_NATIVE,
        ...options.dtlsParameters,
      },
      cookieSecret: sessions?.stored.cookieSecret,
    });
    this.#withhold();
    this.#keys = new KeyWatch(this.#server, keys, {
      worked: () => this.#drive(),
      faulty: (reason) => this.#log.event({ kind: "keysUnavailable", reason }),
      mended: () => this.#log.event({ kind: "keysAvailable" }),
      failed: (error) => this.#fail(error),
    });
    this.stopped = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#keeper = sessions && this.#createKeeper(sessions);
    this.#intervals.push(setInterval(() => this.#askStores(), STORES_INTERVAL_MS));
    this.#intervals.push(setInterval(() => this.#logCounters(), COUNTERS_INTERVAL_MS));
  }

  /** Where it listens, with the ports that it got. */
  get addresses(): readonly Required<ListenAddress>[] {
    return [...this.#ports].map(([scheme, { host, port }]) => ({ scheme, host, port }));
  }

  /** See FirmwareServer. */
  get tables(): Readonly<Record<string, number>> {
    return this.#server.tables(systemNow());
  }

  /** What was counted since the start. */
  get counters(): Readonly<Record<string, number>> {
    return this.#server.counters.snapshot();
  }

  /** Has the sessions stored for the next process, or else says close_notify to each, and ends. */
  async stop(): Promise<void> {
    if (this.#isStopping) return this.stopped;
    this.#isStopping = true;
    const isKept = (await this.#keeper?.finish()) ?? false;
    if (!isKept) this.#server.shutdown(systemNow());
    await this.#transmitPatiently();
    this.#drive();
    await this.#close();
    this.#logCounters();
    this.#settle.resolve();
  }

  #createReleases({ releases, registry }: ServerTrust): ReleaseWatch {
    return new ReleaseWatch(releases, registry, this.#releasesFault());
  }

  #createFleet(sink: FleetSink): FleetKeeper {
    return new FleetKeeper(sink, {
      ...this.#releasesFault(),
      decided: (question, answer) => {
        const now = systemNow();
        this.#server.handleCheckIn(now, question, this.#decisionOf(question, answer, now));
        this.#drive();
      },
      settled: (question, isKept) => {
        this.#server.handleReport(systemNow(), question, isKept);
        this.#drive();
      },
      recorded: (records) => {
        for (const record of records) {
          const news = newsOf(record);
          if (news !== undefined) this.#log.event(news);
        }
      },
      failed: (error) => this.#fail(error),
    });
  }

  #decisionOf({ checkIn }: CheckInQuestion, answer: Answer | Unavailable, now: Instant): CheckInDecision | Unavailable {
    if (answer === "unavailable") return answer;
    switch (answer.kind) {
      case "newest":
        return newestReleaseFor(this.#releases!, checkIn, systemUnixSeconds(now), answer.comeAgain);
      case "offer":
        return { offered: fromHex(answer.digest), comeAgain: answer.comeAgain };
      case "nothing":
        return { newest: answer.sequenceNumber, comeAgain: answer.comeAgain };
    }
  }

  #releasesFault(): StoreFaultOutlet {
    return {
      faulty: (reason) => this.#log.event({ kind: "releasesUnavailable", reason }),
      mended: () => this.#log.event({ kind: "releasesAvailable" }),
    };
  }

  #createKeeper(sessions: SessionSource): SessionKeeper {
    const keeper = new SessionKeeper(this.#server, sessions, this.#keys, {
      saved: () => this.#drive(),
      lost: (reason) => this.#log.event({ kind: "sessionsUnsaved", reason }),
      failed: (error) => this.#fail(error),
    });
    const { restoredCount, refusedCount } = keeper.restore();
    if (restoredCount + refusedCount > 0) this.#log.event({ kind: "sessionsRestored", restoredCount, refusedCount });
    this.#intervals.push(setInterval(() => void keeper.save(), SAVING_INTERVAL_MS));
    return keeper;
  }

  async #listen(address: ListenAddress): Promise<void> {
    const { scheme, host, port } = address;
    const outlet = {
      datagram: (from: PeerAddress, datagram: Uint8Array) => this.#handleDatagram(scheme, from, datagram),
      batchEnd: (count: number) => this.#handleBatchEnd(count),
      failed: (code: string) => this.#server.counters.add("socket", code),
      leftOut: (sentTo: string) => this.#server.counters.add("socket", sentTo),
    };
    try {
      this.#ports.set(scheme, await bindDatagramPort(host, port, outlet));
    } catch (error) {
      throw new ListenError(address, error);
    }
  }

  #handleDatagram(scheme: Scheme, from: PeerAddress, datagram: Uint8Array): void {
    if (this.#isStopping) return;
    try {
      this.#batchNow ??= systemNow();
      this.#server.handleDatagram(this.#batchNow, scheme, from, datagram);
      this.#transmit();
    } catch (error) {
      this.#fail(error);
    }
  }

  #handleBatchEnd(count: number): void {
    const now = this.#batchNow;
    this.#batchNow = undefined;
    try {
      if (now !== undefined) this.#server.handleBatchEnd(now, count);
      this.#drive();
    } catch (error) {
      this.#fail(error);
    }
  }

  #handleTimeout(): void {
    try {
      this.#server.handleTimeout(systemNow());
      this.#drive();
    } catch (error) {
      this.#fail(error);
    }
  }

  #askStores(): void {
    try {
      this.#keys.ask();
      const isReleasesChanged = this.#releases?.ask() === true;
      const isWithheldChanged = isReleasesChanged && this.#withhold();
      if (this.#images.ask() || isWithheldChanged) {
        this.#server.handleCatalogueChange(systemNow());
        void this.#images.checkAll();
      }
      if (this.#scopes?.ask() === true) this.#server.handleScopesChange();
      if (isReleasesChanged) this.#server.handleReleasesChange(systemNow());
      this.#fleet?.look();
      this.#drive();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether other images than before are withheld. */
  #withhold(): boolean {
    const names = this.#releases?.withheld();
    return names !== undefined && this.#images.withhold(names);
  }

  #drive(): void {
    this.#transmit();
    for (let event = this.#server.pollEvent(); event !== undefined; event = this.#server.pollEvent()) {
      if (event.kind === "pskWanted") this.#keys.answer(event.identity);
      else if (event.kind === "contentWanted") void this.#images.answer(event.question);
      else if (event.kind === "checkInReceived") this.#fleet?.checkIn(event.question);
      else if (event.kind === "reportReceived") this.#fleet?.report(event.question);
      else this.#tell(event);
    }
    // The answers to questions have made the server say more.
    this.#transmit();
    for (const port of this.#ports.values()) port.flush();
    this.#keeper?.saveUrgent();
    this.#timer.arm(this.#server.pollTimeout());
  }

  #tell(event: NewsEvent): void {
    if (event.kind === "transfer" && event.identity !== undefined) this.#fleet?.transferred(event.identity, event.news);
    if (this.#eventLimit.admits(event)) this.#log.event(event);
  }

  #transmit(): void {
    for (let next = this.#server.pollTransmit(); next !== undefined; next = this.#server.pollTransmit()) {
      this.#ports.get(next.scheme)?.sendTo(next.to, next.datagram);
    }
  }

  /** A farewell to each of a million sessions is more than a port takes at once. */
  async #transmitPatiently(): Promise<void> {
    for (let next = this.#server.pollTransmit(); next !== undefined; next = this.#server.pollTransmit()) {
      const port = this.#ports.get(next.scheme);
      await port?.room();
      port?.sendTo(next.to, next.datagram);
    }
  }

  #logCounters(): void {
    for (const event of this.#eventLimit.takeRepeated()) this.#log.event(event);
    const counters = this.#server.counters.snapshot();
    const text = JSON.stringify(counters);
    if (text === this.#countersLogged) return;
    this.#countersLogged = text;
    this.#log.counters(counters);
  }

  #fail(error: unknown): void {
    this.#settle.reject(error);
    void this.#close();
  }

  async #close(): Promise<void> {
    this.#timer.stop();
    this.#keys.close();
    this.#images.close();
    for (const interval of this.#intervals) clearInterval(interval);
    const ports = [...this.#ports.values()];
    this.#ports.clear();
    await Promise.all([
      ...ports.map((port) => port.close()),
      this.#keeper?.close(),
      this.#fleet?.close(),
      this.#signer?.close(),
    ]);
  }
}
