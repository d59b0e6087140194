// What `inspect` says of a COSE_Sign1 of ours: a native manifest or a trust root, whoever signed it.

import { toHex } from "../../base/bytes.ts";
import { decodeSign1 } from "../../manifest/cose-sign1.ts";
import { decodeNativeManifest, type NativeManifest } from "../../manifest/native-manifest.ts";
import { decodeTrustRoot, type TrustRoot } from "../../manifest/trust-root.ts";
import { encryptionLine, encryptionReport } from "./encryption-words.ts";
import type { ExplainedEnvelope } from "./envelope-words.ts";
import { timeWords } from "./time-words.ts";

/** Whether bytes begin as a COSE_Sign1 of ours does: its tag, and an array of four. */
export function isSign1(bytes: Uint8Array): boolean {
  return bytes[0] === 0xd2 && bytes[1] === 0x84;
}

export function explainSign1(bytes: Uint8Array): ExplainedEnvelope {
  const sign1 = decodeSign1(bytes);
  if (!sign1.ok) return { lines: [], faults: [sign1.error.detail] };
  const { algorithm, kid, payload } = sign1.value;
  const signed = `signed with ${algorithm} by the key ${toHex(kid)}…, not checked: that takes the key (narrowboat verify)`;
  const manifest = decodeNativeManifest(payload);
  if (manifest.ok) return { lines: [signed, ...manifestLines(manifest.value)], faults: [] };
  const root = decodeTrustRoot(payload);
  if (root.ok) return { lines: [signed, ...rootLines(root.value)], faults: [] };
  return { lines: [signed], faults: [`neither a manifest (${manifest.error.reason}) nor a trust root`] };
}

function manifestLines(manifest: NativeManifest): string[] {
  const { product, version, sequenceNumber, path, size, sha256, notAfter, forRunning, securityCounter } = manifest;
  const { class: className, encryption } = manifest;
  return [
    `manifest of ${product} ${version}, with the sequence number ${sequenceNumber}`,
    `for ${className === undefined ? "every device of the product" : `the class ${className}`}`,
    ...(forRunning === undefined
      ? []
      : [`on devices that run the image with the SHA-256 ${toHex(forRunning)}: a way back`]),
    `image ${path}, ${size} bytes, SHA-256 ${toHex(sha256)}`,
    ...(securityCounter === undefined ? [] : [`with the security counter ${securityCounter}`]),
    ...(encryption === undefined ? [] : [`encrypted: ${encryptionLine(encryptionReport(encryption))}`]),
    notAfter === undefined ? "for ever" : `until ${timeWords(notAfter)}`,
  ];
}

function rootLines({ product, number, notAfter, keys, servers }: TrustRoot): string[] {
  return [
    `trust root of ${product}, number ${number}, until ${timeWords(notAfter)}`,
    ...keys.map(({ role, spki }) => `${role}: ${toHex(spki)}`),
    ...servers.map((server) => `at ${server}`),
  ];
}
