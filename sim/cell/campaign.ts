// A campaign in one cell: many devices come over some time and update over one channel, which carries one frame at a time,
// from the server that ships. How many of them at a time? One alone leaves the channel idle while it waits for answers; too
// many make each other's exchanges so slow that requests are sent in vain, and that takes the channel from blocks.

import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { CryptoProvider } from "../../src/crypto/crypto-provider.ts";
import { SharedMedium } from "../link/shared-medium.ts";
import type { LinkProfile } from "../profiles/profile.ts";
import type { SimulatedDevice } from "../simulated-device.ts";
import { Simulation } from "../simulation.ts";
import { leastPhysicalLimitSeconds, networkDutyCycle } from "../tune/physical-limit.ts";
import { mean, mostFrequent, percentile } from "../tune/sample-statistics.ts";
import { type Combination, simulationInputFor } from "../tune/tune.ts";

/** In virtual time: no campaign ends later. */
const CAMPAIGN_SECONDS_MAX = 366 * 86_400;

/** How often progress is told and the bound looked at, in virtual time. */
const PROGRESS_EVERY_MS = 600_000;
/** Of a bound in the least. */
const BOUND_STEP = 1 / 32;

/** The devices of one cell, and how they are updated; plain data. */
export interface Cell {
  readonly combination: Combination;
  readonly deviceCount: number;
  /** They come evenly spread over so long. */
  readonly spreadSeconds: number;
}

/** What a better campaign of the same cell came to: one that cannot be as good is cut short as soon as that is certain. */
export interface CampaignBound {
  /** No device may end later. */
  readonly seconds: number;
  /** No more may fail. */
  readonly failures: number;
}

export interface Campaign extends Cell {
  /** So many update at a time; the others wait in the order in which they came. */
  readonly atATime: number;
  readonly bound?: CampaignBound;
}

/** Why a campaign was not run to its end: it ends later than it may, or more devices fail than may. */
export type CutShort = "later" | "fewer";

/** What one campaign came to; plain data. Times but `deviceSeconds` run from the campaign's beginning, in seconds. */
export interface CampaignResult {
  /** How many devices have the image. */
  readonly completed: number;
  /** By which part of its bound it was cut short, else undefined. */
  readonly cutShort: CutShort | undefined;
  /** Why most of the others have not, else "". */
  readonly failure: string;
  /** When half of all devices had the image, and 95 of 100; undefined when they never had. */
  readonly half: number | undefined;
  readonly p95: number | undefined;
  /** When the last device ended, one way or the other; of a campaign that was cut short, before when it cannot have. */
  readonly last: number;
  /** How long an update took by itself, of the devices that have the image; undefined when none has. */
  readonly deviceSeconds: { readonly p50: number | undefined; readonly p95: number | undefined };
  /** The share of the time that was run in which frames of that direction took the channel. */
  readonly airtimeShare: { readonly up: number; readonly down: number };
  /** Jain's index over the paces of all devices: 1 when all were alike, 1 / n when one had everything. */
  readonly fairness: number;
  /** On the air between a device and its neighbour, both directions, as a SIM card is billed for them. */
  readonly bytesPerDevice: { readonly mean: number; readonly max: number };
  /** Of a device's radio, in the mean. */
  readonly energyJoules: number;
}

/** One, two, five, ten, ... of the devices at a time, and all of them. */
export function countsAtATime(deviceCount: number): readonly number[] {
  const counts: number[] = [];
  for (let decade = 1; decade < deviceCount; decade *= 10) counts.push(decade, 2 * decade, 5 * decade);
  return [...counts.filter((count) => count < deviceCount), deviceCount];
}

/** The least time that a campaign can take, in seconds: all blocks cross one channel, and the last device comes late. */
export function campaignLimitSeconds({ combination, deviceCount, spreadSeconds }: Cell): number {
  const { profile, imageLength } = combination;
  const lastComes = (spreadSeconds * (deviceCount - 1)) / deviceCount;
  return Math.max(
    leastPhysicalLimitSeconds(channelOf(profile), deviceCount * imageLength),
    lastComes + leastPhysicalLimitSeconds(profile, imageLength),
  );
}

/** The link without what each device has to itself: others' receive windows open while one waits for its own. */
function channelOf(link: LinkProfile): LinkProfile {
  const { classA: _classA, ...profile } = link;
  const { down } = profile;
  const dutyCycle = networkDutyCycle(link);
  if (down.radio.kind !== "lora" || dutyCycle === undefined) return profile;
  return { ...profile, down: { ...down, radio: { ...down.radio, dutyCycle } } };
}

/** `progress` is told how many devices have ended since it was told last. */
export function runCampaign(
  crypto: CryptoProvider,
  campaign: Campaign,
  seed: number,
  progress: (endedCount: number) => void,
): CampaignResult {
  const { combination, deviceCount, spreadSeconds, atATime } = campaign;
  const simulation = new Simulation({
    ...simulationInputFor(combination),
    seed,
    crypto,
    deviceCount,
    media: [new SharedMedium()],
    spreadMs: spreadSeconds * 1000,
    atATimeMax: atATime,
  });
  const everyMs = Math.min(PROGRESS_EVERY_MS, (campaign.bound?.seconds ?? CAMPAIGN_SECONDS_MAX) * BOUND_STEP * 1000);
  let running = deviceCount;
  let until = instant(0);
  let cutShort: CutShort | undefined;
  while (running > 0 && cutShort === undefined) {
    until = addMs(until, everyMs);
    simulation.run(until);
    if (simulation.runningCount < running) progress(running - simulation.runningCount);
    running = simulation.runningCount;
    if (running > 0) cutShort = whyCutShort(campaign, simulation.devices, until);
  }
  return resultOf(campaign, simulation.devices, cutShort === undefined ? simulation.now : until, cutShort);
}

function whyCutShort(campaign: Campaign, devices: readonly SimulatedDevice[], now: Instant): CutShort | undefined {
  const { seconds, failures } = campaign.bound ?? { seconds: CAMPAIGN_SECONDS_MAX, failures: Number.POSITIVE_INFINITY };
  if (devices.filter(({ outcome }) => outcome?.kind === "failed").length > failures) return "fewer";
  return earliestEndSeconds(campaign, devices, now) > seconds ? "later" : undefined;
}

/** Before when the last device cannot have ended: what devices still have to get crosses one channel. */
function earliestEndSeconds({ combination }: Cell, devices: readonly SimulatedDevice[], now: Instant): number {
  const missing = devices
    .filter(({ outcome }) => outcome === undefined)
    .map(({ heldLength }) => combination.imageLength - heldLength);
  return now / 1000 + leastPhysicalLimitSeconds(channelOf(combination.profile), sum(missing));
}

function resultOf(
  campaign: Campaign,
  devices: readonly SimulatedDevice[],
  now: Instant,
  cutShort: CutShort | undefined,
): CampaignResult {
  const done = devices.flatMap(({ outcome }) => (outcome?.kind === "done" ? [outcome] : []));
  const endings = done.map(({ at }) => at / 1000).sort((a, b) => a - b);
  const hadBy = (fraction: number) => endings[Math.ceil(fraction * devices.length) - 1];
  const seconds = done.map((outcome) => outcome.seconds);
  const links = devices.map(({ link: { statistics } }) => statistics);
  const bytes = links.map(({ up, down }) => up.deviceBytesOnAir + down.deviceBytesOnAir);
  const latest = Math.max(...devices.map(({ outcome }) => (outcome?.at ?? now) / 1000));
  return {
    completed: done.length,
    cutShort,
    failure: mostFrequent(devices.flatMap(({ outcome }) => (outcome?.kind === "failed" ? [outcome.detail] : []))),
    half: hadBy(0.5),
    p95: hadBy(0.95),
    last: cutShort === undefined ? latest : earliestEndSeconds(campaign, devices, now),
    deviceSeconds: { p50: percentile(seconds, 0.5), p95: percentile(seconds, 0.95) },
    airtimeShare: {
      up: sum(links.map(({ up }) => up.channelSeconds)) / latest,
      down: sum(links.map(({ down }) => down.channelSeconds)) / latest,
    },
    fairness: jainsIndex(devices.map(({ outcome }) => (outcome?.kind === "done" ? 1 / outcome.seconds : 0))),
    bytesPerDevice: { mean: mean(bytes)!, max: Math.max(...bytes) },
    energyJoules: mean(devices.map(({ link, outcome }) => link.energyJoules(outcome?.at ?? now)))!,
  };
}

/** Jain, Chiu and Hawe 1984: the square of the sum by n times the sum of squares; 0 when everything is 0. */
export function jainsIndex(values: readonly number[]): number {
  const squares = sum(values.map((value) => value * value));
  return squares === 0 ? 0 : sum(values) ** 2 / (values.length * squares);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
