// What cells or gateways carry in a rehearsal: all of it, and in the busiest minute.

import type { Link } from "../link/link.ts";

export interface CellFigures {
  readonly devices: number;
  /** On the air between devices and their neighbour, both directions. */
  readonly bytes: number;
  readonly bytesOfBusiestMinute: number;
  /** Of the channel, seconds. */
  readonly airtimeSeconds: number;
  readonly airtimeSecondsOfBusiestMinute: number;
}

interface Meter {
  readonly links: Link[];
  bytes: number;
  airtimeSeconds: number;
  bytesOfBusiestMinute: number;
  airtimeSecondsOfBusiestMinute: number;
}

export class CellMeters {
  readonly #meters: readonly Meter[];

  /** Devices are in cells one after the other in turn. */
  constructor(links: readonly Link[], cellCount: number) {
    this.#meters = Array.from({ length: Math.min(cellCount, links.length) }, (_, cell) => ({
      links: links.filter((_link, number) => number % cellCount === cell),
      bytes: 0,
      airtimeSeconds: 0,
      bytesOfBusiestMinute: 0,
      airtimeSecondsOfBusiestMinute: 0,
    }));
  }

  /** To be called once a minute. */
  read(): void {
    for (const meter of this.#meters) {
      let [bytes, airtimeSeconds] = [0, 0];
      for (const { statistics } of meter.links) {
        const { up, down } = statistics;
        bytes += up.deviceBytesOnAir + down.deviceBytesOnAir;
        airtimeSeconds += up.channelSeconds + down.channelSeconds;
      }
      meter.bytesOfBusiestMinute = Math.max(meter.bytesOfBusiestMinute, bytes - meter.bytes);
      const airtime = airtimeSeconds - meter.airtimeSeconds;
      meter.airtimeSecondsOfBusiestMinute = Math.max(meter.airtimeSecondsOfBusiestMinute, airtime);
      meter.bytes = bytes;
      meter.airtimeSeconds = airtimeSeconds;
    }
  }

  get figures(): readonly CellFigures[] {
    return this.#meters.map(({ links, ...figures }) => ({ devices: links.length, ...figures }));
  }
}
