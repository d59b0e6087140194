import { Type } from "@sinclair/typebox";
import { ALERT_KINDS } from "../../fleet/alert.ts";
import { APPROVALS_MAX } from "../../fleet/rollout.ts";
import { RELEASE_KINDS } from "../../manifest/release-record.ts";
import { absent, CLOSED, Count, Line, list, Name, oneOf, Time, Where } from "./schema.ts";

const POLICY = {
  offer: oneOf(["newest", "rollout"]),
  comeAgainSeconds: Type.Integer({ minimum: 1, maximum: 30 * 86_400 }),
  approvals: Type.Integer({ minimum: 0, maximum: APPROVALS_MAX }),
  needsRehearsal: Type.Boolean(),
} as const;

export const ProductSchema = Type.Object({ name: Name, ...POLICY, supportEndsAt: absent(Time) }, { $id: "Product" });

export const ProductChangeSchema = Type.Object(
  {
    offer: absent(POLICY.offer),
    comeAgainSeconds: absent(POLICY.comeAgainSeconds),
    approvals: absent(POLICY.approvals),
    needsRehearsal: absent(POLICY.needsRehearsal),
    supportEndsAt: absent(Time),
  },
  { ...CLOSED, $id: "ProductChange" },
);

export const GroupSchema = Type.Object({ name: Name, where: Where }, { $id: "Group" });
export const GroupChangeSchema = Type.Object({ where: Where }, CLOSED);

export const ReleaseSchema = Type.Object(
  {
    product: Name,
    version: Name,
    class: absent(Type.String()),
    sequenceNumber: Count,
    digest: Type.String(),
    sha256: Type.String(),
    size: Count,
    kind: oneOf(RELEASE_KINDS),
    notAfter: absent(Type.Integer({ description: "Seconds since 1970" })),
    requires: absent(Type.String()),
    forRunning: absent(Type.String()),
  },
  { $id: "Release" },
);

const Amount = Type.Optional(Type.Number({ minimum: 0, maximum: 1e12 }));
export const BudgetSchema = Type.Object(
  { downloads: Amount, bytesPerMinute: Amount, airtimeMsPerMinute: Amount, airtimeMsPerKib: Amount },
  { ...CLOSED, $id: "Budget" },
);

const RULE = { kind: oneOf(ALERT_KINDS), threshold: Type.Number({ minimum: 0 }) } as const;
export const AlertRuleSchema = Type.Object({ name: Name, ...RULE, product: absent(Name) }, { $id: "AlertRule" });
export const AlertRuleChangeSchema = Type.Object({ ...RULE, product: absent(Name) }, CLOSED);

export const AlertSchema = Type.Object(
  { rule: Name, kind: RULE.kind, subject: Type.String(), text: Line, since: Type.Number() },
  { $id: "Alert" },
);

export const Products = Type.Object({ products: list(ProductSchema) });
export const Groups = Type.Object({ groups: list(GroupSchema) });
export const Releases = Type.Object({ releases: list(ReleaseSchema) });
export const AlertRules = Type.Object({ rules: list(AlertRuleSchema) });
export const Alerts = Type.Object({ alerts: list(AlertSchema) });
