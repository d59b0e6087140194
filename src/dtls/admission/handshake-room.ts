// Who gives way to one more handshake: of those at its address, and of all.

import type { Instant } from "../../base/instant.ts";
import type { PeerAddress } from "../../base/peer-address.ts";
import { type RandomSource, randomUint16 } from "../../base/random-source.ts";
import type { HandshakeTable } from "../handshake/handshake-table.ts";
import type { ServerHandshake } from "../handshake/server-handshake.ts";
import { type DtlsParameters, HANDSHAKES_PER_ADDRESS_MAX } from "../parameters.ts";
import type { AddressShares } from "./address-shares.ts";

export class HandshakeRoom {
  readonly #handshakes: HandshakeTable;
  readonly #shares: AddressShares;
  readonly #random: RandomSource;
  readonly #parameters: DtlsParameters;

  constructor(handshakes: HandshakeTable, shares: AddressShares, random: RandomSource, parameters: DtlsParameters) {
    this.#handshakes = handshakes;
    this.#shares = shares;
    this.#random = random;
    this.#parameters = parameters;
  }

  /** The handshake that has to leave; undefined where there is room. */
  leaving(now: Instant, from: PeerAddress): ServerHandshake | undefined {
    const running = this.#handshakes.allAt(from);
    if (running.length >= HANDSHAKES_PER_ADDRESS_MAX) return running[randomUint16(this.#random) % running.length];
    const { size } = this.#handshakes;
    if (size < this.#parameters.handshakesMax) return undefined;
    const chosen = this.#shares.choose(now, size, (index) => this.#handshakes.number(index).peer);
    return chosen === undefined ? undefined : this.#handshakes.number(chosen);
  }
}
