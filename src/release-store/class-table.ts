// Classes of a product's devices, and what those of each know: a release for the class is made accordingly.

import { EMPTY } from "../base/bytes.ts";
import { imageNameFault } from "../firmware/image-name.ts";
import { classNameFault } from "../manifest/names.ts";
import { StoreError } from "../store/store-error.ts";
import type { StoreFile } from "../store/store-file.ts";

/** What a device may know beyond what every device of ours does. */
export const PROFILES = [
  /** The conditions of SUIT's update-management draft. */
  "update-management",
  /** It installs only what a proof shows to stand in the registry. */
  "log",
  /** It checks the maker's signature alone, and no ticket. */
  "maker-only",
  /** It decrypts AES-128-CTR, and not GCM. */
  "ctr",
] as const;
export type Profile = (typeof PROFILES)[number];

export interface DeviceClass {
  readonly product: string;
  readonly name: string;
  readonly profile: readonly Profile[];
  /** DER of SubjectPublicKeyInfo: whom payloads are encrypted to; absent where they are not. */
  readonly encryptTo?: Uint8Array | undefined;
}

interface ClassRow {
  readonly product: string;
  readonly name: string;
  readonly profile: string;
  readonly encryptTo: Uint8Array;
}

const COLUMNS = "product, name, profile, encrypt_to AS encryptTo";

export class ClassTable {
  readonly #file: StoreFile;
  readonly #set;
  readonly #find;
  readonly #list;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#set = file.prepare<[string, string, string, Uint8Array]>("INSERT OR REPLACE INTO class VALUES (?, ?, ?, ?)");
    this.#find = file.prepare<[string, string], ClassRow>(
      `SELECT ${COLUMNS} FROM class WHERE product = ? AND name = ?`,
    );
    this.#list = file.prepare<[], ClassRow>(`SELECT ${COLUMNS} FROM class ORDER BY product, name`);
  }

  /** Throws StoreError: className, imageName. */
  set({ product, name, profile, encryptTo }: DeviceClass): void {
    const fault = classNameFault(name);
    if (fault !== undefined) throw new StoreError("className", fault);
    const productFault = imageNameFault(product, "x");
    if (productFault !== undefined) throw new StoreError("imageName", productFault);
    this.#file.transaction(() => this.#set.run(product, name, profile.join(","), encryptTo ?? EMPTY));
  }

  find(product: string, name: string): DeviceClass | undefined {
    const row = this.#file.attempt(() => this.#find.get(product, name));
    return row && classOf(row);
  }

  /** In order of product and name. */
  list(): DeviceClass[] {
    return this.#file.attempt(() => this.#list.all()).map(classOf);
  }
}

function classOf({ product, name, profile, encryptTo }: ClassRow): DeviceClass {
  const known = PROFILES.filter((one) => profile.split(",").includes(one));
  return { product, name, profile: known, encryptTo: encryptTo.length === 0 ? undefined : encryptTo };
}
