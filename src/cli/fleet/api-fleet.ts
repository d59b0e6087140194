// The fleet of a server, over its API: the same that a data directory has.

import { failed, ok, type Result } from "../../base/result.ts";
import type { Alert, AlertRule } from "../../fleet/alert.ts";
import type { FleetAction } from "../../fleet/fleet-action.ts";
import type { Actor } from "../../fleet/fleet-event.ts";
import type {
  DevicePage,
  DeviceQuery,
  FleetService,
  NumberedRecord,
  Refusal,
  ShownDevice,
} from "../../fleet/fleet-service.ts";
import type { FleetRelease, Group, Product } from "../../fleet/product.ts";
import type { Rollout } from "../../fleet/rollout.ts";
import type { ApiClient, Method } from "./api-client.ts";

interface Request {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
}

export class ApiFleet implements FleetService {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Who acts the server knows by the token. */
  async act(_actor: Actor, action: FleetAction, device?: string): Promise<Result<void, Refusal>> {
    const request = requestOf(action, device);
    if (request === undefined) {
      return failed({
        kind: "invalid",
        reason: "releases are made known where they lie: narrowboat release --data DIR",
      });
    }
    const done = await this.#client.ask(request.method, request.path, request.body);
    return done.ok ? ok(undefined) : done;
  }

  async products(): Promise<Result<readonly Product[], Refusal>> {
    return part(await this.#client.get<{ products: readonly Product[] }>("products"), "products");
  }

  async groups(): Promise<Result<readonly Group[], Refusal>> {
    return part(await this.#client.get<{ groups: readonly Group[] }>("groups"), "groups");
  }

  async releases(product?: string): Promise<Result<readonly FleetRelease[], Refusal>> {
    if (product !== undefined) return this.#releasesOf(product);
    const products = await this.products();
    if (!products.ok) return products;
    const all: FleetRelease[] = [];
    for (const { name } of products.value) {
      const some = await this.#releasesOf(name);
      if (!some.ok) return some;
      all.push(...some.value);
    }
    return ok(all);
  }

  async rollouts(): Promise<Result<readonly Rollout[], Refusal>> {
    return part(await this.#client.get<{ rollouts: readonly Rollout[] }>("rollouts"), "rollouts");
  }

  rollout(name: string): Promise<Result<Rollout, Refusal>> {
    return this.#client.get(`rollouts/${escaped(name)}`);
  }

  devices({ where, after, limit }: DeviceQuery): Promise<Result<DevicePage, Refusal>> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (where !== undefined) query.set("where", where);
    if (after !== undefined) query.set("after", after);
    return this.#client.get(`devices?${query}`);
  }

  device(id: string): Promise<Result<ShownDevice, Refusal>> {
    return this.#client.get(`devices/${escaped(id)}`);
  }

  async alertRules(): Promise<Result<readonly AlertRule[], Refusal>> {
    return part(await this.#client.get<{ rules: readonly AlertRule[] }>("alert-rules"), "rules");
  }

  async alerts(): Promise<Result<readonly Alert[], Refusal>> {
    return part(await this.#client.get<{ alerts: readonly Alert[] }>("alerts"), "alerts");
  }

  async changes(after: number, limit: number): Promise<Result<readonly NumberedRecord[], Refusal>> {
    const page = await this.#client.get<{ records: readonly NumberedRecord[] }>(
      `records?after=${after}&limit=${limit}`,
    );
    return part(page, "records");
  }

  async newest(): Promise<Result<number, Refusal>> {
    let newest = 0;
    for (;;) {
      const page = await this.changes(newest, RECORDS_AT_ONCE);
      if (!page.ok) return page;
      if (page.value.length === 0) return ok(newest);
      newest = page.value.at(-1)!.number;
    }
  }

  async close(): Promise<void> {}

  async #releasesOf(product: string): Promise<Result<readonly FleetRelease[], Refusal>> {
    const path = `products/${escaped(product)}/releases`;
    return part(await this.#client.get<{ releases: readonly FleetRelease[] }>(path), "releases");
  }
}

const RECORDS_AT_ONCE = 1_000;

const STEPS = {
  rolloutApprove: "approve",
  rolloutStart: "start",
  rolloutPause: "pause",
  rolloutResume: "resume",
  rolloutAbort: "abort",
  rolloutWayBack: "way-back",
} as const;

/** How an action is asked for; undefined for what is no person's. */
function requestOf(action: FleetAction, device = ""): Request | undefined {
  switch (action.kind) {
    case "productSet":
      return { method: "PATCH", path: `products/${escaped(action.product)}`, body: action.change };
    case "groupSet":
      return { method: "PUT", path: `groups/${escaped(action.name)}`, body: { where: action.where } };
    case "groupRemove":
      return { method: "DELETE", path: `groups/${escaped(action.name)}` };
    case "rolloutCreate":
      return { method: "POST", path: "rollouts", body: action.draft };
    case "rolloutApprove":
    case "rolloutStart":
    case "rolloutPause":
    case "rolloutResume":
    case "rolloutAbort":
    case "rolloutWayBack":
      return { method: "POST", path: `rollouts/${escaped(action.name)}/${STEPS[action.kind]}` };
    case "rolloutRehearsed":
      return {
        method: "POST",
        path: `rollouts/${escaped(action.name)}/rehearsal`,
        body: { hasPassed: action.hasPassed },
      };
    case "deviceSet":
      return { method: "PATCH", path: `devices/${escaped(device)}`, body: action.change };
    case "deviceConsent":
      return { method: "PUT", path: `devices/${escaped(device)}/consent`, body: action.consent };
    case "deviceForget":
      return { method: "DELETE", path: `devices/${escaped(device)}` };
    case "cellBudgetSet": {
      const path = action.cell === "" ? "cell-budget" : `cells/${escaped(action.cell)}/budget`;
      return { method: "PUT", path, body: action.budget };
    }
    case "serverBudgetSet":
      return { method: "PUT", path: "server-budget", body: action.budget };
    case "alertRuleSet": {
      const { name, ...rule } = action.rule;
      return { method: "PUT", path: `alert-rules/${escaped(name)}`, body: rule };
    }
    case "alertRuleRemove":
      return { method: "DELETE", path: `alert-rules/${escaped(action.name)}` };
    case "releaseKnown":
    case "releaseWithdrawn":
      return undefined;
  }
}

function escaped(text: string): string {
  return encodeURIComponent(text);
}

function part<Name extends string, Value>(
  result: Result<{ readonly [N in Name]: Value }, Refusal>,
  name: Name,
): Result<Value, Refusal> {
  return result.ok ? ok(result.value[name]) : result;
}
