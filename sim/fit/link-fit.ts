// A profile from what was seen of a link, with the interval of each figure in its source.

import type { LossModel } from "../link/loss.ts";
import { checkedProfile, type DirectionProfile, ipHeaderLength, type LinkProfile } from "../profiles/profile.ts";
import { exchangeSeries, FitError, type Observations } from "./exchange.ts";
import { type Estimate, fitLoss, halved, type LossFit } from "./loss-fit.ts";
import { fitRoundTrip, ROUND_TRIPS_MIN, type RoundTripFit } from "./round-trip-fit.ts";

export interface LinkFit {
  readonly deviceCount: number;
  readonly exchangeCount: number;
  /** Of exchanges, one way or the other. */
  readonly either: LossFit;
  /** Undefined where the direction cannot be told. */
  readonly up: LossFit | undefined;
  readonly down: LossFit | undefined;
  readonly time: RoundTripFit;
  readonly profile: LinkProfile;
}

const QUEUE = { countMax: 10, lifetimeSeconds: 60 };
const IP_VERSION = 4;
const MTU = 1280;

/** Throws FitError where too little was seen. */
export function fitLink(name: string, observations: Observations): LinkFit {
  const { exchanges, directions } = observations;
  const timed = exchanges.filter(({ roundTripSeconds }) => roundTripSeconds !== undefined).length;
  if (timed < ROUND_TRIPS_MIN) {
    throw new FitError(
      `${timed} of ${exchanges.length} exchanges have a round trip: a fit needs ${ROUND_TRIPS_MIN}, and is good from about 1000 on`,
    );
  }
  const either = fitLoss(exchangeSeries(exchanges));
  const deviceCount = new Set(exchanges.map(({ device }) => device)).size;
  const up = directions && fitLoss(directions.up);
  const down = directions && fitLoss(directions.down);
  const time = fitRoundTrip(exchanges, ipHeaderLength({ ipVersion: IP_VERSION } as LinkProfile));
  const seen = { deviceCount, exchangeCount: exchanges.length, either, up, down, time };
  return { ...seen, profile: profileOf(name, seen) };
}

function profileOf(name: string, fit: Omit<LinkFit, "profile">): LinkProfile {
  const { exchangeCount, deviceCount, either, up, down, time } = fit;
  const half = halved(either);
  return checkedProfile({
    name,
    summary: `fitted to ${exchangeCount} exchanges of ${deviceCount} device${deviceCount === 1 ? "" : "s"}`,
    duplex: "full",
    ipVersion: IP_VERSION,
    mtu: MTU,
    up: directionOf(up?.model ?? half, time.rateUp, time),
    down: directionOf(down?.model ?? half, time.rateDown, time),
    energy: { transmitWatts: 0, receiveWatts: 0, wakeJoules: 0 },
    sources: {
      "": "assumption",
      "up.loss": lossSource(either, up),
      "down.loss": lossSource(either, down),
      "up.delay": delaySource(time),
      "down.delay": delaySource(time),
      "up.radio": rateSource(time.rateUp),
      "down.radio": rateSource(time.rateDown),
    },
  });
}

function directionOf(loss: LossModel, rate: Estimate | undefined, { delay }: RoundTripFit): DirectionProfile {
  const isKnown = rate !== undefined && Number.isFinite(rate.high);
  return {
    radio: { kind: "stream", overheadLength: 0, ...(isKnown && { rateBitsPerSecond: rate.value }) },
    loss,
    delay,
    inOrder: true,
    queue: QUEUE,
  };
}

function lossSource(either: LossFit, own: LossFit | undefined): string {
  const { share } = own ?? either;
  const percent = (value: number) => `${(100 * value).toFixed(2)} %`;
  const interval = `measured, ${percent(share.low)} to ${percent(share.high)}`;
  return own === undefined ? `half of that of exchanges: ${interval}` : interval;
}

function delaySource({ roundTrip: { low, high } }: RoundTripFit): string {
  return `half of a round trip: measured, ${low.toFixed(3)} to ${high.toFixed(3)} s`;
}

function rateSource(rate: Estimate | undefined): string {
  if (rate === undefined) return "in the delay: all datagrams were about as long";
  if (!Number.isFinite(rate.high)) return `in the delay: at least ${Math.round(rate.low)} bit/s`;
  return `measured, ${Math.round(rate.low)} to ${Math.round(rate.high)} bit/s`;
}
