// What holds for many devices: products, groups, releases, budgets, alerts.

import { Type } from "@sinclair/typebox";
import { reaches } from "../../access-store/role.ts";
import { type ApiStage, type Call, call } from "../call.ts";
import { granted, Problem, Status } from "../problem.ts";
import {
  AlertRuleChangeSchema,
  AlertRules,
  Alerts,
  BudgetSchema,
  GroupChangeSchema,
  GroupSchema,
  Groups,
  ProductChangeSchema,
  ProductSchema,
  Products,
  Releases,
} from "../schemas/product-schema.ts";
import { Name, NOTHING } from "../schemas/schema.ts";
import { act } from "./acting.ts";

const Named = Type.Object({ name: Name });

async function productNamed({ fleet }: ApiStage, name: string) {
  const product = granted(await fleet.products()).find((one) => one.name === name);
  if (product === undefined) throw new Problem(Status.NOT_FOUND, `no product is called ${name}`);
  return product;
}

const productsListed = call({
  method: "GET",
  path: "/api/v1/products",
  name: "listProducts",
  summary: "Products and their policies",
  right: "see",
  reach: "filtered",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: Products,
  status: 200,
  handle: async ({ fleet }, { grant }) => {
    const products = granted(await fleet.products());
    return { products: products.filter(({ name }) => reaches(grant, name)) };
  },
});

const productShown = call({
  method: "GET",
  path: "/api/v1/products/:name",
  name: "getProduct",
  summary: "A product and its policy",
  right: "see",
  reach: async (_stage, { params }) => params.name,
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: ProductSchema,
  status: 200,
  handle: (stage, _caller, { params }) => productNamed(stage, params.name),
});

const productSet = call({
  method: "PATCH",
  path: "/api/v1/products/:name",
  name: "setProduct",
  summary: "A product's policy; what is absent stays",
  right: "govern",
  reach: async (_stage, { params }) => params.name,
  params: Named,
  query: NOTHING,
  body: ProductChangeSchema,
  answer: ProductSchema,
  status: 200,
  current: (stage, { params }) => productNamed(stage, params.name),
  handle: async (stage, caller, { params, body }) => {
    await act(stage, caller, { kind: "productSet", product: params.name, change: body });
    return productNamed(stage, params.name);
  },
});

const releasesListed = call({
  method: "GET",
  path: "/api/v1/products/:name/releases",
  name: "listReleases",
  summary: "What a product's makers have released",
  right: "see",
  reach: async (_stage, { params }) => params.name,
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: Releases,
  status: 200,
  handle: async ({ fleet }, _caller, { params }) => ({ releases: granted(await fleet.releases(params.name)) }),
});

const groupsListed = call({
  method: "GET",
  path: "/api/v1/groups",
  name: "listGroups",
  summary: "Saved filters of devices",
  right: "see",
  reach: "filtered",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: Groups,
  status: 200,
  // A filter names no device.
  handle: async ({ fleet }) => ({ groups: granted(await fleet.groups()) }),
});

const groupSet = call({
  method: "PUT",
  path: "/api/v1/groups/:name",
  name: "setGroup",
  summary: "Save a filter under a name",
  right: "operate",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: GroupChangeSchema,
  answer: GroupSchema,
  status: 200,
  handle: async (stage, caller, { params: { name }, body: { where } }) => {
    await act(stage, caller, { kind: "groupSet", name, where });
    return { name, where };
  },
});

const groupRemoved = call({
  method: "DELETE",
  path: "/api/v1/groups/:name",
  name: "removeGroup",
  summary: "Remove a saved filter; roll-outs that were made with it keep what it meant",
  right: "operate",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: NOTHING,
  status: 204,
  handle: async (stage, caller, { params: { name } }) => {
    await act(stage, caller, { kind: "groupRemove", name });
    return {};
  },
});

const cellBudgetSet = call({
  method: "PUT",
  path: "/api/v1/cells/:name/budget",
  name: "setCellBudget",
  summary: "What a cell or a gateway may carry in a minute",
  right: "govern",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: BudgetSchema,
  answer: BudgetSchema,
  status: 200,
  handle: async (stage, caller, { params: { name }, body }) => {
    await act(stage, caller, { kind: "cellBudgetSet", cell: name, budget: body });
    return body;
  },
});

/** Of each cell that has none of its own, and of all of them together. */
function budgetSet(path: string, name: string, summary: string, kind: "cellBudgetSet" | "serverBudgetSet"): Call {
  return call({
    method: "PUT",
    path,
    name,
    summary,
    right: "govern",
    reach: "whole",
    params: NOTHING,
    query: NOTHING,
    body: BudgetSchema,
    answer: BudgetSchema,
    status: 200,
    handle: async (stage, caller, { body }) => {
      await act(stage, caller, kind === "serverBudgetSet" ? { kind, budget: body } : { kind, cell: "", budget: body });
      return body;
    },
  });
}

const rulesListed = call({
  method: "GET",
  path: "/api/v1/alert-rules",
  name: "listAlertRules",
  summary: "When somebody should hear of something",
  right: "see",
  reach: "whole",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: AlertRules,
  status: 200,
  handle: async ({ fleet }) => ({ rules: granted(await fleet.alertRules()) }),
});

const ruleSet = call({
  method: "PUT",
  path: "/api/v1/alert-rules/:name",
  name: "setAlertRule",
  summary: "Set a rule",
  right: "operate",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: AlertRuleChangeSchema,
  answer: NOTHING,
  status: 204,
  handle: async (stage, caller, { params: { name }, body: { kind, product, threshold } }) => {
    await act(stage, caller, { kind: "alertRuleSet", rule: { name, kind, product, threshold } });
    return {};
  },
});

const ruleRemoved = call({
  method: "DELETE",
  path: "/api/v1/alert-rules/:name",
  name: "removeAlertRule",
  summary: "Remove a rule, and with it the alerts that it raised",
  right: "operate",
  reach: "whole",
  params: Named,
  query: NOTHING,
  body: NOTHING,
  answer: NOTHING,
  status: 204,
  handle: async (stage, caller, { params: { name } }) => {
    await act(stage, caller, { kind: "alertRuleRemove", name });
    return {};
  },
});

const alertsListed = call({
  method: "GET",
  path: "/api/v1/alerts",
  name: "listAlerts",
  summary: "Alerts that stand",
  right: "see",
  reach: "whole",
  params: NOTHING,
  query: NOTHING,
  body: NOTHING,
  answer: Alerts,
  status: 200,
  handle: async ({ fleet }) => ({ alerts: granted(await fleet.alerts()) }),
});

export const PRODUCT_CALLS: readonly Call[] = [
  productsListed,
  productShown,
  productSet,
  releasesListed,
  groupsListed,
  groupSet,
  groupRemoved,
  cellBudgetSet,
  budgetSet(
    "/api/v1/cell-budget",
    "setEachCellBudget",
    "The same for each that has no budget of its own",
    "cellBudgetSet",
  ),
  budgetSet("/api/v1/server-budget", "setServerBudget", "What the whole server may carry", "serverBudgetSet"),
  rulesListed,
  ruleSet,
  ruleRemoved,
  alertsListed,
];
