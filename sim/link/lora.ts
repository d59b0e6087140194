// LoRa: exact time on air (Semtech AN1200.13), and what LoRaWAN puts around a payload (LoRaWAN 1.0.4 section 4).

/** A LoRa modulation; FSK at 50 kbit/s has a time on air of its own. */
export interface LoraModulation {
  /** 7 to 12. */
  readonly spreadingFactor: number;
  readonly bandwidthHz: number;
  /** 1 to 4 for the coding rates 4/5 to 4/8. */
  readonly codingRate: number;
  /** Whether a CRC of the payload follows it; LoRaWAN uplinks have one, downlinks have none. */
  readonly crc: boolean;
}

/** What only radios of other protocols change. */
export interface LoraFraming {
  readonly preambleSymbolCount?: number;
  readonly implicitHeader?: boolean;
  /** By default as LoRaWAN does it: on when a symbol lasts 16 ms or more. */
  readonly lowDataRateOptimize?: boolean;
}

/** MHDR 1, FHDR 7 without FOpts, FPort 1, MIC 4: what a PHYPayload holds besides the FRMPayload of N bytes. */
export const LORAWAN_OVERHEAD_LENGTH = 13;

/** RX1 and RX2 open this long after the end of an uplink (RECEIVE_DELAY1, RECEIVE_DELAY2). */
export const RECEIVE_DELAY1_MS = 1000;
export const RECEIVE_DELAY2_MS = 2000;

/** RFC 9011 5.6.3: the word for a downlink fragment, behind its FPort: a bit for the window, one for the check, and padding. */
export const SCHC_ACK_LENGTH = 1;

/** RFC 9011 5.6.3.5.3: how long the network waits for it from a class C device. */
export const RETRANSMISSION_MS = 30_000;

/** RFC 9011 5.6.3: how often a fragment is sent without that word until the datagram is given up. */
export const MAX_ACK_REQUESTS = 8;

/** How long a window is open in which nothing begins: as long as a preamble. */
export const EMPTY_WINDOW_SYMBOL_COUNT = 8;

const LORAWAN_PREAMBLE_SYMBOL_COUNT = 8;
const SYNC_SYMBOL_COUNT = 4.25;
const LOW_DATA_RATE_SYMBOL_MS = 16;

/** In milliseconds, for a PHYPayload of `length` bytes. */
export function loraTimeOnAir(modulation: LoraModulation, length: number, framing: LoraFraming = {}): number {
  const { spreadingFactor, codingRate } = modulation;
  const optimized = framing.lowDataRateOptimize ?? symbolMs(modulation) >= LOW_DATA_RATE_SYMBOL_MS;
  const bits = 8 * length - 4 * spreadingFactor + 28 + (modulation.crc ? 16 : 0) - (framing.implicitHeader ? 20 : 0);
  const bitsPerGroup = 4 * (spreadingFactor - (optimized ? 2 : 0));
  const payloadSymbolCount = 8 + Math.max(Math.ceil(bits / bitsPerGroup) * (codingRate + 4), 0);
  const preambleSymbolCount = (framing.preambleSymbolCount ?? LORAWAN_PREAMBLE_SYMBOL_COUNT) + SYNC_SYMBOL_COUNT;
  return (preambleSymbolCount + payloadSymbolCount) * symbolMs(modulation);
}

export function symbolMs({ spreadingFactor, bandwidthHz }: LoraModulation): number {
  return (2 ** spreadingFactor * 1000) / bandwidthHz;
}

/** EU868 DR7, in milliseconds: preamble of 5 bytes, sync word of 3, length of 1, payload, CRC of 2, at 50 kbit/s. */
export function fskTimeOnAir(length: number): number {
  return ((5 + 3 + 1 + length + 2) * 8) / 50;
}

/** How long a transmitter keeps silent after `timeOnAirMs` on a band with this duty cycle, in milliseconds. */
export function silenceAfter(timeOnAirMs: number, dutyCycle: number): number {
  return timeOnAirMs * (1 / dutyCycle - 1);
}

/** A data rate of a region: its modulation and N, the longest FRMPayload without FOpts and without a repeater. */
export interface DataRate {
  readonly spreadingFactor: number;
  readonly bandwidthHz: 125_000 | 250_000 | 500_000;
  readonly payloadLengthMax: number;
}

/** RP002, EU868 (DR7 is FSK, DR8 and up are LR-FHSS for uplinks). */
export const EU868_DATA_RATES = {
  DR0: { spreadingFactor: 12, bandwidthHz: 125_000, payloadLengthMax: 51 },
  DR1: { spreadingFactor: 11, bandwidthHz: 125_000, payloadLengthMax: 51 },
  DR2: { spreadingFactor: 10, bandwidthHz: 125_000, payloadLengthMax: 51 },
  DR3: { spreadingFactor: 9, bandwidthHz: 125_000, payloadLengthMax: 115 },
  DR4: { spreadingFactor: 8, bandwidthHz: 125_000, payloadLengthMax: 242 },
  DR5: { spreadingFactor: 7, bandwidthHz: 125_000, payloadLengthMax: 242 },
  DR6: { spreadingFactor: 7, bandwidthHz: 250_000, payloadLengthMax: 242 },
} as const satisfies Record<string, DataRate>;

/** RP002-1.0.2 and later, US915; DR8 and up are downlinks. */
export const US915_DATA_RATES = {
  DR0: { spreadingFactor: 10, bandwidthHz: 125_000, payloadLengthMax: 11 },
  DR1: { spreadingFactor: 9, bandwidthHz: 125_000, payloadLengthMax: 53 },
  DR2: { spreadingFactor: 8, bandwidthHz: 125_000, payloadLengthMax: 125 },
  DR3: { spreadingFactor: 7, bandwidthHz: 125_000, payloadLengthMax: 242 },
  DR4: { spreadingFactor: 8, bandwidthHz: 500_000, payloadLengthMax: 242 },
  DR8: { spreadingFactor: 12, bandwidthHz: 500_000, payloadLengthMax: 53 },
  DR9: { spreadingFactor: 11, bandwidthHz: 500_000, payloadLengthMax: 129 },
  DR10: { spreadingFactor: 10, bandwidthHz: 500_000, payloadLengthMax: 242 },
  DR11: { spreadingFactor: 9, bandwidthHz: 500_000, payloadLengthMax: 242 },
  DR12: { spreadingFactor: 8, bandwidthHz: 500_000, payloadLengthMax: 242 },
  DR13: { spreadingFactor: 7, bandwidthHz: 500_000, payloadLengthMax: 242 },
} as const satisfies Record<string, DataRate>;
