import { Type } from "@sinclair/typebox";
import { APPROVALS_MAX, FAILURE_ACTIONS, PHASE_STATES, PHASES_MAX, ROLLOUT_STATES } from "../../fleet/rollout.ts";
import { WINDOW_LENGTH_MAX } from "../../fleet/window.ts";
import { absent, CLOSED, Count, Duration, FleetTime, Line, list, Name, oneOf, Share, Time, Where } from "./schema.ts";

const PhaseSize = Type.Union(
  [
    Type.Object({ kind: Type.Literal("count"), count: Type.Integer({ minimum: 1, maximum: 2 ** 31 }) }, CLOSED),
    Type.Object({ kind: Type.Literal("share"), share: Share }, CLOSED),
  ],
  { description: "The first so many that check in, or those whose number is below a share; shares are cumulative" },
);

const FailureLimit = Type.Object(
  { share: absent(Share), minimum: Count, count: absent(Count) },
  { ...CLOSED, description: "A share of those that came to an end, from a minimum count on, or a count alone" },
);

const Pace = Type.Object(
  {
    perMinute: Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 }),
    growth: Type.Number({ minimum: 1, maximum: 100 }),
    every: Count,
    most: Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 }),
  },
  { ...CLOSED, description: "Devices a minute; times growth after each `every` confirmed, up to most" },
);

const Window = Type.String({
  minLength: 1,
  maxLength: WINDOW_LENGTH_MAX,
  examples: ["Mon-Fri 22:00-05:00 [Europe/Berlin]"],
});

const CHOICES = {
  success: Share,
  onFailure: oneOf(FAILURE_ACTIONS),
  soakMs: Duration,
  contacts: Count,
  timeoutMs: Duration,
  attempts: Count,
  patienceMs: Duration,
  atWindowEnd: oneOf(["continue", "pause"]),
  needsConsent: Type.Boolean(),
  priority: Type.Integer({ minimum: -1_000, maximum: 1_000 }),
} as const;

const LIMITS = {
  downloadWindow: absent(Window),
  installWindow: absent(Window),
  perCell: absent(Count),
  pace: absent(Pace),
} as const;

export const RolloutDraftSchema = Type.Object(
  {
    name: Name,
    product: Name,
    version: Name,
    group: absent(Name),
    phases: list(PhaseSize, { maxItems: PHASES_MAX }),
    success: absent(CHOICES.success),
    failure: absent(FailureLimit),
    onFailure: absent(CHOICES.onFailure),
    soakMs: absent(CHOICES.soakMs),
    contacts: absent(CHOICES.contacts),
    timeoutMs: absent(CHOICES.timeoutMs),
    attempts: absent(CHOICES.attempts),
    patienceMs: absent(CHOICES.patienceMs),
    atWindowEnd: absent(CHOICES.atWindowEnd),
    needsConsent: absent(CHOICES.needsConsent),
    priority: absent(CHOICES.priority),
    ...LIMITS,
  },
  { ...CLOSED, $id: "RolloutDraft" },
);

const Phase = Type.Object({
  size: PhaseSize,
  state: oneOf(PHASE_STATES),
  openedAt: absent(FleetTime),
  quietSince: absent(FleetTime),
  endedAt: absent(FleetTime),
  offered: Count,
  downloading: Count,
  installing: Count,
  booted: Count,
  confirmed: Count,
  failed: Count,
  timedOut: Count,
  withdrawn: Count,
  touched: Count,
  forgiven: Count,
});

const Plan = Type.Object({
  name: Name,
  product: Name,
  version: Name,
  group: absent(Name),
  where: absent(Where),
  phases: list(PhaseSize),
  failure: FailureLimit,
  ...CHOICES,
  ...LIMITS,
});

export const RolloutSchema = Type.Object(
  {
    plan: Plan,
    author: Type.String(),
    createdAt: Time,
    approvalsNeeded: Count,
    approvals: list(Type.Object({ person: Type.String(), at: Time }), { maxItems: APPROVALS_MAX }),
    needsRehearsal: Type.Boolean(),
    hasRehearsed: Type.Boolean(),
    state: oneOf(ROLLOUT_STATES),
    reason: absent(Line),
    startedAt: absent(Time),
    endedAt: absent(Time),
    phases: list(Phase),
    phase: Type.Integer({ minimum: -1, description: "The phase that is open, or the latest that was" }),
    eligible: absent(Count),
    back: Type.Object({ offered: Count, confirmed: Count, failed: Count }),
    succeededBy: absent(Name),
    tokens: Type.Number(),
    tokensAt: FleetTime,
  },
  { $id: "Rollout" },
);
