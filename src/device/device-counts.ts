// What a device counts over all that it does, whichever association it went over.

import type { DeviceStatistics } from "./device-event.ts";

/** Round trips kept for statistics. */
const ROUND_TRIPS_MAX = 4_096;

export class DeviceCounts {
  blocks = 0;
  duplicates = 0;
  requests = 0;
  retransmissions = 0;
  handshakes = 0;
  bytesUp = 0;
  bytesDown = 0;
  readonly #roundTripsMs: number[] = [];
  #answerCount = 0;

  answered(elapsedMs: number): void {
    this.#roundTripsMs[this.#answerCount++ % ROUND_TRIPS_MAX] = elapsedMs;
  }

  /** `retransmitCount` more were CoapClient's. */
  statistics(retransmitCount: number): DeviceStatistics {
    const { blocks, duplicates, requests, handshakes, bytesUp, bytesDown } = this;
    const retransmissions = this.retransmissions + retransmitCount;
    const roundTripsMs = this.#roundTripsMs;
    return { blocks, duplicates, requests, retransmissions, handshakes, bytesUp, bytesDown, roundTripsMs };
  }
}
