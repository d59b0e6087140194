// The exchanges of transfers as CSV, for `narrowboat profiles --fit`. The file is added to, has a greatest length, and goes
// on after a full disk as the log does: what was dropped is said in a comment.

import { identityText } from "../../../psk/identity.ts";
import { EXCHANGE_CSV_HEADING, exchangeCsvLine } from "../../../sim/fit/exchange-csv.ts";
import { formatPeerAddress, type PeerAddress } from "../../base/peer-address.ts";
import type { ServedExchange } from "../../server/exchanges.ts";
import { FileOutput } from "../../shell/file-output.ts";
import { LineOutput } from "../../shell/line-output.ts";
import { LineBuffer } from "./line-buffer.ts";

/** Bytes: a million exchanges, of which a fit needs a few thousand. */
export const EXCHANGES_LENGTH_MAX = 64 * 2 ** 20;

export class ExchangeFile {
  readonly #file: FileOutput;
  readonly #output: LineOutput;
  readonly #lines: LineBuffer;
  readonly #lengthMax: number;
  #length: number;

  /** Throws what the system says when the file cannot be written. */
  constructor(file: string, lengthMax = EXCHANGES_LENGTH_MAX) {
    this.#lengthMax = lengthMax;
    this.#file = new FileOutput(file);
    this.#length = this.#file.length;
    this.#output = new LineOutput(this.#file, ({ lines }) => `# ${lines} exchanges were dropped: the disk was full`);
    this.#lines = new LineBuffer((text) => this.#output.write(text));
    if (this.#length === 0) this.#write(`${EXCHANGE_CSV_HEADING}\n`);
  }

  add(peer: PeerAddress, identity: Uint8Array | undefined, exchange: ServedExchange): void {
    if (this.#length >= this.#lengthMax) return;
    const { bytesUp, bytesDown, roundTripMs, lost } = exchange;
    // With the address too: one identity may be that of many devices, whose exchanges make no common series.
    const address = formatPeerAddress(peer);
    const device = identity === undefined ? address : `${identityText(identity)} at ${address}`;
    const roundTripSeconds = roundTripMs === undefined ? undefined : roundTripMs / 1000;
    this.#write(exchangeCsvLine(Date.now() / 1000, { device, bytesUp, bytesDown, roundTripSeconds, lost }));
  }

  async end(): Promise<void> {
    this.#lines.flush();
    await this.#output.end();
    this.#file.close();
  }

  #write(line: string): void {
    this.#length += line.length;
    this.#lines.write(line);
  }
}
