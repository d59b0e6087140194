// ClientHello, HelloVerifyRequest and ServerHello (RFC 5246 7.4.1, RFC 6347 4.2.1). Decoders give undefined for a body
// that does not parse to its last byte. What they give are views.

import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { DTLS_1_0 } from "../parameters.ts";
import {
  decodeExtensions,
  decodeUint16List,
  type Extensions,
  encodeExtensions,
  encodeUint16List,
} from "./extension.ts";

const RANDOM_LENGTH = 32;
const SESSION_ID_LENGTH_MAX = 32;

/** The fields that a ClientHello begins with; a cookie covers all of them but itself. */
export interface ClientHelloStart {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cookie: Uint8Array;
}

export interface ClientHello extends ClientHelloStart {
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: Uint8Array;
  readonly extensions: Extensions;
}

export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: Extensions;
}

/** Reads up to the cookie: all that the stateless part of a server looks at, and nearly all that a small fragment holds. */
export function decodeClientHelloStart(body: Uint8Array): ClientHelloStart | undefined {
  return readClientHelloStart(new ByteReader(body));
}

export function decodeClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new ByteReader(body);
  const start = readClientHelloStart(reader);
  if (start === undefined) return undefined;
  const cipherSuites = decodeUint16List(reader);
  const compressionMethods = reader.vector8();
  if (reader.overrun || cipherSuites === undefined) return undefined;
  if (cipherSuites.length === 0 || compressionMethods.length === 0) return undefined;
  const extensions = decodeExtensions(reader);
  if (extensions === undefined) return undefined;
  const { version, random, sessionId, cookie } = start;
  return { version, random, sessionId, cookie, cipherSuites, compressionMethods, extensions };
}

function readClientHelloStart(reader: ByteReader): ClientHelloStart | undefined {
  const version = reader.uint16();
  const random = reader.take(RANDOM_LENGTH);
  const sessionId = reader.vector8();
  const cookie = reader.vector8();
  if (reader.overrun || sessionId.length > SESSION_ID_LENGTH_MAX) return undefined;
  return { version, random, sessionId, cookie };
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  return new ByteWriter()
    .uint16(hello.version)
    .put(hello.random)
    .vector8(hello.sessionId)
    .vector8(hello.cookie)
    .vector16(encodeUint16List(hello.cipherSuites))
    .vector8(hello.compressionMethods)
    .put(encodeExtensions(hello.extensions))
    .finish();
}

/** RFC 6347 4.2.1: server_version is DTLS 1.0 whatever follows, so that a client cannot take it for the negotiated one. */
export function encodeHelloVerifyRequest(cookie: Uint8Array): Uint8Array {
  return new ByteWriter().uint16(DTLS_1_0).vector8(cookie).finish();
}

/** The cookie. */
export function decodeHelloVerifyRequest(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  reader.uint16();
  const cookie = reader.vector8();
  return reader.atEnd ? cookie : undefined;
}

export function encodeServerHello(hello: ServerHello): Uint8Array {
  return new ByteWriter()
    .uint16(hello.version)
    .put(hello.random)
    .vector8(hello.sessionId)
    .uint16(hello.cipherSuite)
    .uint8(hello.compressionMethod)
    .put(encodeExtensions(hello.extensions))
    .finish();
}

export function decodeServerHello(body: Uint8Array): ServerHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.uint16();
  const random = reader.take(RANDOM_LENGTH);
  const sessionId = reader.vector8();
  const cipherSuite = reader.uint16();
  const compressionMethod = reader.uint8();
  if (reader.overrun || sessionId.length > SESSION_ID_LENGTH_MAX) return undefined;
  const extensions = decodeExtensions(reader);
  return extensions && { version, random, sessionId, cipherSuite, compressionMethod, extensions };
}
