// A trust root that was signed elsewhere is admitted when a key that is trusted for its product has signed it.

import { readFileSync, statSync } from "node:fs";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { decodeSign1 } from "../../manifest/cose-sign1.ts";
import { open, SIGNED_TRUST_ROOT } from "../../manifest/signed-object.ts";
import { decodeTrustRoot, type TrustRoot } from "../../manifest/trust-root.ts";
import { jobFailed } from "../command-error.ts";
import { trustFor, withReleases } from "./release-stores.ts";

/** What the file of a trust root says, whoever signed it; undefined for any other file. */
export function claimedRoot(file: string): TrustRoot | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > SIGNED_TRUST_ROOT.lengthMax || !statSync(file).isFile()) return undefined;
  const sign1 = decodeSign1(readFileSync(file));
  const root = sign1.ok ? decodeTrustRoot(sign1.value.payload) : undefined;
  return root?.ok === true ? root.value : undefined;
}

/** Throws CommandError, StoreError. */
export function admitRoot(data: string, file: string, claimed: TrustRoot, crypto: CryptoProvider, now: number): void {
  const bytes = new Uint8Array(readFileSync(file));
  const { makers } = trustFor(data, claimed.product, crypto);
  const opened = open(SIGNED_TRUST_ROOT, bytes, () => makers);
  if (!opened.ok) throw jobFailed(`${file} is not admitted: ${opened.error.reason}: ${opened.error.detail}`);
  if (1_000 * claimed.notAfter < now) throw jobFailed(`${file} is not admitted: its time has ended`);
  withReleases(data, (store) => store.addTrustRoot(bytes, now));
}
