// NB-IoT by coverage class and with twelve tones, LTE-M, and NB-IoT over satellites: docs/links.md 4. A cellular bearer keeps order,
// repairs most loss itself and so is late rather than lossy.

import type { DelayModel } from "../link/delay.ts";
import type { LossModel } from "../link/loss.ts";
import type { DirectionProfile, LinkProfile } from "./profile.ts";

/** PDCP 5, RLC and MAC 4. */
const RADIO_OVERHEAD_LENGTH = 9;
const MTU = 1358;
/** A network keeps few datagrams for a device that cannot be reached; a device's modem has little memory. */
const QUEUE = { countMax: 10, lifetimeSeconds: 60 };
/** Off is idle mode with a paging occasion every 1.28 s: 0.4 mA. */
const M5311_ENERGY = { transmitWatts: 0.6, receiveWatts: 0.19, offWatts: 0.00144, wakeJoules: 0.252, supplyVolts: 3.6 };

/** Idle devices look every 2.56 s, and fall into PSM after a minute. */
const PAGING = { everySeconds: 2.56, forSeconds: 60 };

function bearer(rateBitsPerSecond: number, delay: DelayModel, loss: LossModel, queue = QUEUE): DirectionProfile {
  const radio = { kind: "stream", rateBitsPerSecond, overheadLength: RADIO_OVERHEAD_LENGTH } as const;
  return { radio, loss, delay, inOrder: true, queue };
}

function bernoulli(probability: number): LossModel {
  return { kind: "bernoulli", probability };
}

function gamma(floorMs: number, meanMs: number): DelayModel {
  return { kind: "gamma", floorMs, shape: 2, meanMs };
}

const NBIOT_SOURCES = {
  mtu: "schcnb",
  ipVersion: "assumption",
  "up.radio.overheadLength": "schcnb",
  "down.radio.overheadLength": "schcnb",
  "up.delay": "assumption",
  "down.delay": "assumption",
  "up.loss": "assumption",
  "down.loss": "assumption",
  "up.queue": "assumption",
  "down.queue": "assumption",
  natTimeoutSeconds: "vermillard",
  "energy.transmitWatts": "m5, at 3.6 V by assumption",
  "energy.receiveWatts": "m5, at 3.6 V by assumption",
  "energy.offWatts": "m5, at 3.6 V by assumption",
  "energy.wakeJoules": "boaks",
  "energy.supplyVolts": "assumption",
} as const;

const nbIotCe0: LinkProfile = {
  name: "nb-iot-ce0",
  summary: "NB-IoT in good coverage, single tone, no repetitions",
  duplex: "half",
  ipVersion: 4,
  mtu: MTU,
  up: bearer(15_600, gamma(200, 250), bernoulli(0.005)),
  down: bearer(21_250, gamma(80, 70), bernoulli(0.005)),
  sleep: { idleSeconds: 10, wakeSeconds: 2.7, paging: PAGING },
  natTimeoutSeconds: 120,
  energy: M5311_ENERGY,
  sources: {
    ...NBIOT_SOURCES,
    "up.radio.rateBitsPerSecond": "m5",
    "down.radio.rateBitsPerSecond": "m5",
    "up.delay": "ugw, boaks22; shape by assumption",
    "down.delay": "ugw, boaks22; shape by assumption",
    "sleep.idleSeconds": "boaks",
    "sleep.wakeSeconds": "nrfps",
    "sleep.paging": "assumption",
  },
};

const nbIotNb2: LinkProfile = {
  ...nbIotCe0,
  name: "nb-iot-nb2",
  summary: "NB-IoT Cat NB2 in good coverage, twelve tones, no repetitions",
  up: bearer(62_500, gamma(200, 250), bernoulli(0.005)),
  down: bearer(79_250, gamma(80, 70), bernoulli(0.005)),
  sources: {
    ...nbIotCe0.sources,
    "up.radio.rateBitsPerSecond": "computed from srs, csdn; all of the carrier for one device by assumption",
    "down.radio.rateBitsPerSecond": "computed from srs, csdn; all of the carrier for one device by assumption",
    "up.delay": "assumption: as in nb-iot-ce0",
    "down.delay": "assumption: as in nb-iot-ce0",
  },
};

const nbIotCe1: LinkProfile = {
  name: "nb-iot-ce1",
  summary: "NB-IoT in medium coverage, 8 repetitions down and 4 up",
  duplex: "half",
  ipVersion: 4,
  mtu: MTU,
  up: bearer(2880, gamma(600, 600), bernoulli(0.01)),
  down: bearer(6870, gamma(200, 300), bernoulli(0.01)),
  sleep: { idleSeconds: 10, wakeSeconds: 5, paging: PAGING },
  natTimeoutSeconds: 120,
  energy: M5311_ENERGY,
  sources: {
    ...NBIOT_SOURCES,
    "up.radio.rateBitsPerSecond": "computed from srs, csdn; repetitions by assumption",
    "down.radio.rateBitsPerSecond": "computed from srs, csdn; repetitions by assumption",
    "up.delay": "assumption, within mbedded",
    "down.delay": "assumption, within mbedded",
    sleep: "assumption",
  },
};

const nbIotCe2: LinkProfile = {
  name: "nb-iot-ce2",
  summary: "NB-IoT at the edge of coverage, 64 repetitions down and 32 up",
  duplex: "half",
  ipVersion: 4,
  mtu: MTU,
  up: bearer(363, gamma(2000, 2000), bernoulli(0.02), { countMax: 10, lifetimeSeconds: 300 }),
  down: bearer(780, gamma(1000, 1000), bernoulli(0.02), { countMax: 10, lifetimeSeconds: 300 }),
  sleep: { idleSeconds: 10, wakeSeconds: 10, paging: PAGING },
  outage: { meanOutageSeconds: 30, meanBetweenSeconds: 2970 },
  natTimeoutSeconds: 120,
  energy: M5311_ENERGY,
  sources: {
    ...NBIOT_SOURCES,
    "up.radio.rateBitsPerSecond": "computed from srs, csdn; repetitions by assumption",
    "down.radio.rateBitsPerSecond": "computed from srs, csdn; repetitions by assumption; within 8376",
    "up.delay": "assumption, above 10 s at times as in nrf2498",
    "down.delay": "assumption, above 10 s at times as in nrf2498",
    sleep: "assumption",
    outage: "assumption",
  },
};

const lteM: LinkProfile = {
  name: "lte-m",
  summary: "LTE-M (Cat-M1) in good coverage",
  duplex: "full",
  ipVersion: 4,
  mtu: MTU,
  up: bearer(180_000, gamma(40, 20), bernoulli(0.002)),
  down: bearer(200_000, gamma(30, 20), bernoulli(0.002)),
  sleep: { idleSeconds: 10, wakeSeconds: 2.4, firstLoss: 0.02, paging: { everySeconds: 1.28, forSeconds: 60 } },
  natTimeoutSeconds: 120,
  energy: { transmitWatts: 0.4, receiveWatts: 0.17, offWatts: 0.000067, wakeJoules: 0.105, supplyVolts: 3.7 },
  sources: {
    ...NBIOT_SOURCES,
    duplex: "assumption",
    "up.radio.rateBitsPerSecond": "nrfps, below the ceiling of rfw",
    "down.radio.rateBitsPerSecond": "assumption, below the ceiling of rfw",
    "sleep.idleSeconds": "boaks",
    "sleep.wakeSeconds": "boaks",
    "sleep.paging": "assumption",
    "sleep.firstLoss": "computed from boaks",
    "energy.transmitWatts": "nrfps",
    "energy.receiveWatts": "assumption",
    "energy.offWatts": "nrfps, 18 uA with eDRX at 3.7 V by assumption",
    "energy.wakeJoules": "nrfps",
  },
};

const lteMPoor: LinkProfile = {
  ...lteM,
  name: "lte-m-poor",
  summary: "LTE-M at the edge of coverage, eight repetitions, with outages",
  up: bearer(22_500, gamma(150, 150), bernoulli(0.02)),
  down: bearer(25_000, gamma(100, 100), bernoulli(0.02)),
  sleep: { idleSeconds: 10, wakeSeconds: 5, firstLoss: 0.0411, paging: { everySeconds: 1.28, forSeconds: 60 } },
  outage: { meanOutageSeconds: 20, meanBetweenSeconds: 980 },
  sources: {
    ...lteM.sources,
    "up.radio.rateBitsPerSecond": "computed: an eighth of lte-m's, by assumption",
    "down.radio.rateBitsPerSecond": "computed: an eighth of lte-m's, by assumption",
    "sleep.wakeSeconds": "assumption",
    "sleep.firstLoss": "computed from boaks: all of what was lost, in each direction by assumption",
    outage: "assumption",
  },
};

/** Half a share of 2 % in time, in spells: a bad state of 5 s in which every second datagram is lost. */
const OBSTRUCTED: LossModel = {
  kind: "gilbert-time",
  lossInBad: 0.5,
  lossInGood: 0,
  meanBadSeconds: 5,
  meanGoodSeconds: 120,
};

const SATELLITE_SOURCES = {
  ...NBIOT_SOURCES,
  "up.radio.rateBitsPerSecond": "assumption",
  "down.radio.rateBitsPerSecond": "assumption",
  "energy.transmitWatts": "m5, at 3.6 V by assumption; richter measured ten times as much a message",
} as const;

const nbNtnGeo: LinkProfile = {
  name: "nb-ntn-geo",
  summary: "NB-IoT over a geostationary satellite",
  duplex: "half",
  ipVersion: 4,
  mtu: MTU,
  up: bearer(2000, gamma(900, 300), OBSTRUCTED, { countMax: 10, lifetimeSeconds: 300 }),
  down: bearer(2000, gamma(350, 250), OBSTRUCTED, { countMax: 10, lifetimeSeconds: 300 }),
  sleep: { idleSeconds: 10, wakeSeconds: 15, paging: PAGING },
  natTimeoutSeconds: 120,
  energy: M5311_ENERGY,
  sources: {
    ...SATELLITE_SOURCES,
    "up.delay": "assumption, above half of ntn's round trip of 541.46 ms",
    "down.delay": "assumption, above half of ntn's round trip of 541.46 ms",
    sleep: "assumption",
  },
};

const nbNtnSlow: LinkProfile = {
  ...nbNtnGeo,
  name: "nb-ntn-slow",
  summary: "NB-IoT over a satellite with long queues: a round trip of 10 to 15 s",
  up: bearer(2000, { kind: "uniform", minMs: 5000, maxMs: 7500 }, OBSTRUCTED, { countMax: 10, lifetimeSeconds: 300 }),
  down: bearer(2000, { kind: "uniform", minMs: 5000, maxMs: 7500 }, OBSTRUCTED, { countMax: 10, lifetimeSeconds: 300 }),
  // A network with such queues has to keep a device connected for longer than one round trip.
  sleep: { idleSeconds: 30, wakeSeconds: 15, paging: PAGING },
  sources: { ...nbNtnGeo.sources, "up.delay": "assumption", "down.delay": "assumption" },
};

const nbNtnLeoSf: LinkProfile = {
  name: "nb-ntn-leo-sf",
  summary: "NB-IoT over a low satellite that stores datagrams until its next pass",
  duplex: "half",
  ipVersion: 4,
  mtu: MTU,
  up: bearer(2000, gamma(13, 200), bernoulli(0.02), { countMax: 10, lifetimeSeconds: 43_200 }),
  down: bearer(2000, gamma(13, 200), bernoulli(0.02), { countMax: 10, lifetimeSeconds: 43_200 }),
  passes: { everySeconds: 5700, openSeconds: 360 },
  natTimeoutSeconds: 120,
  energy: M5311_ENERGY,
  sources: {
    ...SATELLITE_SOURCES,
    "up.delay": "ntn for the floor, half of 25.77 ms; tail by assumption",
    "down.delay": "ntn for the floor, half of 25.77 ms; tail by assumption",
    passes: "assumption",
  },
};

export const CELLULAR_PROFILES: readonly LinkProfile[] = [
  nbIotCe0,
  nbIotCe1,
  nbIotCe2,
  nbIotNb2,
  lteM,
  lteMPoor,
  nbNtnGeo,
  nbNtnSlow,
  nbNtnLeoSf,
];
