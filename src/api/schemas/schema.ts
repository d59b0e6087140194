// Words that the schemas share. They are JSON Schema for the document, the check of what comes in, and the types of TypeScript.

import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { PATH_LENGTH_MAX } from "../../firmware/image-name.ts";

/** An object without other members than these. */
export const CLOSED = { additionalProperties: false } as const;

export const NOTHING = Type.Object({}, CLOSED);

/** A member that may be absent; undefined means the same. */
export function absent<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(Type.Unsafe<Static<Schema> | undefined>(schema));
}

/** An array that nobody changes. */
export function list<Schema extends TSchema>(schema: Schema, options: { readonly maxItems?: number } = {}) {
  return Type.Unsafe<readonly Static<Schema>[]>(Type.Array(schema, options));
}

/** One of these words. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return Type.Unsafe<Words[number]>(Type.Union(words.map((word) => Type.Literal(word))));
}

/** Of a product, a group, a roll-out, a cell. */
export const Name = Type.String({ minLength: 1, maxLength: PATH_LENGTH_MAX });

export const Time = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "ms since 1970" });
export const FleetTime = Type.Number({
  description: "ms of the fleet's own time, which stands still while nobody serves",
});
export const Duration = Type.Integer({ minimum: 0, maximum: 10 * 365 * 86_400_000, description: "ms" });
export const Count = Type.Integer({ minimum: 0, maximum: 2 ** 31 });
export const Share = Type.Number({ minimum: 0, maximum: 1, description: "1 is all" });

/** Characters of a filter. */
export const WHERE_LENGTH_MAX = 1_024;
export const Where = Type.String({ minLength: 1, maxLength: WHERE_LENGTH_MAX, description: "A filter of devices" });

/** A query's values are text. */
export const LimitText = Type.String({ pattern: "^[1-9][0-9]{0,3}$", description: "1 to 1000; 100 when absent" });

/** Characters of a line that says why. */
export const Line = Type.String();
