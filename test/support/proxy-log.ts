// A link proxy in virtual time whose deliveries are written down, between clients and a server that a test plays.

import { type Binding, LinkProxy, type LinkProxyInput } from "../../sim/link/link-proxy.ts";
import { Prng } from "../../sim/prng.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import { type PeerAddress, peerAddress } from "../../src/base/peer-address.ts";
import { datagram } from "./link-log.ts";

export interface Arrival {
  readonly at: number;
  /** By the first byte. */
  readonly id: number;
}

export interface ServerArrival extends Arrival {
  readonly binding: Binding;
}

export interface ClientArrival extends Arrival {
  readonly client: PeerAddress;
}

export interface ProxyLogInput extends Partial<Omit<LinkProxyInput, "outlet" | "profile">> {
  readonly profile?: LinkProxyInput["profile"] | string;
}

export function clientAddress(n: number): PeerAddress {
  return peerAddress(`192.0.${n >> 8}.${n & 255}`, 40_000);
}

export class ProxyLog {
  readonly proxy: LinkProxy;
  readonly atServer: ServerArrival[] = [];
  readonly atClients: ClientArrival[] = [];
  readonly released: Binding[] = [];
  now: Instant = instant(0);

  constructor({ profile = "ideal", random = new Prng(1), ...input }: ProxyLogInput = {}) {
    this.proxy = new LinkProxy({
      ...input,
      profile: typeof profile === "string" ? profileNamed(profile) : profile,
      random,
      outlet: {
        toServer: (binding, bytes) => this.atServer.push({ at: this.now, id: bytes[0]!, binding }),
        toClient: (client, bytes) => this.atClients.push({ at: this.now, id: bytes[0]!, client }),
        released: (binding) => this.released.push(binding),
      },
    });
  }

  fromClient(n: number, id: number, length = 100): void {
    this.proxy.handleClientDatagram(this.now, clientAddress(n), datagram(id, length));
  }

  fromServer(binding: Binding, id: number, length = 100): void {
    this.proxy.handleServerDatagram(this.now, binding, datagram(id, length));
  }

  /** Runs until `ms`, or until nothing is due any more. */
  run(ms = Number.POSITIVE_INFINITY): void {
    for (let due = this.proxy.pollTimeout(); due !== undefined && due <= ms; due = this.proxy.pollTimeout()) {
      this.now = due;
      this.proxy.handleTimeout(due);
    }
    if (Number.isFinite(ms)) this.now = instant(ms);
  }

  /** Sends from client `n` over a link without loss and gives the binding that the server sees. */
  bindingOf(n: number): Binding {
    this.fromClient(n, 0);
    this.run();
    return this.atServer.at(-1)!.binding;
  }
}
