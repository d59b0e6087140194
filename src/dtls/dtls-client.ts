// The DTLS client: one association with one server, as a device has it. This object performs no I/O.

import type { Deadlined } from "../base/deadlined.ts";
import { addMs, earliest, type Instant } from "../base/instant.ts";
import { AlertDescription, decodeAlert, encodeAlert } from "./alert.ts";
import type { Discard, HandshakeError } from "./errors.ts";
import { ClientHandshake, type ClientHandshakeInput } from "./handshake/client-handshake.ts";
import { learnedTimeoutMs } from "./handshake/handshake-exchange.ts";
import { type DtlsParameters, PROBE_INTERVAL_MS, PROBE_RECORDS_MAX, RECORDS_PER_DATAGRAM_MAX } from "./parameters.ts";
import { ContentType, type DtlsRecord, decodeRecord } from "./record/record.ts";
import { pathResponseTo } from "./session/peer-paths.ts";
import type { Session } from "./session/session.ts";

/** A fresh hello beside a handshake that the server may have lost: so often, until the latest one is waited for to its end. */
const FRESH_HELLOS_MAX = 4;

/** More than the records of a handshake, of either side, with all that is sent again. */
const RECORD_NUMBERS_APART = 256;

/** Why an association ended: the handshake's error, or what the server said. */
export type ClientEnd = HandshakeError | { readonly kind: "closeNotify" | "fatalAlert"; readonly detail: string };

export interface DtlsClientOutlet {
  transmit(datagram: Uint8Array): void;
  /**
   * `roundTripMs` as the handshake measured it; undefined where each of its flights had to be sent again. A second time when
   * another association took the first one's place, which the server had lost.
   */
  connected(now: Instant, session: Session, roundTripMs: number | undefined): void;
  /** `data` is valid until the call returns. */
  applicationData(now: Instant, data: Uint8Array): void;
  ended(now: Instant, end: ClientEnd): void;
  counted(discard: Discard): void;
}

export interface DtlsClientInput extends Omit<ClientHandshakeInput, "outlet" | "firstRecordNumber"> {
  /** Whether a fresh hello is said beside a handshake that the server has perhaps lost; false when absent. */
  readonly saysFreshHellos?: boolean;
  /** Whether a hint that the server has lost the association is looked into; true when absent. */
  readonly probes?: boolean;
  readonly outlet: DtlsClientOutlet;
}

export class DtlsClient implements Deadlined {
  readonly #input: DtlsClientInput;
  readonly #outlet: DtlsClientOutlet;
  readonly #connectionIdLength: number;
  /** Beside a session: a probe, since somebody said that the server has lost it. */
  #handshake: ClientHandshake | undefined;
  /** An earlier one whose Finished was left without an answer: perhaps the server has lost it, perhaps the way has. */
  #doubted: ClientHandshake | undefined;
  #freshHellos = 0;
  /** Whether the present handshake beside a session was begun because that is silent. */
  #endsAtAWord = false;
  #session: Session | undefined;
  #probeNotBefore = Number.NEGATIVE_INFINITY as Instant;

  /** Sends the first hello. */
  constructor(now: Instant, input: DtlsClientInput) {
    this.#input = input;
    this.#outlet = input.outlet;
    this.#connectionIdLength = input.connectionId?.length ?? 0;
    this.#handshake = this.#createHandshake(now, this.#input.parameters);
  }

  /** Once connected. */
  get session(): Session | undefined {
    return this.#session;
  }

  handleDatagram(now: Instant, datagram: Uint8Array): void {
    this.#handshake?.handleArrival(now);
    let offset = 0;
    for (let count = 0; offset < datagram.length; count++) {
      if (count === RECORDS_PER_DATAGRAM_MAX) return this.#outlet.counted("recordsTooMany");
      const decoded = decodeRecord(datagram, offset, this.#connectionIdLength);
      if (!decoded.ok) return this.#outlet.counted(decoded.error);
      this.#handleRecord(now, decoded.value);
      offset = decoded.value.end;
    }
  }

  handleTimeout(now: Instant): void {
    this.#doubted?.handleTimeout(now);
    this.#handshake?.handleTimeout(now);
    if (this.#handshake?.isInDoubt && this.#freshHellos < FRESH_HELLOS_MAX) this.#sayFreshHello(now);
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#doubted?.pollTimeout(), this.#handshake?.pollTimeout());
  }

  /**
   * A server that was restarted, or hears us from another address now, drops our Finished without a word. A new handshake
   * comes through; and one that only lacks an answer may still come first.
   */
  #sayFreshHello(now: Instant): void {
    if (this.#input.saysFreshHellos !== true) return;
    const before = this.#handshake!;
    this.#freshHellos++;
    this.#doubted?.abandon();
    // Beside an association nothing hangs on the old one.
    this.#doubted = before.awaitsFinished && this.#session === undefined ? before : undefined;
    if (this.#doubted === undefined) before.abandon();
    const { parameters } = this.#input;
    const { roundTripMs } = before;
    const { retransmitMaxMs } = parameters;
    const retransmitMs =
      roundTripMs === undefined ? parameters.retransmitMs : learnedTimeoutMs(roundTripMs, retransmitMaxMs);
    const firstRecordNumber = before.firstRecordNumber + RECORD_NUMBERS_APART;
    this.#handshake = this.#createHandshake(now, { ...parameters, retransmitMs }, firstRecordNumber);
  }

  /**
   * The datagram that carries application data of at most `session.plaintextLengthMax` bytes; undefined while there is no
   * association.
   */
  seal(data: Uint8Array): Uint8Array | undefined {
    return this.#session?.write.seal(ContentType.application_data, data);
  }

  /** Whether a handshake is under way, the first one or one beside the association. */
  get isShakingHands(): boolean {
    return this.#handshake !== undefined;
  }

  /** Beside an association that is silent, until it says a word. The first flight waits `retransmitMs` for its answer. */
  shakeHandsBeside(now: Instant, retransmitMs: number): void {
    this.#endsAtAWord = true;
    const { parameters } = this.#input;
    const retransmitMaxMs = Math.max(parameters.retransmitMaxMs, retransmitMs);
    this.#handshake = this.#createHandshake(now, { ...parameters, retransmitMs, retransmitMaxMs });
  }

  /** Says close_notify where there is an association, and forgets it. */
  close(): void {
    const session = this.#session;
    if (session !== undefined) {
      this.#outlet.transmit(session.write.seal(ContentType.alert, encodeAlert("warning", "close_notify")));
    }
    this.#forget();
  }

  #createHandshake(now: Instant, parameters: DtlsParameters, firstRecordNumber = 0): ClientHandshake {
    const handshake: ClientHandshake = new ClientHandshake(now, {
      ...this.#input,
      parameters,
      firstRecordNumber,
      outlet: {
        transmit: (datagram) => this.#outlet.transmit(datagram),
        counted: (discard) => this.#outlet.counted(discard),
        established: (at, session) => {
          // Only now may the old association go (RFC 6347 4.2.8).
          this.#input.evidence?.established();
          this.#freshHellos = 0;
          this.#forget();
          this.#session = session;
          this.#outlet.connected(at, session, handshake.roundTripMs);
        },
        failed: (at, error) => {
          if (handshake === this.#doubted) {
            this.#doubted = undefined;
            return;
          }
          this.#handshake = undefined;
          // A probe that comes to nothing leaves the association as it was.
          if (this.#session === undefined) this.#end(at, error);
        },
      },
    });
    return handshake;
  }

  #handleRecord(now: Instant, record: DtlsRecord): void {
    const handshake = this.#handshake;
    if (this.#session === undefined) {
      if (handshake === undefined) this.#outlet.counted("unknownPeer");
      else if (record.epoch === 0) this.#handlePlaintextRecord(now, record, handshake);
      else this.#handleProtectedRecord(now, record, handshake);
    } else if (record.epoch === 0) {
      if (record.type === ContentType.alert) this.#handlePlaintextAlert(now, record, this.#session);
      else if (handshake === undefined) this.#outlet.counted("epochUnknown");
      else this.#handlePlaintextRecord(now, record, handshake);
    } else if (handshake !== undefined && record.type === ContentType.handshake) {
      handshake.handleProtectedRecord(now, record);
    } else {
      this.#handleSessionRecord(now, record, this.#session);
    }
  }

  /**
   * The server's numbers begin with those of the hello that it answers (RFC 6347 4.2.1), so that in plaintext they tell which
   * handshake a record is of: mixed with those of another one, a flight would never lead to a Finished.
   */
  #handlePlaintextRecord(now: Instant, record: DtlsRecord, handshake: ClientHandshake): void {
    if (record.sequenceNumber >= handshake.firstRecordNumber) handshake.handlePlaintextRecord(now, record);
    else if (this.#doubted === undefined) this.#outlet.counted("handshakeUnexpected");
    else this.#doubted.handlePlaintextRecord(now, record);
  }

  /** Here only the keys tell. */
  #handleProtectedRecord(now: Instant, record: DtlsRecord, handshake: ClientHandshake): void {
    this.#doubted?.handleProtectedRecord(now, record);
    if (this.#session === undefined) handshake.handleProtectedRecord(now, record);
  }

  #handleSessionRecord(now: Instant, record: DtlsRecord, session: Session): void {
    const opened = session.read.open(record);
    if (!opened.ok) {
      // With a Connection ID nothing but the keys tells the probe's records from the association's.
      if (this.#handshake !== undefined) return this.#handshake.handleProtectedRecord(now, record);
      return this.#outlet.counted(opened.error);
    }
    const { type, content } = opened.value;
    session.lastActiveAt = now;
    if (this.#endsAtAWord) this.#endHandshake();
    if (session.write.nextSequenceNumber >= this.#input.parameters.sealedRecordsMax) {
      this.close();
      return this.#end(now, {
        kind: "closeNotify",
        detail: "so much was sent under its keys that they have to change",
      });
    }
    if (type === ContentType.application_data) this.#outlet.applicationData(now, content);
    else if (type === ContentType.alert) this.#handleAlert(now, content);
    else if (type === ContentType.return_routability_check) this.#handlePathMessage(session, content);
    else this.#outlet.counted("handshakeUnexpected");
  }

  /** RFC 9853: the server hears us from another address, and asks whether we hear it there. */
  #handlePathMessage(session: Session, content: Uint8Array): void {
    const response = session.returnRoutability ? pathResponseTo(content) : undefined;
    if (response === undefined) return this.#outlet.counted("pathMessageUnexpected");
    this.#outlet.transmit(session.write.seal(ContentType.return_routability_check, response));
  }

  /**
   * Perhaps the server has lost the association, and perhaps somebody would like us to think so: a handshake beside it finds
   * out. It has to answer one of our last records, and we do not ask again for a while.
   */
  #handlePlaintextAlert(now: Instant, record: DtlsRecord, session: Session): void {
    this.#outlet.counted("alertUnauthenticated");
    const age = session.write.nextSequenceNumber - record.sequenceNumber;
    const isHint = decodeAlert(record.fragment)?.description === AlertDescription.internal_error;
    if (!isHint || this.#input.probes === false || age < 1 || age > PROBE_RECORDS_MAX) return;
    if (this.#handshake !== undefined || now < this.#probeNotBefore) return;
    this.#probeNotBefore = addMs(now, PROBE_INTERVAL_MS);
    this.#endsAtAWord = false;
    this.#handshake = this.#createHandshake(now, this.#input.parameters);
  }

  #handleAlert(now: Instant, content: Uint8Array): void {
    const alert = decodeAlert(content);
    if (alert?.description === 0) {
      this.close();
      this.#end(now, { kind: "closeNotify", detail: "the server closed the association" });
    } else if (alert?.level === "fatal") {
      this.#end(now, { kind: "fatalAlert", detail: `alert ${alert.description}` });
    }
  }

  #end(now: Instant, end: ClientEnd): void {
    this.#forget();
    this.#outlet.ended(now, end);
  }

  #forget(): void {
    this.#session?.wipe();
    this.#session = undefined;
    this.#endHandshake();
  }

  #endHandshake(): void {
    this.#endsAtAWord = false;
    this.#handshake?.abandon();
    this.#handshake = undefined;
    this.#doubted?.abandon();
    this.#doubted = undefined;
  }
}
