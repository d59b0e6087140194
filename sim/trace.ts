// A run as text: each datagram one line when it is given to the link, decoded, and what became of it where it got lost.

import type { Instant } from "../src/base/instant.ts";
import type { DropReason } from "./link/link-statistics.ts";
import { coapText, dtlsText } from "./message-text.ts";
import type { Direction } from "./profiles/profile.ts";

/** A line's parts, for programs. */
export interface TraceEntry {
  readonly seconds: number;
  readonly device: number;
  readonly direction?: Direction;
  /** Bytes of the datagram. */
  readonly length?: number;
  readonly text: string;
}

export class Trace {
  readonly #write: (line: string, entry: TraceEntry) => void;

  constructor(write: (line: string, entry: TraceEntry) => void) {
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
    const what = message === undefined ? dtlsText(datagram, direction) : coapText(message);
    const text = `${what}${passesNat ? "" : " (no NAT binding: dropped)"}`;
    this.#tell(now, { device, direction, length: datagram.length, text });
  }

  dropped(now: Instant, device: number, direction: Direction, reason: DropReason): void {
    this.#tell(now, { device, direction, text: `dropped: ${reason}` });
  }

  note(now: Instant, device: number, text: string): void {
    this.#tell(now, { device, text });
  }

  #tell(now: Instant, entry: Omit<TraceEntry, "seconds">): void {
    const { device, direction, length, text } = entry;
    const words = [
      timeText(now),
      `d${device}`,
      ...(direction === undefined ? [] : [direction.padEnd(4)]),
      ...(length === undefined ? [] : [`${length} B`]),
      text,
    ];
    this.#write(words.join(" "), { seconds: now / 1000, ...entry });
  }
}

/** Seconds, to the microsecond. */
function timeText(now: Instant): string {
  return (now / 1000).toFixed(6).padStart(13);
}
