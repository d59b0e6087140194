// What an image is called: product and version, the last two segments of its path. Devices keep the path in small
// buffers and send each segment as a Uri-Path option, so the names need no escaping and the path has a maximum.

import { StoreError } from "../src/store/store-error.ts";

/** Characters of `/fw/<product>/<version>`. */
export const PATH_LENGTH_MAX = 64;

/** The path of an image's resource, RFC 7252 6.1. */
export function imagePath(product: string, version: string): string {
  return `/fw/${product}/${version}`;
}

/** Throws StoreError "image-name" unless both are 1 or more of A-Z a-z 0-9 . _ - and the path is short enough. */
export function checkImageName(product: string, version: string): void {
  checkSegment("product", product);
  checkSegment("version", version);
  const path = imagePath(product, version);
  if (path.length > PATH_LENGTH_MAX) {
    const excess = path.length - PATH_LENGTH_MAX;
    refuse(
      `the path ${path} has ${path.length} characters, and devices take ${PATH_LENGTH_MAX}: drop ${excess} of them`,
    );
  }
}

function checkSegment(what: "product" | "version", text: string): void {
  if (text === "") refuse(`the ${what} is empty: give it a name`);
  // RFC 3986 5.2.4: a client removes these two from the path before it asks.
  if (text === "." || text === "..") refuse(`the ${what} cannot be "${text}": give it a name`);
  const stranger = /[^A-Za-z0-9._-]/u.exec(text)?.[0];
  if (stranger !== undefined) {
    refuse(`the ${what} ${JSON.stringify(text)} has the character ${JSON.stringify(stranger)}: use A-Z a-z 0-9 . _ -`);
  }
}

function refuse(message: string): never {
  throw new StoreError("image-name", message);
}
