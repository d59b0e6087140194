// The device's side as one object: a DTLS association where keys are given, a CoAP client, and a download. It performs no
// I/O; its surface is FirmwareServer's, for one peer:
//
//   handle*  in    a datagram, a time that has come
//   poll*    out   drain pollTransmit first, then pollEvent, then arm one timer for pollTimeout

import { Fifo } from "../base/fifo.ts";
import { earliest, type Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { RandomSource } from "../base/random-source.ts";
import type { Secret } from "../base/secret.ts";
import { szxOf } from "../coap/block.ts";
import { CoapClient, type RequestId } from "../coap/coap-client.ts";
import { Code } from "../coap/code.ts";
import type { CipherSuite } from "../dtls/cipher-suite.ts";
import { DtlsClient } from "../dtls/dtls-client.ts";
import type { HandshakeErrorKind } from "../dtls/errors.ts";
import { DTLS_PARAMETERS, type DtlsParameters } from "../dtls/parameters.ts";
import { BlockDownload } from "./block-download.ts";

export interface DeviceSecurity {
  readonly identity: Uint8Array;
  readonly key: Secret;
  readonly cipherSuites: readonly CipherSuite[];
  /** RFC 9146 3: empty to send the server's Connection ID and ask for none; absent to use none at all. */
  readonly connectionId?: Uint8Array;
}

export interface FirmwareDeviceInput {
  readonly server: PeerAddress;
  /** Absent for plain CoAP. */
  readonly security?: DeviceSecurity;
  readonly path: readonly string[];
  readonly queries: readonly string[];
  /** A power of two from 16 to 1024 bytes. */
  readonly blockSize: number;
  readonly random: RandomSource;
  readonly dtlsParameters?: Partial<DtlsParameters>;
}

export interface DeviceStatistics {
  readonly blocks: number;
  readonly retransmissions: number;
}

export type DeviceEvent =
  | { readonly kind: "connected"; readonly cipherSuite: string; readonly connectionId: boolean }
  | { readonly kind: "block"; readonly offset: number; readonly bytes: Uint8Array; readonly total: number | undefined }
  /** What came before is void. */
  | { readonly kind: "restarted" }
  | { readonly kind: "done"; readonly length: number }
  | { readonly kind: "handshakeFailed"; readonly error: HandshakeErrorKind; readonly detail: string }
  /** The server's answer was no block, or the association ended. */
  | { readonly kind: "refused"; readonly detail: string }
  /** A request got no answer. */
  | { readonly kind: "unanswered" };

export class FirmwareDevice {
  readonly #input: FirmwareDeviceInput;
  readonly #transmits = new Fifo<Uint8Array>();
  readonly #events = new Fifo<DeviceEvent>();
  readonly #coap: CoapClient;
  readonly #dtls: DtlsClient | undefined;
  readonly #download: BlockDownload;
  #requestId: RequestId | undefined;
  #blocks = 0;
  #ended = false;

  /** Begins at once: with the handshake, or on plain CoAP with the first request. */
  constructor(now: Instant, input: FirmwareDeviceInput) {
    this.#input = input;
    this.#download = new BlockDownload(szxOf(input.blockSize));
    this.#coap = this.#createCoap(input.random);
    this.#dtls = input.security && this.#createDtls(now, input.security);
    if (this.#dtls === undefined) this.#requestBlock(now);
  }

  get statistics(): DeviceStatistics {
    return { blocks: this.#blocks, retransmissions: this.#coap.retransmitCount };
  }

  /** `datagram` may be a view of a buffer that is used again after the call. */
  handleDatagram(now: Instant, datagram: Uint8Array): void {
    if (this.#dtls !== undefined) this.#dtls.handleDatagram(now, datagram);
    else this.#coap.handleDatagram(now, datagram);
  }

  /** Does what is due by now. An early call does nothing. */
  handleTimeout(now: Instant): void {
    this.#dtls?.handleTimeout(now);
    this.#coap.handleTimeout(now);
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
    return earliest(this.#dtls?.pollTimeout(), this.#coap.pollTimeout());
  }

  #createDtls(now: Instant, security: DeviceSecurity): DtlsClient {
    return new DtlsClient(now, {
      server: this.#input.server,
      identity: security.identity,
      key: security.key,
      suites: security.cipherSuites,
      ...(security.connectionId && { connectionId: security.connectionId }),
      parameters: { ...DTLS_PARAMETERS, ...this.#input.dtlsParameters },
      random: this.#input.random,
      outlet: {
        transmit: (datagram) => this.#transmits.push(datagram),
        connected: (at, session) => {
          const connectionId = session.write.connectionId.length > 0;
          this.#events.push({ kind: "connected", cipherSuite: session.suite.name, connectionId });
          this.#requestBlock(at);
        },
        applicationData: (at, data) => this.#coap.handleDatagram(at, data),
        ended: (_at, { kind, detail }) => {
          if (kind === "closeNotify" || kind === "fatalAlert") this.#end({ kind: "refused", detail });
          else this.#end({ kind: "handshakeFailed", error: kind, detail });
        },
        // A client's discards are the server's business or an attacker's; the download goes on.
        counted: () => {},
      },
    });
  }

  #createCoap(random: RandomSource): CoapClient {
    return new CoapClient({
      random,
      outlet: {
        transmit: (_now, datagram) => {
          if (this.#dtls !== undefined) this.#dtls.send(datagram);
          else this.#transmits.push(datagram);
        },
        response: (now, _requestId, message) => {
          const step = this.#download.handleResponse(message);
          switch (step.kind) {
            case "refused":
              return this.#end(step);
            case "restart":
              this.#events.push({ kind: "restarted" });
              return this.#requestBlock(now);
            case "block":
            case "last": {
              this.#blocks++;
              this.#events.push({ ...step, kind: "block" });
              if (step.kind === "block") this.#requestBlock(now);
              else this.#end({ kind: "done", length: step.total });
            }
          }
        },
        requestFailed: (_now, _requestId, reason) => {
          if (reason === "timeout") this.#end({ kind: "unanswered" });
          else this.#end({ kind: "refused", detail: "the server rejected the request (RST)" });
        },
      },
    });
  }

  #requestBlock(now: Instant): void {
    if (this.#ended) return;
    const { path, queries } = this.#input;
    this.#requestId = this.#coap.request(now, { code: Code.GET, path, queries, options: this.#download.nextOptions() });
  }

  #end(event: DeviceEvent): void {
    if (this.#ended) return;
    this.#stop();
    this.#events.push(event);
  }

  /** Nobody waits for the answer any more: it must neither be asked for again nor be taken. */
  #stop(): void {
    this.#ended = true;
    if (this.#requestId !== undefined) this.#coap.cancel(this.#requestId);
  }
}
