// The server's side of one handshake, from a ClientHello whose cookie held (RFC 6347 4.2, RFC 5246 7.3):
//
//   client                                            server
//   ClientHello + cookie       ------------------>
//                              <------------------    ServerHello, [ServerKeyExchange], ServerHelloDone
//   ClientKeyExchange, [ChangeCipherSpec], Finished ->
//                              <------------------    [ChangeCipherSpec], Finished
//
// The state is named after what must come next and holds only what is known by then.

import { unreachable } from "../../base/assert.ts";
import { ByteReader } from "../../base/byte-reader.ts";
import { EMPTY, equal } from "../../base/bytes.ts";
import { addMs, type Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import type { Secret } from "../../base/secret.ts";
import { encodeAlert } from "../alert.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import { alertFor, type Discard, type HandshakeError, type HandshakeErrorKind, handshakeError } from "../errors.ts";
import { DTLS_1_2, type DtlsParameters, PLAINTEXT_LENGTH_MAX, PSK_IDENTITY_LENGTH_MAX } from "../parameters.ts";
import { WriteState } from "../record/connection-state.ts";
import { ContentType, type DtlsRecord } from "../record/record.ts";
import { Session } from "../session/session.ts";
import type { Extensions, MutableExtensions } from "./extension.ts";
import type { HandshakeEntry } from "./handshake-entry.ts";
import { type FlightItem, HandshakeExchange } from "./handshake-exchange.ts";
import {
  decodeHandshakeFragment,
  type HandshakeFragment,
  type HandshakeMessage,
  HandshakeType,
} from "./handshake-message.ts";
import { HeldRecords } from "./held-records.ts";
import { decodeClientHello, encodeServerHello } from "./hello.ts";
import { decodeClientKeyExchange, encodeServerKeyExchange } from "./key-exchange.ts";
import { extendedMasterSecret, masterSecret, premasterSecret, verifyData } from "./key-schedule.ts";
import { type KeyShare, keyShare } from "./key-share.ts";
import { LastFlight } from "./last-flight.ts";
import { type Negotiation, negotiate } from "./negotiation.ts";
import { type PendingStates, pendingStates } from "./pending-states.ts";

export interface ServerHandshakeInput {
  readonly peer: PeerAddress;
  /** Of the ClientHello with the cookie: our first record and message take the same numbers (RFC 6347 4.2.1, erratum 5186). */
  readonly recordSequenceNumber: number;
  readonly messageSeq: number;
  /** A copy: this hello may still come in fragments, and may come again. */
  readonly clientRandom: Uint8Array;
  readonly suites: readonly CipherSuite[];
  readonly parameters: DtlsParameters;
  readonly random: RandomSource;
  readonly outlet: ServerHandshakeOutlet;
}

/** What handshakes ask of and tell their owner: one object for all of them. */
export interface ServerHandshakeOutlet {
  transmit(handshake: ServerHandshake, datagram: Uint8Array): void;
  counted(discard: Discard): void;
  /** A fresh Connection ID for this handshake, which from now on routes records to it. */
  allocateConnectionId(handshake: ServerHandshake): Uint8Array;
  /** The owner answers with handlePsk, at once or later. */
  pskWanted(now: Instant, handshake: ServerHandshake, identity: Uint8Array): void;
  /** The client's Finished cannot be read: it has another key, or its identity has none. It is told once, and not the peer. */
  keyRefused(now: Instant, handshake: ServerHandshake, identity: Uint8Array, identityKnown: boolean): void;
  established(now: Instant, handshake: ServerHandshake, session: Session): void;
  failed(now: Instant, handshake: ServerHandshake, error: HandshakeError): void;
}

interface Agreed {
  readonly negotiation: Negotiation;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  readonly connectionId: Uint8Array;
}

interface Keyed {
  readonly agreed: Agreed;
  readonly identity: Uint8Array;
  readonly identityKnown: boolean;
  readonly masterSecret: Uint8Array;
  readonly states: PendingStates;
}

type State =
  | { readonly kind: "expectClientHello" }
  | { readonly kind: "expectClientKeyExchange"; readonly agreed: Agreed; readonly share: KeyShare | undefined }
  | {
      readonly kind: "expectPsk";
      readonly agreed: Agreed;
      readonly identity: Uint8Array;
      readonly sharedSecret: Uint8Array | undefined;
    }
  | { readonly kind: "expectChangeCipherSpec"; readonly keyed: Keyed }
  | { readonly kind: "expectFinished"; readonly keyed: Keyed }
  | { readonly kind: "ended" };

export class ServerHandshake {
  readonly peer: PeerAddress;
  /** When the handshake is given up, whatever happens. */
  readonly expiresAt: Instant;
  /** Of the table that it is in. */
  entry: HandshakeEntry<ServerHandshake> | undefined;
  readonly #input: ServerHandshakeInput;
  readonly #exchange: HandshakeExchange;
  readonly #plain: WriteState;
  readonly #held = new HeldRecords();
  #changeCipherSpecHeld = false;
  #keyRefusedTold = false;
  #state: State = { kind: "expectClientHello" };

  constructor(now: Instant, input: ServerHandshakeInput) {
    this.#input = input;
    this.peer = input.peer;
    this.expiresAt = addMs(now, input.parameters.handshakeLifetimeMs);
    this.#plain = WriteState.plaintext(input.recordSequenceNumber);
    const { messageSeq, outlet, parameters } = input;
    this.#exchange = new HandshakeExchange(
      (datagram) => outlet.transmit(this, datagram),
      parameters,
      messageSeq,
      messageSeq,
    );
  }

  get deadline(): Instant {
    const { deadline } = this.#exchange;
    return deadline === undefined || deadline > this.expiresAt ? this.expiresAt : deadline;
  }

  /** Who the peer says it is; undefined before it did. Only its Finished proves it. */
  get identity(): Uint8Array | undefined {
    const state = this.#state;
    if (state.kind === "expectPsk") return state.identity;
    return state.kind === "expectChangeCipherSpec" || state.kind === "expectFinished"
      ? state.keyed.identity
      : undefined;
  }

  /**
   * Whether a hello is the one that this handshake answers or gathers, or a copy of it. One with a later message_seq is the
   * same client's, which got another HelloVerifyRequest meanwhile and expects to be answered anew.
   */
  answers(clientRandom: Uint8Array, messageSeq: number): boolean {
    return messageSeq <= this.#input.messageSeq && equal(this.#input.clientRandom, clientRandom);
  }

  /** A plaintext handshake record: one or more fragments. */
  handleHandshakeRecord(now: Instant, fragment: Uint8Array): void {
    const reader = new ByteReader(fragment);
    while (reader.remaining > 0) {
      const decoded = decodeHandshakeFragment(reader);
      if (!decoded.ok) return this.#input.outlet.counted(decoded.error);
      this.#handleFragment(now, decoded.value);
    }
    for (;;) {
      const message = this.#exchange.reassembly.take();
      if (message === undefined) return;
      this.#handleMessage(now, message);
    }
  }

  #handleFragment(now: Instant, fragment: HandshakeFragment): void {
    const { kind } = this.#state;
    const repeated = fragment.messageSeq < this.#exchange.reassembly.nextMessageSeq;
    // After the ClientKeyExchange nothing more comes in plaintext. A Finished of epoch 0 is the forgery that skips
    // ChangeCipherSpec, and it must not take the place of the real one.
    const due = repeated || kind === "expectClientHello" || kind === "expectClientKeyExchange";
    const discard = due ? this.#exchange.reassembly.add(fragment) : "handshakeUnexpected";
    if (discard !== undefined) this.#input.outlet.counted(discard);
    // The client repeats its hello because our flight got lost (RFC 6347 4.2.4); once is enough for all its fragments.
    const helloRepeated = repeated && fragment.type === HandshakeType.client_hello && fragment.fragmentOffset === 0;
    if (helloRepeated && kind === "expectClientKeyExchange") this.#exchange.resend(now);
  }

  /** ChangeCipherSpec has no message_seq: it waits where it overtook the ClientKeyExchange (RFC 6347 4.1). */
  handleChangeCipherSpec(now: Instant, content: Uint8Array): void {
    const { kind } = this.#state;
    const due = kind === "expectClientKeyExchange" || kind === "expectPsk" || kind === "expectChangeCipherSpec";
    if (!due || this.#changeCipherSpecHeld || content.length !== 1 || content[0] !== 1) {
      this.#input.outlet.counted("changeCipherSpecUnexpected");
      return;
    }
    this.#changeCipherSpecHeld = true;
    this.#changeCipherSpec(now);
  }

  /** A record of epoch 1. False when it does not authenticate under this handshake's keys. */
  handleProtectedRecord(now: Instant, record: DtlsRecord): boolean {
    if (this.#state.kind !== "expectFinished") {
      const discard = this.#state.kind === "ended" ? "epochUnknown" : this.#held.hold(record);
      if (discard !== undefined) this.#input.outlet.counted(discard);
      return true;
    }
    const { keyed } = this.#state;
    const opened = keyed.states.read.open(record);
    if (!opened.ok) {
      this.#input.outlet.counted(opened.error);
      if (opened.error !== "badRecordMac") return true;
      this.#tellKeyRefused(now, keyed);
      return false;
    }
    const { type, content } = opened.value;
    if (type === ContentType.handshake) this.#handleFinishedRecord(now, content, keyed);
    else if (type === ContentType.alert) this.#end(now, handshakeError("peerAlert", `description ${content[1]}`));
    else this.#input.outlet.counted("applicationDataBeforeFinished");
    return true;
  }

  /** The answer to pskWanted. An unknown identity goes on with a key that nobody has (RFC 4279 2). */
  handlePsk(now: Instant, key: Secret | undefined): void {
    const state = this.#state;
    if (state.kind !== "expectPsk") return;
    const { agreed, identity, sharedSecret } = state;
    const { negotiation, clientRandom, serverRandom } = agreed;
    const psk = key === undefined ? randomBytes(this.#input.random, 16) : key.reveal();
    const premaster = premasterSecret(psk, sharedSecret);
    const master = negotiation.extendedMasterSecret
      ? extendedMasterSecret(premaster, this.#exchange.transcriptHash())
      : masterSecret(premaster, clientRandom, serverRandom);
    premaster.fill(0);
    const states = pendingStates({
      role: "server",
      suite: negotiation.suite,
      encryptThenMac: negotiation.encryptThenMac,
      masterSecret: master,
      clientRandom,
      serverRandom,
      readConnectionId: agreed.connectionId,
      writeConnectionId: negotiation.clientConnectionId ?? EMPTY,
      random: this.#input.random,
    });
    const keyed = { agreed, identity, identityKnown: key !== undefined, masterSecret: master, states };
    this.#state = { kind: "expectChangeCipherSpec", keyed };
    if (this.#changeCipherSpecHeld) this.#changeCipherSpec(now);
  }

  /** Sends the flight again, or gives up when the handshake's time is over. An early call does nothing. */
  handleTimeout(now: Instant): void {
    if (now >= this.expiresAt) {
      this.#end(now, handshakeError("timeout", `in state ${this.#state.kind}`));
    } else if (!this.#exchange.handleTimeout(now)) {
      // Enough copies; a device on a slow link may still be on its way with its answer.
      this.#exchange.settle();
    }
  }

  /** Ends without a word: another handshake took this one's place. */
  abandon(): void {
    const state = this.#state;
    if (state.kind === "expectChangeCipherSpec" || state.kind === "expectFinished") {
      state.keyed.masterSecret.fill(0);
      state.keyed.states.read.wipe();
      state.keyed.states.write.wipe();
    }
    this.#state = { kind: "ended" };
    this.#exchange.settle();
  }

  #handleMessage(now: Instant, message: HandshakeMessage): void {
    const state = this.#state;
    switch (state.kind) {
      case "expectClientHello":
        if (message.type !== HandshakeType.client_hello) return this.#refuseMessage(now, message);
        return this.#handleClientHello(now, message);
      case "expectClientKeyExchange":
        if (message.type !== HandshakeType.client_key_exchange) return this.#refuseMessage(now, message);
        return this.#handleClientKeyExchange(now, message, state.agreed, state.share);
      case "expectPsk":
      case "expectChangeCipherSpec":
      case "expectFinished":
      case "ended":
        return;
      default:
        return unreachable(state);
    }
  }

  #handleClientHello(now: Instant, message: HandshakeMessage): void {
    const hello = decodeClientHello(message.body);
    if (hello === undefined) return this.#fail(now, "decodeError", "ClientHello");
    const negotiated = negotiate(hello, this.#input.suites);
    if (!negotiated.ok) return this.#fail(now, negotiated.error.kind, negotiated.error.detail);
    this.#exchange.record(message);
    const negotiation = negotiated.value;
    const { random, outlet } = this.#input;
    const agreed: Agreed = {
      negotiation,
      clientRandom: this.#input.clientRandom,
      serverRandom: randomBytes(random, 32),
      connectionId: negotiation.clientConnectionId === undefined ? EMPTY : outlet.allocateConnectionId(this),
    };
    const share = negotiation.group === undefined ? undefined : keyShare(negotiation.group, random);
    this.#state = { kind: "expectClientKeyExchange", agreed, share };
    this.#exchange.send(now, this.#helloFlight(agreed, share), true);
  }

  #helloFlight(agreed: Agreed, share: KeyShare | undefined): FlightItem[] {
    const { negotiation } = agreed;
    const serverHello = encodeServerHello({
      version: DTLS_1_2,
      random: agreed.serverRandom,
      sessionId: EMPTY,
      cipherSuite: negotiation.suite.id,
      compressionMethod: 0,
      extensions: agreedExtensions(agreed),
    });
    const flight = [this.#exchange.message(this.#plain, HandshakeType.server_hello, serverHello)];
    if (share !== undefined) {
      const body = encodeServerKeyExchange(share.group, share.publicKey);
      flight.push(this.#exchange.message(this.#plain, HandshakeType.server_key_exchange, body));
    }
    flight.push(this.#exchange.message(this.#plain, HandshakeType.server_hello_done, EMPTY));
    return flight;
  }

  #handleClientKeyExchange(now: Instant, message: HandshakeMessage, agreed: Agreed, share: KeyShare | undefined): void {
    const exchange = decodeClientKeyExchange(message.body, agreed.negotiation.suite.keyExchange);
    if (exchange === undefined) return this.#fail(now, "decodeError", "ClientKeyExchange");
    const sharedSecret = share && exchange.publicKey && share.agree(exchange.publicKey);
    if (share !== undefined && sharedSecret === undefined) {
      return this.#fail(now, "keyShareInvalid", "the client's public key is not usable");
    }
    this.#exchange.record(message);
    this.#exchange.settle();
    this.#exchange.reassembly.dropIncomplete();
    const { identity } = exchange;
    this.#state = { kind: "expectPsk", agreed, identity, sharedSecret };
    // An identity that no store can hold is an unknown one, and is treated like every unknown one.
    if (identity.length > PSK_IDENTITY_LENGTH_MAX) this.handlePsk(now, undefined);
    else this.#input.outlet.pskWanted(now, this, identity);
  }

  #changeCipherSpec(now: Instant): void {
    if (this.#state.kind !== "expectChangeCipherSpec") return;
    this.#state = { kind: "expectFinished", keyed: this.#state.keyed };
    for (const record of this.#held.release()) this.handleProtectedRecord(now, record);
  }

  #handleFinishedRecord(now: Instant, content: Uint8Array, keyed: Keyed): void {
    const outcome = this.#exchange.takeFinished(content, keyed.masterSecret, "client");
    if (outcome.kind === "discarded") return this.#input.outlet.counted(outcome.discard);
    if (outcome.kind === "failed") return this.#fail(now, outcome.error.kind, outcome.error.detail);
    if (outcome.kind === "incomplete") return;
    this.#exchange.record(outcome.message);
    this.#establish(now, outcome.message, keyed);
  }

  #establish(now: Instant, finished: HandshakeMessage, keyed: Keyed): void {
    const { agreed, identity, states } = keyed;
    const body = verifyData(keyed.masterSecret, "server", this.#exchange.transcriptHash());
    const ours = this.#exchange.message(states.write, HandshakeType.finished, body);
    const flight: FlightItem[] = [{ kind: "changeCipherSpec", state: this.#plain }, ours];
    keyed.masterSecret.fill(0);
    const session = new Session(now, {
      // The address that showed the cookie, wherever the Finished came from: a later record may move it (RFC 9146 6).
      peer: this.peer,
      identity,
      suite: agreed.negotiation.suite,
      encryptThenMac: agreed.negotiation.encryptThenMac,
      read: states.read,
      write: states.write,
      peerPlaintextLengthMax: agreed.negotiation.plaintextLengthMax,
    });
    this.#state = { kind: "ended" };
    this.#exchange.send(now, flight, false);
    session.lastFlight = new LastFlight(now, this.#plain, ours.message, finished);
    this.#input.outlet.established(now, this, session);
  }

  #tellKeyRefused(now: Instant, { identity, identityKnown }: Keyed): void {
    if (this.#keyRefusedTold) return;
    this.#keyRefusedTold = true;
    this.#input.outlet.keyRefused(now, this, identity, identityKnown);
  }

  #refuseMessage(now: Instant, message: HandshakeMessage): void {
    this.#fail(now, "unexpectedMessage", `message type ${message.type} in state ${this.#state.kind}`);
  }

  #fail(now: Instant, kind: HandshakeErrorKind, detail: string): void {
    const alert = alertFor(kind);
    if (alert !== undefined) {
      this.#input.outlet.transmit(this, this.#plain.seal(ContentType.alert, encodeAlert("fatal", alert)));
    }
    this.#end(now, handshakeError(kind, detail));
  }

  #end(now: Instant, error: HandshakeError): void {
    this.abandon();
    this.#input.outlet.failed(now, this, error);
  }
}

/** Set one by one: spreads of conditions take 0.5 µs (Node.js 20). */
function agreedExtensions({ negotiation, connectionId }: Agreed): Extensions {
  const extensions: MutableExtensions = {};
  if (negotiation.secureRenegotiation) extensions.renegotiationInfo = EMPTY;
  if (negotiation.extendedMasterSecret) extensions.extendedMasterSecret = true;
  if (negotiation.encryptThenMac) extensions.encryptThenMac = true;
  if (negotiation.clientConnectionId) extensions.connectionId = connectionId;
  if (negotiation.maxFragmentLength) extensions.maxFragmentLength = negotiation.maxFragmentLength;
  if (negotiation.recordSizeLimit) extensions.recordSizeLimit = PLAINTEXT_LENGTH_MAX;
  return extensions;
}
