// A link between many devices and one server, for real traffic: what comes from a client goes over the client's own link
// and through its NAT, and leaves from a source port of its own; what the server sends to that port goes the way back.
//
//   client -> drop schedule -> link up -> NAT -> server
//   client <- link down <- drop schedule <- NAT <- server
//
// Driven by `now` alone; who drives it owns the sockets, one for each binding.

import { LRUCache } from "lru-cache";
import { copyOf } from "../../src/base/bytes.ts";
import { DeadlineQueue } from "../../src/base/deadline-queue.ts";
import type { Deadlined } from "../../src/base/deadlined.ts";
import { type Instant, instant } from "../../src/base/instant.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import type { Prng } from "../prng.ts";
import type { Direction, LinkProfile } from "../profiles/profile.ts";
import { type DeliveryFigures, DeliveryMeter } from "./delivery-meter.ts";
import { type DropSchedule, dropProcess } from "./drop-schedule.ts";
import { Link } from "./link.ts";
import type { DropReason } from "./link-statistics.ts";
import { NatBinding } from "./nat-binding.ts";
import { SharedMedium } from "./shared-medium.ts";

/** Clients at a time, each with a source port; the one that was silent longest gives way. */
export const CLIENT_COUNT_MAX = 1024;
/** Datagrams under way over all links; one more is dropped. */
export const HELD_COUNT_MAX = 16_384;

/** Why a datagram did not come through. */
export type ProxyDropReason =
  | DropReason
  /** Its client gave way to another. */
  | "evicted"
  /** HELD_COUNT_MAX datagrams are under way. */
  | "proxyFull"
  /** The drop schedule names it. */
  | "scheduled"
  /** It came for a port that the NAT no longer binds. */
  | "unbound";

/** One source port towards the server, for as long as the NAT lets a client have it. */
export interface Binding {
  readonly client: PeerAddress;
}

export interface LinkProxyOutlet {
  /** To the server, from the source port that belongs to `binding` alone. */
  toServer(binding: Binding, datagram: Uint8Array): void;
  toClient(client: PeerAddress, datagram: Uint8Array): void;
  /** Nothing will come or go through this binding any more: its port may be closed. */
  released(binding: Binding): void;
}

export interface LinkProxyInput {
  readonly profile: LinkProfile;
  readonly random: Prng;
  readonly outlet: LinkProxyOutlet;
  /** In place of the profile's. */
  readonly natTimeoutSeconds?: number;
  /** Each client's datagrams are counted by themselves. */
  readonly drops?: Readonly<Partial<Record<Direction, DropSchedule>>>;
  /** Whether all clients share one channel, as those of one cell or gateway do. */
  readonly sharedMedium?: boolean;
}

/** `datagramCount + duplicateCount` is the sum of what was delivered, what was lost and what is under way. */
export interface ProxyDirectionStatistics extends DeliveryFigures {
  /** Datagrams that came. */
  readonly datagramCount: number;
  readonly duplicateCount: number;
  readonly underWayCount: number;
  readonly lostCount: Readonly<Record<ProxyDropReason, number>>;
  readonly bytesOnAir: number;
}

export interface LinkProxyStatistics {
  readonly up: ProxyDirectionStatistics;
  readonly down: ProxyDirectionStatistics;
  readonly clientCount: number;
  readonly evictedClientCount: number;
  /** How often the NAT gave a client another source port. */
  readonly rebindingCount: number;
}

interface Client {
  readonly address: PeerAddress;
  readonly link: Link;
  readonly nat: NatBinding;
  readonly isDropped: Readonly<Record<Direction, () => boolean>>;
  /** The port that the NAT gave last, and the binding that stands for it. */
  bound: { readonly port: number; readonly binding: Binding } | undefined;
}

/** One direction over all clients. */
interface Traffic {
  datagramCount: number;
  readonly meter: DeliveryMeter;
  readonly lostCount: Record<ProxyDropReason, number>;
  /** Of clients that gave way. */
  readonly past: { duplicateCount: number; bytesOnAir: number };
}

export class LinkProxy implements Deadlined {
  readonly #input: LinkProxyInput;
  readonly #medium: SharedMedium | undefined;
  readonly #clients: LRUCache<PeerAddress, Client>;
  readonly #deadlines = new DeadlineQueue<Client>();
  readonly #traffic: Readonly<Record<Direction, Traffic>> = { up: noTraffic(), down: noTraffic() };
  /** When the driver called last: a late call delivers late, and that is what is measured. */
  #now = instant(0);
  #heldCount = 0;
  #seenClientCount = 0;
  #rebindingCount = 0;

  constructor(input: LinkProxyInput) {
    this.#input = input;
    this.#medium = input.sharedMedium === true ? new SharedMedium() : undefined;
    this.#clients = new LRUCache({ max: CLIENT_COUNT_MAX, dispose: (client) => this.#handleEviction(client) });
  }

  get statistics(): LinkProxyStatistics {
    return {
      up: this.#statisticsOf("up"),
      down: this.#statisticsOf("down"),
      clientCount: this.#clients.size,
      evictedClientCount: this.#seenClientCount - this.#clients.size,
      rebindingCount: this.#rebindingCount,
    };
  }

  /** A datagram from a client; the proxy keeps a copy. */
  handleClientDatagram(now: Instant, address: PeerAddress, datagram: Uint8Array): void {
    this.#now = now;
    this.#traffic.up.datagramCount++;
    let client = this.#clients.get(address);
    if (client === undefined) {
      client = this.#newClient(address);
      this.#clients.set(address, client);
    }
    this.#send(client, "up", datagram);
  }

  /** A datagram from the server to the source port of `binding`; the proxy keeps a copy. */
  handleServerDatagram(now: Instant, binding: Binding, datagram: Uint8Array): void {
    this.#now = now;
    const { down } = this.#traffic;
    down.datagramCount++;
    const client = this.#clients.get(binding.client);
    if (client?.bound?.binding !== binding || !client.nat.admitsDownlink(now, client.bound.port)) {
      down.lostCount.unbound++;
      return;
    }
    this.#send(client, "down", datagram);
  }

  /** Does all that is due at `now`; an early call does nothing. */
  handleTimeout(now: Instant): void {
    this.#now = now;
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      this.#drive(due, ({ link }) => link.handleTimeout(now));
    }
  }

  pollTimeout(): Instant | undefined {
    return this.#deadlines.earliest;
  }

  /** Every client's next datagram leaves from another source port; until then what the server sends is lost. */
  rebind(): void {
    for (const { nat } of this.#clients.values()) nat.rebind();
  }

  #newClient(address: PeerAddress): Client {
    const { profile, drops, natTimeoutSeconds = profile.natTimeoutSeconds } = this.#input;
    const random = this.#input.random.fork(`client ${this.#seenClientCount++}`);
    const client: Client = {
      address,
      link: new Link(
        profile,
        random.fork("link"),
        {
          deliver: (_at, direction, datagram, sentAt) => this.#deliver(client, direction, datagram, sentAt),
          dropped: (_at, direction, reason) => {
            this.#traffic[direction].lostCount[reason]++;
          },
        },
        this.#medium,
      ),
      nat: new NatBinding(natTimeoutSeconds, random.fork("nat")),
      isDropped: {
        up: dropProcess(drops?.up, random.fork("drop up")),
        down: dropProcess(drops?.down, random.fork("drop down")),
      },
      bound: undefined,
    };
    return client;
  }

  #send(client: Client, direction: Direction, datagram: Uint8Array): void {
    const { lostCount } = this.#traffic[direction];
    if (client.isDropped[direction]()) lostCount.scheduled++;
    else if (this.#heldCount >= HELD_COUNT_MAX) lostCount["proxyFull"]++;
    else {
      this.#drive(client, ({ link }) => {
        link.handleTimeout(this.#now);
        link.send(this.#now, direction, copyOf(datagram));
      });
    }
  }

  #drive(client: Client, step: (client: Client) => void): void {
    this.#heldCount -= heldCountOf(client);
    step(client);
    this.#heldCount += heldCountOf(client);
    const deadline = client.link.pollTimeout();
    if (deadline === undefined) this.#deadlines.delete(client);
    else this.#deadlines.set(client, deadline);
  }

  #deliver(client: Client, direction: Direction, datagram: Uint8Array, sentAt: Instant): void {
    this.#traffic[direction].meter.record(this.#now, sentAt, datagram.length);
    if (direction === "up") this.#input.outlet.toServer(this.#bindingFor(client), datagram);
    else this.#input.outlet.toClient(client.address, datagram);
  }

  #bindingFor(client: Client): Binding {
    const port = client.nat.portForUplink(this.#now);
    if (client.bound?.port === port) return client.bound.binding;
    if (client.bound !== undefined) {
      this.#input.outlet.released(client.bound.binding);
      this.#rebindingCount++;
    }
    client.bound = { port, binding: { client: client.address } };
    return client.bound.binding;
  }

  #handleEviction(client: Client): void {
    const { link, bound } = client;
    this.#heldCount -= heldCountOf(client);
    this.#deadlines.delete(client);
    for (const direction of ["up", "down"] as const) {
      const { lostCount, past } = this.#traffic[direction];
      const { heldCount, duplicateCount, bytesOnAir } = link.statistics[direction];
      lostCount.evicted += heldCount;
      past.duplicateCount += duplicateCount;
      past.bytesOnAir += bytesOnAir;
    }
    if (bound !== undefined) this.#input.outlet.released(bound.binding);
  }

  #statisticsOf(direction: Direction): ProxyDirectionStatistics {
    const { datagramCount, meter, lostCount, past } = this.#traffic[direction];
    let { duplicateCount, bytesOnAir } = past;
    let underWayCount = 0;
    for (const { link } of this.#clients.values()) {
      const statistics = link.statistics[direction];
      underWayCount += statistics.heldCount;
      duplicateCount += statistics.duplicateCount;
      bytesOnAir += statistics.bytesOnAir;
    }
    return { ...meter.figures, datagramCount, duplicateCount, underWayCount, lostCount: { ...lostCount }, bytesOnAir };
  }
}

function heldCountOf({ link: { statistics } }: Client): number {
  return statistics.up.heldCount + statistics.down.heldCount;
}

function noTraffic(): Traffic {
  const lostCount = {
    evicted: 0,
    expired: 0,
    lost: 0,
    proxyFull: 0,
    queueFull: 0,
    scheduled: 0,
    tooLarge: 0,
    unbound: 0,
  };
  return { datagramCount: 0, meter: new DeliveryMeter(), lostCount, past: { duplicateCount: 0, bytesOnAir: 0 } };
}
