// The server's side of one handshake, from a ClientHello whose cookie held (RFC 6347 4.2, RFC 5246 7.3):
//
//   client                                            server
//   ClientHello + cookie       ------------------>
//                              <------------------    ServerHello, [ServerKeyExchange], ServerHelloDone
//   ClientKeyExchange, [ChangeCipherSpec], Finished ->
//                              <------------------    [ChangeCipherSpec], Finished
//
// Where the hello names a session that can be resumed (RFC 5246 7.3, F.1.4), with half a round trip less:
//
//   ClientHello + cookie       ------------------>
//                              <------------------    ServerHello, [ChangeCipherSpec], Finished
//   [ChangeCipherSpec], Finished ---------------->
//
// The state is named after what must come next and holds only what is known by then. Of the client's second flight only the
// Finished proves whose it is: what comes before it in plaintext is kept beside what others say, and ends nothing.

import { ByteReader } from "../../base/byte-reader.ts";
import { copyOf, EMPTY, equal, latin1Of } from "../../base/bytes.ts";
import type { Deadlined } from "../../base/deadlined.ts";
import { addMs, earliest, type Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { type RandomSource, randomBytes, randomUint16 } from "../../base/random-source.ts";
import type { Secret } from "../../base/secret.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { encodeAlert } from "../alert.ts";
import type { CipherSuite } from "../cipher-suite.ts";
import { alertFor, type Discard, type HandshakeError, type HandshakeErrorKind, handshakeError } from "../errors.ts";
import { type DtlsParameters, PSK_IDENTITY_LENGTH_MAX } from "../parameters.ts";
import { type OpenedRecord, WriteState } from "../record/connection-state.ts";
import { ContentType, type DtlsRecord } from "../record/record.ts";
import type { ResumableSession, ResumableSessions } from "../session/resumable-sessions.ts";
import { Session } from "../session/session.ts";
import type { SuiteProtections } from "../suite-protections.ts";
import { type Agreed, freshSessionId } from "./agreed.ts";
import type { HandshakeEntry } from "./handshake-entry.ts";
import { HandshakeExchange } from "./handshake-exchange.ts";
import {
  decodeHandshakeFragment,
  type HandshakeFragment,
  type HandshakeMessage,
  HandshakeType,
} from "./handshake-message.ts";
import { HeldRecords } from "./held-records.ts";
import { decodeClientHello } from "./hello.ts";
import { abbreviatedFlight, helloFlight } from "./hello-flight.ts";
import { type CandidateKeys, KEY_CANDIDATES_MAX, KeyCandidate } from "./key-candidate.ts";
import { decodeClientKeyExchange } from "./key-exchange.ts";
import { extendedMasterSecret, masterSecret, premasterSecret, verifyData } from "./key-schedule.ts";
import { type KeyShare, keyShare } from "./key-share.ts";
import { LastFlight } from "./last-flight.ts";
import { negotiate, negotiateAgain } from "./negotiation.ts";
import { type PendingStates, pendingStates } from "./pending-states.ts";
import { Reassembly } from "./reassembly.ts";

export interface ServerHandshakeInput {
  readonly peer: PeerAddress;
  /** Of the ClientHello with the cookie: our first record and message take the same numbers (RFC 6347 4.2.1, erratum 5186). */
  readonly recordSequenceNumber: number;
  readonly messageSeq: number;
  /** A copy: this hello may still come in fragments, and may come again. */
  readonly clientRandom: Uint8Array;
  readonly suites: readonly CipherSuite[];
  readonly parameters: DtlsParameters;
  readonly crypto: CryptoProvider;
  readonly protections: SuiteProtections;
  readonly random: RandomSource;
  readonly resumables: ResumableSessions;
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
  /** Whether a Finished from this address may be tried under a key of this identity, and that one did not open. */
  admitsGuess(now: Instant, from: PeerAddress, identity: Uint8Array): boolean;
  guessFailed(now: Instant, from: PeerAddress, identity: Uint8Array): void;
  /** The client's Finished cannot be read: it has another key, or its identity has none. It is told once, and not the peer. */
  keyRefused(now: Instant, handshake: ServerHandshake, identity: Uint8Array, identityKnown: boolean): void;
  /** The client's Finished is verified. Whether there is room for its session: asked before ours is sent. */
  admitsSession(now: Instant, handshake: ServerHandshake, identity: Uint8Array, shared: boolean): boolean;
  established(now: Instant, handshake: ServerHandshake, session: Session): void;
  failed(now: Instant, handshake: ServerHandshake, error: HandshakeError): void;
}

type State =
  | { readonly kind: "expectClientHello" }
  | { readonly kind: "expectFinished"; readonly agreed: Agreed; readonly share: KeyShare | undefined }
  | { readonly kind: "ended" };

export class ServerHandshake implements Deadlined {
  readonly peer: PeerAddress;
  /** When the handshake is given up, whatever happens. */
  readonly expiresAt: Instant;
  /** Of the table that it is in. */
  entry: HandshakeEntry<ServerHandshake> | undefined;
  readonly #input: ServerHandshakeInput;
  readonly #exchange: HandshakeExchange;
  readonly #plain: WriteState;
  readonly #held = new HeldRecords();
  readonly #candidates: KeyCandidate[] = [];
  /** Of a ClientKeyExchange that comes in more than one. */
  #pieces: Reassembly | undefined;
  #changeCipherSpecSeen = false;
  #keyRefusedTold = false;
  #state: State = { kind: "expectClientHello" };

  constructor(now: Instant, input: ServerHandshakeInput) {
    this.#input = input;
    this.peer = input.peer;
    this.expiresAt = addMs(now, input.parameters.handshakeLifetimeMs);
    this.#plain = WriteState.plaintext(input.recordSequenceNumber);
    const { crypto, messageSeq, outlet, parameters } = input;
    this.#exchange = new HandshakeExchange(
      (datagram) => outlet.transmit(this, datagram),
      crypto,
      parameters,
      messageSeq,
      messageSeq,
    );
  }

  pollTimeout(): Instant | undefined {
    return this.#state.kind === "ended" ? undefined : earliest(this.expiresAt, this.#exchange.deadline);
  }

  /** Forgets what was sent in the name of an identity whose key was removed; false when nothing else is left. */
  forgetIdentity(identityKey: string): boolean {
    for (const candidate of [...this.#candidates]) {
      if (latin1Of(candidate.identity) === identityKey) this.#forget(candidate);
      else continue;
      if (this.#candidates.length === 0) return false;
    }
    return true;
  }

  /** Of the hello that began it. */
  get messageSeq(): number {
    return this.#input.messageSeq;
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
    const { outlet } = this.#input;
    const state = this.#state;
    const { reassembly } = this.#exchange;
    if (state.kind === "expectFinished" && fragment.messageSeq >= reassembly.nextMessageSeq) {
      // Nothing but ClientKeyExchange comes in plaintext now. A Finished of epoch 0 is the forgery that skips
      // ChangeCipherSpec, and it must not take the place of the real one.
      const due =
        fragment.messageSeq === reassembly.nextMessageSeq &&
        fragment.type === HandshakeType.client_key_exchange &&
        state.agreed.resumed === undefined;
      if (due) this.#takeKeyExchange(now, fragment, state.agreed, state.share);
      else outlet.counted("handshakeUnexpected");
      return;
    }
    const discard = reassembly.add(fragment);
    if (discard !== undefined) outlet.counted(discard);
    // The client repeats its hello because our flight got lost (RFC 6347 4.2.4); once is enough for all its fragments.
    const helloRepeated = fragment.type === HandshakeType.client_hello && fragment.fragmentOffset === 0;
    if (helloRepeated && state.kind === "expectFinished") this.#exchange.resend(now);
  }

  /** ChangeCipherSpec has no message_seq: it waits where it overtook the ClientKeyExchange (RFC 6347 4.1). */
  handleChangeCipherSpec(now: Instant, content: Uint8Array): void {
    const due = this.#state.kind === "expectFinished" && !this.#changeCipherSpecSeen;
    if (!due || content.length !== 1 || content[0] !== 1) {
      this.#input.outlet.counted("changeCipherSpecUnexpected");
      return;
    }
    this.#changeCipherSpecSeen = true;
    this.#releaseHeld(now);
  }

  /** A record of epoch 1. False when it does not authenticate under this handshake's keys. */
  handleProtectedRecord(now: Instant, from: PeerAddress, record: DtlsRecord): boolean {
    const { outlet } = this.#input;
    if (this.#state.kind === "ended") {
      outlet.counted("epochUnknown");
      return true;
    }
    if (!this.#changeCipherSpecSeen) return this.#hold(record);
    let discard: Discard | undefined;
    // The newest first: the client's second flight comes in one piece mostly.
    for (let i = this.#candidates.length - 1; i >= 0; i--) {
      const candidate = this.#candidates[i]!;
      if (candidate.keys === undefined) continue;
      const failure = this.#tryUnder(now, from, candidate, candidate.keys, record);
      if (failure === undefined) return true;
      discard ??= failure;
    }
    // What opens under none of the keys may be meant for those that are still being asked for.
    if (discard === undefined || this.#candidates.some(({ keys }) => keys === undefined)) return this.#hold(record);
    outlet.counted(discard);
    return discard !== "badRecordMac";
  }

  /** Gives back why it does not open. */
  #tryUnder(
    now: Instant,
    from: PeerAddress,
    candidate: KeyCandidate,
    keys: CandidateKeys,
    record: DtlsRecord,
  ): Discard | undefined {
    const { outlet } = this.#input;
    const { identity } = candidate;
    if (!outlet.admitsGuess(now, from, identity)) return "guessesTooMany";
    const opened = keys.states.read.open(record);
    if (opened.ok) {
      this.#handleOpened(now, candidate, keys, opened.value);
      return undefined;
    }
    if (opened.error === "badRecordMac") {
      outlet.guessFailed(now, from, identity);
      this.#tellKeyRefused(now, identity, keys.identityKnown);
    }
    return opened.error;
  }

  #hold(record: DtlsRecord): boolean {
    const discard = this.#held.hold(record);
    if (discard !== undefined) this.#input.outlet.counted(discard);
    return true;
  }

  #releaseHeld(now: Instant): void {
    if (!this.#candidates.some(({ keys }) => keys !== undefined)) return;
    for (const record of this.#held.release()) this.handleProtectedRecord(now, this.peer, record);
  }

  #handleOpened(now: Instant, candidate: KeyCandidate, keys: CandidateKeys, { type, content }: OpenedRecord): void {
    if (type === ContentType.handshake) this.#handleFinishedRecord(now, content, candidate, keys);
    else if (type === ContentType.alert) {
      // It speaks for itself alone: whoever has a key could otherwise end another's handshake.
      this.#input.outlet.counted("alertBeforeFinished");
      this.#forget(candidate);
    } else this.#input.outlet.counted("applicationDataBeforeFinished");
  }

  /** The answer to pskWanted. An unknown identity goes on with a key that nobody has (RFC 4279 2). */
  handlePsk(now: Instant, identity: Uint8Array, key: Secret | undefined, shared: boolean): void {
    for (const candidate of this.#candidates) {
      if (candidate.keys === undefined && equal(candidate.identity, identity)) this.#deriveKeys(candidate, key, shared);
    }
    if (this.#changeCipherSpecSeen) this.#releaseHeld(now);
  }

  #deriveKeys(candidate: KeyCandidate, key: Secret | undefined, shared: boolean): void {
    if (this.#state.kind !== "expectFinished") return;
    const { negotiation, clientRandom, serverRandom } = this.#state.agreed;
    const { crypto } = this.#input;
    // Drawn for known identities too: what is done must not tell whether there is a key.
    const standIn = randomBytes(this.#input.random, 16);
    const premaster = premasterSecret(key === undefined ? standIn : key.reveal(), candidate.sharedSecret);
    const master = negotiation.extendedMasterSecret
      ? extendedMasterSecret(crypto, premaster, this.#exchange.transcriptHash(candidate.message))
      : masterSecret(crypto, premaster, clientRandom, serverRandom);
    premaster.fill(0);
    candidate.sharedSecret?.fill(0);
    const states = this.#statesOf(this.#state.agreed, master);
    candidate.keys = { identityKnown: key !== undefined, shared, masterSecret: master, states };
  }

  #statesOf({ negotiation, clientRandom, serverRandom, connectionId }: Agreed, master: Uint8Array): PendingStates {
    const { crypto, protections } = this.#input;
    return pendingStates(crypto, {
      role: "server",
      protection: protections.of(negotiation.suite, negotiation.encryptThenMac),
      masterSecret: master,
      clientRandom,
      serverRandom,
      readConnectionId: connectionId,
      writeConnectionId: negotiation.clientConnectionId ?? EMPTY,
    });
  }

  /** Sends the flight again, or gives up when the handshake's time is over. An early call does nothing. */
  handleTimeout(now: Instant): void {
    if (now >= this.expiresAt) {
      this.#end(now, handshakeError("timeout", `in state ${this.#awaited}`));
    } else if (!this.#exchange.handleTimeout(now)) {
      // Enough copies; a device on a slow link may still be on its way with its answer.
      this.#exchange.settle();
    }
  }

  /** Another handshake of this address began, of the same client by all we know: no timer of ours shall confuse it. */
  quiet(): void {
    this.#exchange.settle();
  }

  /** Ends without a word: another handshake took this one's place. */
  abandon(): void {
    for (const candidate of this.#candidates.splice(0)) candidate.wipe();
    this.#state = { kind: "ended" };
    this.#exchange.settle();
  }

  /** What is being waited for, for logs. */
  get #awaited(): string {
    if (this.#state.kind !== "expectFinished") return this.#state.kind;
    if (this.#candidates.length === 0) return "expectClientKeyExchange";
    if (!this.#candidates.some(({ keys }) => keys !== undefined)) return "expectPsk";
    return this.#changeCipherSpecSeen ? "expectFinished" : "expectChangeCipherSpec";
  }

  #handleMessage(now: Instant, message: HandshakeMessage): void {
    if (this.#state.kind !== "expectClientHello") return;
    if (message.type === HandshakeType.client_hello) this.#handleClientHello(now, message);
    else this.#fail(now, "unexpectedMessage", `message type ${message.type} in state expectClientHello`);
  }

  #handleClientHello(now: Instant, message: HandshakeMessage): void {
    const hello = decodeClientHello(message.body);
    if (hello === undefined) return this.#fail(now, "decodeError", "ClientHello");
    const negotiated = negotiate(hello, this.#input.suites);
    if (!negotiated.ok) return this.#fail(now, negotiated.error.kind, negotiated.error.detail);
    const named = this.#input.resumables.find(now, hello.sessionId);
    if (named !== undefined && !negotiated.value.extendedMasterSecret) {
      return this.#fail(now, "extendedMasterSecretMissing", "the session to be resumed had one (RFC 7627 5.3)");
    }
    this.#exchange.record(message);
    const again = named && negotiateAgain(hello, this.#input.suites, named);
    const negotiation = again ?? negotiated.value;
    const { crypto, random, outlet } = this.#input;
    const agreed: Agreed = {
      negotiation,
      clientRandom: this.#input.clientRandom,
      serverRandom: randomBytes(random, 32),
      connectionId: negotiation.clientConnectionId === undefined ? EMPTY : outlet.allocateConnectionId(this),
      sessionId: again === undefined ? freshSessionId(random, negotiation) : copyOf(hello.sessionId),
      resumed: again && named,
    };
    this.#exchange.reassembly.dropIncomplete();
    if (agreed.resumed !== undefined) return this.#resume(now, agreed, agreed.resumed);
    const share = negotiation.group === undefined ? undefined : keyShare(crypto, negotiation.group, random);
    this.#state = { kind: "expectFinished", agreed, share };
    this.#exchange.send(now, helloFlight(this.#exchange, this.#plain, agreed, share), true);
  }

  /** The keys come out of the secret that both have: who has another need not have a wrong key. Our Finished is the first. */
  #resume(now: Instant, agreed: Agreed, { identity, shared, masterSecret }: ResumableSession): void {
    const master = copyOf(masterSecret.reveal());
    const states = this.#statesOf(agreed, master);
    const flight = abbreviatedFlight(this.#input.crypto, this.#exchange, this.#plain, agreed, states.write, master);
    const candidate = new KeyCandidate(undefined, identity, undefined, this.#exchange.reassembly.nextMessageSeq);
    candidate.keys = { identityKnown: true, shared, masterSecret: master, states };
    this.#candidates.push(candidate);
    this.#keyRefusedTold = true;
    this.#state = { kind: "expectFinished", agreed, share: undefined };
    this.#exchange.send(now, flight, true);
  }

  #takeKeyExchange(now: Instant, fragment: HandshakeFragment, agreed: Agreed, share: KeyShare | undefined): void {
    const whole = fragment.body.length === fragment.length;
    const { type, messageSeq } = fragment;
    const message = whole ? { type, messageSeq, body: copyOf(fragment.body) } : this.#gather(fragment);
    if (message !== undefined) this.#handleClientKeyExchange(now, message, agreed, share);
  }

  /** Pieces that contradict each other are not all the client's: gathering begins anew with the one that came last. */
  #gather(fragment: HandshakeFragment): HandshakeMessage | undefined {
    this.#pieces ??= new Reassembly(fragment.messageSeq);
    const discard = this.#pieces.add(fragment);
    if (discard !== undefined) {
      this.#input.outlet.counted(discard);
      this.#pieces = new Reassembly(fragment.messageSeq);
      this.#pieces.add(fragment);
    }
    const message = this.#pieces.take();
    if (message !== undefined) this.#pieces = undefined;
    return message;
  }

  #handleClientKeyExchange(now: Instant, message: HandshakeMessage, agreed: Agreed, share: KeyShare | undefined): void {
    const { outlet } = this.#input;
    if (this.#candidates.some(({ message: known }) => known && equal(known.body, message.body))) {
      return outlet.counted("handshakeRepeated");
    }
    const exchange = decodeClientKeyExchange(message.body, agreed.negotiation.suite.keyExchange);
    if (exchange === undefined) return outlet.counted("keyExchangeMalformed");
    const sharedSecret = share && exchange.publicKey && share.agree(exchange.publicKey);
    if (share !== undefined && sharedSecret === undefined) return outlet.counted("keyShareInvalid");
    this.#exchange.settle();
    const { identity } = exchange;
    const candidate = new KeyCandidate(message, identity, sharedSecret, message.messageSeq + 1);
    if (this.#candidates.length >= KEY_CANDIDATES_MAX) this.#forget(this.#anyCandidate());
    this.#candidates.push(candidate);
    // An identity that no store can hold is an unknown one, and is treated like every unknown one.
    if (identity.length > PSK_IDENTITY_LENGTH_MAX) this.handlePsk(now, identity, undefined, false);
    else outlet.pskWanted(now, this, identity);
  }

  #anyCandidate(): KeyCandidate {
    return this.#candidates[randomUint16(this.#input.random) % this.#candidates.length]!;
  }

  #forget(candidate: KeyCandidate): void {
    this.#candidates.splice(this.#candidates.indexOf(candidate), 1);
    candidate.wipe();
  }

  #handleFinishedRecord(now: Instant, content: Uint8Array, candidate: KeyCandidate, keys: CandidateKeys): void {
    const outcome = this.#exchange.takeFinished(content, keys.masterSecret, "client", candidate);
    if (outcome.kind === "incomplete") return;
    if (outcome.kind === "discarded") return this.#input.outlet.counted(outcome.discard);
    if (outcome.kind === "failed") {
      // In silence, as for a wrong key: an alert would end the handshake of whoever has this address.
      this.#input.outlet.counted("finishedMismatch");
      return this.#forget(candidate);
    }
    if (!this.#input.outlet.admitsSession(now, this, candidate.identity, keys.shared)) {
      // In silence: it may be let in when it tries again.
      return this.#end(now, handshakeError("sessionsFull", "each session is the only one of its identity"));
    }
    if (candidate.message !== undefined) this.#exchange.record(candidate.message);
    this.#exchange.record(outcome.message);
    this.#establish(now, outcome.message, candidate, keys);
  }

  #establish(now: Instant, finished: HandshakeMessage, candidate: KeyCandidate, keys: CandidateKeys): void {
    if (this.#state.kind !== "expectFinished") return;
    const { agreed } = this.#state;
    const { negotiation } = agreed;
    this.#candidates.splice(this.#candidates.indexOf(candidate), 1);
    const session = new Session(now, {
      // The address that showed the cookie, wherever the Finished came from: a later record may move it (RFC 9146 6).
      peer: this.peer,
      identity: candidate.identity,
      suite: negotiation.suite,
      encryptThenMac: negotiation.encryptThenMac,
      returnRoutability: negotiation.returnRoutability,
      read: keys.states.read,
      write: keys.states.write,
      peerPlaintextLengthMax: negotiation.plaintextLengthMax,
    });
    session.sessionId = latin1Of(agreed.sessionId);
    if (agreed.resumed === undefined) this.#input.resumables.add(now, session, keys);
    this.abandon();
    // Where the session was resumed, our Finished was the first.
    if (agreed.resumed === undefined) session.lastFlight = this.#sendLastFlight(now, keys, finished);
    keys.masterSecret.fill(0);
    this.#input.outlet.established(now, this, session);
  }

  #sendLastFlight(now: Instant, { masterSecret, states }: CandidateKeys, peerFinished: HandshakeMessage): LastFlight {
    const body = verifyData(this.#input.crypto, masterSecret, "server", this.#exchange.transcriptHash());
    const ours = this.#exchange.message(states.write, HandshakeType.finished, body);
    this.#exchange.send(now, [{ kind: "changeCipherSpec", state: this.#plain }, ours], false);
    return new LastFlight(now, this.#plain, ours.message, peerFinished);
  }

  #tellKeyRefused(now: Instant, identity: Uint8Array, identityKnown: boolean): void {
    if (this.#keyRefusedTold) return;
    this.#keyRefusedTold = true;
    this.#input.outlet.keyRefused(now, this, identity, identityKnown);
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
