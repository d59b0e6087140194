// What witnesses sign of a checkpoint (C2SP tlog-cosignature), as it rides with a proof: without their names, for a device knows
// their keys from its trust root, and a key's first bytes tell which one it is.

import { concat, equal } from "../base/bytes.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { publicKeyIn, type VerificationKey } from "../crypto/signature.ts";
import { COSIGNATURE_LENGTH, isCosignature, NoteKeyType, noteVerifier } from "./note-key.ts";
import { type NoteSignature, parseSignatures } from "./signed-note.ts";

export interface Cosignature {
  /** The first bytes of the id of the witness's key. */
  readonly kid: Uint8Array;
  /** The time in seconds since 1970, 8 bytes, and the signature, 64. */
  readonly signature: Uint8Array;
}

const KID_LENGTH = 8;
const PACKED_LENGTH = KID_LENGTH + COSIGNATURE_LENGTH;

/** That ride with one proof. */
export const COSIGNATURES_MAX = 8;

export const COSIGNATURES_LENGTH_MAX = COSIGNATURES_MAX * PACKED_LENGTH;

/** One after the other. */
export function packCosignatures(cosignatures: readonly Cosignature[]): Uint8Array {
  return concat(...cosignatures.flatMap(({ kid, signature }) => [kid, signature]));
}

/** The inverse; undefined for what is not whole. */
export function unpackCosignatures(bytes: Uint8Array): readonly Cosignature[] | undefined {
  if (bytes.length % PACKED_LENGTH !== 0 || bytes.length > COSIGNATURES_LENGTH_MAX) return undefined;
  return Array.from({ length: bytes.length / PACKED_LENGTH }, (_, i) => {
    const one = bytes.subarray(i * PACKED_LENGTH, (i + 1) * PACKED_LENGTH);
    return { kid: one.subarray(0, KID_LENGTH), signature: one.subarray(KID_LENGTH) };
  });
}

/** As it is packed, of a witness's line. */
export function cosignatureOf(keyId: Uint8Array, { signature }: NoteSignature): Cosignature {
  return { kid: keyId.subarray(0, KID_LENGTH), signature };
}

/** How many of the witnesses have signed this checkpoint; what names a key and is not by it counts for nothing. */
export function witnessCount(
  witnesses: readonly VerificationKey[],
  checkpointText: string,
  cosignatures: readonly Cosignature[],
): number {
  const hasSigned = (key: VerificationKey) =>
    cosignatures.some(
      ({ kid, signature }) =>
        equal(kid, key.keyId.subarray(0, KID_LENGTH)) && isCosignature(key, checkpointText, signature),
    );
  return witnesses.filter(hasSigned).length;
}

/** The line of the witness with this key in its answer; undefined where none is right. Its name is whatever it says. */
export function lineOfWitness(
  crypto: CryptoProvider,
  key: Pick<VerificationKey, "spki">,
  checkpointText: string,
  answer: string,
): NoteSignature | undefined {
  const lines = parseSignatures(answer);
  const publicKey = publicKeyIn(key.spki, "ed25519");
  if (!lines.ok || publicKey === undefined) return undefined;
  return lines.value.find(({ name, keyId, signature }) => {
    const verifier = noteVerifier(crypto, { name, type: NoteKeyType.COSIGNATURE, publicKey });
    return verifier !== undefined && equal(verifier.keyId, keyId) && verifier.verify(checkpointText, signature);
  });
}
