// Which retransmissions a device needed. A request that was sent k times and whose i-th copy was the first to be answered
// needed i − 1 retransmissions: the copies before it were lost, or their answers. Those after it were spurious: the answer
// was on its way. Neither side can know; the simulation can, because it sees both ends.

import { toHex } from "../src/base/bytes.ts";
import { decodeMessage } from "../src/coap/message.ts";
import { OptionNumber } from "../src/coap/option.ts";

interface Exchange {
  /** What was asked for: a device may send a request again under another Message ID. */
  readonly block: string;
  copies: number;
}

interface Copy {
  readonly exchange: Exchange;
  readonly index: number;
}

export class TransmissionLedger {
  needed = 0;
  spurious = 0;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #copies = new WeakMap<Uint8Array, Copy>();

  /** The device sent this datagram, with this CoAP message inside. */
  requestSent(datagram: Uint8Array, message: Uint8Array): void {
    const decoded = decodeMessage(message);
    if (!decoded.ok || decoded.value.type !== "CON") return;
    const block2 = decoded.value.options.find(({ number }) => number === OptionNumber.BLOCK2);
    const block = block2 === undefined ? "" : toHex(block2.value);
    let exchange = this.#exchanges.get(block);
    if (exchange === undefined) {
      exchange = { block, copies: 0 };
      this.#exchanges.set(block, exchange);
    }
    this.#copies.set(datagram, { exchange, index: exchange.copies });
    exchange.copies++;
  }

  /** The server answered the request of datagram `request` by datagram `answer`. */
  answerSent(request: Uint8Array, answer: Uint8Array): void {
    const copy = this.#copies.get(request);
    if (copy !== undefined) this.#copies.set(answer, copy);
  }

  /** An answer reached the device: the first one settles the exchange. */
  answerDelivered(answer: Uint8Array): void {
    const copy = this.#copies.get(answer);
    if (copy === undefined) return;
    const { exchange, index } = copy;
    if (this.#exchanges.get(exchange.block) !== exchange) return;
    this.#exchanges.delete(exchange.block);
    this.needed += index;
    this.spurious += exchange.copies - 1 - index;
  }
}
