// The fleet's plain values as JSON: what is undefined is null there, for an absent field and an undefined one are not the same
// to whoever compares two states field by field.

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (part === undefined ? null : part));
}

/** Gives back what `toJson` was given: nothing that this store wrote has another shape. */
export function fromJson<Value>(text: string): Value {
  return undefinedIn(JSON.parse(text)) as Value;
}

function undefinedIn(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== "object") return value;
  const parts = value as Record<string, unknown>;
  for (const key of Object.keys(parts)) parts[key] = undefinedIn(parts[key]);
  return parts;
}
