// A device's contact with its server: a DTLS association where keys are given, begun anew where it is lost, and a CoAP client
// on it, for one download or one errand at a time. What was asked for outlives the association, and so does what is known of
// the link. Nothing is sent before there is something to ask for. It performs no I/O; its surface is FirmwareServer's, for
// one peer:
//
//   handle*  in    a datagram, a time that has come
//   poll*    out   drain pollTransmit first, then pollEvent, then arm one timer for pollTimeout

import { assert } from "../base/assert.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { Fifo } from "../base/fifo.ts";
import { earliest, type Instant } from "../base/instant.ts";
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
import { DeviceCounts } from "./device-counts.ts";
import { createDeviceDtls, type DeviceSecurity } from "./device-dtls.ts";
import type { DeviceEvent, DeviceStatistics } from "./device-event.ts";
import type { Dialect } from "./dialect.ts";
import type { BlockRequest } from "./download.ts";
import { Errand, type ErrandRequest } from "./errand.ts";
import type { Flash } from "./flash.ts";
import { HandshakeRetries } from "./handshake-retries.ts";
import { ImageSlot } from "./image-slot.ts";
import { RequestWindow } from "./request-window.ts";
import { resourceName } from "./resource-name.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { Transfer } from "./transfer.ts";

export interface ServerContactInput {
  readonly server: PeerAddress;
  /** Absent for plain CoAP. */
  readonly security?: DeviceSecurity;
  /** RFC 7252 6.4: the name by which the server is asked for; absent where it has its address alone. */
  readonly host?: string;
  readonly dialect: Dialect;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly dtlsParameters?: Partial<DtlsParameters>;
  /** For traces: each CoAP message of ours in clear, with the datagram that carries it sealed. */
  readonly tap?: (datagram: Uint8Array, message: Uint8Array) => void;
}

/** An image that is wanted. */
export interface DownloadInput {
  readonly path: readonly string[];
  readonly queries: readonly string[];
  /** Where the image goes, and where the record of what is there goes: see ImageSlot. */
  readonly slot: Flash;
  readonly progress: Flash;
  /** The longest image that is wanted, bytes; what fits into the slot when absent. */
  readonly lengthMax?: number;
}

export class ServerContact implements Deadlined {
  readonly #input: ServerContactInput;
  readonly #transmits = new Fifo<Uint8Array>();
  readonly #events = new Fifo<DeviceEvent>();
  readonly #counts = new DeviceCounts();
  readonly #blockSize: BlockSize;
  readonly #window: RequestWindow<BlockRequest>;
  readonly #hostOptions: readonly Option[];
  readonly #retries: HandshakeRetries;
  readonly #evidence = new RefusalEvidence();
  readonly #silence: SilenceWatch;
  #coap: CoapClient;
  #dtls: DtlsClient | undefined;
  #connected = false;
  /** Whether the next thing to ask for needs a new association. */
  #apart = true;
  #reconnectionsLeft = 0;
  #transfer: Transfer | undefined;
  #download: DownloadInput | undefined;
  #errand: Errand | undefined;
  #errandId: RequestId | undefined;

  constructor(now: Instant, input: ServerContactInput) {
    const { dialect, host } = input;
    this.#input = input;
    this.#blockSize =
      dialect.blockSize === "auto"
        ? new BlockSize(szxOf(BLOCK_SIZE_MAX), false)
        : new BlockSize(szxOf(dialect.blockSize), true);
    this.#window = new RequestWindow(dialect.window === "auto" ? undefined : dialect.window, dialect.firstTimeoutMs);
    this.#hostOptions = host === undefined ? [] : [stringOption(OptionNumber.URI_HOST, host)];
    this.#retries = new HandshakeRetries(dialect.handshake, this.#learns);
    this.#silence = new SilenceWatch(now);
    this.#coap = this.#createCoap();
  }

  get statistics(): DeviceStatistics {
    return this.#counts.statistics(this.#coap.retransmitCount);
  }

  /** Whether a download or an errand is under way. */
  get isBusy(): boolean {
    return this.#transfer !== undefined || this.#errand !== undefined;
  }

  /** Begins a download, or goes on with what an earlier one left in flash; ends with `done`, or with what went wrong. */
  download(now: Instant, download: DownloadInput): void {
    assert(!this.isBusy, "one thing at a time is asked for");
    const { dialect, random } = this.#input;
    const slot = this.#slotFor(download);
    if (!dialect.resumes && slot.etag !== undefined) slot.clear();
    this.#download = download;
    this.#transfer = new Transfer({
      dialect,
      slot,
      blockSize: this.#blockSize,
      window: this.#window,
      counts: this.#counts,
      random,
      outlet: {
        ask: (at, options) => this.#ask(at, options),
        cancel: (requestId) => this.#coap.cancel(requestId),
        cancelAll: () => this.#coap.cancelAll(),
        event: (event) => this.#events.push(event),
        progressed: () => {
          this.#reconnectionsLeft = dialect.reconnections;
        },
        ended: (event) => this.#end(event),
        reconnect: (at) => this.#reconnect(at),
        shakeHandsBeside: (at) => this.#shakeHandsBeside(at),
        heard: (at) => this.#silence.heard(at),
      },
    });
    if (slot.etag !== undefined) {
      this.#events.push({ kind: "resumed", held: slot.held.covered, total: slot.expectedLength });
    }
    this.#begin(now);
  }

  /** Sends a request; ends with `answered`, or with what went wrong. */
  request(now: Instant, request: ErrandRequest): void {
    assert(!this.isBusy, "one thing at a time is asked for");
    this.#errand = new Errand(request);
    this.#begin(now);
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
    if (!this.isBusy) return;
    this.#tellSilence(now);
    if (this.#connected) {
      this.#transfer?.handleTimeout(now);
    } else if (this.#learns && this.#evidence.isConclusive(now)) {
      this.#dtls?.close();
      this.#events.push({ kind: "handshakeFailed", error: "keyRefused", detail: "silence", retrying: false });
      this.#stop("lost");
    }
  }

  get #silenceToldAt(): Instant | undefined {
    // Nobody is waited for where the server said when it will be back, or that it will answer.
    const rests = this.#transfer?.restsUntil !== undefined;
    const isAwaited = !rests && !(this.#connected && this.#errand === undefined && this.#window.deadline === undefined);
    if (!this.isBusy || !this.#learns || !isAwaited) return undefined;
    const { firstTimeoutMs } = this.#connected ? this.#window.roundTrip : this.#input.dialect;
    return this.#silence.deadline(this.#connected, firstTimeoutMs);
  }

  #tellSilence(now: Instant): void {
    const at = this.#silenceToldAt;
    if (at === undefined || now < at) return;
    this.#silence.told();
    this.#events.push({ kind: "silent" });
  }

  /** Waits no longer for what was asked for; the next thing goes over a new association. Nothing more is told of it. */
  abandon(): void {
    this.#stop("lost");
  }

  /** Ends the association with close_notify; what then is to be sent is in pollTransmit. */
  close(): void {
    this.#stop("lost");
    this.#dtls?.close();
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): DeviceEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    const own = this.#connected ? this.#transfer?.deadline : undefined;
    const below = earliest(this.#dtls?.pollTimeout(), this.#coap.pollTimeout());
    return earliest(earliest(own, this.#silenceToldAt), below);
  }

  /** Whether the retransmission timer is ours and not RFC 7252's. */
  get #learns(): boolean {
    return this.#input.dialect.timer === "learning";
  }

  #slotFor({ slot, progress, path, queries, lengthMax }: DownloadInput): ImageSlot {
    const { crypto, server, host, security } = this.#input;
    const scheme = security === undefined ? "coap" : "coaps";
    const resource = resourceName(crypto, { scheme, host, server, path, queries });
    return new ImageSlot({ slot, progress, crypto, resource, ...(lengthMax !== undefined && { lengthMax }) });
  }

  /** There is something to ask for. */
  #begin(now: Instant): void {
    this.#reconnectionsLeft = this.#input.dialect.reconnections;
    this.#silence.heard(now);
    if (this.#connected) return this.#handleConnected(now);
    if (!this.#apart) return;
    if (this.#dtls !== undefined) this.#renewCoap();
    this.#connect(now);
  }

  #connect(now: Instant): void {
    this.#apart = false;
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
          if (reason === "reset") this.#end({ kind: "refused", detail: "the server rejected the request (RST)" });
          else if (requestId === this.#errandId) this.#reconnect(now);
          else this.#transfer?.handleRequestTimeout(now, requestId);
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
    this.#transfer?.begin(now);
    this.#errand?.beginAnew();
    this.#sendErrand(now);
  }

  /** By RFC 7252's timer, so that it happens once; which begins with what is known of the link. */
  #sendErrand(now: Instant): void {
    if (this.#errand === undefined) return;
    this.#counts.requests++;
    const { firstTimeoutMs } = this.#window.roundTrip;
    const request = this.#errand.next(this.#hostOptions);
    this.#errandId = this.#coap.request(now, { ...request, ...(this.#learns && { ackTimeoutMs: firstTimeoutMs }) });
  }

  #ask(now: Instant, blockOptions: readonly Option[]): RequestId {
    const { path, queries } = this.#download!;
    const options = [...this.#hostOptions, ...blockOptions];
    const timer = this.#learns ? "caller" : "client";
    return this.#coap.request(now, { code: Code.GET, path, queries, options, timer });
  }

  #handleResponse(now: Instant, requestId: RequestId, message: Message): void {
    if (requestId !== this.#errandId) {
      this.#transfer?.handleResponse(now, requestId, message);
      return;
    }
    const step = this.#errand!.handleResponse(message);
    if (step.kind === "more") this.#sendErrand(now);
    else this.#end(step);
  }

  #handleAssociationEnd(now: Instant, end: ClientEnd): void {
    if (!this.isBusy) {
      this.#connected = false;
      this.#apart = true;
      return;
    }
    const { kind, detail } = end;
    if (kind === "closeNotify" || kind === "fatalAlert") {
      // A server that stops or restarts says so; one that has restarted will have us back.
      if (this.#reconnectionsLeft > 0) return this.#reconnect(now);
      this.#end({ kind: "refused", detail });
      return this.#stop("lost");
    }
    const next = this.#retries.next(kind);
    const retrying = next === "again" || (next === "anew" && this.#reconnectionsLeft > 0);
    this.#events.push({ kind: "handshakeFailed", error: kind, detail, retrying });
    if (!retrying) return this.#stop("lost");
    if (next === "again") return this.#connect(now);
    this.#reconnect(now);
  }

  /** A new association: Message IDs and tokens begin anew (RFC 7252 9.1.1), and what is in flash stays there. */
  #reconnect(now: Instant): void {
    if (!this.isBusy) return;
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
    if (this.isBusy) this.#beginAnew();
  }

  #beginAnew(): void {
    this.#events.push({ kind: "reconnecting" });
    this.#transfer?.handleAssociationEnd();
    this.#blockSize.handleReconnection();
    this.#renewCoap();
  }

  #renewCoap(): void {
    this.#counts.retransmissions += this.#coap.retransmitCount;
    this.#coap.cancelAll();
    this.#coap = this.#createCoap();
  }

  /** What was asked for is over. An answer leaves the association good for the next thing, and silence does not. */
  #end(event: DeviceEvent): void {
    if (!this.isBusy) return;
    this.#stop(event.kind === "unanswered" ? "lost" : "kept");
    this.#events.push(event);
  }

  /** Nobody waits for answers any more: they must neither be asked for again nor be taken. */
  #stop(association: "kept" | "lost"): void {
    this.#transfer?.stop();
    this.#transfer = undefined;
    this.#errand = undefined;
    this.#errandId = undefined;
    this.#coap.cancelAll();
    if (association === "kept") return;
    this.#connected = false;
    this.#apart = true;
  }
}
