// A device on a real socket, which may be exchanged for another in mid-transfer, as when a modem gets a new address.

import type { Deadlined } from "../base/deadlined.ts";
import type { Instant } from "../base/instant.ts";
import type { PeerAddress } from "../base/peer-address.ts";
import type { DeviceEvent, DeviceStatistics } from "../device/device-event.ts";
import { FirmwareDevice, type FirmwareDeviceInput } from "../device/firmware-device.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { ServerSockets } from "./server-sockets.ts";
import { systemNow } from "./system-clock.ts";
import { systemCrypto } from "./system-crypto.ts";
import { SystemRandom } from "./system-random.ts";

/** What a shell drives: FirmwareDevice, TwoSlotDevice. */
export interface DrivenDevice<Event> extends Deadlined {
  readonly statistics: DeviceStatistics;
  handleDatagram(now: Instant, datagram: Uint8Array): void;
  pollTransmit(): Uint8Array | undefined;
  pollEvent(): Event | undefined;
  close(): void;
}

export interface DeviceOutlet<Event = DeviceEvent> {
  event(event: Event): void;
  /** The system's name for a trouble with the network: "ECONNREFUSED". The device goes on regardless. */
  networkFailed(code: string): void;
  /** What the device's flash threw: a disk that is full. The device is of no more use. */
  flashFailed(error: unknown): void;
}

/** The addresses of one server: the others of its name are tried as well. */
export interface ServerAddresses {
  readonly server: PeerAddress;
  readonly otherServers?: readonly PeerAddress[];
}

export interface DeviceShellInput extends Omit<FirmwareDeviceInput, "crypto" | "random">, ServerAddresses {}

export class DeviceShell<Event = DeviceEvent, Device extends DrivenDevice<Event> = DrivenDevice<Event>> {
  readonly device: Device;
  readonly #addresses: ServerAddresses;
  readonly #outlet: DeviceOutlet<Event>;
  readonly #timer = new DeadlineTimer(() => this.handle((now) => this.device.handleTimeout(now)));
  #sockets: ServerSockets | undefined;
  #heard = false;

  /** Opens a socket and begins. Rejects with the system's error, ENETUNREACH, or with what the flash throws. */
  static start(input: DeviceShellInput, outlet: DeviceOutlet): Promise<DeviceShell> {
    const create = (now: Instant) =>
      new FirmwareDevice(now, { ...input, crypto: systemCrypto(), random: new SystemRandom() });
    return DeviceShell.drive(create, input, outlet);
  }

  /** The same for a device of any kind, which `create` begins. */
  static async drive<Event, Device extends DrivenDevice<Event>>(
    create: (now: Instant) => Device,
    addresses: ServerAddresses,
    outlet: DeviceOutlet<Event>,
  ): Promise<DeviceShell<Event, Device>> {
    const shell = new DeviceShell<Event, Device>(create(systemNow()), addresses, outlet);
    await shell.rebind();
    shell.#drive();
    return shell;
  }

  private constructor(device: Device, addresses: ServerAddresses, outlet: DeviceOutlet<Event>) {
    this.device = device;
    this.#addresses = addresses;
    this.#outlet = outlet;
  }

  get statistics(): DeviceStatistics {
    return this.device.statistics;
  }

  /** Whether anything has come from the server. */
  get heard(): boolean {
    return this.#heard;
  }

  /** The UDP port that datagrams leave from. */
  get port(): number {
    return this.#sockets?.port ?? 0;
  }

  /** Goes on from another UDP port. */
  async rebind(): Promise<void> {
    const before = this.#sockets;
    const { server, otherServers = [] } = this.#addresses;
    const addresses = before?.server === undefined ? [server, ...otherServers] : [before.server];
    this.#sockets = await ServerSockets.open(addresses, {
      datagram: (datagram) => {
        this.#heard = true;
        this.handle((now) => this.device.handleDatagram(now, datagram));
      },
      failed: (code) => this.#outlet.networkFailed(code),
    });
    await before?.close();
  }

  /** Says close_notify, and ends. */
  async close(): Promise<void> {
    this.device.close();
    this.#transmit();
    await this.vanish();
  }

  /** Ends without a word, as a device that loses power. */
  async vanish(): Promise<void> {
    this.#timer.stop();
    const sockets = this.#sockets;
    this.#sockets = undefined;
    await sockets?.close();
  }

  /** Does something with the device, and sends and tells what comes of it. */
  handle(step: (now: Instant) => void): void {
    try {
      step(systemNow());
    } catch (error) {
      return this.#outlet.flashFailed(error);
    }
    this.#drive();
  }

  #drive(): void {
    this.#transmit();
    for (let event = this.device.pollEvent(); event !== undefined; event = this.device.pollEvent()) {
      this.#outlet.event(event);
    }
    // An event may have made the listener close.
    if (this.#sockets !== undefined) this.#timer.arm(this.device.pollTimeout());
  }

  #transmit(): void {
    for (let next = this.device.pollTransmit(); next !== undefined; next = this.device.pollTransmit()) {
      this.#sockets?.send(next);
    }
  }
}
