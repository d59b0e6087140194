// RFC 8949's data items as values of ours. Maps are always a Map, so that a key keeps its type; what is an integer beyond
// 2^53-1 is a bigint.

import { Tagged as LibrarysTagged } from "cborg";

export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | Tagged;

export type CborMap = ReadonlyMap<CborValue, CborValue>;

/** RFC 8949 3.4. The library knows by its own class what it has to write as a tag. */
export class Tagged extends LibrarysTagged {
  declare readonly tag: number;
  declare readonly value: CborValue;
}

/** Why bytes are refused, in words, and where known the offset of the byte that is wrong. */
export interface CborFault {
  readonly reason: string;
  readonly offset?: number;
}

/** Arrays, maps and tags within each other, the outermost counted. SUIT nests by byte strings, which count anew. */
export const CBOR_DEPTH_MAX = 16;

/** Bytes of one item. */
export const CBOR_LENGTH_MAX = 64 * 1024;
