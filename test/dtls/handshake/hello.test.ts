import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, EMPTY } from "../../../src/base/bytes.ts";
import {
  type ClientHello,
  decodeClientHello,
  decodeClientHelloStart,
  decodeHelloVerifyRequest,
  decodeServerHello,
  encodeClientHello,
  encodeHelloVerifyRequest,
  encodeServerHello,
} from "../../../src/dtls/handshake/hello.ts";
import { hex } from "../../vectors/dtls.ts";

const hello = suite("hello");

const RANDOM = new Uint8Array(32).fill(0x11);

const CLIENT_HELLO: ClientHello = {
  version: 0xfefd,
  random: RANDOM,
  sessionId: hex("aa"),
  cookie: hex("bbcc"),
  cipherSuites: [0xc0a8, 0x00ff],
  compressionMethods: Uint8Array.of(0),
  extensions: { extendedMasterSecret: true },
};

// client_version, random, session_id, cookie, cipher_suites, compression_methods, extensions
const WIRE = concat(hex("fefd"), RANDOM, hex("01 aa  02 bbcc  0004 c0a8 00ff  01 00  0004 0017 0000"));

hello("RFC 6347 4.2.1: a ClientHello on the wire", () => {
  assert.equal(encodeClientHello(CLIENT_HELLO), WIRE);
  assert.equal(decodeClientHello(WIRE), CLIENT_HELLO);
});

hello(
  "RFC 5246 7.4.1.2: every truncation of a ClientHello is malformed, but where it ends before its extensions",
  () => {
    const extensionsAt = WIRE.length - 6;
    for (let length = 0; length < WIRE.length; length++) {
      const decoded = decodeClientHello(WIRE.subarray(0, length));
      assert.is(decoded !== undefined, length === extensionsAt, `${length}`);
    }
  },
);

hello("RFC 6347 4.2.1: what a cookie covers is read from a hello that breaks off anywhere behind the cookie", () => {
  const { version, random, sessionId, cookie } = CLIENT_HELLO;
  const end = 2 + 32 + 2 + 3;
  for (let length = end; length <= WIRE.length; length++) {
    assert.equal(decodeClientHelloStart(WIRE.subarray(0, length)), { version, random, sessionId, cookie });
  }
  assert.is(decodeClientHelloStart(WIRE.subarray(0, end - 1)), undefined);
});

for (const [what, changes] of [
  ["a session_id of 33 bytes", { sessionId: new Uint8Array(33) }],
  ["no cipher suites", { cipherSuites: [] }],
  ["no compression methods", { compressionMethods: EMPTY }],
] as const) {
  hello(`RFC 5246 7.4.1.2: a ClientHello with ${what} is malformed`, () => {
    assert.is(decodeClientHello(encodeClientHello({ ...CLIENT_HELLO, ...changes })), undefined);
  });
}

hello("bug pattern 21: a list of suites with an odd number of bytes is malformed", () => {
  const odd = concat(hex("fefd"), RANDOM, hex("00 00 0003 c0a8 00 01 00"));
  assert.is(decodeClientHello(odd), undefined);
});

hello("RFC 6347 4.2.1: any ClientHello that is written is read again", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 32 }),
      fc.uint8Array({ maxLength: 255 }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 60 }),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      (sessionId, cookie, cipherSuites, compressionMethods) => {
        const given = { ...CLIENT_HELLO, sessionId, cookie, cipherSuites, compressionMethods };
        assert.equal(decodeClientHello(encodeClientHello(given)), given);
      },
    ),
    { seed: 6347, numRuns: 200 },
  );
});

hello("RFC 6347 4.2.1: a HelloVerifyRequest on the wire says DTLS 1.0", () => {
  assert.equal(encodeHelloVerifyRequest(hex("aabbcc")), hex("feff 03 aabbcc"));
});

hello("RFC 6347 4.2.1: the cookie of a HelloVerifyRequest of either version is read, and of no torn one", () => {
  assert.equal(decodeHelloVerifyRequest(hex("feff 03 aabbcc")), hex("aabbcc"));
  assert.equal(decodeHelloVerifyRequest(hex("fefd 03 aabbcc")), hex("aabbcc"));
  for (const torn of ["", "fe", "feff", "feff 03 aabb", "feff 03 aabbccdd"]) {
    assert.is(decodeHelloVerifyRequest(hex(torn)), undefined, torn);
  }
});

hello("RFC 5246 7.4.1.3: a ServerHello on the wire, and each of its truncations", () => {
  const given = {
    version: 0xfefd,
    random: RANDOM,
    sessionId: EMPTY,
    cipherSuite: 0xc0a8,
    compressionMethod: 0,
    extensions: { connectionId: hex("01020304") },
  };
  const wire = concat(hex("fefd"), RANDOM, hex("00 c0a8 00 0009 0036 0005 04 01020304"));
  assert.equal(encodeServerHello(given), wire);
  assert.equal(decodeServerHello(wire), given);
  for (let length = 0; length < wire.length; length++) {
    const decoded = decodeServerHello(wire.subarray(0, length));
    assert.is(decoded !== undefined, length === wire.length - 11, `${length}`);
  }
});

hello.run();
