// Who may do what. Roles are fixed, and each may do what its row says: a table that fits a screen can be checked by a person,
// which a language of policies cannot.

import type { Scope } from "../firmware/scope.ts";

export const ROLES = ["viewer", "operator", "approver", "auditor", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What can be asked of the fleet, in the words of the calls that ask it. */
export const RIGHTS = [
  /** Devices, groups, products, roll-outs. */
  "see",
  /** Who did what, and who may do what. */
  "audit",
  /** Attributes and consent of devices; groups; roll-outs from their draft to their end. */
  "operate",
  /** A roll-out that somebody else made. */
  "approve",
  /** Policies of products; devices for good. */
  "govern",
  /** Users and tokens. */
  "admit",
] as const;
export type Right = (typeof RIGHTS)[number];

const RIGHTS_OF: Readonly<Record<Role, readonly Right[]>> = {
  viewer: ["see"],
  operator: ["see", "operate"],
  approver: ["see", "approve"],
  auditor: ["see", "audit"],
  admin: ["see", "audit", "operate", "approve", "govern", "admit"],
};

/** Whoever calls: a role, within some products or all of them. */
export interface Grant {
  readonly role: Role;
  /** Absent for all of them. */
  readonly products?: Scope["products"] | undefined;
}

/** Whether the role may do it to anything at all. */
export function hasRight({ role }: Grant, right: Right): boolean {
  return RIGHTS_OF[role].includes(right);
}

/** Whether the grant reaches a product; of what belongs to no product, or to all, say undefined. */
export function reaches({ products }: Grant, product: string | undefined): boolean {
  if (products === undefined) return true;
  return product !== undefined && products.includes(product);
}

/** Whether `inner` may do nothing that `outer` may not. */
export function isWithin(inner: Grant, outer: Grant): boolean {
  const isProductWithin = outer.products === undefined || inner.products?.every((one) => reaches(outer, one)) === true;
  return isProductWithin && RIGHTS_OF[inner.role].every((right) => hasRight(outer, right));
}
