// `narrowboat profiles`: which links there are, and where every figure of one is from.

import type { Argv } from "yargs";
import { CHANGE_DESCRIPTIONS } from "../../sim/profiles/changed-profile.ts";
import { GENERIC_LINK_DESCRIPTIONS, type GenericLinkDescription } from "../../sim/profiles/generic-profiles.ts";
import type { LinkProfile } from "../../sim/profiles/profile.ts";
import { figuresOf } from "../../sim/profiles/profile-figures.ts";
import type { ParameterDescription } from "../../sim/profiles/profile-parameters.ts";
import { NAMED_PROFILES } from "../../sim/profiles/profiles.ts";
import { SOURCES, sourceKeysIn } from "../../sim/profiles/sources.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { wrongUse } from "./command-error.ts";
import { profileFor } from "./profile-argument.ts";
import { formatFields, formatTable } from "./report.ts";

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("name", { type: "string", describe: "One of them, with parameters if wanted, or a .json file" })
    .option("json", { ...json, describe: "Print JSON; that of one profile can be changed and saved as one's own" })
    .option("fit", {
      ...word,
      describe: "Make a profile from a CSV of exchanges (serve --exchanges), or a pcap made where the device is",
    })
    .option("html", { ...word, describe: "With --fit: file for a page with plots" })
    .example("$0 profiles lte-m", "Every figure with its source")
    .example("$0 profiles lte-m --json > mine.json", "A profile to change, for --profile ./mine.json")
    .example("$0 profiles lte-m:loss=2%,mtu=540", "The same with figures changed")
    .example("$0 profiles bernoulli", "The parameters of a generic link");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const { name, fit: file, html } = args;
  if (file !== undefined) {
    if (name !== undefined) throw wrongUse("--fit makes a profile of its own: leave the name out");
    const { runFit } = await import("./fit/fit.ts");
    return runFit({ file, json: args.json, html });
  }
  if (html !== undefined) throw wrongUse("--html goes with --fit FILE");
  if (name === undefined) {
    console.log(args.json ? JSON.stringify(listReport()) : listText());
    return;
  }
  // Also where only the parameters are shown: a name that is none is refused here.
  const profile = profileFor(name);
  if (args.json) return console.log(JSON.stringify(profile, undefined, 2));
  const generic = GENERIC_LINK_DESCRIPTIONS.find((one) => one.name === name);
  console.log(generic === undefined ? profileText(profile) : genericText(generic));
}

function listReport() {
  const named = NAMED_PROFILES.map(({ name, summary, cannotCarryCoap }) => {
    return { name, summary, ...(cannotCarryCoap !== undefined && { cannotCarryCoap }) };
  });
  return [...named, ...GENERIC_LINK_DESCRIPTIONS];
}

function listText(): string {
  const named = NAMED_PROFILES.map(({ name, summary, cannotCarryCoap }) => {
    return [name, cannotCarryCoap === undefined ? summary : `${summary} (cannot carry CoAP)`];
  });
  const generic = GENERIC_LINK_DESCRIPTIONS.map(({ name, summary }) => [`${name}[:…]`, summary]);
  return formatTable([["PROFILE", "WHAT IT IS"], ...named, ...generic]);
}

function genericText({ name, summary, parameters }: GenericLinkDescription): string {
  return [`${name}: ${summary}`, ...parameterTexts(name, parameters)].join("\n\n");
}

function parameterTexts(name: string, parameters: readonly ParameterDescription[]): readonly string[] {
  const rows = parameters.map(({ name: parameter, meaning, allowed, byDefault }) => {
    return [parameter, String(byDefault ?? "none"), allowed, meaning];
  });
  const table = formatTable([["PARAMETER", "DEFAULT", "TAKES", "MEANING"], ...rows]);
  return [table, `parameters follow a colon: ${name}:rtt=1s,mtu=576`];
}

function profileText(profile: LinkProfile): string {
  const { name, summary, cannotCarryCoap } = profile;
  const rows = figuresOf(profile).map(({ path, value, source }) => [path, value, source]);
  const keys = new Set(rows.flatMap(([, , source = ""]) => sourceKeysIn(source)));
  const cited = Object.fromEntries(Object.entries(SOURCES).filter(([key]) => keys.has(key)));
  const parts = [
    `${name}: ${summary}`,
    ...(cannotCarryCoap === undefined ? [] : [`cannot carry CoAP: ${cannotCarryCoap}`]),
    formatTable([["FIGURE", "VALUE", "SOURCE"], ...rows]),
    ...(keys.size === 0 ? [] : [formatFields(cited)]),
    ...(NAMED_PROFILES.includes(profile) ? parameterTexts(name, CHANGE_DESCRIPTIONS) : []),
  ];
  return parts.join("\n\n");
}
