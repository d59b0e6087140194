// Who may make which call, as a table: each cell is tried.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROLES, type Role } from "../../src/access-store/role.ts";
import { CALLS } from "../../src/api/calls/all-calls.ts";
import { OPEN_CALLS } from "../../src/api/calls/open-calls.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { type Api, ApiScene } from "./api-scene.ts";
import { PlainFleet } from "./plain-fleet.ts";

const test = suite("roles");
const scratch = scratchDirectories(test);

const V = ["viewer", "operator", "approver", "auditor", "admin"] as const;
const O = ["operator", "admin"] as const;
const AUDIT = ["auditor", "admin"] as const;
const ADMIN = ["admin"] as const;

/** Of each call: whoever may make it; whether somebody of "pump" alone may; a path and a body that the check lets through. */
const TABLE: Readonly<Record<string, readonly [readonly Role[], "bound" | "whole", string, unknown?]>> = {
  listRollouts: [V, "bound", "/api/v1/rollouts"],
  createRollout: [
    O,
    "bound",
    "/api/v1/rollouts",
    { name: "autumn", product: "pump", version: "2.0", phases: [{ kind: "share", share: 1 }] },
  ],
  getRollout: [V, "bound", "/api/v1/rollouts/spring"],
  approveRollout: [["approver", "admin"], "bound", "/api/v1/rollouts/spring/approve"],
  startRollout: [O, "bound", "/api/v1/rollouts/spring/start"],
  pauseRollout: [O, "bound", "/api/v1/rollouts/spring/pause"],
  resumeRollout: [O, "bound", "/api/v1/rollouts/spring/resume"],
  abortRollout: [O, "bound", "/api/v1/rollouts/spring/abort"],
  sendRolloutBack: [O, "bound", "/api/v1/rollouts/spring/way-back"],
  reportRehearsal: [O, "bound", "/api/v1/rollouts/spring/rehearsal", { hasPassed: true }],
  listDevices: [V, "bound", "/api/v1/devices"],
  getDevice: [V, "bound", "/api/v1/devices/pump-1"],
  setDevice: [O, "bound", "/api/v1/devices/pump-1", { isOptedOut: true }],
  setConsent: [O, "bound", "/api/v1/devices/pump-1/consent", { state: "denied" }],
  forgetDevice: [ADMIN, "bound", "/api/v1/devices/pump-1"],
  listProducts: [V, "bound", "/api/v1/products"],
  getProduct: [V, "bound", "/api/v1/products/pump"],
  setProduct: [ADMIN, "bound", "/api/v1/products/pump", { approvals: 1 }],
  listReleases: [V, "bound", "/api/v1/products/pump/releases"],
  listGroups: [V, "bound", "/api/v1/groups"],
  setGroup: [O, "whole", "/api/v1/groups/canary", { where: "product = pump" }],
  removeGroup: [O, "whole", "/api/v1/groups/canary"],
  setCellBudget: [ADMIN, "whole", "/api/v1/cells/c1/budget", { downloads: 1 }],
  setEachCellBudget: [ADMIN, "whole", "/api/v1/cell-budget", { downloads: 1 }],
  setServerBudget: [ADMIN, "whole", "/api/v1/server-budget", { downloads: 1 }],
  listAlertRules: [V, "whole", "/api/v1/alert-rules"],
  setAlertRule: [O, "whole", "/api/v1/alert-rules/quiet", { kind: "silentDevices", threshold: 5 }],
  removeAlertRule: [O, "whole", "/api/v1/alert-rules/quiet"],
  listAlerts: [V, "whole", "/api/v1/alerts"],
  listRecords: [AUDIT, "whole", "/api/v1/records"],
  getSession: [V, "bound", "/api/v1/session"],
  listUsers: [AUDIT, "whole", "/api/v1/users"],
  addUser: [ADMIN, "whole", "/api/v1/users", { name: "new", role: "viewer" }],
  changeUser: [ADMIN, "whole", "/api/v1/users/carl", { role: "auditor" }],
  removeUser: [ADMIN, "whole", "/api/v1/users/carl"],
  makeLink: [ADMIN, "whole", "/api/v1/users/carl/link"],
  listTokens: [AUDIT, "whole", "/api/v1/tokens"],
  addToken: [ADMIN, "whole", "/api/v1/tokens", { name: "new", role: "viewer" }],
  removeToken: [ADMIN, "whole", "/api/v1/tokens/new"],
};

const DENIED: ReadonlySet<number> = new Set([401, 403]);

async function inScene(work: (scene: ApiScene) => Promise<void>): Promise<void> {
  const scene = new ApiScene(scratch(), new PlainFleet());
  try {
    await work(scene);
    assert.equal(scene.failures, []);
  } finally {
    await scene.close();
  }
}

for (const role of ROLES) {
  test(`${role}: each call is done or refused as the table says`, () =>
    inScene(async (scene) => {
      scene.access.addUser("carl", { role: "viewer" }, "local:root", scene.now);
      const token = scene.tokenOf({ role });
      const found = await Promise.all(
        CALLS.map(async ({ name, method }) => {
          const [, , url, body] = TABLE[name] ?? [];
          const { statusCode } = await scene.ask({ method, url: url ?? "/", token, body });
          return [name, !DENIED.has(statusCode)];
        }),
      );
      const expected = CALLS.map(({ name }) => [name, TABLE[name]?.[0].includes(role)]);
      assert.equal(found, expected);
    }));
}

test("nobody makes a call without a token or a session, nor with a wrong one", () =>
  inScene(async (scene) => {
    const wrong = `nb_${"A".repeat(43)}`;
    for (const { name, method } of CALLS) {
      const [, , url = "/", body] = TABLE[name] ?? [];
      for (const token of ["", wrong, "x"]) {
        const { statusCode } = await scene.ask({ method, url, body, ...(token && { token }) });
        assert.is(statusCode, 401, `${name} with "${token}"`);
      }
    }
    assert.equal(scene.fleet.acted, []);
  }));

test("whoever is bound to pump reaches pump's, and neither valve's nor what belongs to all", () =>
  inScene(async (scene) => {
    const pump = scene.tokenOf({ role: "admin", products: ["pump"] });
    const valve = scene.tokenOf({ role: "admin", products: ["valve"] });
    for (const { name, method, reach } of CALLS) {
      const [, how, url = "/", body] = TABLE[name] ?? [];
      const own = await scene.ask({ method, url, body, token: pump });
      assert.is(own.statusCode === 403, how === "whole", `${name} of pump`);
      const foreign = await scene.ask({ method, url, body, token: valve });
      assert.is(foreign.statusCode === 403, reach !== "filtered", `${name} of valve`);
    }
    const listed = async (url: string) => (await scene.ask({ url, token: pump })).body;
    for (const url of ["/api/v1/rollouts", "/api/v1/devices", "/api/v1/products"]) {
      assert.not.match(await listed(url), /valve/, url);
      assert.match(await listed(url), /pump/, url);
    }
  }));

test("no route is without a check, but those that let somebody in and those that say nothing of a fleet", () =>
  inScene(async (scene) => {
    const routes = routesOf(await scene.api);
    const open = new Set(OPEN_CALLS.map(({ method, path }) => `${method} ${path}`));
    assert.equal([...open].sort(), ["DELETE /api/v1/session", "POST /api/v1/session", "POST /api/v1/setup"]);
    for (const path of ["/api/v1/openapi.json", "/healthz", "/metrics"]) open.add(`GET ${path}`);
    const unchecked: string[] = [];
    for (const route of routes) {
      const [method, path] = route.split(" ") as ["GET", string];
      const { statusCode } = await scene.ask({ method, url: path.replace(/:[a-z]+/g, "x") });
      if (statusCode !== 401) unchecked.push(route);
    }
    assert.equal(unchecked.sort(), [...open].sort());
    assert.is(routes.length, CALLS.length + open.size + 1, "and one for events");
    assert.is(new Set(CALLS.map(({ name }) => name)).size, Object.keys(TABLE).length);
  }));

/** As Fastify itself lists them. */
function routesOf(api: Api): string[] {
  const text = api.printRoutes({ commonPrefix: false });
  const trail: string[] = [];
  return text.split("\n").flatMap((line) => {
    const [, indent = "", path = "", methods = ""] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    if (path === "") return [];
    const depth = indent.length / 4;
    trail.length = depth;
    trail[depth] = path;
    const whole = trail.join("");
    return methods === "" ? [] : methods.split(", ").map((method) => `${method} ${whole}`);
  });
}

test.run();
