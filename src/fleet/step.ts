// One event of a fleet.

import { toHex } from "../base/bytes.ts";
import type { CheckIn } from "../manifest/check-in.ts";
import { Figure } from "../manifest/figure.ts";
import type { Alert } from "./alert.ts";
import type { Answer } from "./answer.ts";
import { clockAt } from "./clock.ts";
import { comeAgainIn } from "./come-again.ts";
import type { Consent, Device } from "./device.ts";
import type { Fleet } from "./fleet.ts";
import type { FleetEvent } from "./fleet-event.ts";
import type { FleetRecord } from "./fleet-record.ts";
import { COME_AGAIN_SECONDS } from "./product.ts";

export interface Step {
  readonly fleet: Fleet;
  /** Undefined where there was none, or it is to be forgotten. */
  readonly device: Device | undefined;
  /** Of a check-in. */
  readonly answer: Answer | undefined;
  readonly records: readonly FleetRecord[];
  /** Those that were raised just now. */
  readonly alerts: readonly Alert[];
  /** Roll-outs whose running assignments are to be stepped now, each with `due`. */
  readonly sweep: readonly string[];
  /** Why an action was not done, in one line that says what to do; nothing changed then. */
  readonly refused: string | undefined;
}

const NOTHING: Omit<Step, "fleet" | "device"> = {
  answer: undefined,
  records: [],
  alerts: [],
  sweep: [],
  refused: undefined,
};

export function step(fleet: Fleet, device: Device | undefined, event: FleetEvent, now: number): Step {
  const clock = clockAt(fleet.clock, now);
  const ticking: Fleet = { ...fleet, clock };
  if (event.kind !== "checkedIn") return { ...NOTHING, fleet: ticking, device };
  const seen = deviceAfter(device, event, now);
  const product = fleet.products.get(event.checkIn.product);
  const comeAgain = comeAgainIn(seen.id, product?.comeAgainSeconds ?? COME_AGAIN_SECONDS, now);
  const answer: Answer =
    product?.offer === "rollout"
      ? { kind: "nothing", comeAgain, sequenceNumber: event.checkIn.sequenceNumber }
      : { kind: "newest", comeAgain };
  return { ...NOTHING, fleet: ticking, device: seen, answer };
}

type CheckedIn = Extract<FleetEvent, { kind: "checkedIn" }>;

function deviceAfter(device: Device | undefined, { id, pseudonym, scheme, checkIn }: CheckedIn, now: number): Device {
  const { figures } = checkIn;
  return {
    id,
    pseudonym,
    product: checkIn.product,
    class: checkIn.class,
    attributes: device?.attributes ?? {},
    running: {
      sequenceNumber: checkIn.sequenceNumber,
      version: checkIn.version,
      sha256: checkIn.runningSha256 && toHex(checkIn.runningSha256),
      slot: checkIn.slot,
    },
    firstContactAt: device?.firstContactAt ?? now,
    lastContactAt: now,
    scheme,
    cell: checkIn.cell,
    radioLevel: figures.get(Figure.RADIO_LEVEL),
    uptimeSeconds: figures.get(Figure.UPTIME),
    boots: figures.get(Figure.BOOTS),
    link: device?.link,
    transfer: device?.transfer,
    report: device?.report,
    consent: consentOf(checkIn, now) ?? device?.consent,
    isOptedOut: device?.isOptedOut ?? false,
    postponedUntil: device?.postponedUntil,
    assignment: device?.assignment,
    past: device?.past ?? [],
  };
}

function consentOf({ consent }: CheckIn, now: number): Consent | undefined {
  if (consent === undefined) return undefined;
  return { state: consent.state, until: consent.seconds === 0 ? undefined : now + 1_000 * consent.seconds };
}
