// ImageSlot over flash of a test, for the resource that FirmwarePair's devices ask for or for another one.

import { peerAddress } from "../../src/base/peer-address.ts";
import { parseCoapUri } from "../../src/coap/coap-uri.ts";
import type { Flash } from "../../src/device/flash.ts";
import { ImageSlot, type ImageSlotInput } from "../../src/device/image-slot.ts";
import { resourceName } from "../../src/device/resource-name.ts";
import { CRYPTO } from "./crypto.ts";

/** In the words of ImageSlot: what a device takes `uri`, whose host is an address, for. */
export function resourceAt(uri: string): Uint8Array {
  const parsed = parseCoapUri(uri);
  if (!parsed.ok) throw new Error(parsed.error);
  const { scheme, host, port, path, queries } = parsed.value;
  return resourceName(CRYPTO, { scheme, host: undefined, server: peerAddress(host, port), path, queries });
}

export const RESOURCE = resourceAt("coaps://192.0.2.99/fw/hub/1.0");

export function imageSlot(slot: Flash, progress: Flash, input: Partial<ImageSlotInput> = {}): ImageSlot {
  return new ImageSlot({ slot, progress, crypto: CRYPTO, resource: RESOURCE, ...input });
}
