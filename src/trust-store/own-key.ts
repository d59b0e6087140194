// The keys that a server signs with itself: tickets with one, checkpoints of its log with another; and a witness's, which signs
// those of other logs. Each is made when it is first needed, and its public part stands beside it, to be given to the maker for a trust root.

import { statSync } from "node:fs";
import { join } from "node:path";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { SigningKey } from "../crypto/signature.ts";
import { openDataDirectory } from "../store/data-directory.ts";
import { StoreError } from "../store/store-error.ts";
import { makeKeyFile, readSigningKey } from "./key-file.ts";

export type OwnRole = "server" | "log" | "witness";

export function ownKeyFile(directory: string, role: OwnRole): string {
  return join(directory, `${role}-key.pem`);
}

/** Throws StoreError: keyFile, notADirectory, permissions, unreadable, unwritable. */
export function ownKey(directory: string, role: OwnRole, crypto: CryptoProvider): SigningKey {
  openDataDirectory(directory);
  const file = ownKeyFile(directory, role);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    const made = makeKeyFile(file, "ed25519", crypto);
    if (made !== undefined) return made;
    // Another process was quicker, or somebody took the private part away.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) {
      throw new StoreError("keyFile", `${file} is missing beside its public part: put it back, or remove ${file}.pub`);
    }
  }
  return readSigningKey(file, crypto);
}
