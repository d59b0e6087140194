// The image that a way back leads to: one that was published here, whose security counter lets it be installed again.

import { existsSync } from "node:fs";
import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import { equal } from "../../base/bytes.ts";
import { imagePath } from "../../firmware/image-name.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { withReleases } from "./release-stores.ts";
import type { ReleaseContent, ReleasedImage } from "./signed-parts.ts";
import { endOfDay } from "./trust-root-due.ts";

export function parseDays(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= 3_650) return days;
  throw wrongUse(`"${text}" is no number of days: use 1 to 3650`);
}

export function parseSequenceNumber(text: string): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && Number.isSafeInteger(number + 1)) return number;
  throw wrongUse(`"${text}" is no sequence number: use a whole number from 1 on`);
}

export interface WayBackRequest {
  readonly data: string | undefined;
  readonly product: string;
  /** Of the release; all of the product's when absent. */
  readonly class?: string | undefined;
  readonly version: string;
  /** The image that devices would come from. */
  readonly from: ReleasedImage;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Throws CommandError. */
export function wayBackTo(request: WayBackRequest, days: number): NonNullable<ReleaseContent["wayBack"]> {
  const { product, version, from, now } = request;
  const image = olderImage(request);
  if (equal(image.sha256, from.sha256))
    throw wrongUse(`${product} ${version} is the same image: a way back leads to another`);
  const [before, after] = [image.securityCounter ?? 0, from.securityCounter ?? 0];
  if (before < after) {
    throw jobFailed(
      `${product} ${version} has the security counter ${before}, and the new image ${after}: no bootloader that has seen that ` +
        `takes ${version} again, so build it anew with ${after}, publish it, and name that as the way back`,
    );
  }
  return { image, notAfter: endOfDay(now, days) };
}

function olderImage({ data, product, class: className, version }: WayBackRequest): ReleasedImage {
  const record = data === undefined || !existsSync(data) ? undefined : publishedIn(data, product, version);
  if (data === undefined || record === undefined) {
    throw jobFailed(`${imagePath(product, version)} is not published here: a way back leads to an image that is`);
  }
  const { sha256, length } = record;
  const path = imagePath(product, version);
  const releases = withReleases(data, (store) => store.releases.ofVersion(product, version));
  const ofRecord = releases.filter(({ content }) => equal((content.encryption ?? content).sha256, sha256));
  const encrypted = ofRecord.filter(({ content }) => content.encryption !== undefined);
  if (encrypted.length === 0) {
    return { version, sha256, size: length, path, securityCounter: ofRecord[0]?.content.securityCounter };
  }
  // Its key was wrapped then, and nobody here can wrap it for others.
  const found = encrypted.find(({ content }) => content.class === undefined || content.class === className);
  if (found === undefined)
    throw jobFailed(`${path} is encrypted to other classes: a way back leads to what devices can read`);
  const { content } = found;
  return {
    version,
    sha256: content.sha256,
    size: content.size,
    path,
    securityCounter: content.securityCounter,
    encryption: content.encryption,
  };
}

function publishedIn(data: string, product: string, version: string) {
  const store = FirmwareStore.open(data);
  try {
    return store.list().find((image) => image.product === product && image.version === version);
  } finally {
    store.close();
  }
}
