// What is told of an image, out of what more is known of it.

import type { ImageDescription } from "./device-memory.ts";

export function imageOf({ sequenceNumber, version, sha256 }: ImageDescription): ImageDescription {
  return { sequenceNumber, version, sha256 };
}
