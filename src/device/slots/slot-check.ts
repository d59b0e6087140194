// Reads a slot once before it can be started: what came may not be what is there (time of check is time of use). Of an
// encrypted image the ciphertext is made anew on the way, with its tag: what then has the digest that was signed, and came, has
// the tag that came. Memory is that of one piece.

import { equal } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { ImageEncryption, NativeManifest } from "../../manifest/native-manifest.ts";
import type { OpenedPayload } from "../../manifest/opened-payload.ts";
import { type Refusal, refusal } from "../../manifest/reason.ts";
import type { Flash } from "../flash.ts";

/** Read at a time. */
const PIECE_LENGTH = 4_096;

/** What is to be installed. */
export interface Offer {
  readonly manifest: NativeManifest;
  /** What opens it where it comes encrypted; whoever has the offer wipes it. */
  readonly payload: OpenedPayload | undefined;
}

/** What is wrong with the image in a slot; undefined where it is what was offered. */
export function slotFault(crypto: CryptoProvider, slot: Flash, { manifest, payload }: Offer): Refusal | undefined {
  const { encryption } = manifest;
  if (encryption !== undefined && payload !== undefined) {
    return encryptedFault(crypto, slot, manifest, encryption, payload);
  }
  const hash = crypto.sha256Stream();
  forEachPiece(slot, manifest.size, (piece) => hash.update(piece));
  return equal(hash.digest(), manifest.sha256) ? undefined : storageFailed();
}

function encryptedFault(
  crypto: CryptoProvider,
  slot: Flash,
  { size, sha256 }: NativeManifest,
  encryption: ImageEncryption,
  payload: OpenedPayload,
): Refusal | undefined {
  const [image, ciphertext, sealing] = [crypto.sha256Stream(), crypto.sha256Stream(), payload.sealing()];
  forEachPiece(slot, size, (piece) => {
    image.update(piece);
    ciphertext.update(sealing.seal(piece));
  });
  const isTagRight = equal(ciphertext.clone().update(sealing.finish()).digest(), encryption.sha256);
  const isImageRight = equal(image.digest(), sha256);
  if (isTagRight && isImageRight) return undefined;
  // The same key there and back: what flash holds as it came gives what came, whatever the key.
  const asItCame = ciphertext.update(slot.read(size, payload.tagLength)).digest();
  if (!equal(asItCame, encryption.sha256)) return storageFailed();
  if (!isTagRight) return refusal("ciphertextWrong", "what came does not authenticate under the key that came with it");
  return refusal("digestDiffers", "what came decrypts to another image than the maker's");
}

function storageFailed(): Refusal {
  return refusal("storageFailed", "flash does not hold what was written to it");
}

function forEachPiece(slot: Flash, size: number, take: (piece: Uint8Array) => void): void {
  for (let at = 0; at < size; at += PIECE_LENGTH) take(slot.read(at, Math.min(PIECE_LENGTH, size - at)));
}
