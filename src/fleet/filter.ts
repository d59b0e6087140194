// Which devices are meant: what a person writes after `--where`, as a tree, and whether a device is one of them.

import type { AssignmentState } from "./assignment.ts";
import type { Device } from "./device.ts";

/** What a field holds: that decides which comparisons there are. */
export type FieldType = "text" | "number" | "duration";

/** The fields of a device, and in `tag.NAME` its attributes. */
export const FIELDS = {
  id: "text",
  product: "text",
  class: "text",
  version: "text",
  sequence: "number",
  slot: "number",
  scheme: "text",
  cell: "text",
  radio: "number",
  boots: "number",
  uptime: "duration",
  /** Of its assignment, or "idle". */
  state: "text",
  /** The roll-out of its assignment. */
  rollout: "text",
  /** Of its latest report. */
  reason: "text",
  /** Time since it was last heard of. */
  silent: "duration",
} as const satisfies Record<string, FieldType>;

export type FieldName = keyof typeof FIELDS;

export type Field = { readonly name: FieldName } | { readonly tag: string };

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~";

/** Durations are in ms; `~` has a pattern with `*` for any text. What a device does not have is equal to nothing. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | {
      readonly kind: "compare";
      readonly field: Field;
      readonly comparison: Comparison;
      readonly value: string | number;
    }
  | { readonly kind: "in"; readonly field: Field; readonly values: readonly (string | number)[] }
  | { readonly kind: "has"; readonly field: Field };

/** `now` in ms since 1970. */
export function matches(filter: Filter, device: Device, now: number): boolean {
  switch (filter.kind) {
    case "and":
      return filter.of.every((part) => matches(part, device, now));
    case "or":
      return filter.of.some((part) => matches(part, device, now));
    case "not":
      return !matches(filter.of, device, now);
    case "has":
      return valueIn(filter.field, device, now) !== undefined;
    case "in": {
      const value = valueIn(filter.field, device, now);
      return value !== undefined && filter.values.includes(value);
    }
    case "compare":
      return compares(valueIn(filter.field, device, now), filter.comparison, filter.value);
  }
}

function compares(value: string | number | undefined, comparison: Comparison, other: string | number): boolean {
  if (comparison === "!=") return value !== other;
  if (value === undefined) return false;
  switch (comparison) {
    case "=":
      return value === other;
    case "<":
      return value < other;
    case "<=":
      return value <= other;
    case ">":
      return value > other;
    case ">=":
      return value >= other;
    case "~":
      return fits(String(value), String(other));
  }
}

/** Whether `text` is `pattern`, in which each `*` stands for any text: the shortest that fits, from left to right. */
export function fits(text: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function valueIn(field: Field, device: Device, now: number): string | number | undefined {
  if ("tag" in field) {
    const { attributes } = device;
    return Object.hasOwn(attributes, field.tag) ? attributes[field.tag] : undefined;
  }
  switch (field.name) {
    case "id":
    case "product":
    case "class":
    case "scheme":
    case "cell":
    case "boots":
      return device[field.name];
    case "version":
      return device.running.version;
    case "sequence":
      return device.running.sequenceNumber;
    case "slot":
      return device.running.slot;
    case "radio":
      return device.radioLevel;
    case "uptime":
      return device.uptimeSeconds === undefined ? undefined : 1_000 * device.uptimeSeconds;
    case "state":
      return (device.assignment?.state ?? "idle") satisfies AssignmentState | "idle";
    case "rollout":
      return device.assignment?.rollout;
    case "reason":
      return device.report?.reason;
    case "silent":
      return now - device.lastContactAt;
  }
}
