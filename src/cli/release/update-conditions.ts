// What a release asks of a device before it is installed, in the words of draft-ietf-suit-update-management: for a class whose
// devices know them, in its SUIT envelope.

import type { Argv } from "yargs";
import type { VersionMatch } from "../../manifest/suit/parameters.ts";
import type { UpdateConditions } from "../../manifest/suit/template.ts";
import { type ArgumentsOf, type GlobalArguments, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { withReleases } from "./release-stores.ts";

export type ConditionArguments = ArgumentsOf<typeof conditionOptions>;

export function conditionOptions<Arguments extends GlobalArguments>(yargs: Argv<Arguments>) {
  return yargs
    .option("use-before", {
      ...word,
      describe: "The day from which on no device takes it: 2027-01-31",
      coerce: parseDay,
    })
    .option("minimum-battery", { ...word, describe: "Per cent that the battery has to have", coerce: parsePercent })
    .option("if-version", { ...word, describe: "What has to run now: '>=1.2.0'", coerce: parseVersionMatch })
    .option("authorized", { type: "boolean", describe: "Somebody has to allow it at the device" });
}

/** Seconds since 1970, the day's beginning. */
function parseDay(text: string): number {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isFinite(start)) return start / 1_000;
  throw wrongUse(`"${text}" is no day: write it as 2027-01-31`);
}

function parsePercent(text: string): number {
  const percent = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (percent >= 1 && percent <= 100) return percent;
  throw wrongUse(`"${text}" is no charge of a battery: use 1 to 100`);
}

function parseVersionMatch(text: string): VersionMatch {
  const [, comparison, version] = /^(>=|>|=|<=|<)(\d{1,9}(?:\.\d{1,9}){0,4})$/.exec(text) ?? [];
  if (comparison === undefined) throw wrongUse(`"${text}" compares with no version: write it as '>=1.2.0'`);
  return { comparison: comparison as VersionMatch["comparison"], version: version!.split(".").map(Number) };
}

/** Undefined where nothing is asked. Throws CommandError where the class's devices do not know what is. */
export function updateConditions(
  args: ConditionArguments,
  { product, class: className }: { readonly product: string; readonly class?: string | undefined },
  data: string | undefined,
): UpdateConditions | undefined {
  const { useBefore, minimumBattery, ifVersion: version, authorized: isAuthorized } = args;
  const conditions: UpdateConditions = {
    ...(useBefore !== undefined && { useBefore }),
    ...(minimumBattery !== undefined && { minimumBattery }),
    ...(version !== undefined && { version }),
    ...(isAuthorized === true && { isAuthorized }),
  };
  if (Object.keys(conditions).length === 0) return undefined;
  if (className !== undefined && data !== undefined && knowsConditions(data, product, className)) return conditions;
  throw wrongUse(
    "--use-before, --minimum-battery, --if-version and --authorized are for a class whose devices know them: " +
      `narrowboat class set ${className ?? "NAME"} --product ${product} --profile update-management, and --class`,
  );
}

function knowsConditions(data: string, product: string, className: string): boolean {
  const known = withReleases(data, ({ classes }) => classes.find(product, className));
  return known?.profile.includes("update-management") === true;
}
