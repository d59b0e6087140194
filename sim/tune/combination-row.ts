// What each row says of the combination that it is about, whether it tells of single devices or of a cell.

import { type DialectName, dialectNamed, dialectWith } from "../../src/device/dialect.ts";
import type { LinkProfile } from "../profiles/profile.ts";
import { figuresOf, isAssumption } from "../profiles/profile-figures.ts";
import type { Combination } from "./tune.ts";

export interface CombinationRow {
  readonly profile: string;
  readonly device: DialectName;
  /** Bytes. */
  readonly imageLength: number;
  readonly blockSize: number | "auto";
  readonly ackTimeoutSeconds: number;
  readonly window: number | "auto";
  /** The first wait in the handshake that was asked for; null where it is the device's own. */
  readonly dtlsTimeoutSeconds: number | null;
  /** Null for a timer that learns. */
  readonly maxRetransmit: number | null;
}

/** Of the figures that a link is made of: how many there are, and how many of these nobody measured. */
export interface FigureCounts {
  readonly all: number;
  readonly assumed: number;
}

export function combinationRow(combination: Combination): CombinationRow {
  const { profile, imageLength, dialect, blockSize, ackTimeoutSeconds, window } = combination;
  const { timer } = dialectWith(dialectNamed(dialect), combination);
  return {
    profile: profile.name,
    device: dialect,
    imageLength,
    blockSize,
    ackTimeoutSeconds,
    window,
    dtlsTimeoutSeconds: combination.dtlsTimeoutSeconds ?? null,
    maxRetransmit: timer === "learning" ? null : timer.maxRetransmit,
  };
}

export function figureCounts(profile: LinkProfile): FigureCounts {
  const figures = figuresOf(profile);
  return { all: figures.length, assumed: figures.filter(isAssumption).length };
}

/** The rows of each profile, in the order in which they come. */
export function rowsByProfile<Row extends { readonly profile: string }>(
  rows: readonly Row[],
): readonly (readonly Row[])[] {
  const names = [...new Set(rows.map(({ profile }) => profile))];
  return names.map((name) => rows.filter(({ profile }) => profile === name));
}
