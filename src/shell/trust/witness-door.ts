// The listening side of a witness: HTTP without TLS, for a proxy in front or a network of one's own. What is signed proves itself,
// and whoever asks needs no secret.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  answerWitnessRequest,
  type Cosigner,
  WITNESS_BODY_LENGTH_MAX,
  type WitnessResponse,
} from "../../registry/witness-http.ts";
import { StoreError } from "../../store/store-error.ts";

const CONNECTIONS_MAX = 256;

/** A client that is slower has its connection closed. */
const REQUEST_TIMEOUT_MS = 10_000;

export class WitnessDoor {
  readonly #server: Server;
  readonly #cosign: Cosigner;
  readonly #faulty: (reason: string) => void;

  /** Listens, or rejects with what the system says. `faulty` hears why nothing could be signed. */
  static open(host: string, port: number, cosign: Cosigner, faulty: (reason: string) => void): Promise<WitnessDoor> {
    const door = new WitnessDoor(cosign, faulty);
    return new Promise((resolve, reject) => {
      door.#server.once("error", reject);
      door.#server.listen(port, host, () => resolve(door));
    });
  }

  private constructor(cosign: Cosigner, faulty: (reason: string) => void) {
    this.#cosign = cosign;
    this.#faulty = faulty;
    const limits = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
    this.#server = createServer({ ...limits, connectionsCheckingInterval: 1_000 }, (request, response) => {
      void this.#answer(request).then(({ status, type, body }) => {
        response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
      });
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Where it listens, with the port that it got. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage): Promise<WitnessResponse> {
    const body = await bodyOf(request);
    const [path = ""] = (request.url ?? "").split("?");
    try {
      return answerWitnessRequest({ method: request.method ?? "", path, body }, this.#cosign);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#faulty(error.message);
      return { status: 503, type: "text/plain; charset=utf-8", body: "it cannot sign for the moment\n" };
    }
  }
}

/** "tooLong" without reading the rest; what ends before its time is no request either. */
async function bodyOf(request: IncomingMessage): Promise<string | "tooLong"> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > WITNESS_BODY_LENGTH_MAX) return "tooLong";
      pieces.push(piece);
    }
  } catch {
    return "";
  }
  return Buffer.concat(pieces).toString("utf8");
}
