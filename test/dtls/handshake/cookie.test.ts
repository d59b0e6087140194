import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EMPTY } from "../../../src/base/bytes.ts";
import { addMs, instant } from "../../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../../src/base/peer-address.ts";
import { randomBytes } from "../../../src/base/random-source.ts";
import { COOKIE_SECRET_LENGTH, CookieIssuer } from "../../../src/dtls/handshake/cookie.ts";
import type { ClientHelloStart } from "../../../src/dtls/handshake/hello.ts";
import { COOKIE_SECRET_LIFETIME_MS } from "../../../src/dtls/parameters.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { WatchingCrypto } from "../../support/watching-crypto.ts";

const cookie = suite("cookie");

const START = instant(600_000);
const PEER = peerAddress("192.0.2.1", 40_000);
const HELLO: ClientHelloStart = {
  version: 0xfefd,
  random: new Uint8Array(32).fill(1),
  sessionId: Uint8Array.of(7),
  cookie: EMPTY,
};

function issued() {
  const issuer = new CookieIssuer(START, CRYPTO, randomBytes(new SeededRandom(1), COOKIE_SECRET_LENGTH));
  return { issuer, hello: { ...HELLO, cookie: issuer.issue(START, PEER, HELLO) } };
}

cookie("RFC 6347 4.2.1: a cookie is 16 bytes, and holds for who got it", () => {
  const { issuer, hello } = issued();
  assert.is(hello.cookie.length, 16);
  assert.ok(issuer.verifies(START, PEER, hello));
});

cookie("RFC 6347 4.2.1: the same hello gets the same cookie while its secret lasts", () => {
  const { issuer, hello } = issued();
  assert.equal(issuer.issue(addMs(START, COOKIE_SECRET_LIFETIME_MS - 1), PEER, HELLO), hello.cookie);
  assert.not.equal(issuer.issue(addMs(START, COOKIE_SECRET_LIFETIME_MS), PEER, HELLO), hello.cookie);
});

for (const [after, holds] of [
  [COOKIE_SECRET_LIFETIME_MS - 1, true],
  [COOKIE_SECRET_LIFETIME_MS, true],
  [2 * COOKIE_SECRET_LIFETIME_MS - 1, true],
  [2 * COOKIE_SECRET_LIFETIME_MS, false],
  [3 * COOKIE_SECRET_LIFETIME_MS, false],
  [86_400_000, false],
] as const) {
  cookie(`RFC 6347 4.2.1: ${after} ms after a secret began its cookies ${holds ? "hold" : "hold no more"}`, () => {
    const { issuer, hello } = issued();
    assert.is(issuer.verifies(addMs(START, after), PEER, hello), holds);
  });
}

cookie("RFC 6347 4.2.1: a cookie that lived through one rotation does not live through a second", () => {
  const { issuer, hello } = issued();
  assert.ok(issuer.verifies(addMs(START, COOKIE_SECRET_LIFETIME_MS), PEER, hello));
  assert.not(issuer.verifies(addMs(START, 2 * COOKIE_SECRET_LIFETIME_MS), PEER, hello));
});

for (const [what, changes] of [
  ["version", { version: 0xfefc }],
  ["random", { random: new Uint8Array(32) }],
  ["session_id", { sessionId: Uint8Array.of(8) }],
  ["session_id's length", { sessionId: EMPTY }],
] as const) {
  cookie(`RFC 6347 4.2.1: a cookie is bound to the hello's ${what}`, () => {
    const { issuer, hello } = issued();
    assert.not(issuer.verifies(START, PEER, { ...hello, ...changes }));
  });
}

for (const [what, peer] of [
  ["address", peerAddress("192.0.2.2", 40_000)],
  ["port", peerAddress("192.0.2.1", 40_001)],
  ["family", peerAddress("2001:db8::1", 40_000)],
  ["choice of our addresses", peerAddress("192.0.2.1", 40_000, "192.0.2.7")],
] as const) {
  cookie(`RFC 6347 4.2.1: a cookie is bound to the peer's ${what}`, () => {
    const { issuer, hello } = issued();
    assert.not(issuer.verifies(START, peer, hello));
  });
}

cookie("RFC 6347 4.2.1: no IPv6 peer can ask for the cookie of an IPv4 peer by spelling its bytes", () => {
  // A forger whose address begins with the victim's and goes on with the first bytes of its random: with the rest of both
  // hellos in a row, only lengths that come first tell them apart.
  const random = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const sessionId = Uint8Array.of(41, 42, 43, 44, 45, 46, 47, 48);
  const units = Buffer.from(random.subarray(0, 8)).swap16().toString("utf16le");
  const forger = `${PEER}${units}` as PeerAddress;
  const rest = Uint8Array.from([...random.subarray(8), ...sessionId]);
  const issuer = new CookieIssuer(START, CRYPTO, randomBytes(new SeededRandom(1), COOKIE_SECRET_LENGTH));
  const bought = issuer.issue(START, forger, { ...HELLO, random: rest, sessionId: EMPTY });
  assert.not(issuer.verifies(START, PEER, { ...HELLO, random, sessionId, cookie: bought }));
});

for (const length of [0, 15, 17, 32]) {
  cookie(`RFC 6347 4.2.1: a cookie of ${length} bytes is none`, () => {
    const { issuer, hello } = issued();
    const wrong = new Uint8Array(length);
    wrong.set(hello.cookie.subarray(0, length));
    assert.not(issuer.verifies(START, PEER, { ...hello, cookie: wrong }));
  });
}

cookie("RFC 6347 4.2.1: each bit of a cookie counts", () => {
  const { issuer, hello } = issued();
  for (let bit = 0; bit < 128; bit++) {
    const wrong = Uint8Array.from(hello.cookie);
    wrong[bit >> 3] = wrong[bit >> 3]! ^ (1 << (bit & 7));
    assert.not(issuer.verifies(START, PEER, { ...hello, cookie: wrong }), `bit ${bit}`);
  }
});

cookie("RFC 6347 4.2.1: another server's secret makes another cookie", () => {
  const other = new CookieIssuer(START, CRYPTO, randomBytes(new SeededRandom(2), COOKIE_SECRET_LENGTH));
  assert.not(other.verifies(START, PEER, issued().hello));
});

cookie("a process that was handed the same secret takes the cookies of another, whenever it began", () => {
  const { hello } = issued();
  const secret = () => randomBytes(new SeededRandom(1), COOKIE_SECRET_LENGTH);
  const later = addMs(START, COOKIE_SECRET_LIFETIME_MS);
  assert.ok(new CookieIssuer(later, CRYPTO, secret()).verifies(later, PEER, hello));
  const tooLate = addMs(later, COOKIE_SECRET_LIFETIME_MS);
  assert.not(new CookieIssuer(tooLate, CRYPTO, secret()).verifies(tooLate, PEER, hello));
});

cookie("a secret that is replaced is given back, whether the next period follows or some later one", () => {
  const crypto = new WatchingCrypto();
  const issuer = new CookieIssuer(START, crypto, new Uint8Array(COOKIE_SECRET_LENGTH).fill(1));
  const open = crypto.openCount;
  for (const periods of [1, 2, 9, 10]) issuer.issue(addMs(START, periods * COOKIE_SECRET_LIFETIME_MS), PEER, HELLO);
  assert.is(crypto.openCount, open);
});

cookie.run();
