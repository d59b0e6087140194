// Who has to show an Echo value (RFC 9175 2.4): a session that an earlier process saved, before anything changes, for what
// comes may be an old record; and an address on plain CoAP that may be somebody else's, before it is sent much.

import type { Deadlined } from "../base/deadlined.ts";
import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import { AssociationTable } from "../coap/association-table.ts";
import { Code } from "../coap/code.ts";
import { ECHO_LENGTH, type EchoPolicy } from "../coap/echo.ts";
import { ENTRY_OVERHEAD_LENGTH, EXCHANGE_LIFETIME_MS } from "../coap/parameters.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { HmacSha256 } from "../crypto/hmac.ts";
import { Session } from "../dtls/session/session.ts";
import type { Association } from "./association.ts";

/** Addresses that have shown to be their own; one that is forgotten shows it again, which costs a round trip. */
export const PROVEN_ADDRESSES_MAX = 16_384;

const SECRET_LENGTH = 32;

export class Freshness implements EchoPolicy<Association>, Deadlined {
  readonly #crypto: CryptoProvider;
  readonly #random: RandomSource;
  readonly #addressesToo: boolean;
  readonly #changesToo: boolean;
  readonly #provenAddresses = new AssociationTable<PeerAddress, "proven", true>({
    countMax: 1,
    lengthMax: PROVEN_ADDRESSES_MAX * ENTRY_OVERHEAD_LENGTH,
    lifetimeMs: EXCHANGE_LIFETIME_MS,
  });
  /** Made at the first question, so that a server that asks none draws no randomness for it. */
  #mac: HmacSha256 | undefined;

  /**
   * `addressesToo`: whether addresses on plain CoAP have to show that they are their own, for whatever they ask;
   * `changesToo`: for a POST, which is what changes something here.
   */
  constructor(crypto: CryptoProvider, random: RandomSource, addressesToo: boolean, changesToo = false) {
    this.#crypto = crypto;
    this.#random = random;
    this.#addressesToo = addressesToo;
    this.#changesToo = changesToo;
  }

  get provenAddressCount(): number {
    return this.#provenAddresses.associationCount;
  }

  mac(message: Uint8Array): Uint8Array {
    this.#mac ??= this.#freshSecret();
    const value = new Uint8Array(ECHO_LENGTH);
    this.#mac.put(message).digestInto(value, 0, ECHO_LENGTH);
    return value;
  }

  nameOf(association: Association): string {
    return association instanceof Session ? association.identityKey : association;
  }

  isWanted(now: Instant, association: Association, method: Code): boolean {
    if (association instanceof Session) return association.restored && method !== Code.GET;
    if (!this.#addressesToo && !(this.#changesToo && method === Code.POST)) return false;
    return this.#provenAddresses.find(now, association, "proven") === undefined;
  }

  shown(now: Instant, association: Association): void {
    if (association instanceof Session) association.restored = false;
    else this.#provenAddresses.set(now, association, "proven", true, 0);
  }

  handleTimeout(now: Instant): void {
    this.#provenAddresses.handleTimeout(now);
  }

  pollTimeout(): Instant | undefined {
    return this.#provenAddresses.pollTimeout();
  }

  #freshSecret(): HmacSha256 {
    const secret = randomBytes(this.#random, SECRET_LENGTH);
    const mac = this.#crypto.hmacSha256(secret);
    secret.fill(0);
    return mac;
  }
}
