// One download from first to last: a device on a socket, its bytes in a target's flash, and an end that is certain.

import type { DeviceEvent, DeviceStatistics } from "../../device/device-event.ts";
import { DeviceShell, type DeviceShellInput } from "../../shell/device-shell.ts";
import { systemMessage } from "../../store/store-error.ts";
import { CommandError, ExitCode, jobFailed } from "../command-error.ts";
import type { Progress } from "../progress.ts";
import { failureText, networkFailureText, silentText } from "./failure.ts";
import type { PullTarget } from "./target.ts";

/** Handshake timers allow a minute and a half; a person wonders sooner. */
const HINT_DELAY_MS = 5_000;

export interface DownloadInput {
  readonly device: Omit<DeviceShellInput, "slot" | "progress">;
  /** "host:port", as the user wrote it. */
  readonly server: string;
  /** Absent on plain CoAP. */
  readonly identity?: string;
  readonly target: PullTarget;
  readonly progress: Progress;
}

export interface DownloadResult {
  readonly statistics: DeviceStatistics;
  readonly length: number;
  readonly sha256: Uint8Array;
  /** Bytes that an earlier run had left. */
  readonly resumed: number;
  readonly seconds: number;
  /** IANA name; absent on plain CoAP. */
  readonly cipherSuite: string | undefined;
}

type DoneEvent = Extract<DeviceEvent, { kind: "done" }>;

export class Download {
  readonly #input: DownloadInput;
  readonly #startedAt = performance.now();
  readonly #ended: Promise<DoneEvent>;
  #resolve!: (done: DoneEvent) => void;
  #reject!: (error: unknown) => void;
  #shell: DeviceShell | undefined;
  #cipherSuite: string | undefined;
  #held = 0;
  #failed = false;
  /** Whether it was said already that the server is busy: a busy server says so of many a block. */
  #postponed = false;
  #resumed = 0;

  constructor(input: DownloadInput) {
    this.#input = input;
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may be settled before `run` waits for it.
    this.#ended.catch(() => {});
  }

  /** Image bytes that are in the target. */
  get held(): number {
    return this.#held;
  }

  /** Resolves when the target has every byte. Rejects with CommandError. */
  async run(): Promise<DownloadResult> {
    const hint = setTimeout(() => this.#hint(), HINT_DELAY_MS);
    try {
      this.#shell = await this.#start();
      const { length, sha256 } = await this.#ended;
      const seconds = (performance.now() - this.#startedAt) / 1000;
      const { statistics } = this.#shell;
      return { statistics, length, sha256, resumed: this.#resumed, seconds, cipherSuite: this.#cipherSuite };
    } finally {
      clearTimeout(hint);
      await this.#shell?.close();
    }
  }

  interrupt(): void {
    this.#reject(new CommandError(ExitCode.INTERRUPTED, "interrupted"));
  }

  /** The time that the pull may take is over. */
  expire(seconds: number): void {
    this.#reject(jobFailed(`not whole after ${seconds} s, at ${this.#held} bytes: give it a longer --timeout`));
  }

  async #start(): Promise<DeviceShell> {
    const { device, target, server } = this.#input;
    try {
      return await DeviceShell.start(
        { ...device, slot: target.slot, progress: target.progress },
        {
          event: (event) => this.#handleEvent(event),
          networkFailed: (code) => this.#handleNetworkFailure(code),
          flashFailed: (error) => this.#reject(flashFailure(error)),
        },
      );
    } catch (error) {
      throw startFailure(error, server);
    }
  }

  #handleEvent(event: DeviceEvent): void {
    // A device that tries again has more to say; the person who waits has heard enough.
    if (this.#failed) return;
    try {
      this.#apply(event);
    } catch (error) {
      // The pull failed, or its record could not be written.
      this.#failed = true;
      this.#reject(error);
    }
  }

  #apply(event: DeviceEvent): void {
    const { target, progress } = this.#input;
    switch (event.kind) {
      case "connected":
        this.#cipherSuite = event.cipherSuite;
        return;
      case "resumed":
        this.#resumed = event.held;
        this.#held = event.held;
        return this.#say(`going on where an earlier pull ended, at ${sizeText(event.held, event.total)}`);
      case "block":
        this.#held = event.held;
        progress.update(event.held, event.total);
        return target.advanced();
      case "restarted":
        this.#resumed = 0;
        this.#held = 0;
        return this.#say("the server has another image than what was there: beginning anew");
      case "postponed":
        if (this.#postponed) return;
        this.#postponed = true;
        return this.#say(
          `${this.#input.server} cannot for the moment: ${event.detail}; going on in ${Math.ceil(event.waitMs / 1000)} s`,
        );
      case "reconnecting":
        return this.#say(`${this.#input.server} fell silent or closed the association: beginning a new one`);
      case "silent":
        return this.#say(silentText({ ...this.#input, bytesHeld: this.#held }, this.#shell?.heard === true));
      case "answered":
        return;
      case "done":
        return this.#resolve(event);
      case "handshakeFailed":
        // Before the first association what is said of a handshake ends it; silence, and the rest, are a network's matter.
        if (event.retrying && (this.#cipherSuite !== undefined || event.error === "timeout")) return;
    }
    throw jobFailed(failureText(event, { ...this.#input, bytesHeld: this.#held }));
  }

  /** A refusal before the first word of the server is one; later it may be anyone's, and retransmission goes on. */
  #handleNetworkFailure(code: string): void {
    if (this.#shell?.heard) return;
    const text = networkFailureText(code, this.#input.server);
    if (text !== undefined) this.#reject(jobFailed(text));
  }

  #hint(): void {
    const { server, identity } = this.#input;
    if (this.#held > this.#resumed) return;
    if (!this.#shell?.heard) this.#say(`no answer yet from ${server}; still trying`);
    else if (identity === undefined) this.#say(`${server} has sent no block yet; still trying`);
    else if (this.#cipherSuite === undefined) this.#say(`${server} has not accepted the key yet; still trying`);
  }

  #say(line: string): void {
    this.#input.progress.stop();
    console.error(line);
  }
}

/** "2048 of 50001 bytes" */
function sizeText(held: number, total: number | undefined): string {
  return total === undefined ? `${held} bytes` : `${held} of ${total} bytes`;
}

/** What the system said of the socket, or of the disk. */
function startFailure(error: unknown, server: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || !["bind", "connect"].includes(syscall ?? "")) return flashFailure(error);
  return jobFailed(networkFailureText(code, server) ?? `no way leads to ${server} (${code}): check the address`);
}

/** What the system said of the disk, as one line; our own mistakes stay what they are. */
function flashFailure(error: unknown): unknown {
  const isSystems = error instanceof Error && "syscall" in error;
  return isSystems ? jobFailed(`cannot write the image: ${systemMessage(error)}`) : error;
}
