// Whoever changes one bit on the way from a server to a device on plain CoAP: of the answer to a check-in, which has to fit one
// datagram and to have a proof, or of the trust root.

import { equal } from "../../src/base/bytes.ts";
import { decodeMessage } from "../../src/coap/message.ts";
import { decodeCheckInAnswer } from "../../src/manifest/check-in.ts";

/** What the bit is in. `header`: around the parts of the answer. */
export type Part = "header" | "manifest" | "proof" | "root" | "ticket";

export class BitFlipper {
  readonly #root: Uint8Array | undefined;
  readonly #at: number;
  readonly #bit: number;
  /** Where the bit was; undefined as long as nothing came that has it. */
  part: Part | undefined;

  /** Of the trust root where that is given, otherwise of the answer: its byte `at`. */
  constructor(root: Uint8Array | undefined, at: number, bit: number) {
    this.#root = root;
    this.#at = at;
    this.#bit = bit;
  }

  get where(): string {
    return `bit ${this.#bit} of byte ${this.#at} of the ${this.#root === undefined ? "answer" : "trust root"}`;
  }

  /** What the device gets of a datagram of the server's. */
  passOn(datagram: Uint8Array): Uint8Array {
    const decoded = decodeMessage(datagram);
    const part = decoded.ok ? this.#partIn(decoded.value.payload) : undefined;
    if (!decoded.ok || part === undefined) return datagram;
    this.part = part;
    const at = datagram.length - decoded.value.payload.length + this.#at;
    return datagram.map((byte, i) => (i === at ? byte ^ (1 << this.#bit) : byte));
  }

  #partIn(payload: Uint8Array): Part | undefined {
    if (this.#root !== undefined) return equal(payload, this.#root) ? "root" : undefined;
    const parts = partsOf(payload);
    if (parts === undefined) return undefined;
    return parts.find(({ from, to }) => this.#at >= from && this.#at < to)?.part ?? "header";
  }
}

/** Where the parts of an answer to a check-in are; undefined for what is none. */
export function partsOf(
  payload: Uint8Array,
): readonly { readonly part: Part; readonly from: number; readonly to: number }[] | undefined {
  const decoded = decodeCheckInAnswer(payload);
  if (!decoded.ok || decoded.value.proof === undefined) return undefined;
  const { ticket, manifest, proof } = decoded.value;
  return Object.entries({ ticket, manifest, proof }).map(([part, bytes]) => {
    const from = Buffer.from(payload).indexOf(bytes!);
    return { part: part as Part, from, to: from + bytes!.length };
  });
}
