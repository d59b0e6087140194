// What a link proxy has measured: as a table for people, as an object for programs, and as one line while it runs.

import type { LinkProxyStatistics, ProxyDirectionStatistics, ProxyDropReason } from "../../../sim/link/link-proxy.ts";
import { formatFields, formatTable } from "../report.ts";

const REASON_TEXTS: Readonly<Record<ProxyDropReason, string>> = {
  lost: "on air",
  scheduled: "by the drop list",
  queueFull: "queue full",
  expired: "queued too long",
  tooLarge: "above the MTU",
  unbound: "NAT binding gone",
  evicted: "client evicted",
  proxyFull: "proxy full",
};

export interface LinkReportInput {
  readonly profile: string;
  readonly seed: number;
  readonly seconds: number;
  readonly statistics: LinkProxyStatistics;
  readonly failureCounts: ReadonlyMap<string, number>;
}

/** As `--json` prints it. */
export function linkReport({ profile, seed, seconds, statistics, failureCounts }: LinkReportInput) {
  const { up, down, clientCount, evictedClientCount, rebindingCount } = statistics;
  return {
    profile,
    seed,
    seconds: rounded(seconds, 3),
    clients: clientCount,
    evictedClients: evictedClientCount,
    rebindings: rebindingCount,
    up: directionReport(up),
    down: directionReport(down),
    networkErrors: Object.fromEntries(failureCounts),
  };
}

/** A table with a column for each direction. */
export function linkTable(input: LinkReportInput): string {
  const { profile, seed, seconds, failureCounts } = input;
  const { up, down, clientCount, evictedClientCount, rebindingCount } = input.statistics;
  const row = (name: string, cell: (direction: ProxyDirectionStatistics) => string) => [name, cell(up), cell(down)];
  const reasons = (Object.keys(REASON_TEXTS) as ProxyDropReason[]).filter(
    (one) => up.lostCount[one] + down.lostCount[one],
  );
  const table = formatTable([
    ["", "UP", "DOWN"],
    row("datagrams in", (one) => String(one.datagramCount)),
    row("delivered", (one) => String(one.deliveredCount)),
    row("of it duplicates", (one) => String(one.duplicateCount)),
    row("lost", (one) => `${lostCountOf(one)} (${percent(lostCountOf(one), one.datagramCount)})`),
    ...reasons.map((reason) => row(`  ${REASON_TEXTS[reason]}`, (one) => String(one.lostCount[reason]))),
    row("under way", (one) => String(one.underWayCount)),
    row("bytes on air", (one) => String(one.bytesOnAir)),
    row("delay mean", ({ delayMs }) => milliseconds(delayMs?.mean)),
    row("delay p50", ({ delayMs }) => milliseconds(delayMs?.p50)),
    row("delay p95", ({ delayMs }) => milliseconds(delayMs?.p95)),
    row("payload rate", ({ bitsPerSecond }) => rate(bitsPerSecond)),
  ]);
  const errors = [...failureCounts].map(([code, count]) => `${code} ${count}`);
  const fields = formatFields({
    profile,
    seed,
    time: `${seconds.toFixed(1)} s`,
    clients: evictedClientCount === 0 ? clientCount : `${clientCount}, and ${evictedClientCount} that gave way`,
    "NAT rebindings": rebindingCount,
    ...(errors.length > 0 && { "network errors": errors.join(", ") }),
  });
  return `${fields}\n\n${table}`;
}

/** What a person watches. */
export function liveLine({ up, down, clientCount }: LinkProxyStatistics): string {
  const text = (one: ProxyDirectionStatistics) => {
    const lost = percent(lostCountOf(one), one.datagramCount);
    return `${one.datagramCount} in, ${lost} lost, ${one.underWayCount} under way, ${milliseconds(one.delayMs?.p50)}`;
  };
  return `${clientCount} clients  up: ${text(up)}  down: ${text(down)}`;
}

function directionReport(statistics: ProxyDirectionStatistics) {
  const { datagramCount, deliveredCount, duplicateCount, underWayCount, lostCount, bytesOnAir } = statistics;
  const { delayMs, bitsPerSecond } = statistics;
  return {
    datagrams: datagramCount,
    delivered: deliveredCount,
    duplicates: duplicateCount,
    underWay: underWayCount,
    lost: lostCount,
    bytesOnAir,
    delayMs: delayMs && { mean: rounded(delayMs.mean, 3), p50: rounded(delayMs.p50, 3), p95: rounded(delayMs.p95, 3) },
    bitsPerSecond: bitsPerSecond && Math.round(bitsPerSecond),
  };
}

function lostCountOf({ lostCount }: ProxyDirectionStatistics): number {
  return Object.values(lostCount).reduce((sum, count) => sum + count, 0);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${ms.toFixed(1)} ms`;
}

function rate(bitsPerSecond: number | undefined): string {
  return bitsPerSecond === undefined ? "-" : `${(bitsPerSecond / 1000).toFixed(1)} kbit/s`;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
