// The DTLS client: one association with one server, as a device has it. This object performs no I/O.

import type { Instant } from "../base/instant.ts";
import { decodeAlert, encodeAlert } from "./alert.ts";
import type { Discard, HandshakeError } from "./errors.ts";
import { ClientHandshake, type ClientHandshakeInput } from "./handshake/client-handshake.ts";
import { RECORDS_PER_DATAGRAM_MAX } from "./parameters.ts";
import { ContentType, type DtlsRecord, decodeRecord } from "./record/record.ts";
import type { Session } from "./session/session.ts";

/** Why an association ended: the handshake's error, or what the server said. */
export type ClientEnd = HandshakeError | { readonly kind: "closeNotify" | "fatalAlert"; readonly detail: string };

export interface DtlsClientOutlet {
  transmit(datagram: Uint8Array): void;
  /** `roundTripMs` as the handshake measured it; undefined where each of its flights had to be sent again. */
  connected(now: Instant, session: Session, roundTripMs: number | undefined): void;
  /** `data` is valid until the call returns. */
  applicationData(now: Instant, data: Uint8Array): void;
  ended(now: Instant, end: ClientEnd): void;
  counted(discard: Discard): void;
}

export type DtlsClientInput = Omit<ClientHandshakeInput, "outlet"> & { readonly outlet: DtlsClientOutlet };

type State =
  | { readonly kind: "handshake"; readonly handshake: ClientHandshake }
  | { readonly kind: "connected"; readonly session: Session }
  | { readonly kind: "ended" };

export class DtlsClient {
  readonly #outlet: DtlsClientOutlet;
  readonly #connectionIdLength: number;
  readonly #sealedRecordsMax: number;
  #state: State;

  /** Sends the first hello. */
  constructor(now: Instant, input: DtlsClientInput) {
    this.#outlet = input.outlet;
    this.#connectionIdLength = input.connectionId?.length ?? 0;
    this.#sealedRecordsMax = input.parameters.sealedRecordsMax;
    const handshake = new ClientHandshake(now, {
      ...input,
      outlet: {
        transmit: (datagram) => this.#outlet.transmit(datagram),
        counted: (discard) => this.#outlet.counted(discard),
        established: (at, session) => {
          this.#state = { kind: "connected", session };
          this.#outlet.connected(at, session, handshake.roundTripMs);
        },
        failed: (at, error) => this.#end(at, error),
      },
    });
    this.#state = { kind: "handshake", handshake };
  }

  /** Once connected. */
  get session(): Session | undefined {
    return this.#state.kind === "connected" ? this.#state.session : undefined;
  }

  handleDatagram(now: Instant, datagram: Uint8Array): void {
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
    if (this.#state.kind === "handshake") this.#state.handshake.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#state.kind === "handshake" ? this.#state.handshake.deadline : undefined;
  }

  /**
   * The datagram that carries application data of at most `session.plaintextLengthMax` bytes; undefined while there is no
   * association.
   */
  seal(data: Uint8Array): Uint8Array | undefined {
    if (this.#state.kind !== "connected") return undefined;
    return this.#state.session.write.seal(ContentType.application_data, data);
  }

  /** Says close_notify where there is an association, and forgets it. */
  close(): void {
    if (this.#state.kind === "connected") {
      const { session } = this.#state;
      this.#outlet.transmit(session.write.seal(ContentType.alert, encodeAlert("warning", "close_notify")));
      session.wipe();
    }
    this.#state = { kind: "ended" };
  }

  #handleRecord(now: Instant, record: DtlsRecord): void {
    const state = this.#state;
    if (state.kind === "ended") return this.#outlet.counted("unknownPeer");
    if (state.kind === "handshake") {
      if (record.epoch === 0) state.handshake.handlePlaintextRecord(now, record);
      else state.handshake.handleProtectedRecord(now, record);
      return;
    }
    const opened = state.session.read.open(record);
    if (!opened.ok) return this.#outlet.counted(opened.error);
    const { type, content } = opened.value;
    state.session.lastActiveAt = now;
    if (state.session.write.nextSequenceNumber >= this.#sealedRecordsMax) {
      this.close();
      return this.#end(now, {
        kind: "closeNotify",
        detail: "so much was sent under its keys that they have to change",
      });
    }
    if (type === ContentType.application_data) this.#outlet.applicationData(now, content);
    else if (type === ContentType.alert) this.#handleAlert(now, content);
    else this.#outlet.counted("handshakeUnexpected");
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
    if (this.#state.kind === "connected") this.#state.session.wipe();
    this.#state = { kind: "ended" };
    this.#outlet.ended(now, end);
  }
}
