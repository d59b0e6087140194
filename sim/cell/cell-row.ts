// What the campaigns of a cell come to, as `narrowboat tune --shared --json` prints it, and how many devices at a time are best.

import { type CombinationRow, combinationRow, type FigureCounts, figureCounts } from "../tune/combination-row.ts";
import { furtherMedianInterval, type Interval, mean, medianInterval, percentile } from "../tune/sample-statistics.ts";
import { type Campaign, type CampaignResult, type CutShort, campaignLimitSeconds } from "./campaign.ts";

/**
 * The median over campaigns, and where a real one lies in 95 of 100 cases if the profile is true: between order statistics,
 * for any distribution; below 39 campaigns their whole range, which holds a further one less often.
 */
export interface Figure extends Interval {
  readonly median: number;
}

/** One combination with one number of devices at a time. A figure is null where a campaign has none. */
export interface CellRow extends CombinationRow {
  readonly devices: number;
  readonly spreadSeconds: number;
  readonly atATime: number;
  /** Campaigns: one of a number that this one showed to be worth no more. */
  readonly runs: number;
  /** Of the devices of all campaigns, how many have the image. */
  readonly completed: number;
  /**
   * Why the campaign was not run to its end, because another number is the better one: it ends later, or leaves more devices
   * without the image. `last` is then before when it cannot have ended, and all other figures are those of the time that was
   * run. Else null.
   */
  readonly cutShort: CutShort | null;
  /** From the campaign's beginning: half of the devices have the image, 95 of 100 have it, the last one has ended. */
  readonly seconds: { readonly half: Figure | null; readonly p95: Figure | null; readonly last: Figure };
  /** How long an update takes by itself. */
  readonly deviceSeconds: { readonly p50: Figure | null; readonly p95: Figure | null };
  /** Of the campaign's time; means over campaigns, as all that follow. */
  readonly airtimeShare: { readonly up: number; readonly down: number };
  readonly fairness: number;
  /** On the air between a device and its neighbour, both directions; `max` is the device that had most. */
  readonly bytesPerDevice: { readonly mean: number; readonly max: number };
  readonly energyJoules: number;
  /** The least time that the campaign can take on this channel, at the block size that is best for it. */
  readonly limitSeconds: number;
  readonly figures: FigureCounts;
  /** Why most of the devices that failed did; "" when none did. */
  readonly failure: string;
  readonly recommended: boolean;
  /** Whether it ends no later than the recommended one, as far as these campaigns tell; true for that one itself. */
  readonly asGood: boolean;
}

/** A campaign and what it came to, run by run. */
export interface CampaignRuns {
  readonly campaign: Campaign;
  readonly results: readonly CampaignResult[];
  /** Whether it may be the best: all of these were run equally often. */
  readonly isCandidate: boolean;
}

export function cellRows(tried: readonly CampaignRuns[]): readonly CellRow[] {
  const nameOf = ({ campaign }: CampaignRuns) => campaign.combination.profile.name;
  const names = [...new Set(tried.map(nameOf))];
  return names.flatMap((name) => rowsOfProfile(tried.filter((one) => nameOf(one) === name)));
}

function rowsOfProfile(group: readonly CampaignRuns[]): readonly CellRow[] {
  const equals = fastestOf(group);
  // Where times cannot be told apart, the network and the batteries decide.
  const best = least(equals, ({ results }) => mean(results.map(({ bytesPerDevice }) => bytesPerDevice.mean))!);
  return group.map((one) => ({ ...rowFor(one), recommended: one === best, asGood: equals.includes(one) }));
}

/**
 * Most devices have the image; then the least median of the campaign's end, and what cannot be told apart from it: run i of
 * each had the same luck, so that their differences are compared. Empty when no device ever has the image.
 */
function fastestOf(group: readonly CampaignRuns[]): readonly CampaignRuns[] {
  const compared = group.filter(({ isCandidate }) => isCandidate);
  const completed = Math.max(...compared.map(completedOf));
  const candidates = completed === 0 ? [] : compared.filter((one) => completedOf(one) === completed);
  const fastest = least(candidates, ({ results }) => percentile(endsOf(results), 0.5)!);
  if (fastest === undefined) return [];
  const ends = endsOf(fastest.results);
  return candidates.filter(({ results }) => {
    const later = medianInterval(endsOf(results).map((end, run) => end - ends[run]!));
    return later!.low <= 0;
  });
}

function completedOf({ results }: CampaignRuns): number {
  return results.reduce((sum, { completed }) => sum + completed, 0);
}

function endsOf(results: readonly CampaignResult[]): readonly number[] {
  return results.map(({ last }) => last);
}

function least(group: readonly CampaignRuns[], figure: (one: CampaignRuns) => number): CampaignRuns | undefined {
  return group.reduce<CampaignRuns | undefined>(
    (best, one) => (best === undefined || figure(one) < figure(best) ? one : best),
    undefined,
  );
}

function rowFor(tried: CampaignRuns): Omit<CellRow, "recommended" | "asGood"> {
  const { campaign, results } = tried;
  const { combination, deviceCount, spreadSeconds, atATime } = campaign;
  const meanOf = (figure: (result: CampaignResult) => number) => mean(results.map(figure))!;
  const figureOf = (figure: (result: CampaignResult) => number | undefined) => figureFor(results.map(figure));
  return {
    ...combinationRow(combination),
    devices: deviceCount,
    spreadSeconds,
    atATime,
    runs: results.length,
    completed: completedOf(tried),
    cutShort: results.find(({ cutShort }) => cutShort !== undefined)?.cutShort ?? null,
    seconds: {
      half: figureOf(({ half }) => half),
      p95: figureOf(({ p95 }) => p95),
      last: figureOf(({ last }) => last)!,
    },
    deviceSeconds: {
      p50: figureOf(({ deviceSeconds }) => deviceSeconds.p50),
      p95: figureOf(({ deviceSeconds }) => deviceSeconds.p95),
    },
    airtimeShare: {
      up: meanOf(({ airtimeShare }) => airtimeShare.up),
      down: meanOf(({ airtimeShare }) => airtimeShare.down),
    },
    fairness: meanOf(({ fairness }) => fairness),
    bytesPerDevice: {
      mean: meanOf(({ bytesPerDevice }) => bytesPerDevice.mean),
      max: Math.max(...results.map(({ bytesPerDevice }) => bytesPerDevice.max)),
    },
    energyJoules: meanOf(({ energyJoules }) => energyJoules),
    limitSeconds: campaignLimitSeconds(campaign),
    figures: figureCounts(combination.profile),
    failure: results.find(({ failure }) => failure !== "")?.failure ?? "",
  };
}

/** Null where a campaign has no such figure: a median over the others would be of the lucky ones alone. */
function figureFor(values: readonly (number | undefined)[]): Figure | null {
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length || known.length === 0) return null;
  return { median: percentile(known, 0.5)!, ...furtherMedianInterval(known, 1)! };
}
