// How an image is encrypted on the way, and for whom: as an object, and in words.

import { toHex } from "../../base/bytes.ts";
import { decodeEncryptionInfo } from "../../manifest/cose-encrypt.ts";
import type { ImageEncryption } from "../../manifest/native-manifest.ts";

const ALGORITHMS = { a128gcm: "AES-128-GCM", a128ctr: "AES-128-CTR" } as const;
const WRAPPINGS = { ecdhEs: "ECDH-ES+A128KW", a128kw: "A128KW" } as const;

export function encryptionReport({ info: bytes, size, sha256 }: ImageEncryption) {
  const info = decodeEncryptionInfo(bytes);
  const { algorithm, recipients = [] } = info.ok ? info.value : {};
  return {
    algorithm: algorithm === undefined ? null : ALGORITHMS[algorithm],
    size,
    sha256: toHex(sha256),
    wrapped: recipients.map(({ kind, kid }) => ({ by: WRAPPINGS[kind], keyId: kid === undefined ? null : toHex(kid) })),
  };
}

export type EncryptionReport = ReturnType<typeof encryptionReport>;

/** "AES-128-GCM, 102448 bytes on the way, its key wrapped for 1c09b0adf2e378a4 (ECDH-ES+A128KW)". */
export function encryptionLine({ algorithm, size, wrapped }: EncryptionReport): string {
  const keys = wrapped.map(({ by, keyId }) => `${keyId ?? "a key without a name"} (${by})`);
  return `${algorithm ?? "nobody knows how"}, ${size} bytes on the way, its key wrapped for ${keys.join(" and ")}`;
}
