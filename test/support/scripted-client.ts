// A client that follows no state machine: it says what the test tells it to, in any order, under any number, in any
// piece. Beside the primitives of the key schedule and the codecs it shares nothing with the core's own client.

import { createHash } from "node:crypto";
import { ByteReader } from "../../src/base/byte-reader.ts";
import { concat, EMPTY, equal, fromUtf8, toUtf8 } from "../../src/base/bytes.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { randomBytes } from "../../src/base/random-source.ts";
import { Secret } from "../../src/base/secret.ts";
import { alertText, decodeAlert } from "../../src/dtls/alert.ts";
import { type CipherSuite, cipherSuiteNamed } from "../../src/dtls/cipher-suite.ts";
import type { Extensions } from "../../src/dtls/handshake/extension.ts";
import {
  decodeHandshakeFragment,
  encodeHandshakeFragment,
  encodeHandshakeMessage,
  type HandshakeMessage,
  HandshakeType,
} from "../../src/dtls/handshake/handshake-message.ts";
import {
  type ClientHello,
  decodeHelloVerifyRequest,
  decodeServerHello,
  encodeClientHello,
  type ServerHello,
} from "../../src/dtls/handshake/hello.ts";
import { decodeServerKeyExchange, encodeClientKeyExchange } from "../../src/dtls/handshake/key-exchange.ts";
import {
  extendedMasterSecret,
  keyBlock,
  masterSecret,
  premasterSecret,
  verifyData,
} from "../../src/dtls/handshake/key-schedule.ts";
import { type KeyShare, keyShare, NAMED_GROUPS } from "../../src/dtls/handshake/key-share.ts";
import { ReadState, WriteState } from "../../src/dtls/record/connection-state.ts";
import { ContentType, type DtlsRecord, decodeRecord } from "../../src/dtls/record/record.ts";
import { CRYPTO } from "./crypto.ts";
import { IDENTITY, KEY, type ObservedServer } from "./observed-server.ts";
import { SeededRandom } from "./seeded-random.ts";

export const CLIENT = peerAddress("192.0.2.1", 40_000);

export interface ScriptedClientInput {
  readonly address?: PeerAddress;
  readonly seed?: number;
  readonly suite?: CipherSuite;
  readonly identity?: Uint8Array;
  readonly key?: Secret;
  /** What it asks the server to put into its records. */
  readonly connectionId?: Uint8Array;
  readonly extensions?: Extensions;
  /** What an earlier client's `resumption` was. */
  readonly resume?: Resumption;
}

/** What it takes to resume a session (RFC 5246 F.1.4). */
export interface Resumption {
  readonly sessionId: Uint8Array;
  readonly masterSecret: Uint8Array;
}

/** The numbers of a record that is to carry others than are due. */
export interface RecordNumbers {
  readonly epoch?: number;
  readonly sequenceNumber?: number;
}

export class ScriptedClient {
  readonly #server: ObservedServer;
  readonly #suite: CipherSuite;
  readonly #identity: Uint8Array;
  readonly #key: Secret;
  readonly #extensions: Extensions;
  readonly #resume: Resumption | undefined;
  readonly #random: SeededRandom;
  readonly #clientRandom: Uint8Array;
  address: PeerAddress;
  cookie: Uint8Array = EMPTY;
  serverHello: ServerHello | undefined;
  /** The last that was heard (RFC 9853). */
  pathMessage: Uint8Array = EMPTY;
  readonly #sequenceNumbers = [0, 0];
  #messageSeq = 0;
  #transcript: Uint8Array[] = [];
  readonly #recorded = new Set<number>();
  #share: KeyShare | undefined;
  #serverPublicKey: Uint8Array | undefined;
  #master: Uint8Array = EMPTY;
  #writeKeys: Uint8Array = EMPTY;
  #read: ReadState | undefined;
  #heardCount = 0;

  constructor(server: ObservedServer, input: ScriptedClientInput = {}) {
    this.#server = server;
    this.address = input.address ?? CLIENT;
    this.#suite = input.suite ?? cipherSuiteNamed("TLS_PSK_WITH_AES_128_CCM_8")!;
    this.#identity = input.identity ?? IDENTITY;
    this.#key = input.key ?? KEY;
    this.#extensions = {
      extendedMasterSecret: true,
      ...(this.#suite.keyExchange === "ecdhe_psk" && { supportedGroups: NAMED_GROUPS }),
      ...(input.connectionId && { connectionId: input.connectionId }),
      ...input.extensions,
    };
    this.#resume = input.resume;
    this.#random = new SeededRandom(input.seed ?? 77);
    this.#clientRandom = randomBytes(this.#random, 32);
    this.#heardCount = server.sent.length;
  }

  // Messages: making one gives it its number and, where it counts, its place in the transcript.

  /** The hello with the cookie heard last; the transcript begins with it (RFC 6347 4.2.6). */
  clientHello(changes: Partial<ClientHello> & { readonly messageSeq?: number } = {}): HandshakeMessage {
    const { messageSeq, ...fields } = changes;
    const body = encodeClientHello({
      version: 0xfefd,
      random: this.#clientRandom,
      sessionId: this.#resume?.sessionId ?? EMPTY,
      cookie: this.cookie,
      cipherSuites: [this.#suite.id, 0x00ff],
      compressionMethods: Uint8Array.of(0),
      extensions: this.#extensions,
      ...fields,
    });
    const message = this.message(HandshakeType.client_hello, body, messageSeq);
    this.#transcript = [encodeHandshakeMessage(message)];
    return message;
  }

  /** A message with the next number, outside the transcript. */
  message(type: number, body: Uint8Array, messageSeq = this.#messageSeq): HandshakeMessage {
    this.#messageSeq = messageSeq + 1;
    return { type, messageSeq, body };
  }

  /** Making it derives the keys of epoch 1. */
  clientKeyExchange(): HandshakeMessage {
    const publicKey = this.#share?.publicKey;
    const body = encodeClientKeyExchange({ identity: this.#identity, ...(publicKey && { publicKey }) });
    const message = this.message(HandshakeType.client_key_exchange, body);
    this.#transcript.push(encodeHandshakeMessage(message));
    this.#deriveKeys();
    return message;
  }

  finished(verify: Uint8Array = this.verifyData()): HandshakeMessage {
    const message = this.message(HandshakeType.finished, verify);
    this.#transcript.push(encodeHandshakeMessage(message));
    return message;
  }

  /** What the client's Finished has to say now. */
  verifyData(): Uint8Array {
    return verifyData(CRYPTO, this.#master, "client", this.#transcriptHash());
  }

  // Records and datagrams.

  plaintext(type: number, content: Uint8Array, numbers: RecordNumbers = {}): Uint8Array {
    const { epoch = 0, sequenceNumber = this.#sequenceNumbers[0]!++ } = numbers;
    const record = WriteState.plaintext(sequenceNumber).seal(type, content);
    record[3] = epoch >> 8;
    record[4] = epoch & 255;
    return record;
  }

  /** A record under the keys of epoch 1, with Connection ID where the server asked for one. */
  protected(type: number, content: Uint8Array, numbers: RecordNumbers = {}): Uint8Array {
    const { epoch = 1, sequenceNumber = this.#sequenceNumbers[1]!++ } = numbers;
    const connectionId = this.serverHello?.extensions.connectionId ?? EMPTY;
    const keys = new Secret(this.#writeKeys);
    return new WriteState(epoch, this.#protection(), keys, connectionId, sequenceNumber).seal(type, content);
  }

  plaintextMessage(message: HandshakeMessage, numbers?: RecordNumbers): Uint8Array {
    return this.plaintext(ContentType.handshake, encodeHandshakeMessage(message), numbers);
  }

  fragment(message: HandshakeMessage, offset: number, length: number): Uint8Array {
    return this.plaintext(ContentType.handshake, encodeHandshakeFragment(message, offset, length));
  }

  changeCipherSpec(): Uint8Array {
    return this.plaintext(ContentType.change_cipher_spec, Uint8Array.of(1));
  }

  protectedMessage(message: HandshakeMessage, numbers?: RecordNumbers): Uint8Array {
    return this.protected(ContentType.handshake, encodeHandshakeMessage(message), numbers);
  }

  data(text: string, numbers?: RecordNumbers): Uint8Array {
    return this.protected(ContentType.application_data, toUtf8(text), numbers);
  }

  /** One datagram of these records. */
  send(...records: Uint8Array[]): this {
    this.#server.receive(this.address, concat(...records));
    return this;
  }

  // Scenes that many tests begin with.

  /** Both hellos; gives back what the server said to the second. */
  greet(): string[] {
    this.send(this.plaintextMessage(this.clientHello()));
    this.heard();
    this.send(this.plaintextMessage(this.clientHello()));
    return this.heard();
  }

  /** The client's second flight in one datagram; gives back what the server said. */
  finish(): string[] {
    const exchange = this.plaintextMessage(this.clientKeyExchange());
    this.send(exchange, this.changeCipherSpec(), this.protectedMessage(this.finished()));
    return this.heard();
  }

  /** The client's last flight where a session is resumed. */
  finishResumption(): string[] {
    this.send(this.changeCipherSpec(), this.protectedMessage(this.finished()));
    return this.heard();
  }

  get resumption(): Resumption {
    return { sessionId: this.serverHello!.sessionId, masterSecret: this.#master };
  }

  /** Whether the server agreed to resume. */
  get #resumes(): boolean {
    const { sessionId } = this.serverHello!;
    return this.#resume !== undefined && equal(sessionId, this.#resume.sessionId);
  }

  /** A whole handshake. */
  connect(): this {
    this.greet();
    this.finish();
    return this;
  }

  /** What the server said to this client's address since the last call, message by message. */
  heard(): string[] {
    const datagrams = this.#server.sent.slice(this.#heardCount).filter(({ to }) => to === this.address);
    this.#heardCount = this.#server.sent.length;
    return datagrams.flatMap(({ datagram }) => this.#hearDatagram(datagram));
  }

  #hearDatagram(datagram: Uint8Array): string[] {
    const names: string[] = [];
    for (let offset = 0; offset < datagram.length; ) {
      const decoded = decodeRecord(datagram, offset, this.#extensions.connectionId?.length ?? 0);
      if (!decoded.ok) return [...names, decoded.error];
      names.push(this.#hearRecord(decoded.value));
      offset = decoded.value.end;
    }
    return names;
  }

  #hearRecord(record: DtlsRecord): string {
    if (record.epoch === 0) return this.#hearContent(record.type, record.fragment);
    const opened = this.#read?.open(record);
    if (opened === undefined) return "unreadable";
    return opened.ok ? this.#hearContent(opened.value.type, opened.value.content) : opened.error;
  }

  #hearContent(type: number, content: Uint8Array): string {
    if (type === ContentType.change_cipher_spec) return "ChangeCipherSpec";
    if (type === ContentType.application_data) return `data ${fromUtf8(content)}`;
    if (type === ContentType.return_routability_check) {
      this.pathMessage = Uint8Array.from(content);
      return RRC_MESSAGE_NAMES[content[0]!] ?? "return_routability_check";
    }
    if (type === ContentType.alert) {
      const alert = decodeAlert(content);
      return alert === undefined ? "alert malformed" : `${alert.level} ${alertText(alert.description)}`;
    }
    const fragment = decodeHandshakeFragment(new ByteReader(content));
    return fragment.ok ? this.#hearMessage({ ...fragment.value }) : fragment.error;
  }

  #hearMessage(message: HandshakeMessage): string {
    switch (message.type) {
      case HandshakeType.hello_verify_request:
        this.cookie = decodeHelloVerifyRequest(message.body)!;
        return "HelloVerifyRequest";
      case HandshakeType.server_hello:
        if (this.serverHello !== undefined) return "ServerHello";
        this.serverHello = decodeServerHello(message.body);
        if (this.#resumes) this.#deriveRecordKeys(this.#resume!.masterSecret);
        break;
      case HandshakeType.server_key_exchange: {
        if (this.#share !== undefined) return "ServerKeyExchange";
        const { group, publicKey } = decodeServerKeyExchange(message.body, "ecdhe_psk")!.keyShare!;
        this.#serverPublicKey = publicKey;
        this.#share = keyShare(CRYPTO, group, this.#random);
        break;
      }
      case HandshakeType.finished: {
        if (this.#recorded.has(message.messageSeq)) return "Finished";
        if (!equal(message.body, verifyData(CRYPTO, this.#master, "server", this.#transcriptHash()))) {
          return "Finished of another handshake";
        }
        // It stands before the client's own where a session is resumed.
        if (!this.#resumes) return "Finished";
        this.#recorded.add(message.messageSeq);
        this.#transcript.push(encodeHandshakeMessage(message));
        return "Finished";
      }
      default:
    }
    // A repeated flight counts once.
    if (!this.#recorded.has(message.messageSeq)) this.#transcript.push(encodeHandshakeMessage(message));
    this.#recorded.add(message.messageSeq);
    return MESSAGE_NAMES.get(message.type) ?? `message ${message.type}`;
  }

  #protection() {
    return this.#suite.protection(CRYPTO, this.#random, this.serverHello?.extensions.encryptThenMac === true);
  }

  /** RFC 5246 6.3, written out once more: client keys before server keys, kind by kind. */
  #deriveKeys(): void {
    const { random: serverRandom, extensions } = this.serverHello!;
    const premaster = premasterSecret(this.#key.reveal(), this.#share?.agree(this.#serverPublicKey!));
    this.#deriveRecordKeys(
      extensions.extendedMasterSecret
        ? extendedMasterSecret(CRYPTO, premaster, this.#transcriptHash())
        : masterSecret(CRYPTO, premaster, this.#clientRandom, serverRandom),
    );
  }

  #deriveRecordKeys(master: Uint8Array): void {
    const { random: serverRandom, extensions } = this.serverHello!;
    this.#master = master;
    const protection = this.#protection();
    const [first, second] = protection.keyParts as [number, number];
    const block = new ByteReader(
      keyBlock(CRYPTO, this.#master, this.#clientRandom, serverRandom, 2 * (first + second)),
    );
    const [clientFirst, serverFirst] = [block.take(first), block.take(first)];
    const [clientSecond, serverSecond] = [block.take(second), block.take(second)];
    this.#writeKeys = concat(clientFirst, clientSecond);
    const readConnectionId = extensions.connectionId === undefined ? EMPTY : this.#extensions.connectionId!;
    this.#read = new ReadState(1, protection, new Secret(concat(serverFirst, serverSecond)), readConnectionId);
  }

  #transcriptHash(): Uint8Array {
    return createHash("sha256")
      .update(concat(...this.#transcript))
      .digest();
  }
}

const RRC_MESSAGE_NAMES = ["path_challenge", "path_response", "path_drop"];

const MESSAGE_NAMES = new Map<number, string>([
  [HandshakeType.server_hello, "ServerHello"],
  [HandshakeType.server_key_exchange, "ServerKeyExchange"],
  [HandshakeType.server_hello_done, "ServerHelloDone"],
]);
