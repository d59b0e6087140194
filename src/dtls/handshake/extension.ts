// The hello extensions that we speak; every other one is passed over (RFC 5246 7.4.1.4).

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { EMPTY } from "../../base/bytes.ts";

export const ExtensionType = {
  /** RFC 6066 4. */
  max_fragment_length: 1,
  /** RFC 8422 5.1. */
  supported_groups: 10,
  ec_point_formats: 11,
  /** RFC 7685. */
  padding: 21,
  /** RFC 7366. */
  encrypt_then_mac: 22,
  /** RFC 7627. */
  extended_master_secret: 23,
  /** RFC 8449. */
  record_size_limit: 28,
  /** RFC 9146 3. */
  connection_id: 54,
  /** RFC 9853 3. */
  rrc: 61,
  /** RFC 5746 3.2. */
  renegotiation_info: 0xff01,
} as const;

/** RFC 5746 3.3: a cipher suite that stands for an empty renegotiation_info. */
export const TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;

/** Extensions of one hello that stay within reason; each is at least four bytes long anyway. */
const EXTENSIONS_MAX = 64;

/** What a hello says in its extensions. A property is there when the extension was. */
export interface Extensions {
  readonly connectionId?: Uint8Array;
  readonly encryptThenMac?: true;
  readonly extendedMasterSecret?: true;
  /** The code of RFC 6066 4: 1 to 4 for 2^9 to 2^12 bytes. */
  readonly maxFragmentLength?: number;
  /** Bytes of zeros. Only ever written: a server passes over them. */
  readonly paddingLength?: number;
  /** Bytes of plaintext that the sender of the hello can take in one record. */
  readonly recordSizeLimit?: number;
  readonly renegotiationInfo?: Uint8Array;
  readonly returnRoutability?: true;
  readonly supportedGroups?: readonly number[];
  /** Types that have no meaning here: a server passes over them, a client did not ask for them. */
  readonly unknownTypes?: readonly number[];
}

/** While they are gathered. */
export type MutableExtensions = { -readonly [Name in keyof Extensions]: Extensions[Name] };

/** Bytes of plaintext for a max_fragment_length code, or undefined for a code that has no meaning. */
export function maxFragmentLengthFor(code: number): number | undefined {
  return code >= 1 && code <= 4 ? 2 ** (8 + code) : undefined;
}

/** Reads the extensions that end a hello; undefined when they are malformed or one comes twice (RFC 5246 7.4.1.4). */
export function decodeExtensions(reader: ByteReader): Extensions | undefined {
  if (reader.remaining === 0) return {};
  const list = new ByteReader(reader.vector16());
  if (!reader.atEnd) return undefined;
  const extensions: MutableExtensions = {};
  const seen: number[] = [];
  while (list.remaining > 0) {
    const type = list.uint16();
    const data = new ByteReader(list.vector16());
    if (list.overrun || seen.includes(type) || seen.length === EXTENSIONS_MAX) return undefined;
    seen.push(type);
    if (!decodeExtension(type, data, extensions)) return undefined;
  }
  return extensions;
}

function decodeExtension(type: number, data: ByteReader, into: MutableExtensions): boolean {
  switch (type) {
    case ExtensionType.connection_id:
      into.connectionId = data.vector8();
      return data.atEnd;
    case ExtensionType.encrypt_then_mac:
      into.encryptThenMac = true;
      return data.atEnd;
    case ExtensionType.extended_master_secret:
      into.extendedMasterSecret = true;
      return data.atEnd;
    case ExtensionType.max_fragment_length:
      into.maxFragmentLength = data.uint8();
      return data.atEnd;
    case ExtensionType.record_size_limit:
      into.recordSizeLimit = data.uint16();
      return data.atEnd;
    case ExtensionType.renegotiation_info:
      into.renegotiationInfo = data.vector8();
      return data.atEnd;
    case ExtensionType.rrc:
      into.returnRoutability = true;
      return data.atEnd;
    case ExtensionType.supported_groups: {
      const groups = decodeUint16List(data);
      if (groups === undefined || !data.atEnd) return false;
      into.supportedGroups = groups;
      return true;
    }
    case ExtensionType.ec_point_formats:
      return true;
    default:
      into.unknownTypes = [...(into.unknownTypes ?? []), type];
      return true;
  }
}

/** The block of extensions that ends a hello; nothing at all when there are none. */
export function encodeExtensions(extensions: Extensions): Uint8Array {
  const list = new ByteWriter();
  const put = (type: number, data: Uint8Array) => list.uint16(type).vector16(data);
  if (extensions.renegotiationInfo) {
    put(ExtensionType.renegotiation_info, new ByteWriter().vector8(extensions.renegotiationInfo).finish());
  }
  if (extensions.extendedMasterSecret) put(ExtensionType.extended_master_secret, EMPTY);
  if (extensions.encryptThenMac) put(ExtensionType.encrypt_then_mac, EMPTY);
  if (extensions.connectionId) {
    put(ExtensionType.connection_id, new ByteWriter().vector8(extensions.connectionId).finish());
  }
  if (extensions.returnRoutability) put(ExtensionType.rrc, EMPTY);
  if (extensions.maxFragmentLength) {
    put(ExtensionType.max_fragment_length, Uint8Array.of(extensions.maxFragmentLength));
  }
  if (extensions.recordSizeLimit) {
    put(ExtensionType.record_size_limit, new ByteWriter().uint16(extensions.recordSizeLimit).finish());
  }
  if (extensions.supportedGroups) {
    put(
      ExtensionType.supported_groups,
      new ByteWriter().vector16(encodeUint16List(extensions.supportedGroups)).finish(),
    );
    // RFC 8422 5.1.2: uncompressed points, the only format left.
    put(ExtensionType.ec_point_formats, Uint8Array.of(1, 0));
  }
  if (extensions.paddingLength !== undefined) put(ExtensionType.padding, new Uint8Array(extensions.paddingLength));
  if (list.length === 0) return EMPTY;
  return new ByteWriter().vector16(list.finish()).finish();
}

/** A vector of two-byte numbers with its length before it; undefined for an odd number of bytes. */
export function decodeUint16List(reader: ByteReader): number[] | undefined {
  const length = reader.uint16();
  if (length % 2 !== 0) return undefined;
  const values: number[] = [];
  // Nothing beyond the end is read, however long the vector says it is.
  for (let i = 0; i < length && !reader.overrun; i += 2) values.push(reader.uint16());
  return values;
}

export function encodeUint16List(values: readonly number[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) writer.uint16(value);
  return writer.finish();
}
