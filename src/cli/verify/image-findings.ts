// What can be proved about an image by its own format: its hashes, and its signatures under the keys that are trusted.

import type { ImageCheck, ImageKey, ImageSummary } from "../../firmware/formats/image-summary.ts";
import { inspectImage } from "../../firmware/formats/inspection.ts";
import { digest } from "../image-file.ts";
import { checkWords, FAULT_WORDS, FORMAT_WORDS } from "../inspect/words.ts";
import { type Finding, right, unchecked, wrong } from "./finding.ts";

export interface ImageFindings {
  readonly summary: ImageSummary;
  readonly findings: readonly Finding[];
  /** Whether a signature of the image's own is right: it proves all of it. */
  readonly isProved: boolean;
}

export function imageFindings(bytes: Uint8Array, keys: readonly ImageKey[]): ImageFindings {
  const summary = inspectImage(bytes, digest, keys);
  const { name, advice } = FORMAT_WORDS[summary.format];
  const faults = summary.faults.map(({ reason, offset }) => wrong(`image, byte ${offset}`, FAULT_WORDS[reason]));
  const format = summary.flashable ? right("image's format", name) : wrong("image's format", `${name}: ${advice}`);
  const isProved = summary.checks.some(({ by, verdict }) => by === "signature" && verdict === "right");
  const findings = [format, ...faults, ...summary.checks.map((check) => findingOf(check, isProved))];
  return { summary, findings, isProved };
}

function findingOf(check: ImageCheck, isProved: boolean): Finding {
  const what = `image's ${check.by} at byte ${check.offset}`;
  const words = checkWords(check);
  if (check.verdict === "wrong") return wrong(what, words);
  if (check.verdict === "right") return right(what, words);
  // Who signed beside a key that is trusted is nobody's business.
  return unchecked(what, isProved ? `${words}; another signature is right` : words);
}
