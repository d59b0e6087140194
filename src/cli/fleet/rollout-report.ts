// A roll-out as `rollout show` prints it: for programs, and for people.

import type { Phase, PhaseSize, Rollout } from "../../fleet/rollout.ts";
import { formatFields, formatTable } from "../report.ts";

/** What `--json` prints: tools outside of the project read it. */
export interface RolloutReport {
  readonly name: string;
  readonly product: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string | null;
  readonly phases: readonly PhaseReport[];
}

export interface PhaseReport {
  /** As it is written in --phases. */
  readonly share: string;
  readonly state: string;
  readonly offered: number;
  /** Now. */
  readonly downloading: number;
  /** The new image ran at least once. */
  readonly installed: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly timedOut: number;
}

export function rolloutReport({ plan, state, reason, phases }: Rollout): RolloutReport {
  const { name, product, version } = plan;
  return { name, product, version, state, reason: reason ?? null, phases: phases.map(phaseReport) };
}

function phaseReport({ size, state, offered, downloading, touched, confirmed, failed, timedOut }: Phase): PhaseReport {
  return { share: phaseText(size), state, offered, downloading, installed: touched, confirmed, failed, timedOut };
}

/** "20" for a count, "5%" for a share. */
export function phaseText(size: PhaseSize): string {
  return size.kind === "count" ? String(size.count) : `${Number((100 * size.share).toFixed(6))}%`;
}

export function rolloutText(rollout: Rollout): string {
  const { plan, author, approvals, approvalsNeeded, back } = rollout;
  const { name, product, version, state, reason, phases } = rolloutReport(rollout);
  const fields = formatFields({
    rollout: name,
    release: `${product} ${version}`,
    ...(plan.group !== undefined && { group: plan.group }),
    state: reason === null ? state : `${state}: ${reason}`,
    "made by": author,
    ...(approvalsNeeded > 0 && {
      approvals: approvalsText(
        approvals.map(({ person }) => person),
        approvalsNeeded,
      ),
    }),
    ...(back.offered > 0 && { "sent back": `${back.confirmed} of ${back.offered}, ${back.failed} failed` }),
  });
  const heading = [
    "PHASE",
    "SHARE",
    "STATE",
    "OFFERED",
    "DOWNLOADING",
    "INSTALLED",
    "CONFIRMED",
    "FAILED",
    "TIMED OUT",
  ];
  const rows = phases.map((phase, i) => [
    String(i + 1),
    phase.share,
    phase.state,
    ...[phase.offered, phase.downloading, phase.installed, phase.confirmed, phase.failed, phase.timedOut].map(String),
  ]);
  return `${fields}\n\n${formatTable([heading, ...rows])}`;
}

function approvalsText(persons: readonly string[], needed: number): string {
  return `${persons.length} of ${needed}${persons.length === 0 ? "" : `: ${persons.join(", ")}`}`;
}
