// What `inspect` says of a SUIT envelope: who signed it as far as can be told without a key, and what it would have a device do.

import { latin1Of } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { signatureAlgorithm } from "../../manifest/cose-algorithm.ts";
import { authenticate, severedFault } from "../../manifest/suit/authentication.ts";
import { ManifestKey } from "../../manifest/suit/codes.ts";
import { decodeEnvelope, type Envelope, encodeEnvelope } from "../../manifest/suit/envelope.ts";
import {
  decodeManifest,
  decodeSeveredSequence,
  decodeSeveredText,
  encodeManifest,
  type Manifest,
} from "../../manifest/suit/manifest.ts";
import { explainManifest, type SeveredParts } from "./suit-words.ts";

export interface ExplainedEnvelope {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

export function explainEnvelope(crypto: CryptoProvider, bytes: Uint8Array): ExplainedEnvelope {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return { lines: [], faults: [envelope.error.reason] };
  const faults = digestFaults(crypto, envelope.value);
  const signed = signatureLine(envelope.value);
  const manifest = decodeManifest(envelope.value.manifest);
  if (!manifest.ok) return { lines: [signed], faults: [...faults, manifest.error.reason] };
  const severed = severedFault(crypto, envelope.value, manifest.value);
  if (severed !== undefined) faults.push(severed);
  const lines = explainManifest(manifest.value, partsOf(envelope.value, faults));
  const notes = isInOrder(envelope.value, manifest.value, bytes) ? [] : [OUT_OF_ORDER];
  return { lines: [signed, ...lines, ...notes], faults };
}

/** Without a key there is the digest alone to be wrong. */
function digestFaults(crypto: CryptoProvider, envelope: Envelope): string[] {
  const authenticated = authenticate(crypto, envelope, { verification: [] });
  return !authenticated.ok && authenticated.error.reason === "digestDiffers" ? [authenticated.error.detail] : [];
}

/** Section 8.1 of the draft; devices take it all the same. */
const OUT_OF_ORDER = "note: its maps or numbers are not encoded as the draft demands (8.1)";

function isInOrder(envelope: Envelope, manifest: Manifest, bytes: Uint8Array): boolean {
  return latin1Of(encodeEnvelope({ ...envelope, manifest: encodeManifest(manifest) })) === latin1Of(bytes);
}

function signatureLine({ blocks }: Envelope): string {
  if (blocks.length === 0) return "signed by nobody";
  const named = blocks.map(({ kind, algorithm }) =>
    kind === "mac0" ? `a MAC (algorithm ${algorithm})` : (signatureAlgorithm(algorithm) ?? `algorithm ${algorithm}`),
  );
  return `signed with ${named.join(" and ")}, not checked: that takes the key`;
}

function partsOf({ severed }: Envelope, faults: string[]): SeveredParts {
  const sequences = new Map();
  let parts: SeveredParts = { sequences };
  for (const [key, bytes] of severed) {
    const decoded = key === ManifestKey.TEXT ? decodeSeveredText(bytes) : decodeSeveredSequence(bytes, key);
    if (!decoded.ok) faults.push(decoded.error.reason);
    else if (key === ManifestKey.TEXT) parts = { ...parts, text: decoded.value as NonNullable<SeveredParts["text"]> };
    else sequences.set(key, decoded.value);
  }
  return parts;
}
