// What a rehearsal came to, for people.

import type { CellFigures } from "../../../sim/rehearsal/cell-meters.ts";
import type { Rehearsal } from "../../../sim/rehearsal/rehearsal.ts";
import type { PhaseSummary, Range, RehearsalSummary } from "../../../sim/rehearsal/rehearsal-summary.ts";
import type { PhaseSize } from "../../fleet/rollout.ts";
import { formatTable } from "../report.ts";
import { formatDuration, formatSpan } from "../tune/words.ts";

const HEAD = ["PHASE", "SIZE", "ENDED", "OPENS AFTER", "DOWNLOADS", "TAKES", "OFFERED", "CONFIRMED", "FAILED", "LATE"];

export interface RehearsalTold {
  readonly rehearsal: Rehearsal;
  /** As it was given. */
  readonly profile: string;
  readonly seed: number;
  readonly summary: RehearsalSummary;
  /** Why no device starts the image; undefined where the model device does. */
  readonly fault: string | undefined;
  /** Whether the image was there to be looked at. */
  readonly hasBytes: boolean;
}

export function rehearsalJson({ rehearsal, profile, seed, summary, fault, hasBytes }: RehearsalTold) {
  const { plan, deviceCount, startsAt } = rehearsal;
  const { name, product, version } = plan;
  const image = { checked: hasBytes, starts: fault === undefined, fault: fault ?? null };
  const start = new Date(startsAt).toISOString();
  return { ...summary, name, product, version, profile, deviceCount, seed, start, image };
}

export function rehearsalText({ rehearsal, profile, seed, summary, fault, hasBytes }: RehearsalTold): string {
  const { plan, deviceCount, startsAt } = rehearsal;
  const rows = summary.phases.map((phase, i) => phaseRow(i, plan.phases[i]!, phase));
  const image = hasBytes ? "its image starts on the model device" : "its image could not be looked at";
  return [
    `${plan.product} ${plan.version} to ${deviceCount} devices on ${profile}, from ${new Date(startsAt).toISOString()}`,
    fault === undefined ? image : `its image does not start on the model device: ${fault}`,
    formatTable([HEAD, ...rows]),
    ...sentences(summary),
    `seed ${seed}`,
  ].join("\n");
}

function phaseRow(number: number, size: PhaseSize, phase: PhaseSummary): readonly string[] {
  const { offered, confirmed, failed, timedOut } = phase;
  const counts = [offered, confirmed, failed, timedOut].map((count) => String(Math.round(10 * count) / 10));
  const times = [phase.openedAt, phase.downloadSeconds, phase.seconds].map(rangeText);
  return [String(number + 1), sizeText(size), countsText(phase.states), ...times, ...counts];
}

function sizeText(size: PhaseSize): string {
  return size.kind === "count" ? String(size.count) : `${Math.round(1e4 * size.share) / 100}%`;
}

function sentences(summary: RehearsalSummary): readonly string[] {
  const { runs, seconds, devices, bytesPerDevice, cells, reasons, states } = summary;
  const stopped = Object.entries(reasons).map(([reason, count]) => `in ${count} of ${runs} runs it stops: ${reason}`);
  const end = seconds.p50 === null ? [] : [`it is over after ${rangeText(seconds)}`];
  return [
    `${countsText(states)} of ${runs} runs`,
    ...(stopped.length === 0 ? [...end, "no threshold trips"] : stopped),
    `${number(devices.touched)} devices start the new image, ${devices.touchedMax} at most; ` +
      `in the end ${number(devices.onNew)} run it and ${number(devices.onOld)} the old one`,
    `a device has ${megabytes(bytesPerDevice.mean)} on the air, ${megabytes(bytesPerDevice.max)} at most`,
    ...cells.map((cell, i) => cellText(cells.length === 1 ? "all" : `cell ${i + 1}`, cell)),
  ];
}

function cellText(name: string, cell: CellFigures): string {
  return (
    `${name}: ${cell.devices} devices, ${megabytes(cell.bytes)}, ${megabytes(cell.bytesOfBusiestMinute)} in the busiest minute; ` +
    `${formatDuration(cell.airtimeSeconds)} of air, ${cell.airtimeSecondsOfBusiestMinute.toFixed(1)} s in the busiest minute`
  );
}

/** "1 h 3 min", or with what nine of ten further runs are expected within where these differ. */
function rangeText({ p5, p50, p95 }: Range): string {
  if (p5 === null || p50 === null || p95 === null) return "-";
  const [low, middle, high] = [p5, p50, p95].map(formatDuration);
  return low === high ? middle! : `${middle} (${formatSpan(p5, p95)})`;
}

function countsText(counts: Partial<Readonly<Record<string, number>>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(3)} MB`;
}

function number(count: number): string {
  return String(Math.round(10 * count) / 10);
}
