// The device's side as one object: a DTLS association where keys are given, a CoAP client, a window of requests and a slot
// of flash. It performs no I/O; its surface is FirmwareServer's, for one peer:
//
//   handle*  in    a datagram, a time that has come
//   poll*    out   drain pollTransmit first, then pollEvent, then arm one timer for pollTimeout

import { assert } from "../base/assert.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { Fifo } from "../base/fifo.ts";
import { addMs, earliest, type Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { RandomSource } from "../base/random-source.ts";
import { szxOf } from "../coap/block.ts";
import { CoapClient, type RequestId } from "../coap/coap-client.ts";
import { Code } from "../coap/code.ts";
import type { Message } from "../coap/message.ts";
import { type Option, OptionNumber, stringOption } from "../coap/option.ts";
import { BLOCK_SIZE_MAX, DEFAULT_TRANSMISSION_PARAMETERS } from "../coap/parameters.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { ClientEnd, DtlsClient } from "../dtls/dtls-client.ts";
import { RefusalEvidence } from "../dtls/handshake/refusal-evidence.ts";
import type { DtlsParameters } from "../dtls/parameters.ts";
import { BlockSize } from "./block-size.ts";
import { createDeviceDtls, type DeviceSecurity } from "./device-dtls.ts";
import type { DeviceEvent, DeviceStatistics } from "./device-event.ts";
import type { Dialect } from "./dialect.ts";
import { type BlockRequest, Download, type DownloadStep } from "./download.ts";
import type { Flash } from "./flash.ts";
import { HandshakeRetries } from "./handshake-retries.ts";
import { ImageSlot } from "./image-slot.ts";
import { Patience } from "./patience.ts";
import { RequestWindow } from "./request-window.ts";
import { resourceName } from "./resource-name.ts";
import { SilenceWatch } from "./silence-watch.ts";

/**
 * Timeouts in a row without any answer until a new association is begun, and how many first timeouts these take at least:
 * as long as each is twice the one before.
 */
const SILENCES_MAX = 5;
const TIMEOUTS_SILENT_MIN = 2 + 4 + 8 + 16 + 32;

/** Requests in a row that the server acknowledged and never answered, until the association is given up. */
const BROKEN_WORDS_MAX = 2;

/** Round trips kept for statistics. */
const ROUND_TRIPS_MAX = 4_096;

type Postponement = Extract<DownloadStep, { kind: "postponed" }>;

export interface FirmwareDeviceInput {
  readonly server: PeerAddress;
  /** Absent for plain CoAP. */
  readonly security?: DeviceSecurity;
  /** RFC 7252 6.4: the name by which the server is asked for; absent where it has its address alone. */
  readonly host?: string;
  readonly path: readonly string[];
  readonly queries: readonly string[];
  readonly dialect: Dialect;
  /** Where the image goes, and where the record of what is there goes: see ImageSlot. */
  readonly slot: Flash;
  readonly progress: Flash;
  /** The longest image that is wanted, bytes; what fits into the slot when absent. */
  readonly lengthMax?: number;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly dtlsParameters?: Partial<DtlsParameters>;
  /** For traces: each CoAP message of ours in clear, with the datagram that carries it sealed. */
  readonly tap?: (datagram: Uint8Array, message: Uint8Array) => void;
}

export class FirmwareDevice implements Deadlined {
  readonly #input: FirmwareDeviceInput;
  readonly #transmits = new Fifo<Uint8Array>();
  readonly #events = new Fifo<DeviceEvent>();
  readonly #slot: ImageSlot;
  readonly #download: Download;
  readonly #blockSize: BlockSize;
  readonly #window: RequestWindow<BlockRequest>;
  readonly #patience: Patience;
  readonly #hostOptions: readonly Option[];
  #coap: CoapClient;
  #dtls: DtlsClient | undefined;
  readonly #retries: HandshakeRetries;
  readonly #evidence = new RefusalEvidence();
  readonly #silence: SilenceWatch;
  #connected = false;
  #ended = false;
  #reconnectionsLeft: number;
  /** Nothing is asked for before this: the server cannot for the moment. */
  #restsUntil: Instant | undefined;
  /** Requests that were acknowledged and not answered, since the latest block. */
  #brokenWords = 0;
  readonly #roundTripsMs: number[] = [];
  #answerCount = 0;
  #counts = { blocks: 0, duplicates: 0, requests: 0, retransmissions: 0, handshakes: 0, bytesUp: 0, bytesDown: 0 };

  /** Begins at once: with the handshake, or on plain CoAP with the first requests. */
  constructor(now: Instant, input: FirmwareDeviceInput) {
    const { dialect } = input;
    this.#input = input;
    const { slot, progress, crypto, lengthMax, server, host, path, queries } = input;
    const scheme = input.security === undefined ? "coap" : "coaps";
    const resource = resourceName(crypto, { scheme, host, server, path, queries });
    this.#slot = new ImageSlot({ slot, progress, crypto, resource, ...(lengthMax !== undefined && { lengthMax }) });
    if (!dialect.resumes && this.#slot.etag !== undefined) this.#slot.clear();
    this.#blockSize =
      dialect.blockSize === "auto"
        ? new BlockSize(szxOf(BLOCK_SIZE_MAX), false)
        : new BlockSize(szxOf(dialect.blockSize), true);
    this.#download = new Download(this.#slot, this.#blockSize, dialect.saysBlockSizeFirst);
    this.#window = new RequestWindow(dialect.window === "auto" ? undefined : dialect.window, dialect.firstTimeoutMs);
    this.#patience = new Patience(input.random);
    this.#hostOptions = input.host === undefined ? [] : [stringOption(OptionNumber.URI_HOST, input.host)];
    this.#retries = new HandshakeRetries(dialect.handshake, this.#learns);
    this.#silence = new SilenceWatch(now);
    this.#reconnectionsLeft = dialect.reconnections;
    this.#coap = this.#createCoap();
    if (this.#slot.etag !== undefined) this.#tellResumed();
    this.#connect(now);
  }

  get statistics(): DeviceStatistics {
    const retransmissions = this.#counts.retransmissions + this.#coap.retransmitCount;
    return { ...this.#counts, retransmissions, roundTripsMs: this.#roundTripsMs };
  }

  /** `datagram` may be a view of a buffer that is used again after the call. */
  handleDatagram(now: Instant, datagram: Uint8Array): void {
    this.#counts.bytesDown += datagram.length;
    this.#silence.heard(now);
    if (this.#dtls !== undefined) this.#dtls.handleDatagram(now, datagram);
    else this.#coap.handleDatagram(now, datagram);
  }

  /** Does what is due by now. An early call does nothing. */
  handleTimeout(now: Instant): void {
    this.#dtls?.handleTimeout(now);
    this.#coap.handleTimeout(now);
    if (this.#ended) return;
    this.#tellSilence(now);
    if (this.#connected) {
      this.#endRest(now);
      this.#handleSilence(now);
    } else if (this.#learns && this.#evidence.isConclusive(now)) {
      this.#dtls?.close();
      this.#events.push({ kind: "handshakeFailed", error: "keyRefused", detail: "silence", retrying: false });
      this.#stop();
    }
  }

  get #silenceToldAt(): Instant | undefined {
    // Nobody is waited for where the server said when it will be back, or that it will answer.
    const isAwaited = this.#restsUntil === undefined && !(this.#connected && this.#window.deadline === undefined);
    if (this.#ended || !this.#learns || !isAwaited) return undefined;
    const { firstTimeoutMs } = this.#connected ? this.#window.roundTrip : this.#input.dialect;
    return this.#silence.deadline(this.#connected, firstTimeoutMs);
  }

  #tellSilence(now: Instant): void {
    const at = this.#silenceToldAt;
    if (at === undefined || now < at) return;
    this.#silence.told();
    this.#events.push({ kind: "silent" });
  }

  /** Ends the association with close_notify; what then is to be sent is in pollTransmit. */
  close(): void {
    this.#stop();
    this.#dtls?.close();
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): DeviceEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    const own = this.#connected && !this.#ended ? (this.#restsUntil ?? this.#silenceDeadline) : undefined;
    const below = earliest(this.#dtls?.pollTimeout(), this.#coap.pollTimeout());
    return earliest(earliest(own, this.#silenceToldAt), below);
  }

  /** Whether the retransmission timer is ours and not RFC 7252's. */
  get #learns(): boolean {
    return this.#input.dialect.timer === "learning";
  }

  get #silenceDeadline(): Instant | undefined {
    return this.#learns ? this.#window.deadline : undefined;
  }

  #connect(now: Instant): void {
    this.#connected = false;
    this.#dtls = this.#input.security && this.#createDtls(now, this.#input.security);
    if (this.#dtls === undefined) this.#handleConnected(now);
  }

  #createDtls(now: Instant, security: DeviceSecurity): DtlsClient {
    this.#counts.handshakes++;
    return createDeviceDtls(
      now,
      { ...this.#input, security, retries: this.#retries, evidence: this.#evidence },
      {
        transmit: (datagram) => this.#transmit(datagram),
        connected: (at, session, roundTripMs) => {
          const hasConnectionId = session.write.connectionId.length > 0;
          if (this.#connected) this.#handleReplaced();
          this.#retries.established();
          this.#events.push({ kind: "connected", cipherSuite: session.suite.name, connectionId: hasConnectionId });
          if (roundTripMs !== undefined) this.#window.roundTrip.seed(roundTripMs);
          this.#handleConnected(at);
        },
        applicationData: (at, data) => this.#coap.handleDatagram(at, data),
        ended: (at, end) => this.#handleAssociationEnd(at, end),
        // A client's discards are the server's business or an attacker's; the download goes on.
        counted: () => {},
      },
    );
  }

  #createCoap(): CoapClient {
    const { dialect, random, security } = this.#input;
    return new CoapClient({
      random,
      tokenLength: security === undefined ? 4 : dialect.tokenLength,
      parameters: dialect.timer === "learning" ? DEFAULT_TRANSMISSION_PARAMETERS : dialect.timer,
      outlet: {
        transmit: (_now, message) => {
          const datagram = this.#dtls === undefined ? message : this.#dtls.seal(message);
          if (datagram === undefined) return;
          this.#input.tap?.(datagram, message);
          this.#transmit(datagram);
        },
        acknowledged: (now, requestId) => this.#window.acknowledged(now, requestId),
        response: (now, requestId, message) => this.#handleResponse(now, requestId, message),
        requestFailed: (now, requestId, reason) => {
          if (reason === "timeout") this.#handleRequestTimeout(now, requestId);
          else this.#end({ kind: "refused", detail: "the server rejected the request (RST)" });
        },
      },
    });
  }

  #transmit(datagram: Uint8Array): void {
    this.#counts.bytesUp += datagram.length;
    this.#transmits.push(datagram);
  }

  #handleConnected(now: Instant): void {
    this.#connected = true;
    if (this.#download.isWhole) this.#endWhole();
    else this.#fillWindow(now);
  }

  #fillWindow(now: Instant): void {
    while (!this.#ended && this.#restsUntil === undefined && this.#window.hasRoom && this.#askNext(now));
  }

  #endRest(now: Instant): void {
    if (this.#restsUntil === undefined || now < this.#restsUntil) return;
    this.#restsUntil = undefined;
    this.#silence.heard(now);
    this.#fillWindow(now);
  }

  /** False when all that is missing is asked for. */
  #askNext(now: Instant): boolean {
    const { requests } = this.#window;
    const trialSzx = requests.some(({ szx }) => this.#blockSize.explainsLoss(szx))
      ? undefined
      : this.#blockSize.trialSzx;
    const request = this.#download.next(requests, trialSzx);
    if (request === undefined) {
      assert(this.#window.size > 0, "the image is not whole, and nothing more is asked for");
      return false;
    }
    if (request.szx === trialSzx) this.#blockSize.tried();
    this.#send(now, request);
    return true;
  }

  #send(now: Instant, request: BlockRequest): void {
    this.#counts.requests++;
    this.#window.sent(now, this.#ask(now, request), request);
  }

  #ask(now: Instant, request: BlockRequest): RequestId {
    const { path, queries } = this.#input;
    const options = [...this.#hostOptions, ...this.#download.optionsFor(request)];
    const timer = this.#learns ? "caller" : "client";
    return this.#coap.request(now, { code: Code.GET, path, queries, options, timer });
  }

  #handleResponse(now: Instant, requestId: RequestId, message: Message): void {
    const answered = this.#window.answered(now, requestId);
    if (answered === undefined || this.#ended) return;
    for (const other of answered.others) this.#coap.cancel(other);
    this.#roundTripsMs[this.#answerCount++ % ROUND_TRIPS_MAX] = answered.elapsedMs;
    if (this.#blockSize.answered(answered.request.szx)) this.#window.roundTrip.relearn();
    this.#handleStep(now, answered.request, this.#download.handleResponse(answered.request, message));
    if (this.#ended) return;
    if (this.#download.isWhole) return this.#endWhole();
    this.#resendOvertaken(now);
    this.#fillWindow(now);
  }

  #handleStep(now: Instant, request: BlockRequest, step: DownloadStep): void {
    switch (step.kind) {
      case "refused":
        return this.#end(step);
      case "restart":
        this.#coap.cancelAll();
        this.#window.clear();
        this.#events.push({ kind: "restarted" });
        return this.#handleStep(now, request, step.first);
      case "nothing":
        this.#counts.duplicates++;
        return;
      case "postponed":
        if (!this.#postpone(now, request, step)) this.#end({ kind: "refused", detail: step.detail });
        return;
      case "block":
        this.#counts.blocks++;
        this.#brokenWords = 0;
        this.#patience.handleBlock();
        this.#reconnectionsLeft = this.#input.dialect.reconnections;
        this.#events.push({ ...step, held: this.#slot.held.covered, total: this.#slot.expectedLength });
    }
  }

  /** Asks for nothing more before the server can again. False where nobody waits that long. */
  #postpone(now: Instant, request: BlockRequest, { seconds, detail }: Postponement): boolean {
    if (!this.#input.dialect.waits) return false;
    this.#download.giveUp(request);
    // The answers to what was asked for meanwhile say the same once more.
    if (this.#restsUntil !== undefined) return true;
    const waitMs = this.#patience.waitMs(seconds);
    if (waitMs === undefined) return false;
    this.#restsUntil = addMs(now, waitMs);
    this.#events.push({ kind: "postponed", detail, waitMs });
    return true;
  }

  /**
   * No answer came to a request: with RFC 7252's timer to none of its transmissions; else after the server's word that it
   * would come, which a server forgets that loses its power, and of which a NON may get lost.
   */
  #handleRequestTimeout(now: Instant, requestId: RequestId): void {
    const request = this.#window.requestOf(requestId);
    for (const each of this.#window.forget(requestId)) this.#coap.cancel(each);
    if (!this.#learns || request === undefined || ++this.#brokenWords > BROKEN_WORDS_MAX) return this.#reconnect(now);
    this.#counts.retransmissions++;
    this.#download.giveUp(request);
    this.#fillWindow(now);
  }

  #resendOvertaken(now: Instant): void {
    if (!this.#learns || this.#restsUntil !== undefined) return;
    const take = () => this.#window.takeOvertaken(now, ({ szx }) => this.#blockSize.explainsLoss(szx));
    for (let id = take(); id !== undefined; id = take()) this.#resend(now, id);
  }

  #handleSilence(now: Instant): void {
    if (!this.#learns || this.#restsUntil !== undefined) return;
    const probes = this.#window.takeSilent(now);
    const { silences } = this.#window;
    const isForlorn = silences > SILENCES_MAX && this.#window.timeoutsSilent(now) >= TIMEOUTS_SILENT_MIN;
    if (isForlorn && !this.#shakeHandsBeside(now)) return this.#reconnect(now);
    const [oldest, ...others] = probes;
    if (oldest === undefined) return;
    // Where blocks of this size have come, the first silence is rather an outage's.
    const mayComeOfSize = silences > (this.#blockSize.hasPassed ? 1 : 0) && this.#blockSize.isSuspect;
    if (!mayComeOfSize || !this.#askInPieces(now, oldest)) this.#resend(now, oldest);
    for (const id of others) this.#resend(now, id);
  }

  /** Beside the block that got no answer, which may be late only. False where it is too small for pieces. */
  #askInPieces(now: Instant, id: RequestId): boolean {
    const { offset, szx, explicit } = this.#window.requestOf(id)!;
    if (!explicit || szx < this.#blockSize.szx) return false;
    for (const piece of this.#blockSize.search(szx)) {
      this.#send(now, { offset: offset + piece.offset, szx: piece.szx, explicit });
    }
    return true;
  }

  /** The same request again; or, where blocks have become smaller meanwhile, one for a smaller block. */
  #resend(now: Instant, id: RequestId): void {
    const request = this.#window.requestOf(id)!;
    if (this.#blockSize.lost(request.szx)) this.#window.roundTrip.relearn();
    this.#counts.retransmissions++;
    if (request.szx <= this.#blockSize.szx) {
      const givenUp = this.#window.resent(now, id, this.#ask(now, request));
      if (givenUp !== undefined) this.#coap.cancel(givenUp);
      return;
    }
    for (const each of this.#window.forget(id)) this.#coap.cancel(each);
    this.#download.giveUp(request);
    this.#askNext(now);
  }

  #handleAssociationEnd(now: Instant, end: ClientEnd): void {
    if (this.#ended) return;
    const { kind, detail } = end;
    if (kind === "closeNotify" || kind === "fatalAlert") {
      // A server that stops or restarts says so; one that has restarted will have us back.
      if (this.#reconnectionsLeft > 0) this.#reconnect(now);
      else this.#end({ kind: "refused", detail });
      return;
    }
    const next = this.#retries.next(kind);
    const retrying = next === "again" || (next === "anew" && this.#reconnectionsLeft > 0);
    this.#events.push({ kind: "handshakeFailed", error: kind, detail, retrying });
    if (!retrying) return this.#stop();
    if (next === "again") return this.#connect(now);
    this.#reconnect(now);
  }

  /** A new association: Message IDs and tokens begin anew (RFC 7252 9.1.1), and what is in flash stays there. */
  #reconnect(now: Instant): void {
    if (this.#ended) return;
    if (this.#reconnectionsLeft === 0) return this.#end({ kind: "unanswered" });
    this.#reconnectionsLeft--;
    this.#beginAnew();
    this.#dtls?.close();
    this.#connect(now);
  }

  /**
   * Perhaps the server has lost the association, and perhaps the way is broken for the moment. So a handshake goes on beside
   * it while blocks are asked for as before, and what is answered first counts. False where there is nothing to keep, or
   * where it was tried often enough.
   */
  #shakeHandsBeside(now: Instant): boolean {
    if (this.#dtls === undefined || this.#dtls.isShakingHands) return this.#dtls !== undefined;
    if (this.#reconnectionsLeft === 0) return false;
    // Since the latest block: all but the first follow one in vain.
    if (this.#reconnectionsLeft-- < this.#input.dialect.reconnections) this.#retries.next("timeout");
    this.#dtls.shakeHandsBeside(now, this.#retries.firstTimeoutMs);
    return true;
  }

  /** The server had lost the association, and has another one now. */
  #handleReplaced(): void {
    this.#counts.handshakes++;
    if (!this.#ended) this.#beginAnew();
  }

  #beginAnew(): void {
    this.#events.push({ kind: "reconnecting" });
    for (const request of this.#window.requests) this.#download.giveUp(request);
    this.#window.clear();
    this.#brokenWords = 0;
    this.#blockSize.handleReconnection();
    this.#counts.retransmissions += this.#coap.retransmitCount;
    this.#coap.cancelAll();
    this.#coap = this.#createCoap();
  }

  #tellResumed(): void {
    this.#events.push({ kind: "resumed", held: this.#slot.held.covered, total: this.#slot.expectedLength });
  }

  #endWhole(): void {
    this.#end({ kind: "done", length: this.#slot.length!, sha256: this.#slot.digest() });
  }

  #end(event: DeviceEvent): void {
    if (this.#ended) return;
    this.#stop();
    this.#events.push(event);
  }

  /** Nobody waits for answers any more: they must neither be asked for again nor be taken. */
  #stop(): void {
    this.#ended = true;
    this.#coap.cancelAll();
    this.#window.clear();
  }
}
