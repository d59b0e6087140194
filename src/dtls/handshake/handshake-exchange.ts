// What both sides of a handshake share: the numbering of our messages, the reassembly of the peer's, the transcript, and
// the flight in the air with its timer. The states of RFC 6347 4.2.4 in values: a flight that awaits an answer is WAITING,
// one that does not is FINISHED; PREPARING and SENDING take no time here.

import { ByteReader } from "../../base/byte-reader.ts";
import { addMs, earliest, type Instant } from "../../base/instant.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { type Discard, type HandshakeError, handshakeError } from "../errors.ts";
import { type DtlsParameters, HANDSHAKE_DATAGRAM_LENGTH_MAX } from "../parameters.ts";
import { WriteState } from "../record/connection-state.ts";
import { ContentType } from "../record/record.ts";
import {
  decodeHandshakeFragment,
  encodeHandshakeMessage,
  HANDSHAKE_HEADER_LENGTH,
  type HandshakeMessage,
  HandshakeType,
  writeHandshakeFragment,
} from "./handshake-message.ts";
import { encodeHelloVerifyRequest } from "./hello.ts";
import { verifyData } from "./key-schedule.ts";
import { Reassembly } from "./reassembly.ts";
import { Transcript } from "./transcript.ts";

/** The shortest timeout that a short round trip leads to, ms (RFC 6347 4.2.4.1: at least 1 s). */
const LEARNED_TIMEOUT_MIN_MS = 1_000;

/** A later flight is longer than the one that was measured, and a slow link makes much of that. */
const LEARNED_TIMEOUT_FACTOR = 3;

/** See DtlsParameters.copyDueMs: where a first timeout is a longer part of it, this link needs its time. */
const FIRST_TIMEOUTS_TO_COPY = 5;

/** RFC 6347 4.1.1.1: after so many retransmissions without an answer datagrams become smaller. */
const RETRANSMISSIONS_BEFORE_BACK_OFF = 2;

/** One message of a flight and the connection state it goes out under. */
export type FlightItem =
  | { readonly kind: "handshake"; readonly state: WriteState; readonly message: HandshakeMessage }
  | { readonly kind: "changeCipherSpec"; readonly state: WriteState };

/** What a record that may hold the peer's Finished turned out to be. */
export type FinishedOutcome =
  | { readonly kind: "finished"; readonly message: HandshakeMessage }
  | { readonly kind: "incomplete" }
  | { readonly kind: "discarded"; readonly discard: Discard }
  | { readonly kind: "failed"; readonly error: HandshakeError };

export class HandshakeExchange {
  readonly reassembly: Reassembly;
  readonly #crypto: CryptoProvider;
  readonly #parameters: DtlsParameters;
  readonly #transmit: (datagram: Uint8Array) => void;
  #transcript: Transcript;
  #messageSeq: number;
  #flight: readonly FlightItem[] = [];
  /** Of each time that the flight was sent: when, and the number of its first record. */
  #copies: { readonly sentAt: Instant; readonly recordNumber: number }[] = [];
  #roundTripMs: number | undefined;
  #deadline: Instant | undefined;
  #timeoutMs: number;
  #copyDueAt: Instant | undefined;
  #retransmissions = 0;
  /** By the timer, over all flights. */
  #handshakeRetransmissions = 0;
  #resends = 0;

  /** `messageSeq` is the number of our first message, `peerMessageSeq` that of the peer's. */
  constructor(
    transmit: (datagram: Uint8Array) => void,
    crypto: CryptoProvider,
    parameters: DtlsParameters,
    messageSeq: number,
    peerMessageSeq: number,
  ) {
    this.#transmit = transmit;
    this.#crypto = crypto;
    this.#transcript = new Transcript(crypto);
    this.#parameters = parameters;
    this.#messageSeq = messageSeq;
    this.#timeoutMs = parameters.retransmitMs;
    this.reassembly = new Reassembly(peerMessageSeq);
  }

  /** When the flight in the air has to be sent again; undefined when none awaits an answer. */
  get deadline(): Instant | undefined {
    return earliest(this.#deadline, this.#copyDueAt);
  }

  /** From a flight to its answer, ms; undefined while every flight had to be sent again. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** How often the flight in the air was sent. */
  get copyCount(): number {
    return this.#copies.length;
  }

  /** How often its timer had it sent again. */
  get retransmissions(): number {
    return this.#retransmissions;
  }

  get nextMessageSeq(): number {
    return this.#messageSeq;
  }

  /** Gives a message of ours its number and its place in the transcript. */
  message(state: WriteState, type: number, body: Uint8Array): FlightItem & { readonly kind: "handshake" } {
    const message = { type, messageSeq: this.#messageSeq++, body };
    this.record(message);
    return { kind: "handshake", state, message };
  }

  /** Adds a message of either side to the transcript (RFC 6347 4.2.6: as if unfragmented, message_seq included). */
  record(message: HandshakeMessage): void {
    this.#transcript.add(message);
  }

  /** Forgets what was recorded: the first hello and HelloVerifyRequest do not count (RFC 6347 4.2.6). */
  restartTranscript(): void {
    this.#transcript = new Transcript(this.#crypto);
  }

  /**
   * Reads the peer's Finished out of a record of the new epoch, and verifies it (RFC 5246 7.4.9). `before` stands between
   * it and what was recorded, with a reassembly of its own: a ClientKeyExchange that is the client's only if this verifies.
   */
  takeFinished(
    content: Uint8Array,
    master: Uint8Array,
    sender: "client" | "server",
    before?: { readonly message: HandshakeMessage | undefined; readonly reassembly: Reassembly },
  ): FinishedOutcome {
    const { reassembly } = before ?? this;
    const decoded = decodeHandshakeFragment(new ByteReader(content));
    const discard = decoded.ok ? reassembly.add(decoded.value) : decoded.error;
    if (discard !== undefined) return { kind: "discarded", discard };
    const message = reassembly.take();
    if (message === undefined) return { kind: "incomplete" };
    if (message.type !== HandshakeType.finished) {
      const detail = `message type ${message.type} in place of Finished`;
      return { kind: "failed", error: handshakeError("unexpectedMessage", detail) };
    }
    const expected = verifyData(this.#crypto, master, sender, this.transcriptHash(before?.message));
    if (message.body.length !== expected.length || !this.#crypto.equalInConstantTime(message.body, expected)) {
      return { kind: "failed", error: handshakeError("finishedMismatch", `the ${sender}'s verify_data differs`) };
    }
    return { kind: "finished", message };
  }

  /** The hash of the messages so far, and of `next` behind them. */
  transcriptHash(next?: HandshakeMessage): Uint8Array {
    return this.#transcript.hash(next);
  }

  /** Sends a new flight. One that awaits an answer is sent again until settle() or until retransmissions run out. */
  send(now: Instant, flight: readonly FlightItem[], awaitsAnswer: boolean): void {
    this.#measure(now);
    this.#flight = flight;
    this.#copies = [];
    this.#timeoutMs = this.#firstTimeoutMs();
    this.#retransmissions = 0;
    this.#resends = 0;
    this.#deadline = awaitsAnswer ? addMs(now, this.#timeoutMs) : undefined;
    const { copyDueMs } = this.#parameters;
    const hasCopy = awaitsAnswer && Number.isFinite(copyDueMs) && FIRST_TIMEOUTS_TO_COPY * this.#timeoutMs <= copyDueMs;
    this.#copyDueAt = hasCopy ? addMs(now, copyDueMs) : undefined;
    this.#sendFlight(now);
  }

  /**
   * Sends the flight again because the peer, by repeating its own, showed that it did not arrive. Counted apart from the
   * timer's: copies that a slow link delivers in a burst must not use up our patience.
   */
  resend(now: Instant): void {
    const { answersRepeatedFlight, retransmissionsMax } = this.#parameters;
    if (!answersRepeatedFlight || this.#resends >= retransmissionsMax) return;
    this.#resends++;
    if (this.#deadline !== undefined) this.#deadline = addMs(now, this.#timeoutMs);
    this.#sendFlight(now);
  }

  /** The peer's next flight has begun: ours arrived. */
  settle(): void {
    this.#deadline = undefined;
    this.#copyDueAt = undefined;
  }

  /** Sends the flight again when its time has come; false when it has been sent often enough. */
  handleTimeout(now: Instant): boolean {
    if (this.#copyDueAt !== undefined && now >= this.#copyDueAt) {
      this.#copyDueAt = undefined;
      this.#sendFlight(now);
    }
    if (this.#deadline === undefined || now < this.#deadline) return true;
    const { retransmissionsMax, handshakeRetransmissionsMax } = this.#parameters;
    if (this.#retransmissions >= retransmissionsMax) return false;
    if (this.#handshakeRetransmissions >= handshakeRetransmissionsMax) return false;
    this.#handshakeRetransmissions++;
    this.#retransmit(now);
    return true;
  }

  /** A datagram came: to be called before it is read. See DtlsParameters.arrivalSlackMs. */
  handleArrival(now: Instant): void {
    const { arrivalSlackMs } = this.#parameters;
    if (this.#deadline !== undefined && now >= this.#deadline - arrivalSlackMs) this.#retransmit(now);
  }

  #retransmit(now: Instant): void {
    this.#retransmissions++;
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, this.#parameters.retransmitMaxMs);
    this.#deadline = addMs(now, this.#timeoutMs);
    this.#sendFlight(now);
  }

  /**
   * The peer's answer names the record that it answers, as HelloVerifyRequest does (RFC 6347 4.2.1): so it measures although
   * the flight was sent several times.
   */
  measure(now: Instant, recordNumber: number): void {
    const copy = this.#copies.findLast((one) => one.recordNumber <= recordNumber);
    if (copy !== undefined) this.#roundTripMs = now - copy.sentAt;
  }

  /** A new flight answers the peer's, which answered our last one. Karn: one that was sent twice measures nothing. */
  #measure(now: Instant): void {
    const [only, ...others] = this.#copies;
    if (only !== undefined && others.length === 0) this.#roundTripMs = now - only.sentAt;
  }

  #firstTimeoutMs(): number {
    const { retransmitMs, retransmitMaxMs, learnsRoundTrip } = this.#parameters;
    if (this.#roundTripMs === undefined || !learnsRoundTrip) return retransmitMs;
    return learnedTimeoutMs(this.#roundTripMs, retransmitMaxMs);
  }

  #sendFlight(now: Instant): void {
    const recordNumber = this.#flight[0]?.state.nextSequenceNumber ?? 0;
    this.#copies.push({ sentAt: now, recordNumber });
    const { flightDatagramLengthMax, backedOffDatagramLengthMax, resendsRecordsApart } = this.#parameters;
    const apart = resendsRecordsApart && (this.#retransmissions > 0 || this.#resends > 0);
    const backsOff = this.#retransmissions >= RETRANSMISSIONS_BEFORE_BACK_OFF;
    const lengthMax = backsOff ? backedOffDatagramLengthMax : flightDatagramLengthMax;
    for (const datagram of encodeFlight(this.#flight, lengthMax, apart)) this.#transmit(datagram);
  }
}

/** How long to wait for the answer to a flight where the round trip is known, ms. */
export function learnedTimeoutMs(roundTripMs: number, maxMs: number): number {
  return Math.min(maxMs, Math.max(LEARNED_TIMEOUT_MIN_MS, LEARNED_TIMEOUT_FACTOR * roundTripMs));
}

/** Stateless, so it takes the record and message number of the hello that it answers (RFC 6347 4.2.1). */
export function helloVerifyRequest(recordSequenceNumber: number, messageSeq: number, cookie: Uint8Array): Uint8Array {
  const body = encodeHelloVerifyRequest(cookie);
  const message = encodeHandshakeMessage({ type: HandshakeType.hello_verify_request, messageSeq, body });
  return WriteState.plaintext(recordSequenceNumber).seal(ContentType.handshake, message);
}

const CHANGE_CIPHER_SPEC = Uint8Array.of(1);

/**
 * The records of a flight, packed into as few datagrams as their maximum allows, which is 160 bytes for our own. Each call
 * takes fresh record sequence numbers and keeps message_seq (RFC 6347 4.2.4).
 */
export function encodeFlight(
  flight: readonly FlightItem[],
  datagramLengthMax = HANDSHAKE_DATAGRAM_LENGTH_MAX,
  recordsApart = false,
): Uint8Array[] {
  const packing = new FlightPacking(flight, datagramLengthMax, recordsApart);
  for (const item of flight) {
    if (item.kind === "changeCipherSpec") packing.put(item.state, ContentType.change_cipher_spec, CHANGE_CIPHER_SPEC);
    else packing.putMessage(item);
  }
  return packing.finish();
}

/** Seals each record where it goes out, and all of them into one array: a handshake's cost is in arrays as in hashes. */
class FlightPacking {
  readonly #datagramLengthMax: number;
  readonly #recordsApart: boolean;
  readonly #datagrams: Uint8Array[] = [];
  /** The datagrams one behind the other. */
  readonly #packed: Uint8Array;
  /** The fragment that goes into one next: behind where they can end. */
  readonly #fragment: Uint8Array;
  /** Where in `packed` the datagram begins that is being packed, and where its next record goes. */
  #start = 0;
  #end = 0;

  constructor(flight: readonly FlightItem[], datagramLengthMax: number, recordsApart: boolean) {
    this.#datagramLengthMax = datagramLengthMax;
    this.#recordsApart = recordsApart;
    let length = 0;
    for (const item of flight) length += this.#lengthMaxOf(item);
    this.#packed = new Uint8Array(length + datagramLengthMax);
    this.#fragment = this.#packed.subarray(length);
  }

  put(state: WriteState, type: number, content: Uint8Array): void {
    const recordLength = state.recordLength(content.length);
    if (this.#recordsApart || this.#end - this.#start + recordLength > this.#datagramLengthMax) this.#endDatagram();
    state.sealInto(this.#packed, this.#end, type, content);
    this.#end += recordLength;
  }

  /** The message in as few fragments as fit a datagram each (RFC 6347 4.2.3). */
  putMessage({ message, state }: FlightItem & { kind: "handshake" }): void {
    const bodyMax = this.#bodyLengthMax(state);
    let offset = 0;
    do {
      const bodyLength = Math.min(bodyMax, message.body.length - offset);
      const length = writeHandshakeFragment(this.#fragment, 0, message, offset, bodyLength);
      this.put(state, ContentType.handshake, this.#fragment.subarray(0, length));
      offset += bodyLength;
    } while (offset < message.body.length);
  }

  finish(): Uint8Array[] {
    this.#endDatagram();
    return this.#datagrams;
  }

  #endDatagram(): void {
    if (this.#start === this.#end) return;
    this.#datagrams.push(this.#packed.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Of the records that carry it. */
  #lengthMaxOf(item: FlightItem): number {
    const { state } = item;
    if (item.kind === "changeCipherSpec") return state.recordLength(CHANGE_CIPHER_SPEC.length);
    const { length } = item.message.body;
    const fragments = Math.max(1, Math.ceil(length / this.#bodyLengthMax(state)));
    return length + fragments * (state.overhead + HANDSHAKE_HEADER_LENGTH);
  }

  /** Of a message that goes into one record. */
  #bodyLengthMax(state: WriteState): number {
    return this.#datagramLengthMax - state.overhead - HANDSHAKE_HEADER_LENGTH;
  }
}
