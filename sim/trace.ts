// A run as text: each datagram one line when it is given to the link, decoded, and what became of it where it got lost.

import type { Instant } from "../src/base/instant.ts";
import type { DropReason } from "./link/link-statistics.ts";
import { coapText, dtlsText } from "./message-text.ts";
import type { Direction } from "./profiles/profile.ts";

export class Trace {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** `message` is the CoAP message inside, where there is one. */
  sent(
    now: Instant,
    device: number,
    direction: Direction,
    datagram: Uint8Array,
    message: Uint8Array | undefined,
    passesNat: boolean,
  ): void {
    const text = message === undefined ? dtlsText(datagram, direction) : coapText(message);
    const fate = passesNat ? "" : " (no NAT binding: dropped)";
    this.#write(`${timeText(now)} d${device} ${direction.padEnd(4)} ${datagram.length} B ${text}${fate}`);
  }

  dropped(now: Instant, device: number, direction: Direction, reason: DropReason): void {
    this.#write(`${timeText(now)} d${device} ${direction.padEnd(4)} dropped: ${reason}`);
  }

  note(now: Instant, device: number, text: string): void {
    this.#write(`${timeText(now)} d${device} ${text}`);
  }
}

/** Seconds, to the microsecond. */
function timeText(now: Instant): string {
  return (now / 1000).toFixed(6).padStart(13);
}
