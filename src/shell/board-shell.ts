// The board around a device with two slots: at each reboot it starts the device anew, on a socket of its own, with nothing of
// before but what is in flash.

import type { Instant } from "../base/instant.ts";
import type { Flash } from "../device/flash.ts";
import { BootControl } from "../device/slots/boot-control.ts";
import { otherSlot, type SlotNumber } from "../device/slots/bootloader.ts";
import type { SlotEvent } from "../device/slots/slot-event.ts";
import { TwoSlotDevice, type TwoSlotDeviceInput } from "../device/slots/two-slot-device.ts";
import { DeviceShell, type ServerAddresses } from "./device-shell.ts";
import { systemCrypto } from "./system-crypto.ts";
import { SystemRandom } from "./system-random.ts";

/** The chips of a board: see TwoSlotDeviceInput and BootControl. */
export interface BoardFlash {
  readonly slots: readonly [Flash, Flash];
  readonly memory: Flash;
  readonly bootControl: Flash;
  /** Of a download into `slot`, from one start to the next. */
  progressOf(slot: SlotNumber): Flash;
}

type DeviceMadeWith = Omit<
  TwoSlotDeviceInput,
  "server" | "bootloader" | "slots" | "progress" | "memory" | "factory" | "crypto" | "random"
>;

export interface BoardShellInput extends DeviceMadeWith {
  readonly flash: BoardFlash;
  readonly addresses: ServerAddresses;
  /** Asked at each start of an image on trial: whether it does not start. */
  bootFails(): boolean;
}

export interface BoardShellOutlet {
  /** The image on trial in this slot did not start, and the watchdog starts the board anew. */
  bootFailed(slot: SlotNumber): void;
  event(event: SlotEvent): void;
  /** See DeviceOutlet. */
  networkFailed(code: string): void;
}

/** What a device runs where nothing was ever updated. */
const FACTORY = { sequenceNumber: 0, version: "factory", sha256: undefined };

export class BoardShell {
  readonly #input: BoardShellInput;
  readonly #outlet: BoardShellOutlet;
  readonly #random = new SystemRandom();
  #shell: DeviceShell<SlotEvent, TwoSlotDevice> | undefined;
  #device: TwoSlotDevice | undefined;
  #running: SlotNumber = 0;
  #isOnTrial = false;
  #wantsHealth = false;
  #isStopped = false;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(input: BoardShellInput, outlet: BoardShellOutlet) {
    this.#input = input;
    this.#outlet = outlet;
  }

  /** Of the latest start; undefined before the first. */
  get device(): TwoSlotDevice | undefined {
    return this.#device;
  }

  /** The slot whose image the latest start was of. */
  get running(): SlotNumber {
    return this.#running;
  }

  get isOnTrial(): boolean {
    return this.#isOnTrial;
  }

  /** Whether anything has come from the server since the latest start. */
  get heard(): boolean {
    return this.#shell?.heard ?? false;
  }

  /** Over as many starts as it takes until stop(). Rejects with what interrupt() was told, what the flash threw, and the system's errors. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      const bootloader = new BootControl(this.#input.flash.bootControl, systemCrypto());
      this.#running = bootloader.running;
      this.#isOnTrial = bootloader.onTrial;
      if (this.#isOnTrial && this.#input.bootFails()) this.#outlet.bootFailed(this.#running);
      else await this.#start(bootloader);
    }
  }

  /** Does something with the device that runs; nothing while none does. */
  handle(step: (now: Instant, device: TwoSlotDevice) => void): void {
    const shell = this.#shell;
    shell?.handle((now) => step(now, shell.device));
  }

  /** The device says close_notify, and run() resolves. */
  stop(): void {
    this.#isStopped = true;
    this.#end();
  }

  /** run() rejects. */
  interrupt(error: unknown): void {
    this.#fail(error);
  }

  /** One start, until the device wants another. */
  async #start(bootloader: BootControl): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    // It may be settled before it is waited for.
    ended.catch(() => {});
    try {
      this.#shell = await DeviceShell.drive((now) => this.#createDevice(now, bootloader), this.#input.addresses, {
        event: (event) => this.#handleEvent(event),
        networkFailed: (code) => this.#outlet.networkFailed(code),
        flashFailed: (error) => this.#fail(error),
      });
      this.#answerHealth();
      await ended;
    } finally {
      await this.#shell?.close();
      this.#shell = undefined;
    }
  }

  #createDevice(now: Instant, bootloader: BootControl): TwoSlotDevice {
    const { flash, addresses, bootFails: _bootFails, ...made } = this.#input;
    this.#device = new TwoSlotDevice(now, {
      ...made,
      server: addresses.server,
      bootloader,
      slots: flash.slots,
      progress: flash.progressOf(otherSlot(bootloader.running)),
      memory: flash.memory,
      factory: FACTORY,
      crypto: systemCrypto(),
      random: this.#random,
    });
    return this.#device;
  }

  #handleEvent(event: SlotEvent): void {
    this.#outlet.event(event);
    if (event.kind === "reboot") this.#end();
    if (event.kind !== "healthCheckWanted") return;
    this.#wantsHealth = true;
    this.#answerHealth();
  }

  /** Nothing here can be unwell. It may be asked before the shell is there. */
  #answerHealth(): void {
    if (!this.#wantsHealth || this.#shell === undefined) return;
    this.#wantsHealth = false;
    this.#shell.handle((now) => this.#shell?.device.handleHealth(now, true));
  }
}
