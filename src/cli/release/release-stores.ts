// What `release` and `publish` ask of a data directory: whom it trusts for a product, and what it has released.

import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import type { ImageKey } from "../../firmware/formats/image-summary.ts";
import type { TrustedKey as RootKey } from "../../manifest/trust-root.ts";
import { ReleaseStore } from "../../release-store/release-store.ts";
import { imageKeyOf } from "../../trust-store/image-key.ts";
import { ownKey } from "../../trust-store/own-key.ts";
import { TrustStore } from "../../trust-store/trust-store.ts";
import type { TrustedKey } from "../../trust-store/trusted-key.ts";

/** Whom a product believes now; who was revoked is not among them. */
export interface Trust {
  /** Who signs manifests. */
  readonly makers: readonly VerificationKey[];
  /** Who signs images in their own formats: these, and bootloaders' keys. */
  readonly imageKeys: readonly ImageKey[];
  /** Ids of keys that were believed once, in hex. */
  readonly revoked: ReadonlySet<string>;
}

export function trustFor(directory: string, product: string, crypto: CryptoProvider): Trust {
  const store = TrustStore.open(directory);
  try {
    return trustOf(store.keysFor("maker", product), crypto);
  } finally {
    store.close();
  }
}

export function trustOf(keys: readonly TrustedKey[], crypto: CryptoProvider): Trust {
  const believed = keys.filter(({ revokedAt }) => revokedAt === undefined);
  const revoked = keys.filter(({ revokedAt }) => revokedAt !== undefined);
  return {
    makers: believed.flatMap(({ spki }) => crypto.verificationKey(spki) ?? []),
    imageKeys: believed.map(imageKeyOf),
    revoked: new Set(revoked.map(({ keyId }) => Buffer.from(keyId).toString("hex"))),
  };
}

/** The keys that a product's trust root has to name: this server's own, and others that are trusted beside it. */
export function rootKeys(directory: string, product: string, crypto: CryptoProvider): readonly RootKey[] {
  const own = (["server", "log"] as const).map((role) => ({ role, spki: ownKey(directory, role, crypto).spki }));
  const store = TrustStore.open(directory);
  try {
    const others = (["server", "log", "witness"] as const).flatMap((role) => store.keysFor(role, product));
    const believed = others.filter(({ revokedAt }) => revokedAt === undefined);
    return [...own, ...believed.map(({ role, spki }) => ({ role, spki }))];
  } finally {
    store.close();
  }
}

export function withReleases<Value>(directory: string, work: (store: ReleaseStore) => Value): Value {
  const store = ReleaseStore.open(directory);
  try {
    return work(store);
  } finally {
    store.close();
  }
}
