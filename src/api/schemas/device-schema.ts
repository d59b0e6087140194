import { Type } from "@sinclair/typebox";
import { ASSIGNMENT_STATES } from "../../fleet/assignment.ts";
import { ATTRIBUTE_LENGTH_MAX, ATTRIBUTES_MAX, PAST_MAX } from "../../fleet/device.ts";
import { CONSENT_STATES } from "../../manifest/check-in.ts";
import { absent, CLOSED, Count, FleetTime, Line, list, Name, oneOf, Time } from "./schema.ts";

/** Characters: an identity of 128 bytes in hex. */
const ID_LENGTH_MAX = 4 + 2 * 128;
export const DeviceId = Type.String({
  minLength: 1,
  maxLength: ID_LENGTH_MAX,
  description: "The identity, as psk list shows it",
});

const Attribute = Type.String({ maxLength: ATTRIBUTE_LENGTH_MAX });

export const DeviceChangeSchema = Type.Object(
  {
    attributes: absent(
      Type.Record(Type.String({ minLength: 1, maxLength: ATTRIBUTE_LENGTH_MAX }), Attribute, {
        maxProperties: ATTRIBUTES_MAX,
        description: "An empty value takes an attribute away",
      }),
    ),
    isOptedOut: absent(Type.Boolean()),
    postponedUntil: absent(Time),
  },
  { ...CLOSED, $id: "DeviceChange" },
);

export const ConsentSchema = Type.Object(
  { state: oneOf(CONSENT_STATES), until: absent(Time) },
  { ...CLOSED, $id: "Consent" },
);

const ENDS = ["confirmed", "failed", "timedOut", "cancelled", "superseded"] as const;
const Directed = oneOf(["forward", "back"]);
const Hex = Type.String();

const AssignmentSchema = Type.Object({
  rollout: Name,
  direction: Directed,
  phase: Count,
  target: Hex,
  state: oneOf(ASSIGNMENT_STATES),
  since: FleetTime,
  offeredAt: FleetTime,
  attempt: Count,
  deadline: FleetTime,
  contacts: Count,
  bootedAt: absent(FleetTime),
  reason: absent(Line),
  cell: absent(Type.String()),
  holds: Type.Boolean(),
  notBefore: FleetTime,
  hasBooted: Type.Boolean(),
  claim: Type.Object({
    bytesPerMinute: Type.Number(),
    airtimeMsPerMinute: Type.Number(),
    radioLevel: absent(Count),
  }),
  isStalled: Type.Boolean(),
});

const PastAssignmentSchema = Type.Object({
  rollout: Name,
  direction: Directed,
  phase: Count,
  target: Hex,
  state: oneOf(ENDS),
  reason: absent(Line),
  attempts: Count,
  endedAt: FleetTime,
  hasBooted: Type.Boolean(),
});

export const DeviceSchema = Type.Object(
  {
    id: DeviceId,
    pseudonym: Type.String(),
    product: Name,
    class: absent(Type.String()),
    attributes: Type.Record(Type.String(), Type.String()),
    running: Type.Object({
      sequenceNumber: Count,
      version: absent(Type.String()),
      sha256: absent(Hex),
      slot: absent(Count),
    }),
    firstContactAt: Time,
    lastContactAt: Time,
    scheme: Type.String(),
    cell: absent(Type.String()),
    radioLevel: absent(Count),
    uptimeSeconds: absent(Count),
    boots: absent(Count),
    link: absent(Type.Object({ blockSize: Count, blocks: Count, resends: Count, roundTripMs: Type.Number() })),
    transfer: absent(
      Type.Object({
        target: Hex,
        bytes: Type.Number(),
        requests: Type.Number(),
        advancedAt: FleetTime,
        advancedAtRequests: Type.Number(),
      }),
    ),
    report: absent(Type.Object({ state: Count, result: Count, reason: absent(Type.String()), at: Time })),
    consent: absent(ConsentSchema),
    isOptedOut: Type.Boolean(),
    postponedUntil: absent(Time),
    assignment: absent(AssignmentSchema),
    past: list(PastAssignmentSchema, { maxItems: PAST_MAX }),
  },
  { $id: "Device" },
);

export const DevicePageSchema = Type.Object({ devices: list(DeviceSchema), next: absent(DeviceId) });
export const ShownDeviceSchema = Type.Object({ device: DeviceSchema, reasons: list(Line) });
