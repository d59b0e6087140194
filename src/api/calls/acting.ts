// What calls that change the fleet have in common.

import type { FleetAction } from "../../fleet/fleet-action.ts";
import type { ApiStage } from "../call.ts";
import type { Caller } from "../caller.ts";
import { granted } from "../problem.ts";

/** Does it in the caller's name. Throws Problem. */
export async function act(stage: ApiStage, caller: Caller, action: FleetAction, device?: string): Promise<void> {
  granted(await stage.fleet.act({ person: caller.person }, action, device));
}
