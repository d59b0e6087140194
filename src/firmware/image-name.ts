// What an image is called: product and version, the last two segments of its path. Devices keep the path in small
// buffers and send each segment as a Uri-Path option, so the names need no escaping and the path has a maximum.

/** Characters of `/fw/<product>/<version>`. */
export const PATH_LENGTH_MAX = 64;

/** The path of an image's resource, RFC 7252 6.1. */
export interface ImageName {
  readonly product: string;
  readonly version: string;
}

export function imagePath(product: string, version: string): string {
  return `/fw/${product}/${version}`;
}

/**
 * What is wrong with a name, in one line that says what to do; undefined when both are 1 or more of A-Z a-z 0-9 . _ - and the
 * path is short enough.
 */
export function imageNameFault(product: string, version: string): string | undefined {
  return segmentFault("product", product) ?? segmentFault("version", version) ?? pathFault(imagePath(product, version));
}

function segmentFault(what: "product" | "version", text: string): string | undefined {
  if (text === "") return `the ${what} is empty: give it a name`;
  // RFC 3986 5.2.4: a client removes these two from the path before it asks.
  if (text === "." || text === "..") return `the ${what} cannot be "${text}": give it a name`;
  const stranger = /[^A-Za-z0-9._-]/u.exec(text)?.[0];
  if (stranger === undefined) return undefined;
  return `the ${what} ${JSON.stringify(text)} has the character ${JSON.stringify(stranger)}: use A-Z a-z 0-9 . _ -`;
}

function pathFault(path: string): string | undefined {
  const excess = path.length - PATH_LENGTH_MAX;
  if (excess <= 0) return undefined;
  return `the path ${path} has ${path.length} characters, and devices take ${PATH_LENGTH_MAX}: drop ${excess} of them`;
}
