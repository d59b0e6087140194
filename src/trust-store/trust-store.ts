// Whom a server believes: keys in `releases.db`, beside what they signed, each change entered in the registry. A key that was
// revoked stays there, so that nobody believes it anew by mistake.

import { equal, toHex } from "../base/bytes.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { ROLES, type Role } from "../manifest/trust-root.ts";
import { EntryKind } from "../registry/log-entry.ts";
import { openDecisionFile } from "../registry-store/decision-file.ts";
import { type Decision, Registry } from "../registry-store/registry.ts";
import { StoreError } from "../store/store-error.ts";
import type { StoreFile } from "../store/store-file.ts";
import type { PublicKey, PublicKeyAlgorithm, TrustedKey } from "./trusted-key.ts";

/** Keys in the store; each manifest is tried under those that its key's name fits. */
export const STORED_KEYS_MAX = 200;

/** Hex digits that a key is named by at least. */
export const KEY_NAME_LENGTH_MIN = 8;

/** In the file of all decisions (registry-store/decision-file.ts). */
const SCHEMA = `
    CREATE TABLE IF NOT EXISTS trusted_key (
      key_id BLOB NOT NULL CHECK (length(key_id) = 32),
      role TEXT NOT NULL CHECK (role IN (${ROLES.map((role) => `'${role}'`).join(", ")})),
      product TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      spki BLOB NOT NULL,
      added_at INTEGER NOT NULL,
      revoked_at INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (key_id, role, product)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS witness_address (
      key_id BLOB PRIMARY KEY CHECK (length(key_id) = 32),
      url TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`;

interface Row {
  readonly keyId: Uint8Array;
  readonly role: Role;
  /** Empty for every product. */
  readonly product: string;
  readonly algorithm: PublicKeyAlgorithm;
  readonly spki: Uint8Array;
  readonly addedAt: number;
  /** 0 as long as it is believed. */
  readonly revokedAt: number;
  /** Of a witness. */
  readonly url: string | null;
}

/** Where a witness takes checkpoints. */
export interface Witness {
  /** 32 bytes. */
  readonly keyId: Uint8Array;
  readonly spki: Uint8Array;
  /** http or https; /add-checkpoint stands behind it. */
  readonly url: string;
}

export class TrustStore {
  readonly #file: StoreFile;
  readonly #list;
  readonly #add;
  readonly #revoke;
  readonly #setAddress;
  #registry: Registry | undefined;

  /**
   * Opens the store in the data directory, and makes it where it is absent.
   * Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
   */
  static open(directory: string): TrustStore {
    return new TrustStore(openDecisionFile(directory, SCHEMA));
  }

  private constructor(file: StoreFile) {
    this.#file = file;
    this.#list = file.prepare<[], Row>(
      `SELECT key_id AS keyId, role, product, algorithm, spki, added_at AS addedAt, revoked_at AS revokedAt, url
       FROM trusted_key LEFT JOIN witness_address USING (key_id) ORDER BY added_at, key_id, role, product`,
    );
    this.#add = file.prepare<[Uint8Array, string, string, string, Uint8Array, number]>(
      `INSERT INTO trusted_key (key_id, role, product, algorithm, spki, added_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    this.#setAddress = file.prepare<[Uint8Array, string]>("INSERT OR REPLACE INTO witness_address VALUES (?, ?)");
    this.#revoke = file.prepare<[number, Uint8Array]>(
      "UPDATE trusted_key SET revoked_at = ? WHERE key_id = ? AND revoked_at = 0",
    );
  }

  /**
   * Believes a key in a role, for one product or for all, at a time in milliseconds since 1970. False when it did before.
   * Throws StoreError: keyRevoked, registryBroken, tooManyKeys.
   */
  add(key: PublicKey, role: Role, product: string | undefined, addedAt: number): boolean {
    const registry = this.#openRegistry();
    return this.#file.transaction(() => {
      const known = this.list();
      const name = toHex(key.keyId);
      if (known.some(({ keyId, revokedAt }) => revokedAt !== undefined && toHex(keyId) === name)) {
        throw new StoreError("keyRevoked", `the key ${name} was revoked, and that is for good: make another one`);
      }
      if (known.length >= STORED_KEYS_MAX) {
        throw new StoreError("tooManyKeys", `${STORED_KEYS_MAX} keys are trusted already, and more cannot be`);
      }
      const { changes } = this.#add.run(key.keyId, role, product ?? "", key.algorithm, key.spki, addedAt);
      if (changes === 0) return false;
      registry.append([decisionOn(EntryKind.KEY_ADDED, { role, product, spki: key.spki })], addedAt);
      return true;
    });
  }

  /** Where the witness with this key is asked to sign checkpoints from now on. */
  setAddress(keyId: Uint8Array, url: string): void {
    this.#file.transaction(() => this.#setAddress.run(keyId, url));
  }

  /** Those that are believed, and whose address is known. */
  witnesses(): Witness[] {
    const believed = this.list().filter(({ role, revokedAt }) => role === "witness" && revokedAt === undefined);
    const witnesses = believed.flatMap(({ keyId, spki, url }) => (url === undefined ? [] : [{ keyId, spki, url }]));
    // One that is believed for several products is asked once.
    return [...new Map(witnesses.map((one) => [toHex(one.keyId), one])).values()];
  }

  /**
   * Revokes the key that `name` begins the id of, in all roles and for all products; undefined when it was revoked before.
   * Throws StoreError: keyUnknown, registryBroken.
   */
  revoke(name: string, revokedAt: number): Uint8Array | undefined {
    const registry = this.#openRegistry();
    return this.#file.transaction(() => {
      const all = this.list();
      const keyId = this.named(name);
      if (this.#revoke.run(revokedAt, keyId).changes === 0) return undefined;
      const revoked = all.filter((key) => key.revokedAt === undefined && equal(key.keyId, keyId));
      registry.append(
        revoked.map((key) => decisionOn(EntryKind.KEY_REVOKED, key)),
        revokedAt,
      );
      return keyId;
    });
  }

  /** The id of the key that `name` begins. Throws StoreError: keyUnknown. */
  named(name: string): Uint8Array {
    const begins = name.toLowerCase();
    const ids = new Map(this.list().map(({ keyId }) => [toHex(keyId), keyId]));
    const named = [...ids].filter(([id]) => id.startsWith(begins));
    const isName = begins.length >= KEY_NAME_LENGTH_MIN;
    if (!isName || named.length !== 1) throw new StoreError("keyUnknown", whichKey(name, isName ? named.length : 0));
    return named[0]![1];
  }

  /** All keys, the oldest first. */
  list(): TrustedKey[] {
    return this.#file.attempt(() => this.#list.all()).map(trustedKeyOf);
  }

  /** The keys in a role that hold for a product, revoked ones too. */
  keysFor(role: Role, product: string): TrustedKey[] {
    return this.list().filter((key) => key.role === role && (key.product === undefined || key.product === product));
  }

  /** Whether another process has written since the last call; costs microseconds. */
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

  /** Its root is computed when something is changed first. */
  #openRegistry(): Registry {
    this.#registry ??= Registry.open(this.#file, nodeCrypto());
    return this.#registry;
  }
}

/** The record: a CBOR array of role, product (empty for all) and SubjectPublicKeyInfo. */
function decisionOn(kind: EntryKind, { role, product, spki }: Pick<TrustedKey, "product" | "role" | "spki">): Decision {
  return { kind, records: [encodeCbor([role, product ?? "", spki])] };
}

function trustedKeyOf({ product, revokedAt, url, ...row }: Row): TrustedKey {
  return {
    ...row,
    ...(product !== "" && { product }),
    ...(revokedAt !== 0 && { revokedAt }),
    ...(url !== null && row.role === "witness" && { url }),
  };
}

function whichKey(name: string, count: number): string {
  const what = count === 0 ? `no trusted key's id begins with "${name}"` : `${count} keys' ids begin with "${name}"`;
  return `${what}: give at least ${KEY_NAME_LENGTH_MIN} digits of one that narrowboat trust list shows`;
}
