// The hellos of whoever begins handshakes and ends none: the second shows the cookie, and then nothing comes.

import { encodeHandshakeMessage, HandshakeType } from "../../src/dtls/handshake/handshake-message.ts";
import { encodeClientHello } from "../../src/dtls/handshake/hello.ts";
import { NAMED_GROUPS } from "../../src/dtls/handshake/key-share.ts";
import { WriteState } from "../../src/dtls/record/connection-state.ts";
import { ContentType } from "../../src/dtls/record/record.ts";

export const HELLO_VERIFY_REQUEST = HandshakeType.hello_verify_request;
/** Where the type of a record's first handshake message stands. */
export const HANDSHAKE_TYPE_AT = 13;
/** Where the cookie stands in a HelloVerifyRequest: behind record header, message header, version and length. */
export const COOKIE_AT = 13 + 12 + 2 + 1;
export const COOKIE_LENGTH = 16;
/** Where it stands in a hello without session_id: behind the random, and two lengths. */
export const COOKIE_IN_HELLO_AT = 13 + 12 + 2 + 32 + 1 + 1;

export interface HalfOpenHelloInput {
  /** 32 bytes; zeros when absent. */
  readonly random?: Uint8Array;
  /** Absent in the first hello. */
  readonly cookie?: Uint8Array;
  /** Of the record; the answer has the same. The message's number when absent. */
  readonly recordNumber?: number;
  /** As IANA numbers it; where it is one of ECDHE each handshake costs the server half of a key agreement. */
  readonly cipherSuite: number;
}

/** A datagram with one hello. */
export function halfOpenHello({ random, cookie, recordNumber, cipherSuite }: HalfOpenHelloInput): Uint8Array {
  const messageSeq = cookie === undefined ? 0 : 1;
  const body = encodeClientHello({
    version: 0xfefd,
    random: random ?? new Uint8Array(32),
    sessionId: new Uint8Array(0),
    cookie: cookie ?? new Uint8Array(0),
    cipherSuites: [cipherSuite],
    compressionMethods: Uint8Array.of(0),
    extensions: { supportedGroups: NAMED_GROUPS },
  });
  const message = encodeHandshakeMessage({ type: HandshakeType.client_hello, messageSeq, body });
  return WriteState.plaintext(recordNumber ?? messageSeq).seal(ContentType.handshake, message);
}
