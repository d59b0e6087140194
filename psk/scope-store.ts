// Which identities are bound to products and classes, in `scopes.db`. One that is not in here may fetch everything.

import { imageNameFault } from "../src/firmware/image-name.ts";
import type { Scope } from "../src/firmware/scope.ts";
import { StoreError } from "../src/store/store-error.ts";
import { StoreFile, type StoreFormat } from "../src/store/store-file.ts";
import { checkIdentity, IDENTITY_LENGTH_MAX } from "./identity.ts";

/** Products, and classes, of one identity. */
export const SCOPE_NAMES_MAX = 16;

const FORMAT: StoreFormat = {
  fileName: "scopes.db",
  applicationId: 0x4e427363, // "NBsc"
  version: 1,
  ownerOnly: true,
  schema: `
    CREATE TABLE scope (
      identity BLOB NOT NULL PRIMARY KEY CHECK (length(identity) BETWEEN 1 AND ${IDENTITY_LENGTH_MAX}),
      products TEXT NOT NULL,
      classes TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
};

interface ScopeRow {
  readonly products: string;
  readonly classes: string;
}

export class ScopeStore {
  readonly #file: StoreFile;
  readonly #find;
  readonly #set;
  readonly #remove;
  readonly #count;

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string): ScopeStore {
    return new ScopeStore(StoreFile.open(directory, FORMAT));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.#find = file.prepare<[Uint8Array], ScopeRow>("SELECT products, classes FROM scope WHERE identity = ?");
    this.#set = file.prepare<[Uint8Array, string, string]>("INSERT OR REPLACE INTO scope VALUES (?, ?, ?)");
    this.#remove = file.prepare<[Uint8Array]>("DELETE FROM scope WHERE identity = ?");
    this.#count = file.prepare<[], { count: number }>("SELECT count(*) AS count FROM scope");
  }

  /** Undefined for an identity that is not bound. Sees at once what other processes have written. */
  scopeOf(identity: Uint8Array): Scope | undefined {
    const row = this.#file.attempt(() => this.#find.get(identity));
    return row && { products: namesIn(row.products), classes: namesIn(row.classes) };
  }

  /** Binds an identity, in place of what it was bound to. Throws StoreError: identity, imageName, className. */
  set(identity: Uint8Array, { products, classes }: Scope): void {
    checkIdentity(identity);
    for (const product of products) refuse("imageName", imageNameFault(product, "x"));
    for (const name of classes) refuse("className", imageNameFault(name, "x") && `"${name}" is no name of a class`);
    if (products.length === 0 || Math.max(products.length, classes.length) > SCOPE_NAMES_MAX) {
      throw new StoreError("imageName", `an identity is bound to 1 to ${SCOPE_NAMES_MAX} products: name fewer of them`);
    }
    this.#file.transaction(() => this.#set.run(identity, products.join(","), classes.join(",")));
  }

  /** The same, and then `work`, such as adding its key; what throws there leaves it bound as it was. */
  bind<Value>(identity: Uint8Array, scope: Scope, work: () => Value): Value {
    const before = this.scopeOf(identity);
    this.set(identity, scope);
    try {
      return work();
    } catch (error) {
      if (before === undefined) this.remove(identity);
      else this.set(identity, before);
      throw error;
    }
  }

  /** How many identities are bound. */
  count(): number {
    return this.#file.attempt(() => this.#count.get())!.count;
  }

  /** From now on it may fetch everything, if it has a key. */
  remove(identity: Uint8Array): void {
    this.#file.transaction(() => this.#remove.run(identity));
  }

  /** Whether another handle has written since the last call. Costs microseconds. */
  changedElsewhere(): boolean {
    return this.#file.changedElsewhere();
  }

  /** See StoreFile. */
  neverWait(): void {
    this.#file.neverWait();
  }

  close(): void {
    this.#file.close();
  }
}

function refuse(code: "className" | "imageName", fault: string | undefined): void {
  if (fault !== undefined) throw new StoreError(code, fault);
}

/** No name has a comma. */
function namesIn(text: string): readonly string[] {
  return text === "" ? [] : text.split(",");
}
