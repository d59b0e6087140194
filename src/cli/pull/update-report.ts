// What an update of two slots says of itself at its end.

import { UpdateResult } from "../../manifest/reason.ts";
import { ExitCode } from "../command-error.ts";
import { formatFields } from "../report.ts";
import type { TwoSlotsResult } from "./two-slots.ts";

/** What was refused, or fell back, is a job that failed, and what now boots is told all the same. */
export function reportUpdate(asJson: boolean, { detail, ...report }: TwoSlotsResult): void {
  const { result, reason, version, slot, image } = report;
  if (asJson) console.log(JSON.stringify({ result, reason: reason ?? null, version, slot, image }));
  else console.log(formatFields({ result, ...(reason !== undefined && { reason }), version, slot, image }));
  if (result === UpdateResult.SUCCESS || result === UpdateResult.INITIAL) return;
  console.error(`narrowboat: ${version} boots as before: ${detail} (${reason})`);
  process.exitCode = ExitCode.FAILED;
}
