// Every link profile by name.

import { CELLULAR_PROFILES } from "./cellular-profiles.ts";
import { changedProfile } from "./changed-profile.ts";
import { GENERIC_LINK_DESCRIPTIONS, genericProfile } from "./generic-profiles.ts";
import { LORA_PROFILES } from "./lora-profiles.ts";
import { type LinkProfile, ProfileError } from "./profile.ts";
import { SHORT_RANGE_PROFILES } from "./short-range-profiles.ts";

/** The named profiles, in the order in which they are listed. */
export const NAMED_PROFILES: readonly LinkProfile[] = [...CELLULAR_PROFILES, ...LORA_PROFILES, ...SHORT_RANGE_PROFILES];

/** The profile that "nb-iot-ce0", "lte-m:mtu=540" or "ideal:rtt=138ms" names; throws ProfileError that says which there are. */
export function profileNamed(text: string): LinkProfile {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const parameters = colon < 0 ? "" : text.slice(colon + 1);
  const generic = genericProfile(name, parameters);
  if (generic !== undefined) return generic;
  const profile = NAMED_PROFILES.find((one) => one.name === name);
  if (profile === undefined) {
    const known = [...NAMED_PROFILES, ...GENERIC_LINK_DESCRIPTIONS].map((one) => one.name).join(", ");
    throw new ProfileError(`profile: there is no "${name}"; known are ${known}, or a path that ends in .json`);
  }
  return parameters === "" ? profile : changedProfile(profile, parameters);
}
