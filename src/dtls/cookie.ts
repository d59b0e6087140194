// The cookie of HelloVerifyRequest (RFC 6347 4.2.1): a MAC over the peer's address and its hello's parameters, so that
// proving an address costs us no state. The secret is replaced each minute and accepted for one minute more.

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import { Secret } from "../base/secret.ts";
import { encodeUint16List } from "./extension.ts";
import type { ClientParameters } from "./hello.ts";
import { COOKIE_SECRET_LIFETIME_MS } from "./parameters.ts";

const COOKIE_LENGTH = 16;
const SECRET_LENGTH = 32;

export class CookieIssuer {
  readonly #random: RandomSource;
  #period: number;
  #current: Secret;
  #previous: Secret;

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

  /** Whether `hello` shows a cookie that was issued for it, to this address, at most two minutes ago. */
  verifies(now: Instant, peer: PeerAddress, hello: ClientParameters): boolean {
    this.#rotate(now);
    if (hello.cookie.length !== COOKIE_LENGTH) return false;
    return [this.#current, this.#previous].some((secret) =>
      timingSafeEqual(cookieFor(secret, peer, hello), hello.cookie),
    );
  }

  #rotate(now: Instant): void {
    const period = periodOf(now);
    if (period === this.#period) return;
    this.#previous = period === this.#period + 1 ? this.#current : this.#freshSecret();
    this.#current = this.#freshSecret();
    this.#period = period;
  }

  #freshSecret(): Secret {
    return new Secret(randomBytes(this.#random, SECRET_LENGTH));
  }
}

function periodOf(now: Instant): number {
  return Math.floor(now / COOKIE_SECRET_LIFETIME_MS);
}

/** Covers what RFC 6347 4.2.1 tells a client to keep equal in both hellos; lengths come first, so nothing can be moved. */
function cookieFor(secret: Secret, peer: PeerAddress, hello: ClientParameters): Uint8Array {
  return createHmac("sha256", secret.reveal())
    .update(Uint8Array.of(peer.length, hello.version >> 8, hello.version & 255, hello.sessionId.length))
    .update(peer, "utf16le")
    .update(hello.random)
    .update(hello.sessionId)
    .update(encodeUint16List([hello.cipherSuites.length, ...hello.cipherSuites]))
    .update(hello.compressionMethods)
    .digest()
    .subarray(0, COOKIE_LENGTH);
}
