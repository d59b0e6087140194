// What somebody shows to be let in: 32 random bytes as text. Only its SHA-256 is ever stored: whoever reads the database can
// show nothing. It is as long as a key, so that one round of hashing is enough.

import { createHash, randomBytes } from "node:crypto";

/** What a secret opens, by how it begins: a scanner of leaked secrets, and a person, can tell. */
const PREFIXES = { token: "nb_", session: "nbs_", link: "nbl_" } as const;
export type SecretKind = keyof typeof PREFIXES;

const SECRET_LENGTH = 32;
/** Characters of base64url (RFC 4648 5) for that. */
const TEXT = /^[A-Za-z0-9_-]{43}$/;

export function drawSecret(kind: SecretKind): string {
  return PREFIXES[kind] + randomBytes(SECRET_LENGTH).toString("base64url");
}

/** What is stored of it; undefined for text that is no secret of this kind. */
export function digestOfSecret(kind: SecretKind, text: string): Uint8Array | undefined {
  const prefix = PREFIXES[kind];
  if (!text.startsWith(prefix) || !TEXT.test(text.slice(prefix.length))) return undefined;
  return new Uint8Array(createHash("sha256").update(text).digest());
}
