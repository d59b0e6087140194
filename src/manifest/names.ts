// Names in our formats: product, version and class are each one segment of a path or the value of a query, and a product with
// a version is an image's name.

import type { FieldReader } from "../cbor/field-reader.ts";
import { imageNameFault, PATH_LENGTH_MAX } from "../firmware/image-name.ts";

/** Characters of a class's name; it is sent as `?c=NAME`. */
export const CLASS_NAME_LENGTH_MAX = 32;

/** Characters of a product's or a version's name, for a field: PATH_LENGTH_MAX bounds both together. */
export const NAME_LENGTH_MAX = PATH_LENGTH_MAX - "/fw//x".length;

const CLASS_NAME = /^[A-Za-z0-9._-]{1,32}$/;

/** What is wrong with a class's name, in one line that says what to do. */
export function classNameFault(name: string): string | undefined {
  if (CLASS_NAME.test(name)) return undefined;
  return `"${name}" is no name of a class: use 1 to ${CLASS_NAME_LENGTH_MAX} of A-Z a-z 0-9 . _ -`;
}

export function readClass(fields: FieldReader, key: number): string | undefined {
  const name = fields.optionalText(key, { min: 1, max: CLASS_NAME_LENGTH_MAX });
  if (name !== undefined && !CLASS_NAME.test(name)) fields.reject(key, "no name of a class");
  return name;
}

export function readProduct(fields: FieldReader, key: number): string {
  const product = fields.text(key, { min: 1, max: NAME_LENGTH_MAX });
  if (imageNameFault(product, "x") !== undefined) fields.reject(key, "no name of a product");
  return product;
}

export function readVersion(fields: FieldReader, key: number): string | undefined {
  const version = fields.optionalText(key, { min: 1, max: NAME_LENGTH_MAX });
  if (version !== undefined && imageNameFault("x", version) !== undefined) fields.reject(key, "no name of a version");
  return version;
}

const IMAGE_PATH = /^\/fw\/([^/]+)\/([^/]+)$/;

export function readImagePath(fields: FieldReader, key: number): string {
  const path = fields.text(key, { min: 1, max: PATH_LENGTH_MAX });
  const [, product = "", version = ""] = IMAGE_PATH.exec(path) ?? [];
  if (imageNameFault(product, version) !== undefined) fields.reject(key, "no path of an image");
  return path;
}
