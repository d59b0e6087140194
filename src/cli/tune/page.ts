// Tune's rows as a page: what to do in words, then charts, then every figure.

import { rowsByProfile } from "../../../sim/tune/combination-row.ts";
import type { TuneRow } from "../../../sim/tune/tune-row.ts";
import { chartsFor } from "./charts.ts";
import { answerOf, type Card, failedCard, pageFor } from "./page-frame.ts";
import type { Provenance } from "./provenance.ts";
import { settingsFor } from "./settings.ts";
import { tuneCells } from "./table.ts";
import {
  assumptionsOf,
  formatDuration,
  formatFigure,
  formatKilobytes,
  formatLength,
  formatTimesLimit,
  recommendation,
} from "./words.ts";

export function tunePage(rows: readonly TuneRow[], provenance: Provenance): string {
  const groups = rowsByProfile(rows);
  const { runs, imageLength, device } = rows[0]!;
  const subject = `${formatLength(imageLength)} to ${device === "own" ? "our own device" : `a ${device} device`}`;
  const best = groups.flatMap((group) => group.filter(({ recommended }) => recommended));
  const ordered = [...best].sort((one, other) => one.seconds.p50! - other.seconds.p50!);
  return pageFor({
    answer: answerOf(subject, ordered.map(answerFor), "no update ended"),
    basis: `${runs} simulated update${runs === 1 ? "" : "s"} for each setting`,
    bars: "A bar is a median with its value, and a line goes on to the 95th percentile",
    cards: groups.map(cardFor),
    sections: groups.map((group) => ({
      profile: group[0]!.profile,
      charts: chartsFor(group),
      table: tuneCells(group),
    })),
    provenance,
  });
}

/** What to set on a link, and how long an update takes then. */
function answerFor({ profile, blockSize, ackTimeoutSeconds, seconds }: TuneRow): string {
  const blocks = blockSize === "auto" ? "blocks of its own choice" : `blocks of ${blockSize} bytes`;
  return `${blocks} and a timer of ${ackTimeoutSeconds} s on ${profile}, ${formatDuration(seconds.p50!)}`;
}

function cardFor(rows: readonly TuneRow[]): Card {
  const { profile, failure } = rows[0]!;
  const best = rows.find(({ recommended }) => recommended);
  if (best === undefined) return failedCard(profile, "no update ended", failure);
  return {
    profile,
    figure: formatDuration(best.seconds.p50!),
    figures: figuresOf(best),
    sentences: recommendation(rows),
    isWarning: best.completed < best.runs,
    settings: settingsFor(best),
    footing: assumptionsOf(best),
  };
}

function figuresOf(row: TuneRow): Card["figures"] {
  const { seconds, completed, runs, bytesUp, bytesDown, energyJoules, energyMilliampHours, limitSeconds } = row;
  const charge = energyMilliampHours === null ? "" : `, ${formatFigure(energyMilliampHours)} mAh`;
  return [
    ["95 % within", formatDuration(seconds.p95!)],
    ["ended", `${completed} of ${runs}`],
    ["bytes", `${formatKilobytes(bytesUp!)} kB up, ${formatKilobytes(bytesDown!)} kB down`],
    ["energy", `${formatFigure(energyJoules!)} J${charge}`],
    ["physical limit", `${formatDuration(limitSeconds)} (${formatTimesLimit(row)} times)`],
  ];
}
