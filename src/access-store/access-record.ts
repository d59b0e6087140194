// Who let whom in: a record in the store, of which the registry has the digest. Nothing in it lets anybody in.

import { encodeCbor } from "../cbor/encode-cbor.ts";
import { EntryKind } from "../registry/log-entry.ts";
import type { Registry } from "../registry-store/registry.ts";
import type { StoreFile } from "../store/store-file.ts";
import type { Grant } from "./role.ts";

export type AccessChange = "userAdded" | "userChanged" | "userRemoved" | "passwordSet" | "tokenAdded" | "tokenRemoved";

export interface AccessRecord {
  readonly change: AccessChange;
  /** Who did it. */
  readonly person: string;
  /** Whose account, or which token. */
  readonly subject: string;
  readonly before: Grant | undefined;
  readonly after: Grant | undefined;
}

export class AccessRecords {
  readonly #add;

  constructor(file: StoreFile) {
    this.#add = file.prepare<[number, Uint8Array]>("INSERT INTO access_record VALUES (?, ?)");
  }

  /** Inside the transaction that makes the change, at a time in ms since 1970. Throws StoreError: registryBroken. */
  add(registry: Registry, record: AccessRecord, at: number): void {
    const bytes = encodeAccessRecord(record);
    const entry = registry.append([{ kind: EntryKind.ACCESS, records: [bytes] }], at);
    this.#add.run(entry, bytes);
  }
}

/** A CBOR array of the change, who did it, its subject, and the grants before and after: role, then products; [] for none. */
export function encodeAccessRecord({ change, person, subject, before, after }: AccessRecord): Uint8Array {
  return encodeCbor([change, person, subject, grantValue(before), grantValue(after)]);
}

function grantValue(grant: Grant | undefined): string[] {
  return grant === undefined ? [] : [grant.role, ...(grant.products ?? [])];
}
