// The cookie of HelloVerifyRequest (RFC 6347 4.2.1): a MAC over the peer's address and the beginning of its hello, so that
// proving an address costs us no state. The secret is replaced every five minutes and accepted for five minutes more; each
// is derived from one secret that is handed in, so that another process which has that, and the clock, takes the same cookies.

import { toUtf8 } from "../../base/bytes.ts";
import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { type HmacSha256, MAC_LENGTH } from "../../crypto/hmac.ts";
import { COOKIE_SECRET_LIFETIME_MS } from "../parameters.ts";
import type { ClientHelloStart } from "./hello.ts";

const COOKIE_LENGTH = 16;
/** Bytes of the secret that is handed in. */
export const COOKIE_SECRET_LENGTH = 32;

export class CookieIssuer {
  readonly #crypto: CryptoProvider;
  readonly #secrets: HmacSha256;
  #period: number;
  #current: HmacSha256;
  #previous: HmacSha256;

  /** Takes the secret over, and overwrites the array that it came in. */
  constructor(now: Instant, crypto: CryptoProvider, secret: Uint8Array) {
    this.#crypto = crypto;
    this.#secrets = crypto.hmacSha256(secret);
    secret.fill(0);
    this.#period = periodOf(now);
    this.#current = this.#secretOf(this.#period);
    this.#previous = this.#secretOf(this.#period - 1);
  }

  /** 16 bytes that only this peer with this hello can show again. */
  issue(now: Instant, peer: PeerAddress, hello: ClientHelloStart): Uint8Array {
    this.#rotate(now);
    return cookieFor(this.#current, peer, hello);
  }

  /** Whether `hello` shows a cookie that was issued for it, to this address, at most ten minutes ago. */
  verifies(now: Instant, peer: PeerAddress, hello: ClientHelloStart): boolean {
    this.#rotate(now);
    if (hello.cookie.length !== COOKIE_LENGTH) return false;
    return this.#shows(this.#current, peer, hello) || this.#shows(this.#previous, peer, hello);
  }

  #rotate(now: Instant): void {
    const period = periodOf(now);
    if (period === this.#period) return;
    this.#previous.release();
    if (period === this.#period + 1) this.#previous = this.#current;
    else {
      this.#current.release();
      this.#previous = this.#secretOf(period - 1);
    }
    this.#current = this.#secretOf(period);
    this.#period = period;
  }

  #secretOf(period: number): HmacSha256 {
    const secret = new Uint8Array(MAC_LENGTH);
    this.#secrets.put(toUtf8(`${period}`)).digestInto(secret, 0, MAC_LENGTH);
    const mac = this.#crypto.hmacSha256(secret);
    secret.fill(0);
    return mac;
  }

  #shows(mac: HmacSha256, peer: PeerAddress, hello: ClientHelloStart): boolean {
    return this.#crypto.equalInConstantTime(cookieFor(mac, peer, hello), hello.cookie);
  }
}

function periodOf(now: Instant): number {
  return Math.floor(now / COOKIE_SECRET_LIFETIME_MS);
}

/**
 * Covers of what RFC 6347 4.2.1 tells a client to keep equal in both hellos that which stands before the cookie: a small first
 * fragment ends behind it, and need not be cut where the first hello was. Suites and compression methods are the Finished's
 * to protect. Lengths come first, so nothing can be moved.
 */
function cookieFor(mac: HmacSha256, peer: PeerAddress, hello: ClientHelloStart): Uint8Array {
  const { version, random, sessionId } = hello;
  putUint16(mac.uint8(peer.length), version);
  mac.uint8(sessionId.length);
  for (let i = 0; i < peer.length; i++) putUint16(mac, peer.charCodeAt(i));
  const cookie = new Uint8Array(COOKIE_LENGTH);
  mac.put(random).put(sessionId).digestInto(cookie, 0, COOKIE_LENGTH);
  return cookie;
}

function putUint16(mac: HmacSha256, value: number): void {
  mac.uint8(value >> 8).uint8(value);
}
