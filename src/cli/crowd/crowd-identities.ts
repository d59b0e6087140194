// Who the devices of a crowd are, and whom they believe: from the server's own data directory, or for a server elsewhere from
// a file of keys and the maker's public key.

import { parseIdentity } from "../../../psk/identity.ts";
import { readKeyCsv } from "../../../psk/key-csv.ts";
import { PskStore } from "../../../psk/psk-store.ts";
import { randomBytes } from "../../base/random-source.ts";
import { Secret } from "../../base/secret.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { SystemRandom } from "../../shell/system-random.ts";
import { TrustStore } from "../../trust-store/trust-store.ts";
import { wrongUse } from "../command-error.ts";

const NEW_KEY_LENGTH = 16;

export interface CrowdIdentity {
  readonly identity: Uint8Array;
  readonly key: Secret;
}

/** The same ones at each run: keys that are missing are added. */
export function identitiesInStore(directory: string, product: string, count: number): readonly CrowdIdentity[] {
  const store = PskStore.open(directory, systemCrypto());
  try {
    const random = new SystemRandom();
    return Array.from({ length: count }, (_, i) => {
      const identity = parseIdentity(`crowd-${product}-${i + 1}`);
      const known = store.find(identity);
      if (known !== undefined) return { identity, key: known };
      const key = new Secret(randomBytes(random, NEW_KEY_LENGTH));
      store.add(identity, key, Date.now());
      return { identity, key };
    });
  } finally {
    store.close();
  }
}

/** The first ones of a file as `psk import` takes it. */
export async function identitiesInFile(file: string, count: number): Promise<readonly CrowdIdentity[]> {
  const identities: CrowdIdentity[] = [];
  await readKeyCsv(file, (identity, key) => {
    if (identities.length < count) identities.push({ identity, key });
  });
  if (identities.length === count) return identities;
  throw wrongUse(`${file} has ${identities.length} keys: give --count so many, or a file of more lines`);
}

/** The one maker whose manifests the server takes for this product. */
export function makerKeyInStore(directory: string, product: string): VerificationKey {
  const crypto = systemCrypto();
  const store = TrustStore.open(directory);
  try {
    const keys = store
      .keysFor("maker", product)
      .filter(({ revokedAt }) => revokedAt === undefined)
      .flatMap(({ spki }) => crypto.verificationKey(spki) ?? []);
    if (keys.length === 1) return keys[0]!;
    if (keys.length === 0)
      throw wrongUse(`no maker of ${product} is trusted: narrowboat trust add MAKER.pub --product`);
    throw wrongUse(`${keys.length} makers are trusted for ${product}: say which one these devices know with --trust`);
  } finally {
    store.close();
  }
}
