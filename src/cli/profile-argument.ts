// A link profile as commands are told it: a name, a name with parameters, or the path of a JSON file.

import { readFileSync } from "node:fs";
import { type LinkProfile, ProfileError, parseProfile } from "../../sim/profiles/profile.ts";
import { profileNamed } from "../../sim/profiles/profiles.ts";
import { systemMessage } from "../store/store-error.ts";
import { jobFailed, wrongUse } from "./command-error.ts";

const FILE_ENDING = ".json";

/** Throws CommandError that says what is wrong, in a file with the field's name. */
export function profileFor(text: string): LinkProfile {
  try {
    return text.endsWith(FILE_ENDING) ? parseProfile(textOf(text)) : profileNamed(text);
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw wrongUse(text.endsWith(FILE_ENDING) ? `${text}: ${error.message}` : error.message);
  }
}

/** The same, for a link that a firmware update has to cross. */
export function coapProfileFor(text: string): LinkProfile {
  const profile = profileFor(text);
  if (profile.cannotCarryCoap === undefined) return profile;
  throw jobFailed(`profile ${profile.name} cannot carry CoAP: ${profile.cannotCarryCoap}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw wrongUse(`cannot read ${file}: ${systemMessage(error)}`);
  }
}
