// Whether the file of an image may be released: what it is, whether its own hash and signature are right, and whether version
// and security counter are as they should be. A refusal names the byte that is wrong.

import type { ImageKey, ImageSummary } from "../../firmware/formats/image-summary.ts";
import { inspectImage } from "../../firmware/formats/inspection.ts";
import { type CommandError, jobFailed, wrongUse } from "../command-error.ts";
import { digest } from "../image-file.ts";
import { checkWords, FAULT_WORDS, FORMAT_WORDS } from "../inspect/words.ts";

export interface ImageRules {
  /** What messages call the file. */
  readonly file: string;
  readonly product: string;
  /** As the operator gave it; the image's own when absent. */
  readonly version: string | undefined;
  /** The keys that are trusted for the product. */
  readonly keys: readonly ImageKey[];
  /** Of the product's newest release; undefined where there was none, or it had none. */
  readonly newestCounter: number | undefined;
}

export interface JudgedImage {
  readonly summary: ImageSummary;
  readonly version: string;
  /** What was found right, and what could not be checked. */
  readonly findings: readonly string[];
}

/** Throws CommandError. */
export function judgeImage(bytes: Uint8Array, rules: ImageRules): JudgedImage {
  const { file } = rules;
  const summary = inspectImage(bytes, digest, rules.keys);
  const { name, advice } = FORMAT_WORDS[summary.format];
  if (!summary.flashable) throw wrongUse(`${file} is ${name}: ${advice}`);
  const [fault] = summary.faults;
  if (fault !== undefined) throw jobFailed(`${file} is broken at byte ${fault.offset}: ${FAULT_WORDS[fault.reason]}`);
  const wrong = summary.checks.find(({ verdict }) => verdict === "wrong");
  if (wrong !== undefined) throw jobFailed(`${file} is broken: the ${wrong.by} at byte ${wrong.offset} is wrong`);
  refuseUnknownKey(summary, rules);
  const version = versionOf(summary, rules);
  refuseLowCounter(summary, rules);
  const findings = summary.checks.map((check) => `${check.by} at byte ${check.offset}: ${checkWords(check)}`);
  return { summary, version, findings };
}

function refuseUnknownKey({ checks }: ImageSummary, { file, product }: ImageRules): void {
  const signatures = checks.filter(({ by }) => by === "signature");
  const unknown = signatures.find(({ unchecked }) => unchecked === "keyUnknown");
  // A chip takes an image when one of its signatures is by a key that it knows.
  if (unknown === undefined || signatures.some(({ verdict }) => verdict === "right")) return;
  const by = unknown.keyId === undefined ? "a key" : `the key whose digest is ${unknown.keyId},`;
  throw jobFailed(
    `the signature at byte ${unknown.offset} of ${file} is by ${by} that nobody trusts for ${product}: ` +
      `if it is the maker's, say narrowboat trust add KEY.pub --product ${product}`,
  );
}

function versionOf(summary: ImageSummary, { file, version }: ImageRules): string {
  const own = ownVersion(summary);
  if (version === undefined) {
    if (own !== undefined) return own;
    throw wrongUse(`nothing in ${file} says which version it is: say --version`);
  }
  if (own === undefined || agree(version, own)) return version;
  const offset = summary.versionOffset ?? 0;
  throw jobFailed(`${file} says at byte ${offset} that it is version ${summary.version}, and --version ${version}`);
}

/** As it can stand in a path; undefined where the format's number is no version of a product. */
function ownVersion({ format, version }: ImageSummary): string | undefined {
  // riotboot's is any number that grows, most often a time.
  if (version === undefined || version === "" || format === "riotboot") return undefined;
  return pathVersion(version);
}

/** What cannot stand in a path is a hyphen there. */
function pathVersion(version: string): string {
  return version.replace(/[^A-Za-z0-9._-]/g, "-");
}

/** Whether a name of a version fits what the image says: a leading v says nothing, and MCUboot's build number may be left out. */
export function agree(given: string, own: string): boolean {
  const [one, other] = [given, own].map((version) => pathVersion(version).replace(/^v(?=\d)/, ""));
  return one === other || one === other!.replace(/^(\d+\.\d+\.\d+)-\d+$/, "$1");
}

/** Throws CommandError. */
export function refuseLowCounter(
  { securityCounter, counterOffset }: Pick<ImageSummary, "securityCounter" | "counterOffset">,
  { file, product, newestCounter }: ImageRules,
): void {
  if (newestCounter === undefined) return;
  if (securityCounter !== undefined && securityCounter >= newestCounter) return;
  throw lowCounter(file, product, securityCounter, counterOffset, newestCounter);
}

function lowCounter(
  file: string,
  product: string,
  counter: number | undefined,
  offset: number | undefined,
  newest: number,
): CommandError {
  const has =
    counter === undefined
      ? "has no security counter"
      : `has the security counter ${counter}${offset === undefined ? "" : ` at byte ${offset}`}`;
  return jobFailed(
    `${file} ${has}, and ${product} has released ${newest}: devices refuse it, so build it with ${newest} or more`,
  );
}
