// `narrowboat pull --slots`: a device with two slots on this computer, from its check-in until an update is confirmed, was
// refused or has fallen back, over as many starts as that takes.

import { randomFraction } from "../../base/random-source.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import type { DeviceSecurity } from "../../device/device-dtls.ts";
import type { DeviceEvent } from "../../device/device-event.ts";
import type { Dialect } from "../../device/dialect.ts";
import type { SlotNumber } from "../../device/slots/bootloader.ts";
import type { ImageDescription } from "../../device/slots/device-memory.ts";
import type { SlotEvent } from "../../device/slots/slot-event.ts";
import type { OwnKey } from "../../manifest/payload-encryption.ts";
import { UpdateResult } from "../../manifest/reason.ts";
import { BoardShell, type BoardShellInput } from "../../shell/board-shell.ts";
import type { ServerAddresses } from "../../shell/device-shell.ts";
import type { ProgressFile } from "../../shell/progress-file.ts";
import type { SlotDirectory } from "../../shell/slot-directory.ts";
import { SystemRandom } from "../../shell/system-random.ts";
import { systemMessage } from "../../store/store-error.ts";
import { jobFailed } from "../command-error.ts";
import type { Progress } from "../progress.ts";
import { failureText, networkFailureText } from "./failure.ts";
import type { ClassChecks } from "./update-arguments.ts";

/** Marks of a download that a power cut may cost: those of so many milliseconds. */
const SAVE_INTERVAL_MS = 1_000;

/** Somebody waits at the terminal: a server that is not reached on trial is given up sooner than a device in the field would. */
const POLICY = { contactsMax: 3, contactMs: 40_000, contactRestMs: 2_000 };

export interface TwoSlotsInput {
  readonly directory: SlotDirectory;
  readonly addresses: ServerAddresses;
  readonly host?: string;
  /** "host:port", as the user wrote it. */
  readonly server: string;
  readonly security?: DeviceSecurity;
  /** Of `security`, for people. */
  readonly identity?: string;
  readonly dialect: Dialect;
  readonly product: string;
  readonly class?: string;
  readonly checks: ClassChecks;
  readonly makerKey: VerificationKey;
  /** Opens images that are encrypted. */
  readonly decryptionKey?: OwnKey;
  /** How often a new image does not start, from 0 to 1. */
  readonly bootFails: number;
  readonly progress: Progress;
  /** One line about what goes on. */
  say(line: string): void;
}

export interface TwoSlotsResult {
  /** LwM2M's number. */
  readonly result: number;
  readonly reason: string | undefined;
  /** For people. */
  readonly detail: string;
  /** Of what now boots. */
  readonly version: string;
  readonly slot: number;
  readonly image: string;
}

/** How the latest thing went. */
interface Verdict {
  readonly result: number;
  readonly reason: string | undefined;
  readonly detail: string;
}

export class TwoSlots {
  readonly #input: TwoSlotsInput;
  readonly #board: BoardShell;
  readonly #random = new SystemRandom();
  #verdict: Verdict = { result: UpdateResult.INITIAL, reason: undefined, detail: "nothing was offered" };
  #progressFile: ProgressFile | undefined;
  #savedAt = performance.now();

  constructor(input: TwoSlotsInput) {
    this.#input = input;
    this.#board = new BoardShell(this.#boardInput, {
      bootFailed: (slot) => this.#say(`slot ${slot} does not start: the watchdog starts the board anew`),
      event: (event) => this.#handleEvent(event),
      networkFailed: (code) => this.#handleNetworkFailure(code),
    });
  }

  /** Over as many starts as it takes. Rejects with CommandError. */
  async run(): Promise<TwoSlotsResult> {
    try {
      await this.#board.run();
    } catch (error) {
      throw storageFailure(error);
    } finally {
      this.#saveProgress();
    }
    const { device, running } = this.#board;
    const { version } = device!.installed;
    return { ...this.#verdict, version, slot: running, image: this.#input.directory.imagePath(running) };
  }

  /** Rejects run(): whoever waited does so no more. */
  interrupt(error: unknown): void {
    this.#board.interrupt(error);
  }

  get #boardInput(): BoardShellInput {
    const { directory, addresses, host, security, dialect, product, class: className } = this.#input;
    const { checks, makerKey, decryptionKey } = this.#input;
    const { slots, memory, bootControl } = directory;
    return {
      flash: { slots, memory, bootControl, progressOf: (slot) => this.#openProgress(slot) },
      addresses,
      ...(host !== undefined && { host }),
      ...(security && { security }),
      dialect,
      product,
      ...(className !== undefined && { class: className }),
      ...checks,
      makerKey,
      ...(decryptionKey !== undefined && { decryptionKey }),
      policy: POLICY,
      bootFails: () => randomFraction(this.#random) < this.#input.bootFails,
    };
  }

  #openProgress(slot: SlotNumber): ProgressFile {
    this.#progressFile = this.#input.directory.progressOf(slot);
    return this.#progressFile;
  }

  #saveProgress(): void {
    attempt(() => this.#progressFile?.save());
    this.#savedAt = performance.now();
  }

  #handleEvent(event: SlotEvent): void {
    const { directory } = this.#input;
    switch (event.kind) {
      case "contact":
        return this.#handleContactEvent(event.event);
      case "nothingNew":
        this.#verdict = { result: UpdateResult.INITIAL, reason: undefined, detail: "there is nothing newer" };
        return this.#say("there is nothing newer");
      case "offered":
        // What an earlier image left behind the end of this one is no part of it.
        attempt(() => directory.slots[this.#otherSlot].truncate(event.transferred));
        return this.#say(`offered ${textOf(event.image)}: ${lengthText(event)}, and every check holds`);
      case "refused":
        this.#verdict = event;
        return this.#say(`refused${event.image ? ` ${textOf(event.image)}` : ""}: ${event.detail} (${event.reason})`);
      case "downloaded":
        attempt(() => directory.slots[event.slot].truncate(event.length));
        return this.#say(`slot ${event.slot} holds it whole, and is tried`);
      case "contacted":
        return this.#say(`the new image reached the server ${(event.ms / 1_000).toFixed(1)} s after its start`);
      case "confirmed":
        this.#verdict = { result: UpdateResult.SUCCESS, reason: undefined, detail: "" };
        return this.#say(`confirmed ${textOf(event.image)}`);
      case "fellBack":
        this.#verdict = { ...event, detail: `${textOf(event.image)} gave way` };
        return this.#say(`fell back from ${textOf(event.image)} (${event.reason})`);
      case "contactFailed":
        if (this.#board.isOnTrial) return this.#say(event.detail);
        return this.interrupt(jobFailed(`${this.#input.server}: ${event.detail}`));
      case "reboot":
        return this.#saveProgress();
      case "idle":
        // On trial it rests between two contacts.
        if (!this.#board.isOnTrial || this.#verdict.result !== UpdateResult.INITIAL) this.#board.stop();
    }
  }

  get #otherSlot(): SlotNumber {
    const [first] = this.#input.directory.slots;
    return this.#progressFile?.slot === first ? 0 : 1;
  }

  #handleContactEvent(event: DeviceEvent): void {
    const { progress } = this.#input;
    switch (event.kind) {
      case "block":
        progress.update(event.held, event.total);
        if (performance.now() - this.#savedAt < SAVE_INTERVAL_MS) return;
        return this.#saveProgress();
      case "resumed":
        return this.#say(`going on where an earlier pull ended, at ${event.held} bytes`);
      case "handshakeFailed":
        // As in a pull of one image: where nobody was ever heard, or the key is refused, nobody waits.
        if (this.#board.isOnTrial || (event.retrying && (event.error === "timeout" ? this.#board.heard : false)))
          return;
        return this.interrupt(jobFailed(failureText(event, { ...this.#input, bytesHeld: 0 })));
    }
  }

  #handleNetworkFailure(code: string): void {
    if (this.#board.heard || this.#board.isOnTrial) return;
    const text = networkFailureText(code, this.#input.server);
    if (text !== undefined) this.interrupt(jobFailed(text));
  }

  #say(line: string): void {
    this.#input.progress.stop();
    this.#input.say(line);
  }
}

function lengthText({ size, transferred }: Extract<SlotEvent, { kind: "offered" }>): string {
  return transferred === size ? `${size} bytes` : `${size} bytes, ${transferred} encrypted`;
}

function textOf({ version, sequenceNumber }: ImageDescription): string {
  return `${version} (sequence number ${sequenceNumber})`;
}

/** What the system said of the disk, as one line; what is one already, and our own mistakes, stay what they are. */
function storageFailure(error: unknown): unknown {
  const isSystems = error instanceof Error && "syscall" in error;
  return isSystems ? jobFailed(`cannot write the slots: ${systemMessage(error)}`) : error;
}

function attempt<Value>(step: () => Value): Value {
  try {
    return step();
  } catch (error) {
    throw storageFailure(error);
  }
}
