// One event of a fleet: what a device says, what its server sees, what the time brings and what an operator does all go through
// here, in a server and in a rehearsal alike.

import type { Device } from "./device.ts";
import type { Fleet } from "./fleet.ts";
import type { FleetEvent } from "./fleet-event.ts";
import type { Hashing } from "./judgement.ts";
import { stepAction } from "./steps/action-step.ts";
import { stepCheckIn } from "./steps/check-in-step.ts";
import { stepDue } from "./steps/due-step.ts";
import { stepReport } from "./steps/report-step.ts";
import { stepTick } from "./steps/tick-step.ts";
import { stepProgress } from "./steps/transfer-step.ts";
import { type Step, Turn } from "./steps/turn.ts";

/** `device` is the one that the event is about, undefined where it is not known yet; `now` is ms since 1970. */
export function step(hashing: Hashing, fleet: Fleet, device: Device | undefined, event: FleetEvent, now: number): Step {
  const turn = new Turn(fleet, device, now);
  switch (event.kind) {
    case "checkedIn":
      stepCheckIn(hashing, turn, event);
      break;
    case "reported":
      stepReport(turn, event.report);
      break;
    case "progressed":
      stepProgress(turn, event.progress);
      break;
    case "due":
      stepDue(turn);
      break;
    case "ticked":
      stepTick(turn, event.counts ?? {});
      break;
    case "acted":
      stepAction(turn, event.actor, event.action);
  }
  return turn.finish();
}
