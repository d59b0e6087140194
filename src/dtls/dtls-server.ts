// The DTLS server: one object for all peers. It routes each record to a session, to a half-open handshake, or to the
// cookie exchange, which keeps no state. This object performs no I/O: time comes in, datagrams and news go to the outlet.

import { ByteReader } from "../base/byte-reader.ts";
import { bytesOfLatin1, copyOf, EMPTY, latin1Of } from "../base/bytes.ts";
import type { Deadlined } from "../base/deadlined.ts";
import { addMs, earliest, type Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import { PrefixViews } from "../base/prefix-views.ts";
import { type RandomSource, randomBytes, randomUint32 } from "../base/random-source.ts";
import type { Secret } from "../base/secret.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { AddressShares } from "./admission/address-shares.ts";
import { FailedOpenings } from "./admission/failed-openings.ts";
import { Guesses } from "./admission/guesses.ts";
import { HandshakeRoom } from "./admission/handshake-room.ts";
import { SessionRoom } from "./admission/session-room.ts";
import { WorkBudget } from "./admission/work-budget.ts";
import { decodeAlert, encodeAlert } from "./alert.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import type { DtlsServerInput } from "./dtls-server-input.ts";
import type { DtlsServerOutlet, SessionEnd } from "./dtls-server-outlet.ts";
import { COOKIE_SECRET_LENGTH, CookieIssuer } from "./handshake/cookie.ts";
import { helloVerifyRequest } from "./handshake/handshake-exchange.ts";
import { decodeHandshakeFragment, type HandshakeFragment, HandshakeType } from "./handshake/handshake-message.ts";
import { HandshakeTable } from "./handshake/handshake-table.ts";
import { type ClientHelloStart, decodeClientHelloStart } from "./handshake/hello.ts";
import { LastFlights } from "./handshake/last-flight.ts";
import { answerLateHandshake } from "./handshake/late-handshake.ts";
import { ServerHandshake, type ServerHandshakeOutlet } from "./handshake/server-handshake.ts";
import {
  CLIENT_HELLO_MESSAGE_SEQ_MAX,
  DATAGRAM_LENGTH_MAX,
  type DtlsParameters,
  HELLO_SEQUENCE_NUMBER_MAX,
  RECORDS_PER_DATAGRAM_MAX,
  SEQUENCE_NUMBERS_FEW,
  SESSION_BUSY_MS,
} from "./parameters.ts";
import { beginsPlaintextHandshake, ContentType, type DtlsRecord, decodeRecord } from "./record/record.ts";
import { LostSessions } from "./session/lost-sessions.ts";
import { PeerPaths } from "./session/peer-paths.ts";
import { ResumableSessions } from "./session/resumable-sessions.ts";
import type { Session } from "./session/session.ts";
import { SessionSaving } from "./session/session-saving.ts";
import { type SessionSnapshot, sessionFrom } from "./session/session-snapshot.ts";
import { CONNECTION_ID_LENGTH, connectionIdKey, SessionTable } from "./session/session-table.ts";
import { SuiteProtections } from "./suite-protections.ts";

export class DtlsServer implements Deadlined {
  /** What is done for strangers while sessions have much to say. */
  readonly work: WorkBudget;
  /** What makes sessions outlive the process. */
  readonly saving: SessionSaving;
  readonly #crypto: CryptoProvider;
  readonly #protections: SuiteProtections;
  readonly #random: RandomSource;
  readonly #parameters: DtlsParameters;
  readonly #suites: readonly CipherSuite[];
  readonly #outlet: DtlsServerOutlet;
  readonly #handshakeOutlet = this.#createHandshakeOutlet();
  readonly #cookies: CookieIssuer;
  readonly #connectionIdPrefix: Uint8Array;
  readonly #lostSessions: LostSessions;
  readonly #handshakes = new HandshakeTable();
  readonly #sessions = new SessionTable();
  readonly #resumables: ResumableSessions;
  readonly #paths: PeerPaths;
  readonly #shares: AddressShares;
  readonly #handshakeRoom: HandshakeRoom;
  readonly #sessionRoom: SessionRoom;
  readonly #failedOpenings: FailedOpenings;
  readonly #guesses: Guesses;
  /** Sessions whose last flight may still be asked for, by the time when it no longer may. */
  readonly #lastFlights = new LastFlights();
  /** Where application data is sealed. */
  readonly #datagrams = new PrefixViews(new Uint8Array(DATAGRAM_LENGTH_MAX));

  constructor(input: DtlsServerInput) {
    this.#crypto = input.crypto;
    this.#protections = new SuiteProtections(input.crypto, input.random);
    this.#random = input.random;
    this.#parameters = input.parameters;
    this.#suites = input.cipherSuites;
    this.#outlet = input.outlet;
    this.#resumables = new ResumableSessions(input.parameters);
    this.#connectionIdPrefix = input.connectionIdPrefix ?? EMPTY;
    this.#paths = new PeerPaths(input.random, input.outlet);
    this.saving = new SessionSaving(this.#sessions, input.outlet);
    this.#lostSessions = new LostSessions(input.outlet);
    this.#cookies = new CookieIssuer(
      input.now,
      input.crypto,
      input.cookieSecret ?? randomBytes(input.random, COOKIE_SECRET_LENGTH),
    );
    const seed = randomUint32(input.random);
    this.work = new WorkBudget(seed, input.parameters.strangersCostFactor);
    this.#shares = new AddressShares(input.now, input.random, seed);
    this.#handshakeRoom = new HandshakeRoom(this.#handshakes, this.#shares, input.random, input.parameters);
    this.#sessionRoom = new SessionRoom(this.#sessions, this.#shares, input.parameters);
    this.#failedOpenings = new FailedOpenings(input.parameters, seed);
    this.#guesses = new Guesses(seed);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** How many entries each table holds. */
  tables(now: Instant): Readonly<Record<string, number>> {
    return {
      sessions: this.#sessions.size,
      busySessions: this.#sessions.busyCount,
      handshakes: this.#handshakes.size,
      resumables: this.#resumables.size,
      networksOpeningInVain: this.#failedOpenings.tryingCount(now),
      networksGuessing: this.#guesses.count(now),
      networksWithShares: this.#shares.earnedCount(now),
    };
  }

  get handshakeCount(): number {
    return this.#handshakes.size;
  }

  /** Reads every record of a datagram; an undecodable one ends it (RFC 6347 4.1.2.7). */
  handleDatagram(now: Instant, from: PeerAddress, datagram: Uint8Array): void {
    // A hello that nothing is left for is not even read.
    if (beginsPlaintextHandshake(datagram) && this.work.isSpent(now) && this.#handshakes.at(from) === undefined) {
      return this.#outlet.counted("helloShed");
    }
    let offset = 0;
    for (let count = 0; offset < datagram.length; count++) {
      if (count === RECORDS_PER_DATAGRAM_MAX) return this.#outlet.counted("recordsTooMany");
      const decoded = decodeRecord(datagram, offset, CONNECTION_ID_LENGTH);
      if (!decoded.ok) return this.#outlet.counted(decoded.error);
      this.#handleRecord(now, from, decoded.value);
      offset = decoded.value.end;
    }
  }

  /**
   * The key of an identity that pskWanted asked for; undefined when there is none. `shared` where many devices have it:
   * then the identity may have any number of sessions.
   */
  handlePsk(now: Instant, identity: Uint8Array, key: Secret | undefined, shared = false): void {
    for (const handshake of this.#handshakes.takeAwaiting(latin1Of(identity))) {
      handshake.handlePsk(now, identity, key, shared);
      this.#handshakes.reschedule(handshake);
    }
  }

  /** When handleTimeout has work to do; undefined when never. */
  pollTimeout(): Instant | undefined {
    const idle = this.#sessions.leastRecent;
    const idleAt = idle && addMs(idle.lastActiveAt, this.#parameters.sessionIdleMs);
    const busy = this.#sessions.leastRecentBusy;
    const restAt = busy && addMs(busy.lastActiveAt, SESSION_BUSY_MS);
    const handshakesAt = earliest(this.#handshakes.earliestDeadline, this.#lastFlights.earliest);
    return earliest(earliest(handshakesAt, this.#resumables.earliest), earliest(idleAt, restAt));
  }

  /** Does what is due by now. An early call does nothing. */
  handleTimeout(now: Instant): void {
    for (let due = this.#handshakes.takeDue(now); due; due = this.#handshakes.takeDue(now)) {
      due.handleTimeout(now);
      this.#handshakes.reschedule(due);
    }
    this.#lastFlights.forgetDue(now);
    this.#resumables.forgetDue(now);
    for (let busy = this.#sessions.leastRecentBusy; busy; busy = this.#sessions.leastRecentBusy) {
      if (addMs(busy.lastActiveAt, SESSION_BUSY_MS) > now) break;
      this.#sessions.restLeastRecentBusy();
    }
    for (const session of this.#sessions) {
      if (addMs(session.lastActiveAt, this.#parameters.sessionIdleMs) > now) break;
      this.#close(now, session, "idle");
    }
  }

  /**
   * The datagram that carries application data of at most `session.plaintextLengthMax` bytes to `session.peer`: in an array
   * that the next call uses again. Undefined where it waits until the session may send again; it then goes to the outlet.
   */
  seal(session: Session, data: Uint8Array): Uint8Array | undefined {
    const { write } = session;
    const few = write.nextSequenceNumber + SEQUENCE_NUMBERS_FEW >= write.sequenceNumberEnd;
    if (few && !this.saving.admits(session, data)) return undefined;
    const length = write.recordLength(data.length);
    if (session.path !== undefined && !this.#paths.admits(session, session.path, length)) return undefined;
    const datagram = this.#datagrams.of(length);
    write.sealInto(datagram, 0, ContentType.application_data, data);
    return datagram;
  }

  /**
   * A session that an earlier process wrote down goes on here, and begins `skipped` sequence numbers behind what was written.
   * To be called before the first datagram, for sessions in the order of their last use. False when it cannot go on.
   */
  restore(now: Instant, number: number, snapshot: SessionSnapshot, skipped: number): boolean {
    const sequenceNumberEnd = snapshot.sequenceNumberEnd + skipped;
    const isIdle = addMs(snapshot.lastActiveAt, this.#parameters.sessionIdleMs) <= now;
    const isFull = this.#sessions.size >= this.#parameters.sessionsMax;
    const skipping = { ...snapshot, sequenceNumberEnd };
    const restored = isIdle || isFull ? undefined : sessionFrom(skipping, this.#suites, this.#protections);
    if (restored === undefined) {
      this.saving.handleRefused(number);
      return false;
    }
    const older = this.#sessions.inPlaceOf(restored);
    if (older !== undefined) this.#end(now, older, "replaced");
    this.#sessions.addRestored(restored);
    this.saving.handleRestored(restored, number);
    return true;
  }

  /** Ends the sessions of an identity whose key was removed, and the handshakes that may have that key already. */
  closeIdentity(now: Instant, identity: Uint8Array): void {
    const key = latin1Of(identity);
    this.#resumables.forgetIdentity(key);
    for (const session of [...this.#sessions.ofIdentities.of(key)]) this.#close(now, session, "keyRemoved");
    for (const handshake of this.#handshakes) if (!handshake.forgetIdentity(key)) this.#drop(handshake);
  }

  /**
   * The identities of all sessions that are up or can be resumed, for a store that has lost count of what was removed. Sessions
   * may come and go while iterating; one that ends between may be met once more, as one that can be resumed.
   */
  *identities(): Generator<Uint8Array, void, void> {
    const { ofIdentities } = this.#sessions;
    for (const key of ofIdentities.keys) yield bytesOfLatin1(key);
    for (const key of this.#resumables.identityKeys) if (!ofIdentities.hasAtLeast(key, 1)) yield bytesOfLatin1(key);
  }

  /** Says close_notify to everyone and forgets everything. */
  shutdown(now: Instant): void {
    for (const session of this.#sessions) this.#close(now, session, "shutdown");
    for (const handshake of this.#handshakes) this.#drop(handshake);
    this.#resumables.forgetAll();
  }

  #handleRecord(now: Instant, from: PeerAddress, record: DtlsRecord): void {
    if (record.type === ContentType.tls12_cid) return this.#handleConnectionIdRecord(now, from, record);
    if (record.epoch === 0) return this.#handlePlaintextRecord(now, from, record);
    const session = this.#sessions.at(from);
    const handshake = this.#handshakes.at(from);
    if (session === undefined && handshake === undefined)
      return this.#lostSessions.handleRecord(now, from, record, "unknownPeer");
    // Both may be there: a device that restarted handshakes anew beside its old association (RFC 6347 4.2.8), which has to
    // live on until the new Finished is verified. What the new keys do not open belongs to the old.
    const handshakeFirst = handshake !== undefined && (record.type === ContentType.handshake || session === undefined);
    if (handshakeFirst && this.#someHandshakeTakes(now, from, record)) return;
    if (session !== undefined) this.#handleSessionRecord(now, from, session, record);
  }

  #handleConnectionIdRecord(now: Instant, from: PeerAddress, record: DtlsRecord): void {
    const id = connectionIdKey(record.datagram, record.connectionIdAt);
    const session = this.#sessions.withConnectionId(id);
    if (session !== undefined) return this.#handleSessionRecord(now, from, session, record);
    const handshake = this.#handshakes.withConnectionId(id);
    if (handshake === undefined) return this.#lostSessions.handleRecord(now, from, record, "unknownConnectionId");
    this.#handshakeTakes(now, from, handshake, record);
  }

  #handshakeTakes(now: Instant, from: PeerAddress, handshake: ServerHandshake, record: DtlsRecord): boolean {
    const taken = handshake.handleProtectedRecord(now, from, record);
    this.#handshakes.reschedule(handshake);
    return taken;
  }

  #someHandshakeTakes(now: Instant, from: PeerAddress, record: DtlsRecord): boolean {
    let taken = false;
    for (const handshake of this.#handshakes.allAt(from)) {
      if (this.#handshakeTakes(now, from, handshake, record)) taken = true;
      // Its Finished was verified: the others at this address are gone with it.
      if (handshake.entry === undefined) break;
    }
    return taken;
  }

  #handlePlaintextRecord(now: Instant, from: PeerAddress, record: DtlsRecord): void {
    if (record.type === ContentType.alert) return this.#outlet.counted("alertUnauthenticated");
    if (record.type === ContentType.application_data) return this.#outlet.counted("applicationDataBeforeFinished");
    if (record.type === ContentType.change_cipher_spec) {
      if (this.#handshakes.at(from) === undefined) return this.#outlet.counted("changeCipherSpecUnexpected");
      return this.#eachHandshake(from, (handshake) => handshake.handleChangeCipherSpec(now, record.fragment));
    }
    const first = decodeHandshakeFragment(new ByteReader(record.fragment));
    if (!first.ok) return this.#outlet.counted(first.error);
    if (first.value.type === HandshakeType.client_hello && first.value.fragmentOffset === 0) {
      if (record.sequenceNumber > HELLO_SEQUENCE_NUMBER_MAX) return this.#outlet.counted("sequenceNumberTooHigh");
      return this.#handleClientHello(now, from, record, first.value);
    }
    if (this.#handshakes.at(from) === undefined) return this.#outlet.counted("unknownPeer");
    if (!this.work.admits(now, from, "keyExchange")) return this.#outlet.counted("keyExchangeShed");
    this.#eachHandshake(from, (handshake) => handshake.handleHandshakeRecord(now, record.fragment));
  }

  /** What comes in plaintext does not say which of them it is for. */
  #eachHandshake(from: PeerAddress, handle: (handshake: ServerHandshake) => void): void {
    for (const handshake of this.#handshakes.allAt(from)) {
      handle(handshake);
      this.#handshakes.reschedule(handshake);
    }
  }

  /**
   * RFC 6347 4.2.1: no state before the cookie holds. What stands here costs a MAC and an answer smaller than the hello, of
   * which `fragment` is the first piece or all.
   */
  #handleClientHello(now: Instant, from: PeerAddress, record: DtlsRecord, fragment: HandshakeFragment): void {
    const hello = decodeClientHelloStart(fragment.body);
    if (hello === undefined) {
      const whole = fragment.body.length === fragment.length;
      return this.#outlet.counted(whole ? "clientHelloMalformed" : "clientHelloIncomplete");
    }
    const { messageSeq } = fragment;
    const first = hello.cookie.length === 0;
    if (first ? messageSeq !== 0 : messageSeq > CLIENT_HELLO_MESSAGE_SEQ_MAX) {
      return this.#outlet.counted("messageSeqInvalid");
    }
    const work = first ? "hello" : "cookie";
    if (!this.work.admits(now, from, work)) return this.#outlet.counted(first ? "helloShed" : "cookieShed");
    if (first) return this.#sendHelloVerifyRequest(now, from, record, messageSeq, hello);
    const running = this.#handshakes.answering(from, hello.random, messageSeq);
    if (running !== undefined) {
      running.handleHandshakeRecord(now, record.fragment);
      return this.#handshakes.reschedule(running);
    }
    if (!this.#cookies.verifies(now, from, hello)) {
      this.#outlet.counted("cookieRefused");
      return this.#sendHelloVerifyRequest(now, from, record, messageSeq, hello);
    }
    if (!this.work.admits(now, from, "handshake")) return this.#outlet.counted("handshakeShed");
    this.#makeRoom(now, from);
    this.#startHandshake(now, from, record, messageSeq, hello.random);
  }

  #sendHelloVerifyRequest(now: Instant, to: PeerAddress, record: DtlsRecord, seq: number, hello: ClientHelloStart) {
    this.#outlet.counted("helloVerifyRequest");
    const cookie = this.#cookies.issue(now, to, hello);
    this.#outlet.transmit(to, helloVerifyRequest(record.sequenceNumber, seq, cookie));
  }

  /** For one more handshake: those at its address go on in silence. */
  #makeRoom(now: Instant, from: PeerAddress): void {
    for (const running of this.#handshakes.allAt(from)) running.quiet();
    const leaving = this.#handshakeRoom.leaving(now, from);
    if (leaving === undefined) return;
    this.#outlet.counted("handshakeEvicted");
    this.#drop(leaving);
  }

  #startHandshake(now: Instant, peer: PeerAddress, record: DtlsRecord, messageSeq: number, random: Uint8Array): void {
    const handshake = new ServerHandshake(now, {
      peer,
      recordSequenceNumber: record.sequenceNumber,
      messageSeq,
      clientRandom: copyOf(random),
      suites: this.#suites,
      parameters: this.#parameters,
      crypto: this.#crypto,
      protections: this.#protections,
      random: this.#random,
      resumables: this.#resumables,
      outlet: this.#handshakeOutlet,
    });
    this.#handshakes.add(handshake);
    handshake.handleHandshakeRecord(now, record.fragment);
    this.#handshakes.reschedule(handshake);
  }

  #createHandshakeOutlet(): ServerHandshakeOutlet {
    return {
      transmit: ({ peer }, datagram) => this.#outlet.transmit(peer, datagram),
      counted: (discard) => this.#outlet.counted(discard),
      allocateConnectionId: (handshake) => this.#allocateConnectionId(handshake),
      pskWanted: (now, handshake, identity) => {
        this.#handshakes.awaitPsk(handshake, latin1Of(identity));
        this.#outlet.pskWanted(now, identity);
      },
      admitsGuess: (now, from, identity) => this.#guesses.admits(now, from, identity),
      guessFailed: (now, from, identity) => this.#guesses.handleFailure(now, from, identity),
      keyRefused: (now, { peer }, identity, known) => this.#outlet.keyRefused(now, peer, identity, known),
      admitsSession: (now, { peer }, identity, shared) => this.#admitsSession(now, peer, latin1Of(identity), shared),
      established: (now, handshake, session) => this.#establish(now, handshake, session),
      failed: (now, handshake, error) => {
        this.#handshakes.remove(handshake);
        this.#outlet.handshakeFailed(now, handshake.peer, error);
      },
    };
  }

  #allocateConnectionId(handshake: ServerHandshake): Uint8Array {
    for (;;) {
      const id = randomBytes(this.#random, CONNECTION_ID_LENGTH);
      id.set(this.#connectionIdPrefix);
      const key = connectionIdKey(id);
      if (this.#sessions.withConnectionId(key) || this.#handshakes.withConnectionId(key)) continue;
      this.#handshakes.nameConnectionId(handshake, key);
      return id;
    }
  }

  /** Makes room for one more session; false when nobody may give way. */
  #admitsSession(now: Instant, peer: PeerAddress, identityKey: string, shared: boolean): boolean {
    // RFC 6347 4.2.8: only now may the old association of this address go.
    const replaced = this.#sessions.at(peer);
    if (replaced !== undefined) this.#end(now, replaced, "replaced");
    const leaving = this.#sessionRoom.leaving(now, identityKey, shared);
    if (typeof leaving === "object") this.#close(now, leaving, "evicted");
    return leaving !== "newcomer";
  }

  #establish(now: Instant, handshake: ServerHandshake, session: Session): void {
    this.#shares.authenticated(now, handshake.peer);
    this.#handshakes.remove(handshake);
    for (const other of this.#handshakes.allAt(handshake.peer)) this.#drop(other);
    this.#sessions.add(session);
    this.#boundBusySessions();
    this.#lastFlights.add(session);
    this.#outlet.sessionUp(now, session);
  }

  #handleSessionRecord(now: Instant, from: PeerAddress, session: Session, record: DtlsRecord): void {
    if (!this.#failedOpenings.admits(now, session, from)) return this.#outlet.counted("forgeriesTooMany");
    if (session.read.isFarAhead(record) && !this.work.admits(now, from, "farRecord"))
      return this.#outlet.counted("farRecordShed");
    const opened = session.read.open(record);
    if (!opened.ok) {
      this.#outlet.counted(opened.error);
      const ends = opened.error === "badRecordMac" && this.#failedOpenings.handleFailure(now, session, from);
      if (ends) this.#close(now, session, "forgeries");
      return;
    }
    const { type, content, newest } = opened.value;
    this.#sessions.touch(now, session);
    this.#boundBusySessions();
    if (session.write.nextSequenceNumber >= this.#parameters.sealedRecordsMax) {
      return this.#close(now, session, "keysExhausted");
    }
    // RFC 9146 6: verified, and newer than the newest. An older valid record is delivered but moves nothing. Without a
    // Connection ID the address is what found the session, and stays.
    if (newest && from !== session.peer) this.#paths.handleMove(now, session, from);
    if (session.path !== undefined) this.#paths.handleRecord(now, session, session.path, from, record);
    if (type === ContentType.application_data) {
      this.work.handleSessionRecord(now);
      // Data can only come after our Finished arrived: nobody will ask for it again.
      this.#lastFlights.forget(session);
      this.#outlet.applicationData(now, session, content);
    } else if (type === ContentType.alert) this.#handleAlert(now, session, content);
    else if (type === ContentType.handshake) this.#handleLateHandshake(session, content);
    else if (type === ContentType.return_routability_check) this.#paths.handleMessage(session, from, content);
    else this.#outlet.counted("changeCipherSpecUnexpected");
  }

  #boundBusySessions(): void {
    if (this.#sessions.busyCount > this.#parameters.busySessionsMax) this.#sessions.restLeastRecentBusy();
  }

  #handleAlert(now: Instant, session: Session, content: Uint8Array): void {
    const alert = decodeAlert(content);
    if (alert?.description === 0) this.#close(now, session, "closeNotify");
    else if (alert?.level === "fatal") this.#end(now, session, "fatalAlert");
  }

  #handleLateHandshake(session: Session, content: Uint8Array): void {
    const { counted, datagrams } = answerLateHandshake(session, content);
    if (counted !== undefined) this.#outlet.counted(counted);
    for (const datagram of datagrams) this.#outlet.transmit(session.peer, datagram);
  }

  /** Says close_notify, then forgets (RFC 5246 7.2.1). */
  #close(now: Instant, session: Session, end: SessionEnd): void {
    this.#sendAlert(session, encodeAlert("warning", "close_notify"));
    this.#end(now, session, end);
  }

  /** Nobody waits for an alert: where the session may not send now, there is none. */
  #sendAlert(session: Session, alert: Uint8Array): void {
    if (!session.write.hasNumber) return;
    this.#outlet.transmit(session.peer, session.write.seal(ContentType.alert, alert));
  }

  #end(now: Instant, session: Session, end: SessionEnd): void {
    this.#sessions.remove(session);
    this.saving.handleEnded(session);
    this.#lastFlights.forget(session);
    // RFC 5246 7.2.2: after a fatal alert a session must not be resumed.
    const broken = end === "fatalAlert" || end === "forgeries";
    if (broken) this.#resumables.forget(session.sessionId);
    this.#outlet.sessionDown(now, session, end);
    session.wipe();
  }

  #drop(handshake: ServerHandshake): void {
    handshake.abandon();
    this.#handshakes.remove(handshake);
  }
}
