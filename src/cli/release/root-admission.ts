// A trust root that was signed elsewhere is admitted when a key that is trusted for its product has signed it.

import { readFileSync } from "node:fs";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { open, SIGNED_TRUST_ROOT } from "../../manifest/signed-object.ts";
import type { TrustRoot } from "../../manifest/trust-root.ts";
import { jobFailed } from "../command-error.ts";
import { trustFor, withReleases } from "./release-stores.ts";

/** Throws CommandError, StoreError. */
export function admitRoot(data: string, file: string, claimed: TrustRoot, crypto: CryptoProvider, now: number): void {
  const bytes = new Uint8Array(readFileSync(file));
  const { makers } = trustFor(data, claimed.product, crypto);
  const opened = open(SIGNED_TRUST_ROOT, bytes, () => makers);
  if (!opened.ok) throw jobFailed(`${file} is not admitted: ${opened.error.reason}: ${opened.error.detail}`);
  if (1_000 * claimed.notAfter < now) throw jobFailed(`${file} is not admitted: its time has ended`);
  withReleases(data, (store) => store.addTrustRoot(bytes, now));
}
