// The cookie of HelloVerifyRequest (RFC 6347 4.2.1): a MAC over the peer's address and its hello's parameters, so that
// proving an address costs us no state. The secret is replaced every five minutes and accepted for five minutes more.

import { timingSafeEqual } from "node:crypto";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { type RandomSource, randomBytes } from "../../base/random-source.ts";
import { HmacSha256, writeDigest } from "../hmac.ts";
import { COOKIE_SECRET_LIFETIME_MS } from "../parameters.ts";
import type { ClientParameters } from "./hello.ts";

const COOKIE_LENGTH = 16;
const SECRET_LENGTH = 32;

export class CookieIssuer {
  readonly #random: RandomSource;
  #period: number;
  #current: HmacSha256;
  #previous: HmacSha256;

  constructor(now: Instant, random: RandomSource) {
    this.#random = random;
    this.#period = periodOf(now);
    this.#current = this.#freshSecret();
    this.#previous = this.#freshSecret();
  }

  /** 16 bytes that only this peer with this hello can show again. */
  issue(now: Instant, peer: PeerAddress, hello: ClientParameters): Uint8Array {
    this.#rotate(now);
    return cookieFor(this.#current, peer, hello);
  }

  /** Whether `hello` shows a cookie that was issued for it, to this address, at most ten minutes ago. */
  verifies(now: Instant, peer: PeerAddress, hello: ClientParameters): boolean {
    this.#rotate(now);
    if (hello.cookie.length !== COOKIE_LENGTH) return false;
    return shows(this.#current, peer, hello) || shows(this.#previous, peer, hello);
  }

  #rotate(now: Instant): void {
    const period = periodOf(now);
    if (period === this.#period) return;
    this.#previous = period === this.#period + 1 ? this.#current : this.#freshSecret();
    this.#current = this.#freshSecret();
    this.#period = period;
  }

  #freshSecret(): HmacSha256 {
    return new HmacSha256(randomBytes(this.#random, SECRET_LENGTH));
  }
}

function periodOf(now: Instant): number {
  return Math.floor(now / COOKIE_SECRET_LIFETIME_MS);
}

function shows(mac: HmacSha256, peer: PeerAddress, hello: ClientParameters): boolean {
  return timingSafeEqual(cookieFor(mac, peer, hello), hello.cookie);
}

/** Covers what RFC 6347 4.2.1 tells a client to keep equal in both hellos; lengths come first, so nothing can be moved. */
function cookieFor(mac: HmacSha256, peer: PeerAddress, hello: ClientParameters): Uint8Array {
  const { version, sessionId, cipherSuites, compressionMethods } = hello;
  putUint16(mac.uint8(peer.length), version);
  putUint16(mac.uint8(sessionId.length), cipherSuites.length);
  for (let i = 0; i < peer.length; i++) putUint16(mac, peer.charCodeAt(i));
  mac.put(hello.random).put(sessionId);
  for (const suite of cipherSuites) putUint16(mac, suite);
  const digest = mac.put(compressionMethods).digest();
  const cookie = new Uint8Array(COOKIE_LENGTH);
  writeDigest(digest, cookie, 0, COOKIE_LENGTH);
  return cookie;
}

function putUint16(mac: HmacSha256, value: number): void {
  mac.uint8(value >> 8).uint8(value);
}
