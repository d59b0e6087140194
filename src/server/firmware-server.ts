// The server as one object: DTLS, CoAP and the resources, for all peers. It performs no I/O; a thin shell and the simulator
// drive the very same object:
//
//   handle*  in    a datagram, a time that has come, an answer to a question
//   poll*    out   drain pollTransmit first, then pollEvent, then arm one timer for pollTimeout

import type { Deadlined } from "../base/deadlined.ts";
import { Fifo } from "../base/fifo.ts";
import { earliest, type Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { Secret } from "../base/secret.ts";
import type { AnswerRateLimits } from "../coap/answer-rates.ts";
import { CoapServer } from "../coap/coap-server.ts";
import type { Scheme } from "../coap/coap-uri.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { type CipherSuite, DEFAULT_CIPHER_SUITES } from "../dtls/cipher-suite.ts";
import { DtlsServer } from "../dtls/dtls-server.ts";
import { DTLS_PARAMETERS, type DtlsParameters, SEQUENCE_NUMBERS_RESERVED } from "../dtls/parameters.ts";
import { Session } from "../dtls/session/session.ts";
import type { SessionSaving } from "../dtls/session/session-saving.ts";
import { decodeSessionSnapshot } from "../dtls/session/session-snapshot.ts";
import type { Catalogue, ContentQuestion } from "../firmware/catalogue.ts";
import type { Unavailable } from "../firmware/releases.ts";
import type { Scopes } from "../firmware/scope.ts";
import { Access } from "./access.ts";
import type { Association } from "./association.ts";
import { Counters } from "./counters.ts";
import { Exchanges, type ServedExchange } from "./exchanges.ts";
import { FIRMWARE_ROOT, FirmwareResource } from "./firmware-resource.ts";
import { Freshness } from "./freshness.ts";
import { ImageBody } from "./image-body.ts";
import { LINKS_PATH, LINKS_ROOT, LinksResource } from "./links-resource.ts";
import { LOG_ROOT, LogResource, type ServedLog } from "./log-resource.ts";
import { MANIFEST_ROOT, ManifestResource } from "./manifest-resource.ts";
import { REPORT_ROOT, type ReportQuestion, ReportResource } from "./report-resource.ts";
import { Resources } from "./resources.ts";
import type { ServerEvent } from "./server-event.ts";
import {
  type CheckInDecision,
  type CheckInQuestion,
  TICKET_ROOT,
  type TicketMaker,
  TicketResource,
} from "./ticket-resource.ts";
import { Transfers } from "./transfers.ts";
import { type Transmit, TransmitQueue } from "./transmit-queue.ts";

/** RFC 7252 4.6: the message size to assume for plain CoAP when nothing is known of the path. */
const PLAIN_MESSAGE_LENGTH_MAX = 1152;

/** Of a ticket for somebody without a session, beyond what a request costs: a signature. */
const TICKET_COST = 60;

/** Of an image that nobody published, beyond what a request costs; see admission/work-budget.ts. */
const UNKNOWN_IMAGE_COST = 36;

export interface FirmwareServerInput {
  readonly now: Instant;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly catalogue: Catalogue;
  /** In order of preference; DEFAULT_CIPHER_SUITES when absent. */
  readonly cipherSuites?: readonly CipherSuite[];
  /** The largest block, a power of two from 16 to 1024 bytes; 1024 when absent. */
  readonly blockSize?: number;
  readonly dtlsParameters?: Partial<DtlsParameters>;
  /** Sessions that one identity may have, unless its key is shared; DTLS_PARAMETERS has the default. */
  readonly sessionsPerIdentity?: number;
  /** See DtlsServerInput. */
  readonly cookieSecret?: Uint8Array | undefined;
  /** Bytes of answers a second, to one session or plain address and to all; no limits when absent. */
  readonly rates?: AnswerRateLimits;
  /** Whether an address on plain CoAP has to show by Echo that it is its own before it is sent much; false when absent. */
  readonly coapEcho?: boolean;
  /** For traces: each CoAP message of ours in clear, with the datagram that carries it sealed. */
  readonly tap?: (datagram: Uint8Array, message: Uint8Array) => void;
  /** Releases, and the key that signs tickets; `/m`, `/t` and `/r` are not there when absent. */
  readonly trust?: TicketMaker | undefined;
  /** The registry; `/log` is not there when absent. */
  readonly log?: ServedLog | undefined;
  /** Whom identities are bound to; none is bound when absent. */
  readonly scopes?: Scopes | undefined;
  /** What transfers show of their links; nothing is followed when absent. `identity` only with DTLS. */
  readonly exchanged?: (peer: PeerAddress, identity: Uint8Array | undefined, exchange: ServedExchange) => void;
}

export class FirmwareServer implements Deadlined {
  readonly counters = new Counters();
  readonly #dtls: DtlsServer;
  readonly #coap: CoapServer<Association>;
  readonly #freshness: Freshness;
  readonly #access: Access;
  readonly #links: LinksResource;
  readonly #manifests: ManifestResource | undefined;
  readonly #tickets: TicketResource | undefined;
  readonly #reports: ReportResource;
  readonly #resources: Resources;
  readonly #transfers = new Transfers<Association>();
  readonly #transmits = new TransmitQueue();
  readonly #events = new Fifo<ServerEvent>();
  readonly #tap: FirmwareServerInput["tap"];
  readonly #exchanges: Exchanges<Association> | undefined;

  constructor(input: FirmwareServerInput) {
    const { crypto, catalogue, trust, log } = input;
    this.#access = new Access(input.scopes);
    this.#links = new LinksResource(crypto, catalogue);
    this.#manifests = trust && new ManifestResource(crypto, trust.releases, this.#access);
    this.#tickets = trust && this.#createTickets(crypto, trust);
    this.#reports = new ReportResource(this.#access);
    this.#resources = new Resources([
      [FIRMWARE_ROOT, this.#createFirmware(input)],
      [LINKS_ROOT, this.#links],
      [MANIFEST_ROOT, this.#manifests],
      [TICKET_ROOT, this.#tickets],
      [REPORT_ROOT, trust && this.#reports],
      [LOG_ROOT, log && new LogResource(crypto, log)],
    ]);
    this.#tap = input.tap;
    const { exchanged } = input;
    this.#exchanges =
      exchanged &&
      new Exchanges((association, exchange) => {
        const session = association instanceof Session ? association : undefined;
        exchanged(addressOf(association), session?.identity, exchange);
      });
    this.#freshness = new Freshness(crypto, input.random, input.coapEcho ?? false, trust !== undefined);
    this.#dtls = this.#createDtls(input);
    this.#coap = this.#createCoap(input);
  }

  get sessionCount(): number {
    return this.#dtls.sessionCount;
  }

  /** What makes sessions outlive the process. */
  get saving(): SessionSaving {
    return this.#dtls.saving;
  }

  get handshakeCount(): number {
    return this.#dtls.handshakeCount;
  }

  /** How many entries each table holds that peers can fill, by its name; bytes where the name says so. */
  tables(now: Instant): Readonly<Record<string, number>> {
    return {
      ...this.#dtls.tables(now),
      ...this.#coap.tables,
      provenAddresses: this.#freshness.provenAddressCount,
      transfers: this.#transfers.size,
      transfersBytes: this.#transfers.length,
    };
  }

  /** `datagram` may be a view of a buffer that is used again after the call. */
  handleDatagram(now: Instant, scheme: Scheme, from: PeerAddress, datagram: Uint8Array): void {
    this.#transmits.keepBorrowed();
    this.#exchanges?.handleDatagram(datagram.length);
    if (scheme === "coaps") this.#dtls.handleDatagram(now, from, datagram);
    else if (!this.#dtls.work.admits(now, from, "plainRequest")) this.counters.add("plainRequestShed");
    else this.#coap.handleDatagram(now, from, datagram, PLAIN_MESSAGE_LENGTH_MAX);
  }

  /** So many datagrams came at once: from many on, sessions go first for a while. */
  handleBatchEnd(now: Instant, count: number): void {
    this.#dtls.work.handleBatch(now, count);
  }

  /** Does what is due by now. An early call does nothing. */
  handleTimeout(now: Instant): void {
    this.#transmits.keepBorrowed();
    this.#dtls.handleTimeout(now);
    this.#coap.handleTimeout(now);
    this.#transfers.handleTimeout(now);
    this.#freshness.handleTimeout(now);
  }

  /**
   * The answer to a pskWanted event: the key, or undefined when the identity is unknown. `shared` where many devices have
   * it, so that the identity may have any number of sessions.
   */
  handlePsk(now: Instant, identity: Uint8Array, key: Secret | undefined, shared = false): void {
    this.#dtls.handlePsk(now, identity, key, shared);
  }

  /** The key of an identity was removed or replaced: its sessions end. */
  handleKeyRemoved(now: Instant, identity: Uint8Array): void {
    this.#dtls.closeIdentity(now, identity);
  }

  /** The catalogue knows the answer to the question of a contentWanted event. */
  handleContent(now: Instant, { question }: ContentQuestion): void {
    this.#transmits.keepBorrowed();
    this.#coap.resume(now, question);
  }

  /** Images were published: those who observe the list of links are told. */
  handleCatalogueChange(now: Instant): void {
    this.#transmits.keepBorrowed();
    this.#links.handleCatalogueChange();
    this.#coap.changed(now, (resource) => resource === LINKS_PATH);
  }

  /** Something was released, withdrawn or offered: those who observe what changed by it are told. */
  handleReleasesChange(now: Instant): void {
    this.#transmits.keepBorrowed();
    const changed = new Map<string, boolean>();
    this.#coap.changed(now, (resource) => {
      const known = changed.get(resource) ?? this.#manifests?.hasChanged(resource) ?? false;
      changed.set(resource, known);
      return known;
    });
  }

  /** Identities may be bound to other products and classes. */
  handleScopesChange(): void {
    this.#access.handleScopesChange();
  }

  /** What was decided for the device of a checkInReceived event. */
  handleCheckIn(now: Instant, question: CheckInQuestion, decision: CheckInDecision | Unavailable): void {
    this.#transmits.keepBorrowed();
    this.#tickets?.settle(question, decision, () => this.#coap.resume(now, question.question));
  }

  /** The report of a reportReceived event is kept, or cannot be kept now. */
  handleReport(now: Instant, { question, device, report }: ReportQuestion, isKept: boolean): void {
    this.#transmits.keepBorrowed();
    if (isKept) this.#tell({ kind: "reported", device, report });
    this.#reports.settle(question, isKept, () => this.#coap.resume(now, question));
  }

  /**
   * A session that an earlier process stored under `number` goes on here. To be called before the first datagram, for sessions
   * in the order of their last use. `starts`: how many processes took it up since, without storing it again. `isKeyGood`:
   * whether its identity still has the key that it had. False when the session cannot go on.
   */
  restore(
    now: Instant,
    number: number,
    stored: Uint8Array,
    starts: number,
    isKeyGood: (identity: Uint8Array) => boolean,
  ): boolean {
    const snapshot = decodeSessionSnapshot(stored);
    if (snapshot !== undefined && isKeyGood(snapshot.identity)) {
      return this.#dtls.restore(now, number, snapshot, starts * SEQUENCE_NUMBERS_RESERVED);
    }
    this.saving.handleRefused(number);
    return false;
  }

  /** The identities that have sessions; see DtlsServer. */
  identities(): Iterable<Uint8Array> {
    return this.#dtls.identities();
  }

  /** Says close_notify to every session; what then is to be sent is in pollTransmit. */
  shutdown(now: Instant): void {
    this.#dtls.shutdown(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): ServerEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    const own = earliest(this.#freshness.pollTimeout(), this.#transfers.pollTimeout());
    return earliest(own, earliest(this.#dtls.pollTimeout(), this.#coap.pollTimeout()));
  }

  #createFirmware({ crypto, catalogue }: FirmwareServerInput): FirmwareResource {
    return new FirmwareResource(crypto, catalogue, this.#access, {
      imageDamaged: (path, reason) => this.#tell({ kind: "imageDamaged", path, reason }),
      imageUnknown: ({ association }) => {
        if (!(association instanceof Session)) this.#dtls.work.charge("plainRequest", UNKNOWN_IMAGE_COST);
      },
    });
  }

  #createTickets(crypto: CryptoProvider, trust: TicketMaker): TicketResource {
    return new TicketResource(crypto, trust, this.#access, {
      checkedIn: (association, { product, version, sequenceNumber }, offered) => {
        this.#tell({ kind: "checkIn", ...whoIs(association), product, version, sequenceNumber, offered });
      },
      strangerAsks: () => this.#dtls.work.charge("plainRequest", TICKET_COST),
    });
  }

  #createDtls(input: FirmwareServerInput): DtlsServer {
    return new DtlsServer({
      now: input.now,
      crypto: input.crypto,
      random: input.random,
      parameters: {
        ...DTLS_PARAMETERS,
        ...input.dtlsParameters,
        ...(input.sessionsPerIdentity && { sessionsPerIdentityMax: input.sessionsPerIdentity }),
      },
      cipherSuites: input.cipherSuites ?? DEFAULT_CIPHER_SUITES,
      cookieSecret: input.cookieSecret,
      outlet: {
        transmit: (to, datagram) => this.#transmits.push("coaps", to, datagram),
        applicationData: (now, session, data) =>
          this.#coap.handleDatagram(now, session, data, session.plaintextLengthMax),
        pskWanted: (_now, identity) => this.#tell({ kind: "pskWanted", identity }),
        sessionUp: (_now, { peer, identity, suite, read }) => {
          const connectionId = read.connectionId.length > 0;
          this.#tell({ kind: "sessionUp", peer, identity, cipherSuite: suite.name, connectionId });
        },
        sessionDown: (_now, session, end) => {
          this.#coap.forget(session);
          this.#transfers.forget(session);
          this.#exchanges?.forget(session);
          this.#tell({ kind: "sessionDown", peer: session.peer, identity: session.identity, end });
        },
        handshakeFailed: (_now, peer, { kind: reason, detail }) =>
          this.#tell({ kind: "handshakeFailed", peer, reason, detail }),
        keyRefused: (_now, peer, identity, identityKnown) => {
          const reason = identityKnown ? "keyDiffers" : "identityUnknown";
          this.#tell({ kind: "keyRefused", peer, identity, reason });
        },
        counted: (name) => this.counters.add(name),
      },
    });
  }

  #createCoap(input: FirmwareServerInput): CoapServer<Association> {
    return new CoapServer<Association>({
      random: input.random,
      ...(input.blockSize && { blockSize: input.blockSize }),
      ...(input.rates && { rates: input.rates }),
      echo: this.#freshness,
      handler: {
        answersAtOnce: true,
        admit: (request) => this.#resources.admit(request),
        observed: (request) => this.#resources.observed(request),
        handle: (now, request) => this.#resources.respond(request, now),
      },
      outlet: {
        transmit: (_now, association, datagram) => this.#transmit(association, datagram),
        blockServed: (now, association, body, offset, length) => {
          if (!(body instanceof ImageBody)) return;
          this.#exchanges?.blockServed(now, association, body.start + offset, recordNumberOf(association));
          for (const news of this.#transfers.blockServed(now, association, body, offset, length)) {
            this.#tell({ kind: "transfer", ...whoIs(association), news });
          }
        },
        answerResent: (now, association) => {
          this.#exchanges?.answerResent(now, association, recordNumberOf(association));
          this.#transfers.answerResent(now, association);
        },
        asked: (_now, question) => this.#ask(question as AskedQuestion),
        counted: (name) => this.counters.add(name),
      },
    });
  }

  #ask(question: AskedQuestion): void {
    if ("checkIn" in question) this.#tell({ kind: "checkInReceived", question });
    else if ("report" in question) this.#tell({ kind: "reportReceived", question });
    else this.#tell({ kind: "contentWanted", question });
  }

  /** The one stream of events: counted here, and whatever else there is to observe is the driver's. */
  #tell(event: ServerEvent): void {
    this.counters.observe(event);
    this.#events.push(event);
  }

  #transmit(association: Association, message: Uint8Array): void {
    if (association instanceof Session) {
      this.#transmits.keepBorrowed();
      const datagram = this.#dtls.seal(association, message);
      // It waits until its session may send again.
      if (datagram === undefined) return;
      this.#tap?.(datagram, message);
      this.#exchanges?.transmitted(association, datagram.length);
      this.#transmits.borrow("coaps", association.peer, datagram);
    } else {
      this.#exchanges?.transmitted(association, message.length);
      this.#transmits.borrow("coap", association, message);
    }
  }
}

type AskedQuestion = CheckInQuestion | ContentQuestion | ReportQuestion;

function whoIs(association: Association): { readonly peer: PeerAddress; readonly identity: Uint8Array | undefined } {
  const identity = association instanceof Session ? association.identity : undefined;
  return { peer: addressOf(association), identity };
}

function addressOf(association: Association): PeerAddress {
  return association instanceof Session ? association.peer : association;
}

/** Of the newest record of a session; undefined on plain CoAP. */
function recordNumberOf(association: Association): number | undefined {
  return association instanceof Session ? association.read.window.newest : undefined;
}
