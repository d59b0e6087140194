// What both sides of a handshake share: the numbering of our messages, the reassembly of the peer's, the transcript, and
// the flight in the air with its timer. The states of RFC 6347 4.2.4 in values: a flight that awaits an answer is WAITING,
// one that does not is FINISHED; PREPARING and SENDING take no time here.

import { createHash } from "node:crypto";
import { concat } from "../base/bytes.ts";
import { addMs, type Instant } from "../base/instant.ts";
import type { WriteState } from "./connection-state.ts";
import {
  encodeHandshakeFragment,
  encodeHandshakeMessage,
  HANDSHAKE_HEADER_LENGTH,
  type HandshakeMessage,
} from "./handshake-message.ts";
import { type DtlsParameters, HANDSHAKE_DATAGRAM_LENGTH_MAX } from "./parameters.ts";
import { Reassembly } from "./reassembly.ts";
import { ContentType } from "./record.ts";

/** One message of a flight and the connection state it goes out under. */
export type FlightItem =
  | { readonly kind: "handshake"; readonly state: WriteState; readonly message: HandshakeMessage }
  | { readonly kind: "changeCipherSpec"; readonly state: WriteState };

export class HandshakeExchange {
  readonly reassembly: Reassembly;
  readonly #parameters: DtlsParameters;
  readonly #transmit: (datagram: Uint8Array) => void;
  #transcript = createHash("sha256");
  #messageSeq: number;
  #flight: readonly FlightItem[] = [];
  #deadline: Instant | undefined;
  #timeoutMs: number;
  #retransmissions = 0;
  #resends = 0;

  /** `messageSeq` is the number of our first message, `peerMessageSeq` that of the peer's. */
  constructor(
    transmit: (datagram: Uint8Array) => void,
    parameters: DtlsParameters,
    messageSeq: number,
    peerMessageSeq: number,
  ) {
    this.#transmit = transmit;
    this.#parameters = parameters;
    this.#messageSeq = messageSeq;
    this.#timeoutMs = parameters.retransmitMs;
    this.reassembly = new Reassembly(peerMessageSeq);
  }

  /** When the flight in the air has to be sent again; undefined when none awaits an answer. */
  get deadline(): Instant | undefined {
    return this.#deadline;
  }

  get nextMessageSeq(): number {
    return this.#messageSeq;
  }

  get flight(): readonly FlightItem[] {
    return this.#flight;
  }

  /** Gives a message of ours its number and its place in the transcript. */
  message(state: WriteState, type: number, body: Uint8Array): FlightItem {
    const message = { type, messageSeq: this.#messageSeq++, body };
    this.record(message);
    return { kind: "handshake", state, message };
  }

  /** Adds a message of either side to the transcript (RFC 6347 4.2.6: as if unfragmented, message_seq included). */
  record(message: HandshakeMessage): void {
    this.#transcript.update(encodeHandshakeMessage(message));
  }

  /** Forgets what was recorded: the first hello and HelloVerifyRequest do not count (RFC 6347 4.2.6). */
  restartTranscript(): void {
    this.#transcript = createHash("sha256");
  }

  /** The hash of the messages so far. */
  transcriptHash(): Uint8Array {
    return this.#transcript.copy().digest();
  }

  /** Sends a new flight. One that awaits an answer is sent again until settle() or until retransmissions run out. */
  send(now: Instant, flight: readonly FlightItem[], awaitsAnswer: boolean): void {
    this.#flight = flight;
    this.#timeoutMs = this.#parameters.retransmitMs;
    this.#retransmissions = 0;
    this.#resends = 0;
    this.#deadline = awaitsAnswer ? addMs(now, this.#timeoutMs) : undefined;
    this.#sendFlight();
  }

  /**
   * Sends the flight again because the peer, by repeating its own, showed that it did not arrive. Counted apart from the
   * timer's: copies that a slow link delivers in a burst must not use up our patience.
   */
  resend(now: Instant): void {
    if (this.#resends >= this.#parameters.retransmissionsMax) return;
    this.#resends++;
    if (this.#deadline !== undefined) this.#deadline = addMs(now, this.#timeoutMs);
    this.#sendFlight();
  }

  /** The peer's next flight has begun: ours arrived. */
  settle(): void {
    this.#deadline = undefined;
  }

  /** Sends the flight again when its time has come; false when it has been sent often enough. */
  handleTimeout(now: Instant): boolean {
    if (this.#deadline === undefined || now < this.#deadline) return true;
    if (this.#retransmissions >= this.#parameters.retransmissionsMax) return false;
    this.#retransmissions++;
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, this.#parameters.retransmitMaxMs);
    this.#deadline = addMs(now, this.#timeoutMs);
    this.#sendFlight();
    return true;
  }

  #sendFlight(): void {
    for (const datagram of encodeFlight(this.#flight)) this.#transmit(datagram);
  }
}

/**
 * The records of a flight, packed into as few datagrams as their maximum of 160 bytes allows. Each call takes fresh record
 * sequence numbers and keeps message_seq (RFC 6347 4.2.4).
 */
export function encodeFlight(flight: readonly FlightItem[]): Uint8Array[] {
  const datagrams: Uint8Array[][] = [];
  let space = 0;
  const put = (record: Uint8Array) => {
    if (record.length > space) {
      datagrams.push([]);
      space = HANDSHAKE_DATAGRAM_LENGTH_MAX;
    }
    datagrams.at(-1)!.push(record);
    space -= record.length;
  };
  for (const item of flight) {
    if (item.kind === "changeCipherSpec") put(item.state.seal(ContentType.change_cipher_spec, Uint8Array.of(1)));
    else for (const fragment of fragments(item)) put(item.state.seal(ContentType.handshake, fragment));
  }
  return datagrams.map((records) => concat(...records));
}

/** The message in as few fragments as fit a datagram each (RFC 6347 4.2.3). */
function fragments(item: FlightItem & { kind: "handshake" }): Uint8Array[] {
  const { message, state } = item;
  const bodyMax = HANDSHAKE_DATAGRAM_LENGTH_MAX - state.overhead - HANDSHAKE_HEADER_LENGTH;
  const parts: Uint8Array[] = [];
  let offset = 0;
  do {
    const length = Math.min(bodyMax, message.body.length - offset);
    parts.push(encodeHandshakeFragment(message, offset, length));
    offset += length;
  } while (offset < message.body.length);
  return parts;
}
