// LoRaWAN with SCHC: docs/links.md 4. Loss is per frame and nearly independent of its length, so the longest
// frame of a data rate wins; what bounds an update in Europe is the gateway's duty cycle.

import { type DataRate, EU868_DATA_RATES, US915_DATA_RATES } from "../link/lora.ts";
import type { DirectionProfile, LinkProfile } from "./profile.ts";

/** RP002 and ETSI EN 300 220: devices on 868.0 to 868.6 MHz, gateways on 869.4 to 869.65 MHz. */
const EU868_DUTY_CYCLES = { up: 0.01, down: 0.1 };

interface Scene {
  readonly upRate: DataRate;
  readonly downRate: DataRate;
  readonly frameLoss: number;
  readonly dutyCycles?: { readonly up: number; readonly down: number };
}

function lora(dataRate: DataRate, crc: boolean, frameLoss: number, dutyCycle?: number): DirectionProfile {
  return {
    radio: {
      kind: "lora",
      ...dataRate,
      codingRate: 1,
      crc,
      fragmentHeaderLength: 2,
      compressedHeaderLength: 3,
      ...(dutyCycle !== undefined && { dutyCycle }),
    },
    loss: { kind: "bernoulli", probability: frameLoss },
    delay: { kind: "fixed", ms: 50 },
    inOrder: true,
    queue: { countMax: 4, lifetimeSeconds: 3600 },
  };
}

const SOURCES = {
  duplex: "lmn",
  ipVersion: "assumption",
  mtu: "assumption",
  "up.radio": "lmn, brocaar",
  "down.radio": "lmn, brocaar",
  "up.radio.crc": "assumption",
  "down.radio.crc": "assumption",
  "up.radio.fragmentHeaderLength": "schclora",
  "down.radio.fragmentHeaderLength": "schclora",
  "up.radio.compressedHeaderLength": "assumption",
  "down.radio.compressedHeaderLength": "assumption",
  "up.loss": "assumption, iotguo has 20 to 30 %",
  "down.loss": "assumption, iotguo has 20 to 30 %",
  "up.delay": "assumption",
  "down.delay": "assumption",
  "up.queue": "assumption",
  "down.queue": "assumption",
  "energy.transmitWatts": "flora",
  "energy.receiveWatts": "flora",
  "energy.wakeJoules": "assumption",
  "energy.supplyVolts": "flora",
} as const;

function lorawan(name: string, summary: string, { upRate, downRate, frameLoss, dutyCycles }: Scene): LinkProfile {
  return {
    name,
    summary,
    duplex: "half",
    ipVersion: 6,
    mtu: 1280,
    up: lora(upRate, true, frameLoss, dutyCycles?.up),
    down: lora(downRate, false, frameLoss, dutyCycles?.down),
    energy: { transmitWatts: 0.145, receiveWatts: 0.032, wakeJoules: 0, supplyVolts: 3.3 },
    sources: SOURCES,
  };
}

function eu868(name: string, summary: string, dataRate: DataRate, frameLoss: number): LinkProfile {
  return lorawan(name, summary, { upRate: dataRate, downRate: dataRate, frameLoss, dutyCycles: EU868_DUTY_CYCLES });
}

const { DR0, DR3, DR5 } = EU868_DATA_RATES;

export const LORA_PROFILES: readonly LinkProfile[] = [
  eu868("lorawan-eu868-dr0-c", "LoRaWAN class C in Europe, SF12 at 125 kHz", DR0, 0.2),
  eu868("lorawan-eu868-dr3-c", "LoRaWAN class C in Europe, SF9 at 125 kHz", DR3, 0.1),
  eu868("lorawan-eu868-dr5-c", "LoRaWAN class C in Europe, SF7 at 125 kHz", DR5, 0.05),
  {
    ...eu868("lorawan-eu868-dr5-a", "LoRaWAN class A in Europe, SF7: a downlink only after an uplink", DR5, 0.05),
    classA: true,
  },
  lorawan("lorawan-us915-dr8-c", "LoRaWAN class C in America, down SF12 at 500 kHz, up SF7 at 125 kHz", {
    upRate: US915_DATA_RATES.DR3,
    downRate: US915_DATA_RATES.DR8,
    frameLoss: 0.1,
  }),
];
