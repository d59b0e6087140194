// The client's side of one handshake (RFC 6347 4.2, RFC 5246 7.3):
//
//   client                                            server
//   ClientHello                ------------------>
//                              <------------------    HelloVerifyRequest
//   ClientHello + cookie       ------------------>
//                              <------------------    ServerHello, [ServerKeyExchange], ServerHelloDone
//   ClientKeyExchange, [ChangeCipherSpec], Finished ->
//                              <------------------    [ChangeCipherSpec], Finished

import { unreachable } from "../../base/assert.ts";
import { ByteReader } from "../../base/byte-reader.ts";
import { copyOf, EMPTY, equal } from "../../base/bytes.ts";
import type { Deadlined } from "../../base/deadlined.ts";
import { addMs, earliest, type Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import type { Secret } from "../../base/secret.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { AlertDescription, alertText, decodeAlert, encodeAlert } from "../alert.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import { alertFor, type Discard, type HandshakeError, type HandshakeErrorKind, handshakeError } from "../errors.ts";
import { DTLS_1_2, type DtlsParameters, PLAINTEXT_LENGTH_MAX } from "../parameters.ts";
import { WriteState } from "../record/connection-state.ts";
import { ContentType, type DtlsRecord, RECORD_HEADER_LENGTH } from "../record/record.ts";
import { Session } from "../session/session.ts";
import { type Extensions, maxFragmentLengthFor, TLS_EMPTY_RENEGOTIATION_INFO_SCSV } from "./extension.ts";
import { extensionFault } from "./extension-fault.ts";
import { type FlightItem, HandshakeExchange } from "./handshake-exchange.ts";
import {
  decodeHandshakeFragment,
  HANDSHAKE_HEADER_LENGTH,
  type HandshakeFragment,
  type HandshakeMessage,
  HandshakeType,
} from "./handshake-message.ts";
import { HeldRecords } from "./held-records.ts";
import { decodeHelloVerifyRequest, decodeServerHello, encodeClientHello } from "./hello.ts";
import { decodeServerKeyExchange, encodeClientKeyExchange, type ServerKeyExchange } from "./key-exchange.ts";
import { extendedMasterSecret, masterSecret, premasterSecret, verifyData } from "./key-schedule.ts";
import { keyShare, NAMED_GROUPS } from "./key-share.ts";
import { type PendingStates, pendingStates } from "./pending-states.ts";
import type { RefusalEvidence } from "./refusal-evidence.ts";

/** So many retransmissions without a word put in doubt that the server still has the handshake. */
const DOUBT_RETRANSMISSIONS = 2;

/** HelloVerifyRequests followed in one handshake; a server whose cookies never hold would keep us for ever. */
const HELLO_VERIFY_REQUESTS_MAX = 3;

export interface ClientHandshakeInput {
  readonly server: PeerAddress;
  readonly identity: Uint8Array;
  readonly key: Secret;
  /** Offered in this order. */
  readonly suites: readonly CipherSuite[];
  /**
   * RFC 9146 3: absent to use no Connection IDs; empty to send the server's and ask for none; else what the server shall
   * put into its records.
   */
  readonly connectionId?: Uint8Array;
  /** RFC 6066 4: the code, where the device's buffers are small. */
  readonly maxFragmentLength?: number;
  /** RFC 8449 4: bytes of plaintext that the device takes in a record. */
  readonly recordSizeLimit?: number;
  /** How long the first hello is at least, with the headers of its record and message: made so by padding (RFC 7685). */
  readonly helloLength?: number;
  /** Of our first record: above those of a handshake beside this one, whose answers so are told apart. 0 when absent. */
  readonly firstRecordNumber?: number;
  /** What is known from earlier handshakes of whether the server refuses the key. */
  readonly evidence?: RefusalEvidence;
  /** The whole handshake is given up after so long, ms. */
  readonly lifetimeMs?: number;
  readonly parameters: DtlsParameters;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly outlet: ClientHandshakeOutlet;
}

export interface ClientHandshakeOutlet {
  transmit(datagram: Uint8Array): void;
  counted(discard: Discard): void;
  established(now: Instant, session: Session): void;
  failed(now: Instant, error: HandshakeError): void;
}

interface Agreed {
  readonly suite: CipherSuite;
  readonly extensions: Extensions;
  readonly serverRandom: Uint8Array;
}

interface Keyed {
  readonly agreed: Agreed;
  readonly masterSecret: Uint8Array;
  readonly states: PendingStates;
}

type State =
  | { readonly kind: "expectServerHello" }
  | { readonly kind: "expectServerHelloDone"; readonly agreed: Agreed; readonly exchange?: ServerKeyExchange }
  | { readonly kind: "expectChangeCipherSpec"; readonly keyed: Keyed }
  | { readonly kind: "expectFinished"; readonly keyed: Keyed }
  | { readonly kind: "ended" };

export class ClientHandshake implements Deadlined {
  readonly #input: ClientHandshakeInput;
  readonly #exchange: HandshakeExchange;
  readonly #plain: WriteState;
  readonly #held = new HeldRecords();
  readonly #clientRandom: Uint8Array;
  #cookie: Uint8Array = EMPTY;
  #helloVerifyRequests = 0;
  /** The record number of the present hello's first copy. */
  #helloSequenceNumber = 0;
  #state: State = { kind: "expectServerHello" };
  /** Retransmissions of the flight in the air when the server's latest word came. */
  #heardAtRetransmission = 0;
  readonly #expiresAt: Instant | undefined;

  /** Sends the first hello. */
  constructor(now: Instant, input: ClientHandshakeInput) {
    this.#input = input;
    this.#clientRandom = randomBytes(input.random, 32);
    this.#plain = WriteState.plaintext(input.firstRecordNumber ?? 0);
    const { crypto, outlet, parameters, lifetimeMs } = input;
    this.#expiresAt = lifetimeMs === undefined ? undefined : addMs(now, lifetimeMs);
    this.#exchange = new HandshakeExchange((datagram) => outlet.transmit(datagram), crypto, parameters, 0, 0);
    this.#sendHello(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#state.kind === "ended" ? undefined : earliest(this.#expiresAt, this.#exchange.deadline);
  }

  /** See HandshakeExchange. */
  get roundTripMs(): number | undefined {
    return this.#exchange.roundTripMs;
  }

  get firstRecordNumber(): number {
    return this.#input.firstRecordNumber ?? 0;
  }

  /**
   * Whether the server has perhaps lost this handshake: it has answered a hello of it, and since its latest word we have said
   * so much in vain that a fresh hello is due.
   */
  get isInDoubt(): boolean {
    const { kind } = this.#state;
    if (kind === "expectServerHello" || kind === "ended") return false;
    return this.#exchange.retransmissions - this.#heardAtRetransmission >= DOUBT_RETRANSMISSIONS;
  }

  /** Whether our Finished is on its way, so that the server's may still come. */
  get awaitsFinished(): boolean {
    return this.#state.kind === "expectChangeCipherSpec" || this.#state.kind === "expectFinished";
  }

  handlePlaintextRecord(now: Instant, record: DtlsRecord): void {
    if (record.type === ContentType.handshake) this.#handleHandshakeRecord(now, record);
    else if (record.type === ContentType.change_cipher_spec) this.#handleChangeCipherSpec(now, record.fragment);
    else if (record.type === ContentType.alert) this.#handleAlert(now, record.fragment);
    else this.#input.outlet.counted("applicationDataBeforeFinished");
    // A server that asks for another cookie, or says that it does not know us, has not got this handshake any more.
    const isLost = record.type === ContentType.alert || record.fragment[0] === HandshakeType.hello_verify_request;
    if (!isLost) this.#heardAtRetransmission = this.#exchange.retransmissions;
  }

  /** A record of epoch 1. */
  handleProtectedRecord(now: Instant, record: DtlsRecord): void {
    const state = this.#state;
    if (state.kind === "expectChangeCipherSpec") {
      const discard = this.#held.hold(record);
      if (discard !== undefined) this.#input.outlet.counted(discard);
      return;
    }
    if (state.kind !== "expectFinished") return this.#input.outlet.counted("epochUnknown");
    const opened = state.keyed.states.read.open(record);
    if (!opened.ok) return this.#input.outlet.counted(opened.error);
    const { type, content } = opened.value;
    if (type === ContentType.handshake) this.#handleFinishedRecord(now, content, state.keyed);
    else if (type === ContentType.alert) this.#handleAlert(now, content);
    else this.#input.outlet.counted("applicationDataBeforeFinished");
  }

  /** See HandshakeExchange. */
  handleArrival(now: Instant): void {
    if (this.#state.kind !== "ended") this.#exchange.handleArrival(now);
  }

  /** Sends the flight again, or gives up. An early call does nothing. */
  handleTimeout(now: Instant): void {
    if (this.#state.kind === "ended") return;
    const expired = this.#expiresAt !== undefined && now >= this.#expiresAt;
    if (!expired && this.#handleFlightTimeout(now)) return;
    this.#end(now, handshakeError("timeout", this.#state.kind));
  }

  #handleFlightTimeout(now: Instant): boolean {
    const { copyCount } = this.#exchange;
    if (!this.#exchange.handleTimeout(now)) return false;
    if (this.#exchange.copyCount > copyCount) this.#input.evidence?.sent(now, this.awaitsFinished);
    return true;
  }

  #handleHandshakeRecord(now: Instant, record: DtlsRecord): void {
    const reader = new ByteReader(record.fragment);
    while (reader.remaining > 0) {
      const decoded = decodeHandshakeFragment(reader);
      if (!decoded.ok) return this.#input.outlet.counted(decoded.error);
      this.#handleFragment(now, decoded.value, record.sequenceNumber);
    }
    const { reassembly } = this.#exchange;
    for (;;) {
      if (this.#isAnothers(reassembly.nextType)) {
        reassembly.dropNext();
        this.#input.outlet.counted("handshakeUnexpected");
      }
      const message = reassembly.take();
      if (message === undefined) return;
      this.#handleMessage(now, message);
    }
  }

  /**
   * Whether a message of this type belongs to the flight of another handshake: the server's answer to an earlier hello of
   * ours that somebody repeated. Its number is that of a message of this handshake, which is still to come.
   */
  #isAnothers(type: number | undefined): boolean {
    const state = this.#state;
    if (type === undefined || state.kind !== "expectServerHelloDone") return false;
    if (type === HandshakeType.server_key_exchange) return state.exchange !== undefined;
    return type !== HandshakeType.server_hello_done;
  }

  #handleFragment(now: Instant, fragment: HandshakeFragment, recordSequenceNumber: number): void {
    const { kind } = this.#state;
    // A stateless server numbers its HelloVerifyRequests as it likes; they stand outside the order of messages.
    if (fragment.type === HandshakeType.hello_verify_request && kind === "expectServerHello") {
      return this.#handleHelloVerifyRequest(now, fragment, recordSequenceNumber);
    }
    const repeated = fragment.messageSeq < this.#exchange.reassembly.nextMessageSeq;
    const due = repeated || kind === "expectServerHello" || kind === "expectServerHelloDone";
    const discard = due ? this.#exchange.reassembly.add(fragment) : "handshakeUnexpected";
    if (discard !== undefined) this.#input.outlet.counted(discard);
    // The server repeats its flight because ours got lost (RFC 6347 4.2.4).
    const flightRepeated = repeated && fragment.type === HandshakeType.server_hello_done;
    if (flightRepeated && kind === "expectChangeCipherSpec") this.#exchange.resend(now);
  }

  /**
   * A second one counts only when it answers the hello with the first one's cookie, which the record number that it
   * repeats tells (RFC 6347 4.2.1): a late answer to a copy of the first hello would undo what the server agreed to.
   */
  #handleHelloVerifyRequest(now: Instant, fragment: HandshakeFragment, recordSequenceNumber: number): void {
    const cookie = decodeHelloVerifyRequest(fragment.body);
    if (cookie === undefined) return this.#input.outlet.counted("fragmentInconsistent");
    const late = this.#cookie.length > 0 && recordSequenceNumber < this.#helloSequenceNumber;
    if (late || equal(cookie, this.#cookie) || this.#helloVerifyRequests === HELLO_VERIFY_REQUESTS_MAX) {
      return this.#input.outlet.counted("handshakeRepeated");
    }
    this.#helloVerifyRequests++;
    this.#exchange.measure(now, recordSequenceNumber);
    this.#input.evidence?.answered();
    this.#cookie = copyOf(cookie);
    this.#exchange.restartTranscript();
    // The server's first message has the number of the hello that it answers (RFC 6347 4.2.1, erratum 5186).
    this.#exchange.reassembly.skipTo(this.#exchange.nextMessageSeq);
    this.#sendHello(now);
  }

  #sendHello(now: Instant): void {
    this.#helloSequenceNumber = this.#plain.nextSequenceNumber;
    const body = this.#hello(this.#cookie, this.#padding());
    this.#exchange.send(now, [this.#exchange.message(this.#plain, HandshakeType.client_hello, body)], true);
    this.#input.evidence?.sent(now, false);
  }

  #hello(cookie: Uint8Array, padding: Extensions): Uint8Array {
    return encodeClientHello({
      version: DTLS_1_2,
      random: this.#clientRandom,
      sessionId: EMPTY,
      cookie,
      cipherSuites: [...this.#input.suites.map((suite) => suite.id), TLS_EMPTY_RENEGOTIATION_INFO_SCSV],
      compressionMethods: Uint8Array.of(0),
      extensions: { ...this.#offer(), ...padding },
    });
  }

  #padding(): Extensions {
    const { helloLength } = this.#input;
    if (helloLength === undefined) return {};
    const length = RECORD_HEADER_LENGTH + HANDSHAKE_HEADER_LENGTH + this.#hello(EMPTY, { paddingLength: 0 }).length;
    return { paddingLength: Math.max(0, helloLength - length) };
  }

  #offer(): Extensions {
    const { suites, connectionId, maxFragmentLength, recordSizeLimit } = this.#input;
    return {
      extendedMasterSecret: true,
      ...(suites.some((suite) => suite.canEncryptThenMac) && { encryptThenMac: true as const }),
      ...(suites.some((suite) => suite.keyExchange === "ecdhe_psk") && { supportedGroups: NAMED_GROUPS }),
      ...(connectionId && { connectionId, returnRoutability: true as const }),
      ...(maxFragmentLength && { maxFragmentLength }),
      ...(recordSizeLimit && { recordSizeLimit }),
    };
  }

  #handleMessage(now: Instant, message: HandshakeMessage): void {
    const state = this.#state;
    switch (state.kind) {
      case "expectServerHello":
        if (message.type === HandshakeType.server_hello) return this.#handleServerHello(now, message);
        return this.#refuseMessage(now, message);
      case "expectServerHelloDone":
        if (message.type === HandshakeType.server_key_exchange) {
          return this.#handleServerKeyExchange(now, message, state.agreed);
        }
        return this.#handleServerHelloDone(now, message, state.agreed, state.exchange);
      case "expectChangeCipherSpec":
      case "expectFinished":
      case "ended":
        return;
      default:
        return unreachable(state);
    }
  }

  #handleServerHello(now: Instant, message: HandshakeMessage): void {
    const hello = decodeServerHello(message.body);
    if (hello === undefined) return this.#fail(now, "decodeError", "ServerHello");
    if (hello.version !== DTLS_1_2) return this.#fail(now, "protocolVersion", `server_version ${hello.version}`);
    const suite = this.#input.suites.find((offered) => offered.id === hello.cipherSuite);
    if (suite === undefined) return this.#fail(now, "noCommonCipherSuite", `server chose ${hello.cipherSuite}`);
    if (hello.compressionMethod !== 0) return this.#fail(now, "compressionMissing", "server compresses");
    const offered: Extensions = { ...this.#offer(), renegotiationInfo: EMPTY };
    const fault = extensionFault(hello.extensions, offered);
    if (fault !== undefined) return this.#fail(now, fault.kind, fault.detail);
    this.#exchange.record(message);
    const agreed = { suite, extensions: hello.extensions, serverRandom: hello.random };
    this.#state = { kind: "expectServerHelloDone", agreed };
  }

  #handleServerKeyExchange(now: Instant, message: HandshakeMessage, agreed: Agreed): void {
    const exchange = decodeServerKeyExchange(message.body, agreed.suite.keyExchange);
    if (exchange === undefined) return this.#fail(now, "decodeError", "ServerKeyExchange");
    this.#exchange.record(message);
    this.#state = { kind: "expectServerHelloDone", agreed, exchange };
  }

  #handleServerHelloDone(
    now: Instant,
    message: HandshakeMessage,
    agreed: Agreed,
    exchange: ServerKeyExchange | undefined,
  ): void {
    this.#exchange.record(message);
    const { crypto, random, identity, key } = this.#input;
    let publicKey: Uint8Array | undefined;
    let sharedSecret: Uint8Array | undefined;
    if (agreed.suite.keyExchange === "ecdhe_psk") {
      const theirs = exchange?.keyShare;
      if (theirs === undefined) return this.#fail(now, "unexpectedMessage", "no ServerKeyExchange");
      if (!NAMED_GROUPS.includes(theirs.group)) return this.#fail(now, "noCommonGroup", `group ${theirs.group}`);
      const ours = keyShare(crypto, theirs.group, random);
      publicKey = ours.publicKey;
      sharedSecret = ours.agree(theirs.publicKey);
      if (sharedSecret === undefined)
        return this.#fail(now, "keyShareInvalid", "the server's public key is not usable");
    }
    const body = encodeClientKeyExchange({ identity, ...(publicKey && { publicKey }) });
    const flight: FlightItem[] = [this.#exchange.message(this.#plain, HandshakeType.client_key_exchange, body)];
    const keyed = this.#keyed(agreed, premasterSecret(key.reveal(), sharedSecret));
    sharedSecret?.fill(0);
    flight.push({ kind: "changeCipherSpec", state: this.#plain });
    const finished = verifyData(crypto, keyed.masterSecret, "client", this.#exchange.transcriptHash());
    flight.push(this.#exchange.message(keyed.states.write, HandshakeType.finished, finished));
    this.#exchange.reassembly.dropIncomplete();
    this.#state = { kind: "expectChangeCipherSpec", keyed };
    this.#exchange.send(now, flight, true);
    this.#input.evidence?.answered();
    this.#input.evidence?.sent(now, true);
  }

  #keyed(agreed: Agreed, premaster: Uint8Array): Keyed {
    const { suite, extensions, serverRandom } = agreed;
    const { crypto, random } = this.#input;
    const master = extensions.extendedMasterSecret
      ? extendedMasterSecret(crypto, premaster, this.#exchange.transcriptHash())
      : masterSecret(crypto, premaster, this.#clientRandom, serverRandom);
    premaster.fill(0);
    const states = pendingStates(crypto, {
      role: "client",
      protection: suite.protection(crypto, random, extensions.encryptThenMac === true),
      masterSecret: master,
      clientRandom: this.#clientRandom,
      serverRandom,
      // RFC 9146 3: what we asked for counts only when the server answered.
      readConnectionId: extensions.connectionId === undefined ? EMPTY : this.#input.connectionId!,
      writeConnectionId: extensions.connectionId ?? EMPTY,
    });
    return { agreed, masterSecret: master, states };
  }

  #handleChangeCipherSpec(now: Instant, content: Uint8Array): void {
    if (this.#state.kind !== "expectChangeCipherSpec" || content.length !== 1 || content[0] !== 1) {
      return this.#input.outlet.counted("changeCipherSpecUnexpected");
    }
    this.#state = { kind: "expectFinished", keyed: this.#state.keyed };
    for (const record of this.#held.release()) this.handleProtectedRecord(now, record);
  }

  #handleFinishedRecord(now: Instant, content: Uint8Array, keyed: Keyed): void {
    const outcome = this.#exchange.takeFinished(content, keyed.masterSecret, "server");
    if (outcome.kind === "discarded") return this.#input.outlet.counted(outcome.discard);
    if (outcome.kind === "failed") return this.#fail(now, outcome.error.kind, outcome.error.detail);
    if (outcome.kind === "incomplete") return;
    keyed.masterSecret.fill(0);
    this.#state = { kind: "ended" };
    this.#exchange.settle();
    const { suite, extensions } = keyed.agreed;
    const maxFragmentLength = extensions.maxFragmentLength && maxFragmentLengthFor(extensions.maxFragmentLength);
    const session = new Session(now, {
      peer: this.#input.server,
      identity: this.#input.identity,
      suite,
      returnRoutability: extensions.returnRoutability === true,
      ...keyed.states,
      peerPlaintextLengthMax: extensions.recordSizeLimit ?? maxFragmentLength ?? PLAINTEXT_LENGTH_MAX,
    });
    this.#input.outlet.established(now, session);
  }

  /**
   * While there is no association, an alert that nobody signed is the only word a server has for a refusal; believing a
   * forged one costs a new handshake.
   */
  #handleAlert(now: Instant, content: Uint8Array): void {
    const alert = decodeAlert(content);
    // What a server says to a session that it lost concerns the one before this handshake, if any.
    const aboutHandshake = alert?.level === "fatal" && alert.description !== AlertDescription.internal_error;
    if (!aboutHandshake) return this.#input.outlet.counted("alertUnauthenticated");
    this.#end(now, handshakeError("peerAlert", alertText(alert.description)));
  }

  #refuseMessage(now: Instant, message: HandshakeMessage): void {
    this.#fail(now, "unexpectedMessage", `message type ${message.type} in state ${this.#state.kind}`);
  }

  #fail(now: Instant, kind: HandshakeErrorKind, detail: string): void {
    const alert = alertFor(kind);
    if (alert !== undefined) {
      this.#input.outlet.transmit(this.#plain.seal(ContentType.alert, encodeAlert("fatal", alert)));
    }
    this.#end(now, handshakeError(kind, detail));
  }

  /** Ends without a word. */
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

  #end(now: Instant, error: HandshakeError): void {
    this.abandon();
    this.#input.outlet.failed(now, error);
  }
}
