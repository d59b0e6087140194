import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasRight, isWithin, RIGHTS, type Right, ROLES, type Role, reaches } from "../../src/access-store/role.ts";

const test = suite("role");

/** Who may do what, as it is promised: each cell. */
const TABLE: Readonly<Record<Right, readonly Role[]>> = {
  see: ["viewer", "operator", "approver", "auditor", "admin"],
  audit: ["auditor", "admin"],
  operate: ["operator", "admin"],
  approve: ["approver", "admin"],
  govern: ["admin"],
  admit: ["admin"],
};

test("each role has the rights that are promised, and no other", () => {
  for (const right of RIGHTS) {
    assert.equal(
      ROLES.filter((role) => hasRight({ role }, right)),
      TABLE[right],
      right,
    );
  }
});

test("what is granted for some products reaches these, and nothing that belongs to all", () => {
  const grant = { role: "operator", products: ["pump"] } as const;
  assert.equal([reaches(grant, "pump"), reaches(grant, "valve"), reaches(grant, undefined)], [true, false, false]);
  assert.ok(reaches({ role: "operator" }, undefined));
});

test("a token may not do what its owner may not", () => {
  const owner = { role: "operator", products: ["pump", "valve"] } as const;
  assert.ok(isWithin({ role: "viewer", products: ["pump"] }, owner));
  assert.not(isWithin({ role: "viewer" }, owner), "of all products");
  assert.not(isWithin({ role: "viewer", products: ["crane"] }, owner));
  assert.not(isWithin({ role: "approver", products: ["pump"] }, owner));
  assert.ok(isWithin({ role: "auditor" }, { role: "admin" }));
});

test.run();
