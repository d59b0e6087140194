// What an identity may fetch. Unbound ones may fetch everything; one that is bound is answered for its products and classes
// alone, at every door.

export interface Scope {
  readonly products: readonly string[];
  /** Every class of these products when empty. */
  readonly classes: readonly string[];
}

/** What the server asks of a store of identities; psk/ happens to fit, behind the shell's watch over it. */
export interface Scopes {
  /** Undefined for an identity that is not bound; "unavailable" where it cannot be told now. */
  scopeOf(identity: Uint8Array): Scope | "unavailable" | undefined;
}

/** Whether what is for this product, and for this class of it where one is named, is within a scope. */
export function isWithin(scope: Scope, product: string, className: string | undefined): boolean {
  if (!scope.products.includes(product)) return false;
  return scope.classes.length === 0 || (className !== undefined && scope.classes.includes(className));
}
