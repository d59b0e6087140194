// LinkProxy on real sockets: a port that clients talk to, and one for each binding of a NAT, whose port is the client's source
// port as the server sees it. A rebinding is a new socket.

import { type Binding, LinkProxy, type LinkProxyInput, type LinkProxyStatistics } from "../../sim/link/link-proxy.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { DatagramPort } from "./datagram-port.ts";
import { bindDatagramPort } from "./datagram-port-binding.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { systemNow } from "./system-clock.ts";
import { UdpSocket } from "./udp-socket.ts";

/** Datagrams that wait for a new port to open, which takes no more than a moment. */
const WAITING_COUNT_MAX = 64;

export interface LinkSocketsInput extends Omit<LinkProxyInput, "outlet"> {
  readonly listen: { readonly host: string; readonly port: number };
  readonly target: PeerAddress;
}

export class LinkSockets {
  readonly #target: PeerAddress;
  readonly #proxy: LinkProxy;
  readonly #ports = new Map<Binding, ServerPort>();
  readonly #failureCounts = new Map<string, number>();
  readonly #timer = new DeadlineTimer(() => {
    this.#proxy.handleTimeout(systemNow());
    this.#settle();
  });
  #listening: DatagramPort | undefined;

  /** Rejects with the system's error: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  static async start({ listen, target, ...input }: LinkSocketsInput): Promise<LinkSockets> {
    const sockets = new LinkSockets(target, input);
    sockets.#listening = await bindDatagramPort(listen.host, listen.port, {
      datagram: (from, datagram) => sockets.#proxy.handleClientDatagram(systemNow(), from, datagram),
      batchEnd: () => sockets.#settle(),
      failed: (code) => sockets.#countFailure(code),
      leftOut: (sentTo) => sockets.#countFailure(sentTo),
    });
    return sockets;
  }

  private constructor(target: PeerAddress, input: Omit<LinkProxyInput, "outlet">) {
    this.#target = target;
    this.#proxy = new LinkProxy({
      ...input,
      outlet: {
        toServer: (binding, datagram) => this.#portFor(binding).send(datagram),
        toClient: (client, datagram) => this.#listening?.sendTo(client, datagram),
        released: (binding) => this.#release(binding),
      },
    });
  }

  get host(): string {
    return this.#listening?.host ?? "";
  }

  get port(): number {
    return this.#listening?.port ?? 0;
  }

  get statistics(): LinkProxyStatistics {
    return this.#proxy.statistics;
  }

  /** What the system could not send or reported of the network, by its name: ECONNREFUSED. */
  get failureCounts(): ReadonlyMap<string, number> {
    return this.#failureCounts;
  }

  rebind(): void {
    this.#proxy.rebind();
  }

  /** What is still under way is lost. */
  async close(): Promise<void> {
    this.#timer.stop();
    const open = [this.#listening, ...this.#ports.values()];
    this.#listening = undefined;
    this.#ports.clear();
    await Promise.all(open.map((one) => one?.close()));
  }

  #portFor(binding: Binding): ServerPort {
    let port = this.#ports.get(binding);
    if (port === undefined) {
      port = new ServerPort(this.#target, {
        datagram: (datagram) => {
          // What the system had received before the end is heard no more.
          if (this.#listening === undefined) return;
          this.#proxy.handleServerDatagram(systemNow(), binding, datagram);
          this.#settle();
        },
        failed: (code) => this.#countFailure(code),
      });
      this.#ports.set(binding, port);
    }
    return port;
  }

  #release(binding: Binding): void {
    void this.#ports.get(binding)?.close();
    this.#ports.delete(binding);
  }

  #countFailure(code: string): void {
    this.#failureCounts.set(code, (this.#failureCounts.get(code) ?? 0) + 1);
  }

  /** Sends what is due, and waits for what is not. */
  #settle(): void {
    if (this.#listening === undefined) return;
    this.#listening.flush();
    this.#timer.arm(this.#proxy.pollTimeout());
  }
}

interface ServerPortOutlet {
  datagram(datagram: Uint8Array): void;
  failed(code: string): void;
}

/** A port of its own towards the server, to be used before the system has opened it. */
class ServerPort {
  readonly #outlet: ServerPortOutlet;
  readonly #opened: Promise<UdpSocket | undefined>;
  readonly #waiting: Uint8Array[] = [];
  #socket: UdpSocket | undefined;

  constructor(server: PeerAddress, outlet: ServerPortOutlet) {
    this.#outlet = outlet;
    this.#opened = this.#open(server);
  }

  send(datagram: Uint8Array): void {
    if (this.#socket !== undefined) this.#socket.send(datagram);
    else if (this.#waiting.length < WAITING_COUNT_MAX) this.#waiting.push(datagram);
    else this.#outlet.failed("portNotOpen");
  }

  async close(): Promise<void> {
    const socket = await this.#opened;
    await socket?.close();
  }

  async #open(server: PeerAddress): Promise<UdpSocket | undefined> {
    try {
      this.#socket = await UdpSocket.connect(server, {
        datagram: (_from, datagram) => this.#outlet.datagram(datagram),
        failed: (code) => this.#outlet.failed(code),
      });
    } catch (error) {
      this.#outlet.failed((error as NodeJS.ErrnoException).code ?? String(error));
      return undefined;
    }
    for (const datagram of this.#waiting.splice(0)) this.#socket.send(datagram);
    return this.#socket;
  }
}
