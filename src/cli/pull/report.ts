// What a pull says of itself at its end.

import { toHex } from "../../base/bytes.ts";
import { formatRate } from "../progress.ts";
import { formatFields } from "../report.ts";
import type { DownloadResult } from "./download.ts";

/** A pull as `--json` prints it. Bytes up and down are UDP payload. */
export function pullReport(file: string, result: DownloadResult) {
  const { statistics, length, sha256, resumed, seconds, cipherSuite } = result;
  const { blocks, requests, retransmissions, duplicates, handshakes, bytesUp, bytesDown, roundTripsMs } = statistics;
  return {
    file,
    size: length,
    sha256: toHex(sha256),
    resumed,
    blocks,
    requests,
    retransmissions,
    duplicates,
    roundTripMs: percentiles(roundTripsMs),
    bytesUp,
    bytesDown,
    handshakes,
    seconds,
    cipherSuite,
  };
}

export function formatPullReport(report: ReturnType<typeof pullReport>): string {
  const { file, size, sha256, resumed, blocks, requests, retransmissions, duplicates, roundTripMs, seconds } = report;
  const { p50, p90, p99 } = roundTripMs;
  return formatFields({
    file,
    size: `${size} bytes`,
    sha256,
    ...(resumed > 0 && { resumed: `at ${resumed} bytes` }),
    blocks,
    requests,
    retransmissions,
    duplicates,
    "round trip": `${p50} ms, 90 % in ${p90} ms, 99 % in ${p99} ms`,
    "on the wire": `${report.bytesUp} bytes up, ${report.bytesDown} bytes down`,
    handshakes: report.handshakes,
    time: `${seconds.toFixed(2)} s (${formatRate(size - resumed, seconds)})`,
  });
}

/** Milliseconds that so many percent of the values do not exceed; 0 for no values. */
export function percentiles(valuesMs: readonly number[]) {
  const ascending = valuesMs.toSorted((a, b) => a - b);
  const at = (percent: number) => {
    const value = ascending[Math.max(0, Math.ceil((ascending.length * percent) / 100) - 1)] ?? 0;
    return Math.round(10 * value) / 10;
  };
  return { p50: at(50), p90: at(90), p99: at(99) };
}
