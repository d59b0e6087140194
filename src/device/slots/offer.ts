// What a device checks before it downloads anything, in the order of draft-ietf-suit-manifest section 6: whose word it is,
// whether it is meant for this device, whether it is newer, whether it is fresh, whether there is room, and whether its key
// opens. The first that fails is the reason.

import { bytesOfLatin1, equal, toHex } from "../../base/bytes.ts";
import type { Instant } from "../../base/instant.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { decodeEncryptionInfo } from "../../manifest/cose-encrypt.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { type OpenedPayload, openPayload, tagLengthOf } from "../../manifest/opened-payload.ts";
import type { ContentKeyFault, OwnKey } from "../../manifest/payload-encryption.ts";
import { type Refusal, refusal } from "../../manifest/reason.ts";
import type { Ticket } from "../../manifest/ticket.ts";
import type { DeviceMemory } from "./device-memory.ts";

/** Who asks, and since when. */
export interface Asking {
  readonly product: string;
  readonly class: string | undefined;
  /** The first bytes of the SHA-256 of its identity. */
  readonly deviceName: Uint8Array;
  readonly nonce: Uint8Array;
  readonly askedAt: Instant;
  /** Bytes of the slot that the image would go to. */
  readonly slotLength: number;
}

/** Whether the manifest, whose signature holds, is for this device, newer than what it has, and not too old. */
export function checkManifest(
  manifest: NativeManifest,
  issued: number,
  memory: DeviceMemory,
  asking: Asking,
): Refusal | undefined {
  const { installed, attempts } = memory;
  const { sequenceNumber, securityCounter = 0, forRunning, notAfter } = manifest;
  if (manifest.product !== asking.product) {
    return refusal("anotherProduct", `for ${manifest.product}, and this is ${asking.product}`);
  }
  if (manifest.class !== undefined && manifest.class !== asking.class) {
    return refusal("anotherClass", `for the class ${manifest.class}, and this is ${asking.class ?? "of none"}`);
  }
  if (sequenceNumber <= installed.sequenceNumber) {
    return refusal("sequenceOld", `sequence number ${sequenceNumber}, and ${installed.sequenceNumber} is installed`);
  }
  if (attempts?.isOver === true && attempts.sequenceNumber === sequenceNumber) {
    return refusal(attempts.reason, `sequence number ${sequenceNumber} came to nothing before, and is tried no more`);
  }
  if (forRunning !== undefined && !(installed.sha256 && equal(forRunning, installed.sha256))) {
    return refusal("notForRunningImage", `a way back from the image ${toHex(forRunning.subarray(0, 8))}`);
  }
  if (securityCounter < memory.securityCounter) {
    return refusal("securityCounterLow", `counter ${securityCounter}, and ${memory.securityCounter} is reached`);
  }
  if (notAfter === undefined || issued <= notAfter) return undefined;
  return refusal("manifestExpired", `good until ${notAfter}, and it is ${issued} (seconds since 1970)`);
}

/** Whether a ticket, whose signature holds, is an answer to this device, to this question, and still good. */
export function checkTicket(now: Instant, ticket: Ticket, asking: Asking): Refusal | undefined {
  if (!equal(ticket.device, asking.deviceName)) {
    return refusal("anotherDevice", `a ticket for the device ${toHex(ticket.device)}`);
  }
  if (!equal(ticket.nonce, asking.nonce)) return refusal("nonceDiffers", "a ticket that answers another check-in");
  const ageSeconds = (now - asking.askedAt) / 1_000;
  if (ageSeconds <= ticket.lifetime) return undefined;
  return refusal("ticketExpired", `a ticket of ${ticket.lifetime} s, ${Math.round(ageSeconds)} s after the check-in`);
}

/** Whether the manifest is the one that the ticket offers. */
export function checkDigest(crypto: CryptoProvider, signedManifest: Uint8Array, ticket: Ticket): Refusal | undefined {
  const digest = bytesOfLatin1(crypto.sha256(signedManifest));
  if (ticket.manifestDigest !== undefined && equal(digest, ticket.manifestDigest)) return undefined;
  return refusal("manifestDiffers", `the manifest ${toHex(digest.subarray(0, 8))} is not the one of the ticket`);
}

/** Whether there is room: of an encrypted image for its tag too. */
export function checkSpace({ size, encryption }: NativeManifest, { slotLength }: Asking): Refusal | undefined {
  const needed = encryption?.size ?? size;
  return needed <= slotLength ? undefined : refusal("tooLarge", `${needed} bytes, and the slot takes ${slotLength}`);
}

/** What the image is decrypted with; undefined where it comes in clear. */
export function openEncryption(
  crypto: CryptoProvider,
  { size, encryption }: NativeManifest,
  key: OwnKey | undefined,
): Result<OpenedPayload | undefined, Refusal> {
  if (encryption === undefined) return ok(undefined);
  const info = decodeEncryptionInfo(encryption.info);
  if (!info.ok) return failed(refusal("malformed", info.error.reason));
  if (encryption.size !== size + tagLengthOf(info.value.algorithm)) {
    return failed(refusal("malformed", `${encryption.size} bytes encrypted are no image of ${size}`));
  }
  if (key === undefined) {
    return failed(refusal("noKeyForThisDevice", "it is encrypted, and this device has no key to open it"));
  }
  const payload = openPayload(crypto, info.value, key);
  return payload.ok ? payload : failed(KEY_REFUSALS[payload.error]);
}

const KEY_REFUSALS: Readonly<Record<ContentKeyFault, Refusal>> = {
  noKeyForThisDevice: refusal("noKeyForThisDevice", "it is encrypted, and for other keys than this device's"),
  keyWrong: refusal("contentKeyWrong", "it is encrypted, and its key does not open with this device's"),
};
