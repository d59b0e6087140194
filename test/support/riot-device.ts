// What a RIOT device does with a manifest, after its handlers (RIOT sys/suit at c8bd52f: handlers.c, handlers_envelope.c,
// handlers_global.c, handlers_common.c, handlers_command_seq.c, storage/flashwrite.c), with a reader of CBOR of its own that
// is as lenient as theirs. Nothing of ours is used here but Node's hash and signature.

import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

/** suit_error_t of sys/include/suit.h. */
export const RiotResult = {
  OK: 0,
  INVALID_MANIFEST: -1,
  UNSUPPORTED: -2,
  COND: -4,
  SEQUENCE_NUMBER: -5,
  SIGNATURE: -6,
  DIGEST_MISMATCH: -7,
  POLICY_FORBIDDEN: -8,
  NO_MEM: -9,
  STORAGE_EXCEEDED: -51,
} as const;

export interface RiotDevice {
  /** DER. */
  readonly spki: Uint8Array;
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  /** The highest version of its riotboot headers. */
  readonly sequenceNumber: number;
  /** Where the slot begins that is not running. */
  readonly otherSlotOffset: number;
  readonly fetch: (uri: string) => Uint8Array | undefined;
}

export interface RiotOutcome {
  readonly result: number;
  /** What stands in the other slot, its header written last. */
  readonly installed?: Uint8Array;
}

const MANIFEST_BUFFER_LENGTH = 640;
const URL_BUFFER_LENGTH = 128;
const COSE_BUFFER_LENGTH = 180;
const FETCH_FAILED = -71;

export function riotUpdate(device: RiotDevice, envelope: Uint8Array): RiotOutcome {
  // nanocoap_get_blockwise_url_to_buf: what does not fit is an error before anything is looked at.
  if (envelope.length > MANIFEST_BUFFER_LENGTH) return { result: RiotResult.NO_MEM };
  const update = new RiotUpdate(device);
  const result = structure(envelope, update.envelopeHandlers);
  return update.installed === undefined ? { result } : { result, installed: update.installed };
}

class Invalid extends Error {}

const Type = { UINT: 0, NINT: 1, BSTR: 2, TSTR: 3, ARRAY: 4, MAP: 5, TAG: 6, SIMPLE: 7 } as const;

/** As nanocbor: forward, and without minding how long a number is written. */
class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get type(): number {
    return this.at < this.bytes.length ? this.bytes[this.at]! >> 5 : -1;
  }

  head(type: number): number {
    if (this.type !== type) throw new Invalid();
    const low = this.bytes[this.at]! & 31;
    if (low > 27) throw new Invalid();
    const length = low < 24 ? 0 : 2 ** (low - 24);
    let value = low < 24 ? low : 0;
    for (let i = 1; i <= length; i++) value = value * 256 + (this.bytes[this.at + i] ?? Number.NaN);
    if (Number.isNaN(value)) throw new Invalid();
    this.at += 1 + length;
    return value;
  }

  uint32(): number {
    const value = this.head(Type.UINT);
    if (value >= 2 ** 32) throw new Invalid();
    return value;
  }

  int32(): number {
    const value = this.type === Type.NINT ? -1 - this.head(Type.NINT) : this.head(Type.UINT);
    if (value >= 2 ** 31 || value < -(2 ** 31)) throw new Invalid();
    return value;
  }

  string(type: number): Uint8Array {
    const length = this.head(type);
    if (this.at + length > this.bytes.length) throw new Invalid();
    const view = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return view;
  }

  passOver(): void {
    const { type } = this;
    if (type === Type.BSTR || type === Type.TSTR) this.string(type);
    else if (type === Type.ARRAY) for (let left = this.head(type); left > 0; left--) this.passOver();
    else if (type === Type.MAP) for (let left = 2 * this.head(type); left > 0; left--) this.passOver();
    else if (type === Type.TAG) {
      this.head(type);
      this.passOver();
    } else this.head(type);
  }
}

type Handler = (value: Cursor) => number;
type Handlers = Readonly<Record<number, Handler>>;

/** suit_handle_manifest_structure: an array or a map, in which keys and values follow each other. */
function structure(bytes: Uint8Array, handlers: Handlers): number {
  try {
    const cursor = new Cursor(bytes);
    let left = cursor.type === Type.MAP ? 2 * cursor.head(Type.MAP) : cursor.head(Type.ARRAY);
    while (left > 0) {
      const handler = handlers[cursor.int32()];
      if (handler === undefined) return RiotResult.UNSUPPORTED;
      const result = handler(new Cursor(bytes, cursor.at));
      if (result < 0) return result;
      cursor.passOver();
      left -= 2;
    }
    return RiotResult.OK;
  } catch (error) {
    if (error instanceof Invalid) return RiotResult.INVALID_MANIFEST;
    throw error;
  }
}

interface Parameters {
  vendorId?: Cursor;
  classId?: Cursor;
  digest?: Cursor;
  offset?: Cursor;
  size?: Cursor;
  uri?: Cursor;
}

const PARAMETERS: Readonly<Record<number, keyof Parameters>> = {
  1: "vendorId",
  2: "classId",
  3: "digest",
  5: "offset",
  14: "size",
  21: "uri",
};

class RiotUpdate {
  installed: Uint8Array | undefined;
  readonly #device: RiotDevice;
  readonly #key: KeyObject;
  readonly #parameters: Parameters = {};
  readonly #validated = new Set<"version" | "sequence" | "vendor" | "class">();
  #payload: Uint8Array | undefined;
  #hasComponent = false;
  #fetched: Uint8Array | undefined;
  #hasFetchFailed = false;

  constructor(device: RiotDevice) {
    this.#device = device;
    this.#key = createPublicKey({ key: Buffer.from(device.spki), format: "der", type: "spki" });
  }

  readonly envelopeHandlers: Handlers = {
    2: (value) => this.#authentication(value),
    3: (value) => this.#manifest(value),
  };

  readonly #globalHandlers: Handlers = {
    1: (value) => {
      if (value.type !== Type.UINT || value.int32() !== 1) return RiotResult.SEQUENCE_NUMBER;
      this.#validated.add("version");
      return RiotResult.OK;
    },
    2: (value) => {
      if (value.uint32() <= this.#device.sequenceNumber) return RiotResult.SEQUENCE_NUMBER;
      this.#validated.add("sequence");
      return RiotResult.OK;
    },
    3: (value) => structure(value.string(Type.BSTR), this.#commonHandlers),
    9: (value) => this.#sequence(value),
    10: (value) => this.#sequence(value),
  };

  readonly #commonHandlers: Handlers = {
    1: () => RiotResult.UNSUPPORTED,
    2: (value) => this.#components(value),
    4: (value) => this.#sequence(value),
  };

  readonly #commandHandlers: Handlers = {
    1: () => this.#identifier("vendor", this.#parameters.vendorId, this.#device.vendorId),
    2: () => this.#identifier("class", this.#parameters.classId, this.#device.classId),
    3: () => this.#imageMatch(),
    5: (value) => this.#componentOffset(value),
    12: (value) => (value.type === Type.UINT && value.uint32() < 1 ? RiotResult.OK : RiotResult.INVALID_MANIFEST),
    15: (value) => this.#tryEach(value),
    19: (value) => this.#setParameters(value),
    20: (value) => this.#setParameters(value),
    21: () => this.#fetch(),
    30: (value) => this.#sequence(value),
  };

  #authentication(value: Cursor): number {
    const list = new Cursor(value.string(Type.BSTR));
    let result: number = RiotResult.SIGNATURE;
    for (let left = list.head(Type.ARRAY); left > 0; left--) {
      const cose = list.string(Type.BSTR);
      if (this.#payload === undefined) result = this.#verify(cose);
      else result = RiotResult.OK;
    }
    return result;
  }

  /** libcose's cose_sign_decode and cose_sign_verify. */
  #verify(cose: Uint8Array): number {
    const cursor = new Cursor(cose);
    if (cursor.type === Type.TAG) cursor.head(Type.TAG);
    if (cursor.head(Type.ARRAY) !== 4) return RiotResult.INVALID_MANIFEST;
    const header = cursor.string(Type.BSTR);
    cursor.passOver();
    // A payload elsewhere is none: the digest is looked for in it later.
    const payload = cursor.type === Type.BSTR ? cursor.string(Type.BSTR) : Buffer.alloc(0);
    if (payload.length === 0) return RiotResult.SIGNATURE;
    const signature = cursor.string(Type.BSTR);
    const message = Buffer.concat([
      Buffer.from("\x84\x6aSignature1", "latin1"),
      byteString(header),
      byteString(Buffer.alloc(0)),
      byteString(payload),
    ]);
    if (message.length > COSE_BUFFER_LENGTH) return RiotResult.SIGNATURE;
    if (!verify(null, message, this.#key, signature)) return RiotResult.SIGNATURE;
    this.#payload = payload;
    return RiotResult.OK;
  }

  #manifest(value: Cursor): number {
    if (this.#payload === undefined) return RiotResult.SIGNATURE;
    const from = value.at;
    const content = value.string(Type.BSTR);
    const digest = createHash("sha256").update(value.bytes.subarray(from, value.at)).digest();
    const expected = Buffer.concat([Buffer.from([0x82, 0x02, 0x58, 0x20]), digest]);
    if (Buffer.compare(expected, this.#payload.subarray(0, expected.length)) !== 0) return RiotResult.DIGEST_MISMATCH;
    return structure(content, this.#globalHandlers);
  }

  /** One component, whose name has to be the empty string to C: that of the flash writer. */
  #components(value: Cursor): number {
    const count = value.head(Type.ARRAY);
    for (let n = 0; n < count; n++) {
      if (n >= 1) return RiotResult.UNSUPPORTED;
      let name = Buffer.alloc(0);
      for (let left = value.head(Type.ARRAY); left > 0; left--) name = Buffer.concat([name, value.string(Type.BSTR)]);
      if (name.length > 0 && name[0] !== 0) return RiotResult.UNSUPPORTED;
    }
    this.#hasComponent = count > 0;
    return RiotResult.OK;
  }

  #sequence(value: Cursor): number {
    return structure(value.string(Type.BSTR), this.#commandHandlers);
  }

  #identifier(what: "vendor" | "class", parameter: Cursor | undefined, own: Uint8Array): number {
    if (parameter === undefined) return RiotResult.INVALID_MANIFEST;
    const wanted = new Cursor(parameter.bytes, parameter.at).string(Type.BSTR);
    if (Buffer.compare(wanted, own) !== 0) return RiotResult.COND;
    this.#validated.add(what);
    return RiotResult.OK;
  }

  #componentOffset(value: Cursor): number {
    value.uint32();
    const { offset } = this.#parameters;
    if (offset === undefined) return RiotResult.INVALID_MANIFEST;
    const wanted = new Cursor(offset.bytes, offset.at).uint32();
    return wanted === this.#device.otherSlotOffset ? RiotResult.OK : RiotResult.COND;
  }

  #tryEach(value: Cursor): number {
    let result: number = RiotResult.COND;
    for (let left = value.head(Type.ARRAY); left > 0; left--) {
      result = this.#sequence(new Cursor(value.bytes, value.at));
      value.passOver();
      if (result !== RiotResult.COND) break;
    }
    return result;
  }

  #setParameters(value: Cursor): number {
    for (let left = value.head(Type.MAP); left > 0; left--) {
      const name = PARAMETERS[value.int32()];
      if (value.type > Type.TSTR) return RiotResult.INVALID_MANIFEST;
      if (name === undefined) return RiotResult.UNSUPPORTED;
      this.#parameters[name] = new Cursor(value.bytes, value.at);
      value.passOver();
    }
    return RiotResult.OK;
  }

  #size(): number {
    const { size } = this.#parameters;
    if (size === undefined) throw new Invalid();
    return new Cursor(size.bytes, size.at).uint32();
  }

  #fetch(): number {
    // SUIT_DEFAULT_POLICY.
    if (this.#validated.size < 4) return RiotResult.POLICY_FORBIDDEN;
    const { uri } = this.#parameters;
    if (this.#fetched !== undefined || uri === undefined || !this.#hasComponent) return RiotResult.INVALID_MANIFEST;
    const url = Buffer.from(new Cursor(uri.bytes, uri.at).string(Type.TSTR)).toString();
    if (Buffer.byteLength(url) >= URL_BUFFER_LENGTH) return RiotResult.NO_MEM;
    const image = this.#device.fetch(url);
    this.#fetched = image ?? Buffer.alloc(0);
    this.#hasFetchFailed = image === undefined || image.length !== this.#size();
    return this.#hasFetchFailed ? FETCH_FAILED : RiotResult.OK;
  }

  #imageMatch(): number {
    const size = this.#size();
    const { digest } = this.#parameters;
    if (this.#fetched === undefined || this.#hasFetchFailed || digest === undefined) return RiotResult.INVALID_MANIFEST;
    const parts = new Cursor(new Cursor(digest.bytes, digest.at).string(Type.BSTR));
    parts.head(Type.ARRAY);
    parts.uint32();
    const wanted = parts.string(Type.BSTR);
    if (this.#fetched.length !== size) return RiotResult.STORAGE_EXCEEDED;
    const actual = createHash("sha256").update(this.#fetched).digest();
    if (Buffer.compare(actual, wanted.subarray(0, actual.length)) !== 0) return RiotResult.DIGEST_MISMATCH;
    this.installed = this.#fetched;
    return RiotResult.OK;
  }
}

/** Of less than 256 bytes. */
function byteString(bytes: Uint8Array): Buffer {
  const head = bytes.length < 24 ? [0x40 + bytes.length] : [0x58, bytes.length];
  return Buffer.concat([Buffer.from(head), bytes]);
}
