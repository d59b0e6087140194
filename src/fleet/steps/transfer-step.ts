// The server's news of a transfer: how far it is, what the link carries, and whether it gets anywhere.

import { isDownloading } from "../assignment.ts";
import { claimOf, isOutdated } from "../cell-load.ts";
import type { Device, LinkFigures, TransferProgress } from "../device.ts";
import type { Progress } from "../fleet-event.ts";
import type { FleetRelease } from "../product.ts";
import { clearStall, move, planFor } from "./progress.ts";
import type { Turn } from "./turn.ts";

/** Blocks asked for without a new byte of the image: a device that asks for the same one for ever, or is kept from the rest. */
export const STALLED_REQUESTS = 256;

export function stepProgress(turn: Turn, progress: Progress): void {
  const { device } = turn;
  const assignment = device?.assignment;
  if (device === undefined || assignment === undefined) return;
  const target = turn.fleet.releases.get(assignment.target);
  if (target === undefined || target.version !== progress.version) return;
  const transfer = transferAfter(device.transfer, assignment.target, progress, turn.time);
  turn.device = { ...device, lastContactAt: turn.now, transfer, link: linkAfter(device, progress) };
  if (!isDownloading(assignment.state)) return;
  if (progress.bytes >= progress.size) return handleWhole(turn, target);
  if (assignment.state === "offered") move(turn, "downloading", turn.time + planFor(turn, assignment).timeoutMs);
  claimAnew(turn);
  watch(turn, transfer);
}

/** Slow retrieval: whoever asks and gets nothing new is broken, or is kept from it. */
function watch(turn: Turn, { requests, advancedAt, advancedAtRequests }: TransferProgress): void {
  const { pseudonym, product } = turn.device!;
  const { isStalled, rollout } = turn.assignment!;
  if (isStalled) {
    if (requests === advancedAtRequests) clearStall(turn);
    return;
  }
  const inVain = requests - advancedAtRequests;
  const rules = [...turn.fleet.alertRules.values()].filter((rule) => {
    const isMeant = rule.kind === "slowRetrieval" && (rule.product === undefined || rule.product === product);
    return isMeant && inVain > 0 && (inVain >= STALLED_REQUESTS || turn.time - advancedAt >= rule.threshold);
  });
  if (rules.length === 0) return;
  turn.change({ kind: "stalled", isStalled: true });
  const text = `a device in roll-out ${rollout} asked for ${inVain} blocks and got nothing new`;
  for (const { name, kind } of rules) {
    turn.change({ kind: "alertRaised", alert: { rule: name, kind, subject: pseudonym, text, since: turn.now } });
  }
}

/** All was served once. Who does not ask again is about to install it. */
function handleWhole(turn: Turn, target: FleetRelease): void {
  const assignment = turn.assignment!;
  const { timeoutMs } = planFor(turn, assignment);
  if (assignment.state === "offered") move(turn, "downloading", turn.time + timeoutMs);
  move(turn, assignment.holds ? "downloaded" : "installing", turn.time + timeoutMs);
  turn.settle(assignment.rollout);
  const { transfer } = turn.device!;
  turn.device = { ...turn.device!, transfer: transfer && { ...transfer, bytes: target.size } };
}

function transferAfter(
  before: TransferProgress | undefined,
  target: string,
  { bytes, blocks }: Progress,
  time: number,
): TransferProgress {
  const isSame = before !== undefined && before.target === target;
  if (isSame && bytes <= before.bytes) return { ...before, requests: Math.max(before.requests, blocks) };
  return { target, bytes, requests: blocks, advancedAt: time, advancedAtRequests: blocks };
}

/** Fewer blocks tell nothing of a round trip. */
const MEASURED_AFTER = 8;

function linkAfter({ link }: Device, { blocks, resends, blockSize, seconds }: Progress): LinkFigures | undefined {
  if (blocks < MEASURED_AFTER || seconds <= 0) return link;
  return { blockSize, blocks, resends, roundTripMs: (1_000 * seconds) / blocks };
}

function claimAnew(turn: Turn): void {
  const { device, fleet } = turn;
  const { cell, claim } = turn.assignment!;
  const budget = cell === undefined ? undefined : (fleet.cellBudgets.get(cell) ?? fleet.cellBudgets.get(""));
  const measured = claimOf(device!, budget);
  if (isOutdated(claim, measured)) turn.change({ kind: "claimed", claim: measured });
}
