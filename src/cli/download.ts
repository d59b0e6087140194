// One download from first to last: a device on a socket, its bytes into a target, and an end that is certain.

import type { DeviceEvent, DeviceStatistics, FirmwareDeviceInput } from "../device/firmware-device.ts";
import { DeviceShell } from "../shell/device-shell.ts";
import { CommandError, ExitCode, jobFailed } from "./command-error.ts";
import type { Progress } from "./progress.ts";
import { failureText, networkFailureText } from "./pull-failure.ts";
import type { HashingTarget } from "./pull-target.ts";

/** Handshake timers allow two minutes; a person wonders sooner. */
const HINT_DELAY_MS = 5_000;

export interface DownloadInput {
  readonly device: Omit<FirmwareDeviceInput, "random">;
  /** "host:port", as the user wrote it. */
  readonly server: string;
  /** Absent on plain CoAP. */
  readonly identity?: string;
  readonly target: HashingTarget;
  readonly progress: Progress;
}

export interface DownloadResult extends DeviceStatistics {
  readonly seconds: number;
  /** IANA name; absent on plain CoAP. */
  readonly cipherSuite: string | undefined;
}

export class Download {
  readonly #input: DownloadInput;
  readonly #startedAt = performance.now();
  readonly #ended: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #shell: DeviceShell | undefined;
  #cipherSuite: string | undefined;

  constructor(input: DownloadInput) {
    this.#input = input;
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may be settled before `run` waits for it.
    this.#ended.catch(() => {});
  }

  /** Resolves when the target has every byte. Rejects with CommandError. */
  async run(): Promise<DownloadResult> {
    const hint = setTimeout(() => this.#hint(), HINT_DELAY_MS);
    try {
      this.#shell = await this.#start();
      await this.#ended;
      const seconds = (performance.now() - this.#startedAt) / 1000;
      return { ...this.#shell.statistics, seconds, cipherSuite: this.#cipherSuite };
    } finally {
      clearTimeout(hint);
      await this.#shell?.close();
    }
  }

  interrupt(): void {
    this.#reject(new CommandError(ExitCode.INTERRUPTED, "interrupted"));
  }

  async #start(): Promise<DeviceShell> {
    try {
      return await DeviceShell.start(this.#input.device, {
        event: (event) => this.#handleEvent(event),
        networkFailed: (code) => this.#handleNetworkFailure(code),
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const { server } = this.#input;
      throw jobFailed(networkFailureText(code, server) ?? `no way leads to ${server} (${code}): check the address`);
    }
  }

  #handleEvent(event: DeviceEvent): void {
    try {
      this.#apply(event);
    } catch (error) {
      // The target could not be written.
      this.#reject(error);
    }
  }

  #apply(event: DeviceEvent): void {
    const { target, progress } = this.#input;
    switch (event.kind) {
      case "connected":
        this.#cipherSuite = event.cipherSuite;
        return;
      case "block":
        target.write(event.bytes);
        progress.update(target.length, event.total);
        return;
      case "restarted":
        return target.restart();
      case "done":
        return this.#resolve();
      default:
        throw jobFailed(failureText(event, { ...this.#input, bytesDone: target.length }));
    }
  }

  /** A refusal before the first word of the server is one; later it may be anyone's, and retransmission goes on. */
  #handleNetworkFailure(code: string): void {
    if (this.#shell?.heard) return;
    const text = networkFailureText(code, this.#input.server);
    if (text !== undefined) this.#reject(jobFailed(text));
  }

  #hint(): void {
    const { server, target } = this.#input;
    if (target.length > 0) return;
    if (!this.#shell?.heard) console.error(`no answer yet from ${server}; still trying`);
    else if (this.#cipherSuite === undefined) console.error(`${server} has not accepted the key yet; still trying`);
  }
}
