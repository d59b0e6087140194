// The connection states of RFC 5246 6.1, one for each direction and epoch: keys, sequence numbers, Connection ID.

import { assert } from "../../base/assert.ts";
import { bytesOfLatin1, copyOf, EMPTY, isLatin1, latin1Of, put } from "../../base/bytes.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { Secret } from "../../base/secret.ts";
import type { SecretSlab } from "../../base/secret-slab.ts";
import type { Discard } from "../errors.ts";
import { PLAINTEXT_LENGTH_MAX } from "../parameters.ts";
import { ContentType, type DtlsRecord, RECORD_HEADER_LENGTH, writeRecordHeader } from "./record.ts";
import {
  innerContentLength,
  NULL_PROTECTION,
  type RecordOpener,
  type RecordProtection,
  type RecordSealer,
} from "./record-protection.ts";
import { ReplayWindow, type ReplayWindowState } from "./replay-window.ts";

const NO_KEYS = new Secret(EMPTY);

/** The first number that does not fit its 48 bits (RFC 6347 4.1). */
export const SEQUENCE_NUMBER_END = 2 ** 48;

/** Seals the records that we send in one epoch. */
export class WriteState {
  readonly epoch: number;
  /** What the peer wants to read in our records; empty for none (RFC 9146 3). */
  readonly connectionId: Uint8Array;
  readonly #protection: RecordProtection;
  readonly #keys: Secret;
  #sequenceNumber: number;
  /** No record may have this number or a later one. */
  #end = SEQUENCE_NUMBER_END;
  /** Made with the first record; absent while the session rests. */
  #sealer: RecordSealer | undefined;
  #wiped = false;

  constructor(
    epoch: number,
    protection: RecordProtection,
    keys: Secret,
    connectionId: Uint8Array,
    firstSequenceNumber = 0,
  ) {
    this.epoch = epoch;
    this.#protection = protection;
    this.#keys = keys;
    // An empty view would keep alive what it is a view of.
    this.connectionId = connectionId.length === 0 ? EMPTY : copyOf(connectionId);
    this.#sequenceNumber = firstSequenceNumber;
  }

  /** Epoch 0. A server's first record repeats the number of the hello it answers (RFC 6347 4.2.1). */
  static plaintext(firstSequenceNumber: number): WriteState {
    return new WriteState(0, NULL_PROTECTION, NO_KEYS, EMPTY, firstSequenceNumber);
  }

  get nextSequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** The first number that must not be used: what was written down of this state says that all before it may have been. */
  get sequenceNumberEnd(): number {
    return this.#end;
  }

  set sequenceNumberEnd(end: number) {
    this.#end = end;
  }

  /** Whether a record can be sealed now. */
  get hasNumber(): boolean {
    return this.#sequenceNumber < this.#end;
  }

  /** For the one who writes this state down. */
  get keys(): Secret {
    return this.#keys;
  }

  /** How many bytes a record has beyond its content, at the most. */
  get overhead(): number {
    const inner = this.connectionId.length > 0 ? this.connectionId.length + 1 : 0;
    return RECORD_HEADER_LENGTH + inner + this.#protection.overhead;
  }

  /** How long the record around so many bytes is. */
  recordLength(contentLength: number): number {
    const idLength = this.connectionId.length;
    const plaintextLength = contentLength + (idLength > 0 ? 1 : 0);
    return RECORD_HEADER_LENGTH + idLength + this.#protection.fragmentLength(plaintextLength);
  }

  /** One whole record around `content`, under the next sequence number. */
  seal(type: number, content: Uint8Array): Uint8Array {
    const record = new Uint8Array(this.recordLength(content.length));
    this.sealInto(record, 0, type, content);
    return record;
  }

  /** The same at `offset` of `target`, which has room for it. */
  sealInto(target: Uint8Array, offset: number, type: number, content: Uint8Array): void {
    // Zeros are a key like any other: what they seal, everyone can read.
    assert(!this.#wiped, "nothing can be sealed once the keys are wiped");
    // RFC 6347 4.1: it must not wrap, nor be another process's after this one: a nonce would come twice.
    assert(this.#sequenceNumber < this.#end, "every sequence number that may be used was used");
    const { epoch, connectionId } = this;
    const wrapped = connectionId.length > 0;
    const outerType = wrapped ? ContentType.tls12_cid : type;
    const plaintextLength = content.length + (wrapped ? 1 : 0);
    const sequenceNumber = this.#sequenceNumber++;
    const length = this.#protection.fragmentLength(plaintextLength);
    const fragmentAt = writeRecordHeader(target, offset, outerType, epoch, sequenceNumber, connectionId, length);
    const contentAt = fragmentAt + this.#protection.contentOffset;
    put(target, contentAt, content);
    // RFC 9146 4: the inner plaintext is content ‖ real type; no padding zeros are sent.
    if (wrapped) target[contentAt + content.length] = type;
    this.#sealer ??= this.#protection.sealer(this.#keys.reveal());
    const context = { type: outerType, epoch, sequenceNumber, connectionId };
    this.#sealer.seal(context, target, fragmentAt, plaintextLength);
  }

  /** Gives back what only a busy session needs; the next record makes it again. */
  rest(): void {
    this.#sealer?.release();
    this.#sealer = undefined;
  }

  /** For a session that is kept for long, among many. */
  moveKeys(slabFor: (length: number) => SecretSlab): void {
    // What was made of the keys may hold them where they lay.
    this.rest();
    this.#keys.moveTo(slabFor(this.#keys.length));
  }

  /** Overwrites the keys. Nothing can be sealed after. */
  wipe(): void {
    this.#wiped = true;
    this.rest();
    this.#keys.wipe();
  }
}

/** The content of an authenticated record. */
export interface OpenedRecord {
  /** The real type, out of the inner plaintext where there is a Connection ID. */
  readonly type: number;
  /** Valid until a record is opened again, by whomever. */
  readonly content: Uint8Array;
  /** Newer than every authenticated record before it. */
  readonly newest: boolean;
}

/** Opens the records that the peer sends in one epoch. */
export class ReadState {
  readonly epoch: number;
  /** One character a byte: a sixth of what an array takes. */
  readonly #connectionId: string;
  readonly #protection: RecordProtection;
  readonly #keys: Secret;
  readonly #window: ReplayWindow;
  /** Made with the first record; absent while the session rests. */
  #opener: RecordOpener | undefined;
  /** The Connection ID beside the opener. */
  #contextId: Uint8Array = EMPTY;

  /** `window` where this state was written down before. */
  constructor(
    epoch: number,
    protection: RecordProtection,
    keys: Secret,
    connectionId: Uint8Array,
    window?: ReplayWindowState,
  ) {
    this.epoch = epoch;
    this.#protection = protection;
    this.#keys = keys;
    this.#connectionId = latin1Of(connectionId);
    this.#window = new ReplayWindow(window);
  }

  get window(): ReplayWindowState {
    return this.#window.state;
  }

  /** For the one who writes this state down. */
  get keys(): Secret {
    return this.#keys;
  }

  /** What the peer has to put into its records; empty for none (RFC 9146 3). */
  get connectionId(): Uint8Array {
    return bytesOfLatin1(this.#connectionId);
  }

  /** Whether a record has a number as it comes after an outage, or as a stranger makes up. */
  isFarAhead({ sequenceNumber }: DtlsRecord): boolean {
    return this.#window.isFarAhead(sequenceNumber);
  }

  /** First the window, then the MAC, and the window moves only after (RFC 6347 4.1.2.6). */
  open(record: DtlsRecord): Result<OpenedRecord, Discard> {
    const { datagram, epoch, sequenceNumber, connectionIdAt, connectionIdLength } = record;
    if (epoch !== this.epoch || !isLatin1(datagram, this.#connectionId, connectionIdAt, connectionIdLength))
      return failed("epochUnknown");
    if (!this.#window.accepts(sequenceNumber)) return failed("recordReplayed");
    const opener = this.#opener ?? this.#wake();
    const context = { type: record.type, epoch, sequenceNumber, connectionId: this.#contextId };
    const plaintext = opener.open(context, datagram, record.fragmentAt, record.fragmentLength);
    if (plaintext === undefined) return failed("badRecordMac");
    const newest = this.#window.accept(sequenceNumber);
    const wrapped = record.type === ContentType.tls12_cid;
    const length = wrapped ? innerContentLength(plaintext) : plaintext.length;
    if (length < 0) return failed("innerPlaintextEmpty");
    const type = wrapped ? plaintext[length]! : record.type;
    const content = wrapped ? opener.beginning(length) : plaintext;
    if (content.length > PLAINTEXT_LENGTH_MAX) return failed("recordOverflow");
    return ok({ type, content, newest });
  }

  /** Gives back what only a busy session needs; the next record makes it again. */
  rest(): void {
    this.#opener?.release();
    this.#opener = undefined;
    this.#contextId = EMPTY;
  }

  /** For a session that is kept for long, among many. */
  moveKeys(slabFor: (length: number) => SecretSlab): void {
    // What was made of the keys may hold them where they lay.
    this.rest();
    this.#keys.moveTo(slabFor(this.#keys.length));
  }

  wipe(): void {
    this.rest();
    this.#keys.wipe();
  }

  #wake(): RecordOpener {
    const opener = this.#protection.opener(this.#keys.reveal());
    this.#opener = opener;
    this.#contextId = bytesOfLatin1(this.#connectionId);
    return opener;
  }
}
