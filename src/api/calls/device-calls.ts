// Devices: `narrowboat devices` and `narrowboat device …` in HTTP.

import { Type } from "@sinclair/typebox";
import { DEVICE_PAGE_MAX } from "../../fleet/fleet-service.ts";
import { type ApiStage, type Call, call } from "../call.ts";
import { granted, Problem, Status } from "../problem.ts";
import {
  ConsentSchema,
  DeviceChangeSchema,
  DeviceId,
  DevicePageSchema,
  ShownDeviceSchema,
} from "../schemas/device-schema.ts";
import { LimitText, NOTHING, Where } from "../schemas/schema.ts";
import { act } from "./acting.ts";

const Identified = Type.Object({ id: DeviceId });

/** Items of a page when nobody says how many. */
const PAGE_DEFAULT = 100;

/** What a query's text asks for. Throws Problem. */
export function limitIn(text: string | undefined, most: number): number {
  const limit = text === undefined ? PAGE_DEFAULT : Number(text);
  if (limit <= most) return limit;
  throw new Problem(Status.BAD_REQUEST, `limit=${text}: use 1 to ${most}`);
}

async function deviceOf(stage: ApiStage, id: string) {
  return granted(await stage.fleet.device(id));
}

async function productOf(stage: ApiStage, { params }: { readonly params: { readonly id: string } }): Promise<string> {
  return (await deviceOf(stage, params.id)).device.product;
}

const listed = call({
  method: "GET",
  path: "/api/v1/devices",
  name: "listDevices",
  summary: "Devices that a filter finds, in the order of their identities",
  right: "see",
  reach: "filtered",
  params: NOTHING,
  query: Type.Object({
    where: Type.Optional(Where),
    after: Type.Optional(DeviceId),
    limit: Type.Optional(LimitText),
  }),
  body: NOTHING,
  answer: DevicePageSchema,
  status: 200,
  handle: async ({ fleet }, { grant }, { query }) => {
    const { where, after } = query;
    const limit = limitIn(query.limit, DEVICE_PAGE_MAX);
    return granted(await fleet.devices({ where, after, limit, products: grant.products }));
  },
});

const shown = call({
  method: "GET",
  path: "/api/v1/devices/:id",
  name: "getDevice",
  summary: "One device, and for each roll-out why it gets it or not",
  right: "see",
  reach: productOf,
  params: Identified,
  query: NOTHING,
  body: NOTHING,
  answer: ShownDeviceSchema,
  status: 200,
  handle: (stage, _caller, { params }) => deviceOf(stage, params.id),
});

const set = call({
  method: "PATCH",
  path: "/api/v1/devices/:id",
  name: "setDevice",
  summary: "Attributes, opting out, postponing",
  right: "operate",
  reach: productOf,
  params: Identified,
  query: NOTHING,
  body: DeviceChangeSchema,
  answer: ShownDeviceSchema,
  status: 200,
  current: (stage, { params }) => deviceOf(stage, params.id),
  handle: async (stage, caller, { params, body }) => {
    await act(stage, caller, { kind: "deviceSet", change: body }, params.id);
    return deviceOf(stage, params.id);
  },
});

const consented = call({
  method: "PUT",
  path: "/api/v1/devices/:id/consent",
  name: "setConsent",
  summary: "What the device's user says of an update",
  right: "operate",
  reach: productOf,
  params: Identified,
  query: NOTHING,
  body: ConsentSchema,
  answer: ShownDeviceSchema,
  status: 200,
  current: (stage, { params }) => deviceOf(stage, params.id),
  handle: async (stage, caller, { params, body: { state, until } }) => {
    await act(stage, caller, { kind: "deviceConsent", consent: { state, until } }, params.id);
    return deviceOf(stage, params.id);
  },
});

const forgotten = call({
  method: "DELETE",
  path: "/api/v1/devices/:id",
  name: "forgetDevice",
  summary: "Forget a device for good: its records tell no longer whose they were",
  right: "govern",
  reach: productOf,
  params: Identified,
  query: NOTHING,
  body: NOTHING,
  answer: NOTHING,
  status: 204,
  current: (stage, { params }) => deviceOf(stage, params.id),
  handle: async (stage, caller, { params }) => {
    await act(stage, caller, { kind: "deviceForget" }, params.id);
    return {};
  },
});

export const DEVICE_CALLS: readonly Call[] = [listed, shown, set, consented, forgotten];
