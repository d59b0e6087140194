// Whether a file is a trust root; what is done with one is in root-admission.ts.

import { readFileSync, statSync } from "node:fs";
import { decodeSign1 } from "../../manifest/cose-sign1.ts";
import { SIGNED_TRUST_ROOT } from "../../manifest/signed-object.ts";
import { decodeTrustRoot, type TrustRoot } from "../../manifest/trust-root.ts";

/** What the file of a trust root says, whoever signed it; undefined for any other file. */
export function claimedRoot(file: string): TrustRoot | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0 || size > SIGNED_TRUST_ROOT.lengthMax || !statSync(file).isFile()) return undefined;
  const sign1 = decodeSign1(readFileSync(file));
  const root = sign1.ok ? decodeTrustRoot(sign1.value.payload) : undefined;
  return root?.ok === true ? root.value : undefined;
}
