// RFC 9110 8.8.3 and 13.1.1: a tag of what was shown, so that whoever changes it changes what they saw.

import { createHash } from "node:crypto";

/** Characters of base64url: 96 bits. */
const TAG_LENGTH = 16;

/** Of a representation in JSON. */
export function entityTag(json: string): string {
  return `"${createHash("sha256").update(json).digest("base64url").slice(0, TAG_LENGTH)}"`;
}

/** Whether an If-Match header holds for this tag: strong comparison, so that a weak tag never does. */
export function isMatched(ifMatch: string, tag: string): boolean {
  const tags = ifMatch.split(",").map((one) => one.trim());
  return tags.includes("*") || tags.includes(tag);
}
