// The trust root of a product: which keys may speak in which role, signed by the maker, numbered and expiring. A device holds
// the maker's key, takes the root from any server, and accepts only a higher number: so rotation and revocation reach it.

import type { Result } from "../base/result.ts";
import type { CborFault, CborValue } from "../cbor/cbor-value.ts";
import { decodeCbor } from "../cbor/decode-cbor.ts";
import { encodeCbor } from "../cbor/encode-cbor.ts";
import { FieldReader } from "../cbor/field-reader.ts";
import { FieldKey, present } from "./field-key.ts";
import { readProduct } from "./names.ts";

/** Bytes of a signed trust root. */
export const TRUST_ROOT_LENGTH_MAX = 2_048;

export const TRUSTED_KEYS_MAX = 16;
export const SERVERS_MAX = 4;

/** Bytes of a SubjectPublicKeyInfo; those of Ed25519 and P-256 have 44 and 91. */
const SPKI_LENGTH_MAX = 128;

/** Characters of a server's address: `coaps://host:port`. */
const SERVER_LENGTH_MAX = 128;
const SERVER = /^coaps?:\/\/[!-~]+$/;

export const ROLES = ["maker", "server", "log", "witness"] as const;
export type Role = (typeof ROLES)[number];

export interface TrustedKey {
  readonly role: Role;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

export interface TrustRoot {
  /** From 1 on; a device accepts a higher one only. */
  readonly number: number;
  readonly product: string;
  /** Seconds since 1970. */
  readonly notAfter: number;
  /**
   * Where it names makers, they alone sign manifests and the next root from then on. Where it names none, the key that the
   * device was made with goes on doing so.
   */
  readonly keys: readonly TrustedKey[];
  /** Where the product's servers are, the first one first; empty: where the device found this one. */
  readonly servers: readonly string[];
  /**
   * How many of the witnesses that it names have to have signed the checkpoint of a proof; absent for none. At most as many as
   * it names.
   */
  readonly witnessesNeeded?: number | undefined;
}

export function encodeTrustRoot(root: TrustRoot): Uint8Array {
  const { number, notAfter, product, keys, servers, witnessesNeeded } = root;
  return encodeCbor(
    present([
      [FieldKey.SEQUENCE_NUMBER, number],
      [FieldKey.NOT_AFTER, notAfter],
      [FieldKey.PRODUCT, product],
      [FieldKey.TRUSTED_KEYS, keys.map(({ role, spki }) => [ROLES.indexOf(role), spki])],
      [FieldKey.SERVERS, servers.length === 0 ? undefined : servers],
      [FieldKey.WITNESSES_NEEDED, witnessesNeeded],
    ]),
  );
}

export function decodeTrustRoot(bytes: Uint8Array): Result<TrustRoot, CborFault> {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return decoded;
  const fields = FieldReader.ofMap("trust root", decoded.value);
  const number = fields.unsigned(FieldKey.SEQUENCE_NUMBER, { min: 1 });
  const notAfter = fields.unsigned(FieldKey.NOT_AFTER, { min: 1 });
  const product = readProduct(fields, FieldKey.PRODUCT);
  const keys = fields.array(FieldKey.TRUSTED_KEYS, { min: 1, max: TRUSTED_KEYS_MAX }).map(readTrustedKey);
  const servers = fields.optionalArray(FieldKey.SERVERS, { min: 1, max: SERVERS_MAX }) ?? [];
  const wrongKey = keys.find((key) => !key.ok);
  if (wrongKey !== undefined) fields.reject(FieldKey.TRUSTED_KEYS, "what is no key");
  if (!servers.every(isServer)) fields.reject(FieldKey.SERVERS, "what is no address");
  const named = keys.flatMap((key) => (key.ok ? [key.value] : []));
  const witnessesNeeded = fields.optionalUnsigned(FieldKey.WITNESSES_NEEDED, { min: 1 });
  if ((witnessesNeeded ?? 0) > witnessesIn(named)) {
    fields.reject(FieldKey.WITNESSES_NEEDED, "more witnesses than it names");
  }
  return fields.finishKnown({
    number,
    product,
    notAfter,
    keys: named,
    servers: servers as readonly string[],
    ...(witnessesNeeded === undefined ? {} : { witnessesNeeded }),
  });
}

export function witnessesIn(keys: readonly TrustedKey[]): number {
  return keys.filter(({ role }) => role === "witness").length;
}

/** More than half of them, so that two histories would need one witness in both; undefined where there is none. */
export function majorityOf(keys: readonly TrustedKey[]): number | undefined {
  const count = witnessesIn(keys);
  return count === 0 ? undefined : Math.floor(count / 2) + 1;
}

function readTrustedKey(value: CborValue): Result<TrustedKey, CborFault> {
  const fields = FieldReader.ofArray("key", value, { min: 2, max: 2 });
  const role = ROLES[fields.unsigned(0, { max: ROLES.length - 1 })]!;
  return fields.finish({ role, spki: fields.bytes(1, { min: 1, max: SPKI_LENGTH_MAX }) });
}

function isServer(value: CborValue): boolean {
  return typeof value === "string" && value.length <= SERVER_LENGTH_MAX && SERVER.test(value);
}
