// One device of a crowd: a board with two slots in memory, which checks in at each interval whatever its server says of coming
// again, and waits for a server that is away.

import type { VerificationKey } from "../../crypto/signature.ts";
import type { DeviceSecurity } from "../../device/device-dtls.ts";
import { dialectNamed } from "../../device/dialect.ts";
import { progressLengthFor } from "../../device/image-slot.ts";
import { MemoryFlash } from "../../device/memory-flash.ts";
import { SEALED_PAGES } from "../../device/slots/sealed-record.ts";
import type { SlotEvent } from "../../device/slots/slot-event.ts";
import { BoardShell } from "../../shell/board-shell.ts";
import type { ServerAddresses } from "../../shell/device-shell.ts";

const PAGE_LENGTH = 4_096;
/** As `pull --slots`: somebody looks on, so that a trial that reaches nobody is soon over. */
const POLICY = { contactsMax: 3, contactMs: 40_000, contactRestMs: 2_000 };

/** What a device of a crowd is busy with. */
export type CrowdState = "starting" | "away" | "resting" | "downloading" | "onTrial";

export interface CrowdDeviceInput {
  /** As people write it. */
  readonly name: string;
  readonly addresses: ServerAddresses;
  readonly host?: string;
  readonly security: DeviceSecurity;
  readonly product: string;
  readonly class?: string;
  readonly makerKey: VerificationKey;
  /** Bytes of each slot, a whole number of pages. */
  readonly slotLength: number;
  /** Whether no new image starts on this device. */
  readonly bootFails: boolean;
}

/** What a device tells of itself. */
export type CrowdEvent =
  | SlotEvent
  /** The new image did not start, and the watchdog starts the board anew. */
  | { readonly kind: "bootFailed" };

export class CrowdDevice {
  readonly name: string;
  /** "starting" until its server has answered, or was given up for a while. */
  state: CrowdState = "starting";
  checkInCount = 0;
  readonly #board: BoardShell;

  constructor(input: CrowdDeviceInput, outlet: (event: CrowdEvent) => void) {
    const { name, slotLength, bootFails, ...made } = input;
    this.name = name;
    const progress = chip(progressLengthFor(slotLength, PAGE_LENGTH));
    this.#board = new BoardShell(
      {
        ...made,
        dialect: dialectNamed("own"),
        policy: POLICY,
        flash: {
          slots: [chip(slotLength), chip(slotLength)],
          memory: chip(SEALED_PAGES * PAGE_LENGTH),
          bootControl: chip(SEALED_PAGES * PAGE_LENGTH),
          progressOf: () => progress,
        },
        bootFails: () => bootFails,
      },
      {
        bootFailed: () => outlet({ kind: "bootFailed" }),
        event: (event) => {
          this.#follow(event);
          outlet(event);
        },
        // A server that is away is waited for.
        networkFailed: () => {},
      },
    );
  }

  /** Of what is installed. */
  get version(): string {
    return this.#board.device?.installed.version ?? "factory";
  }

  /** Rejects with what is wrong with this computer's network, and may be called again then; resolves after stop(). */
  run(): Promise<void> {
    return this.#board.run();
  }

  checkIn(): void {
    this.#board.handle((now, device) => device.checkInNow(now));
  }

  stop(): void {
    this.#board.stop();
  }

  #follow(event: SlotEvent): void {
    switch (event.kind) {
      case "contactFailed":
        this.state = "away";
        return;
      case "nothingNew":
      case "refused":
        this.checkInCount++;
        this.state = "resting";
        return;
      case "offered":
        this.checkInCount++;
        this.state = "downloading";
        return;
      case "healthCheckWanted":
        this.state = "onTrial";
        return;
      case "confirmed":
      case "fellBack":
        this.state = "resting";
        return;
    }
  }
}

function chip(length: number): MemoryFlash {
  return new MemoryFlash(length, PAGE_LENGTH);
}
