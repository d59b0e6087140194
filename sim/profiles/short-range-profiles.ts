// Meshes, BLE and, for its refusal, Sigfox: docs/links.md 4. In a mesh loss is per fragment and hop, so the
// longest block is not the best.

import type { LinkProfile } from "./profile.ts";

const QUEUE = { countMax: 10, lifetimeSeconds: 60 };

const sixLowpan3hop: LinkProfile = {
  name: "6lowpan-3hop",
  summary: "6LoWPAN over IEEE 802.15.4, three hops on one channel, three of ten transmissions lost",
  duplex: "half",
  ipVersion: 6,
  mtu: 1280,
  ...bothWays({
    radio: {
      kind: "mesh",
      rateBitsPerSecond: 250_000,
      frameLengthMax: 127,
      // RFC 4944 4: 25 bytes of MAC overhead and 9 of AES-CCM-32 leave 93.
      frameOverheadLength: 34,
      compressedHeaderLength: 12,
      hopCount: 3,
      retryCountMax: 3,
    },
    loss: { kind: "bernoulli", probability: 0.3 },
    delay: { kind: "fixed", ms: 25 },
    inOrder: true,
    queue: QUEUE,
  }),
  energy: { transmitWatts: 0.0192, receiveWatts: 0.0196, wakeJoules: 0, supplyVolts: 3 },
  sources: {
    duplex: "r4944",
    ipVersion: "r4944",
    mtu: "r4944",
    ...bothSources({
      radio: "r4944",
      "radio.rateBitsPerSecond": "r4944",
      "radio.compressedHeaderLength": "assumption",
      "radio.hopCount": "assumption",
      "radio.retryCountMax": "dsme",
      loss: "assumption",
      delay: "assumption",
      queue: "assumption",
    }),
    "energy.transmitWatts": "nrf52, at 3 V by assumption",
    "energy.receiveWatts": "nrf52, at 3 V by assumption",
    "energy.wakeJoules": "assumption",
    "energy.supplyVolts": "assumption",
  },
};

const threadSed: LinkProfile = {
  ...sixLowpan3hop,
  name: "thread-sed",
  summary: "A sleepy Thread device that asks its parent every 500 ms, one router further to the border",
  ...bothWays({
    radio: {
      kind: "mesh",
      rateBitsPerSecond: 250_000,
      frameLengthMax: 127,
      // MAC header 9, auxiliary security header 6, MIC-32, FCS 2, and RFC 4944's mesh header of 5.
      frameOverheadLength: 26,
      compressedHeaderLength: 12,
      hopCount: 2,
      retryCountMax: 15,
    },
    loss: { kind: "bernoulli", probability: 0.1 },
    delay: { kind: "fixed", ms: 15 },
    inOrder: true,
    queue: QUEUE,
  }),
  // A child sleeps at once; its parent tells it of each further frame, for which it listens so long.
  sleep: { idleSeconds: 0.1, wakeSeconds: 0, paging: { everySeconds: 0.5, forSeconds: 31_536_000 } },
  // While it waits: a request of 5 ms every 500 ms, for its parent's acknowledgement.
  energy: { transmitWatts: 0.0192, receiveWatts: 0.0196, offWatts: 0.0002, wakeJoules: 0, supplyVolts: 3 },
  sources: {
    duplex: "r4944",
    ipVersion: "r4944",
    mtu: "r4944",
    ...bothSources({
      radio: "r4944",
      "radio.frameOverheadLength": "computed from r4944; key mode by assumption",
      "radio.compressedHeaderLength": "assumption",
      "radio.hopCount": "assumption",
      "radio.retryCountMax": "ot",
      loss: "assumption",
      delay: "assumption",
      queue: "assumption",
    }),
    "sleep.idleSeconds": "ot",
    "sleep.wakeSeconds": "assumption",
    "sleep.paging": "assumption",
    "energy.transmitWatts": "nrf52, at 3 V by assumption",
    "energy.receiveWatts": "nrf52, at 3 V by assumption",
    "energy.offWatts": "computed from nrf52; 5 ms a request by assumption",
    "energy.wakeJoules": "assumption",
    "energy.supplyVolts": "assumption",
  },
};

const wisunFan4hop: LinkProfile = {
  name: "wisun-fan-4hop",
  summary: "Wi-SUN FAN at 50 kbit/s, four hops, frequency hopping",
  duplex: "half",
  ipVersion: 6,
  mtu: 1280,
  ...bothWays({
    radio: {
      kind: "mesh",
      rateBitsPerSecond: 50_000,
      frameLengthMax: 2047,
      frameOverheadLength: 25,
      compressedHeaderLength: 12,
      hopCount: 4,
      retryCountMax: 3,
    },
    loss: { kind: "bernoulli", probability: 0.1 },
    // 20 ms for each hop, and up to 250 ms until the next hop listens on the channel.
    delay: { kind: "uniform", minMs: 80, maxMs: 1080 },
    inOrder: true,
    queue: QUEUE,
  }),
  energy: { transmitWatts: 0.081, receiveWatts: 0.018, wakeJoules: 0, supplyVolts: 3.3 },
  sources: {
    duplex: "8376",
    ipVersion: "8376",
    mtu: "8376",
    ...bothSources({
      radio: "assumption",
      "radio.rateBitsPerSecond": "8376",
      loss: "assumption",
      delay: "8376 for 20 ms a hop; dwell by assumption",
      queue: "assumption",
    }),
    "energy.transmitWatts": "cc1350, at 3.3 V",
    "energy.receiveWatts": "cc1350, at 3.3 V",
    "energy.wakeJoules": "assumption",
    "energy.supplyVolts": "assumption",
  },
};

const bleIpsp: LinkProfile = {
  name: "ble-ipsp",
  summary: "IPv6 over Bluetooth LE, one packet of 251 bytes in each connection event of 75 ms",
  duplex: "full",
  ipVersion: 6,
  mtu: 1280,
  ...bothWays({
    // 251 bytes in 75 ms.
    radio: { kind: "stream", rateBitsPerSecond: 26_773, overheadLength: 11 },
    loss: { kind: "bernoulli", probability: 0.001 },
    // A datagram waits for the next connection event.
    delay: { kind: "uniform", minMs: 0, maxMs: 75 },
    inOrder: true,
    queue: QUEUE,
  }),
  outage: { meanOutageSeconds: 3, meanBetweenSeconds: 600 },
  // An event in which nothing comes takes a millisecond of each 75.
  energy: { transmitWatts: 0.0192, receiveWatts: 0.0188, listenWatts: 0.00025, wakeJoules: 0, supplyVolts: 3 },
  sources: {
    duplex: "assumption",
    ipVersion: "assumption",
    mtu: "assumption",
    ...bothSources({ radio: "assumption", loss: "assumption", delay: "assumption", queue: "assumption" }),
    outage: "assumption; mindgap for the effect",
    "energy.transmitWatts": "nrf52, at 3 V by assumption",
    "energy.receiveWatts": "nrf52, at 3 V by assumption",
    "energy.listenWatts": "assumption",
    "energy.wakeJoules": "assumption",
    "energy.supplyVolts": "assumption",
  },
};

const sigfox: LinkProfile = {
  name: "sigfox",
  summary: "Sigfox: 12 bytes up at 100 baud, 8 bytes down at 600 baud",
  cannotCarryCoap:
    "a message holds 12 bytes up and 8 down, at most 140 and 4 a day: 100 KiB would take 3,200 days of downlinks",
  duplex: "half",
  ipVersion: 4,
  mtu: 40,
  up: {
    radio: { kind: "stream", rateBitsPerSecond: 100, overheadLength: 0 },
    loss: { kind: "bernoulli", probability: 0.05 },
    delay: { kind: "fixed", ms: 2100 },
    inOrder: true,
    queue: { countMax: 1, lifetimeSeconds: 60 },
  },
  down: {
    radio: { kind: "stream", rateBitsPerSecond: 600, overheadLength: 0 },
    loss: { kind: "bernoulli", probability: 0.1 },
    delay: { kind: "fixed", ms: 20_000 },
    inOrder: true,
    queue: { countMax: 1, lifetimeSeconds: 60 },
  },
  energy: { transmitWatts: 0, receiveWatts: 0, wakeJoules: 0 },
  sources: {
    "": "assumption",
    "up.radio.rateBitsPerSecond": "8376",
    "down.radio.rateBitsPerSecond": "8376",
    mtu: "8376",
  },
};

function bothWays(direction: LinkProfile["up"]): Pick<LinkProfile, "up" | "down"> {
  return { up: direction, down: direction };
}

function bothSources(sources: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(sources);
  return Object.fromEntries(
    (["up", "down"] as const).flatMap((direction) =>
      entries.map(([path, source]) => [`${direction}.${path}`, source] as const),
    ),
  );
}

export const SHORT_RANGE_PROFILES: readonly LinkProfile[] = [sixLowpan3hop, threadSed, wisunFan4hop, bleIpsp, sigfox];
