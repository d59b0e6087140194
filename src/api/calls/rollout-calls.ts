// Roll-outs: `narrowboat rollout …` in HTTP.

import { Type } from "@sinclair/typebox";
import { reaches } from "../../access-store/role.ts";
import type { FleetAction, RolloutDraft } from "../../fleet/fleet-action.ts";
import { type ApiStage, type Call, call } from "../call.ts";
import { granted } from "../problem.ts";
import { RolloutDraftSchema, RolloutSchema } from "../schemas/rollout-schema.ts";
import { list, Name, NOTHING } from "../schemas/schema.ts";
import { act } from "./acting.ts";

const Named = Type.Object({ name: Name });

async function rolloutNamed(stage: ApiStage, name: string) {
  return granted(await stage.fleet.rollout(name));
}

async function productOf(stage: ApiStage, { params }: { readonly params: { readonly name: string } }): Promise<string> {
  return (await rolloutNamed(stage, params.name)).plan.product;
}

const listed = call({
  method: "GET",
  path: "/api/v1/rollouts",
  name: "listRollouts",
  summary: "All roll-outs, in the order of their making",
  right: "see",
  reach: "filtered",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: Type.Object({ rollouts: list(RolloutSchema) }),
  status: 200,
  handle: async ({ fleet }, { grant }) => {
    const all = granted(await fleet.rollouts());
    return { rollouts: all.filter(({ plan }) => reaches(grant, plan.product)) };
  },
});

const created = call({
  method: "POST",
  path: "/api/v1/rollouts",
  name: "createRollout",
  summary: "Make a roll-out; it begins when it is approved and started",
  right: "operate",
  reach: async (_stage, { body }) => body.product,
  params: NOTHING,
  query: NOTHING,
  body: RolloutDraftSchema,
  answer: RolloutSchema,
  status: 201,
  handle: async (stage, caller, { body }) => {
    const { failure, ...rest } = body;
    const draft: RolloutDraft = {
      ...rest,
      ...(failure && { failure: { share: failure.share, minimum: failure.minimum, count: failure.count } }),
    };
    await act(stage, caller, { kind: "rolloutCreate", draft });
    return rolloutNamed(stage, body.name);
  },
});

const shown = call({
  method: "GET",
  path: "/api/v1/rollouts/:name",
  name: "getRollout",
  summary: "One roll-out, with its phases and what became of each",
  right: "see",
  reach: productOf,
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: RolloutSchema,
  status: 200,
  handle: (stage, _caller, { params }) => rolloutNamed(stage, params.name),
});

/** What is done to a roll-out as it stands. */
function step(
  word: string,
  name: string,
  summary: string,
  right: "approve" | "operate",
  actionOf: (name: string) => FleetAction,
): Call {
  return call({
    method: "POST",
    path: `/api/v1/rollouts/:name/${word}`,
    name,
    summary,
    right,
    reach: productOf,
    params: Named,
    query: NOTHING,
    body: NOTHING,
    answer: RolloutSchema,
    status: 200,
    current: (stage, { params }) => rolloutNamed(stage, params.name),
    handle: async (stage, caller, { params }) => {
      await act(stage, caller, actionOf(params.name));
      return rolloutNamed(stage, params.name);
    },
  });
}

const rehearsed = call({
  method: "POST",
  path: "/api/v1/rollouts/:name/rehearsal",
  name: "reportRehearsal",
  summary: "Say how its rehearsal went, where the product's policy asks for one",
  right: "operate",
  reach: productOf,
  params: Named,
  query: NOTHING,
  body: Type.Object({ hasPassed: Type.Boolean() }, { additionalProperties: false }),
  answer: RolloutSchema,
  status: 200,
  handle: async (stage, caller, { params, body }) => {
    await act(stage, caller, { kind: "rolloutRehearsed", name: params.name, hasPassed: body.hasPassed });
    return rolloutNamed(stage, params.name);
  },
});

export const ROLLOUT_CALLS: readonly Call[] = [
  listed,
  created,
  shown,
  rehearsed,
  step("approve", "approveRollout", "Approve it; never its author alone", "approve", (name) => ({
    kind: "rolloutApprove",
    name,
  })),
  step("start", "startRollout", "Open its first phase", "operate", (name) => ({ kind: "rolloutStart", name })),
  step("pause", "pauseRollout", "No more offers, for now", "operate", (name) => ({ kind: "rolloutPause", name })),
  step("resume", "resumeRollout", "Go on after a pause", "operate", (name) => ({ kind: "rolloutResume", name })),
  step("abort", "abortRollout", "No more offers, for good; running downloads end", "operate", (name) => ({
    kind: "rolloutAbort",
    name,
  })),
  step("way-back", "sendRolloutBack", "Send back those that have it", "operate", (name) => ({
    kind: "rolloutWayBack",
    name,
  })),
];
