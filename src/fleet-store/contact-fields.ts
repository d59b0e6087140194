// What a device says of itself each time: written down with the next commit, and not waited for.

import type { Device } from "../fleet/device.ts";

const CONTACT_FIELDS = [
  "lastContactAt",
  "scheme",
  "cell",
  "radioLevel",
  "uptimeSeconds",
  "boots",
  "link",
  "transfer",
] as const satisfies readonly (keyof Device)[];

type ContactField = (typeof CONTACT_FIELDS)[number];

const IS_CONTACT: ReadonlySet<string> = new Set(CONTACT_FIELDS);

/** Whether nothing but contact was new. */
export function differsByContactAlone(before: Device, after: Device): boolean {
  for (const name of Object.keys(after) as (keyof Device)[]) {
    if (!IS_CONTACT.has(name) && !isSame(before[name], after[name])) return false;
  }
  return true;
}

/** `device` with the contact of `contacted`. */
export function withContactOf(device: Device, contacted: Device): Device {
  const contact = Object.fromEntries(CONTACT_FIELDS.map((name) => [name, contacted[name]]));
  return { ...device, ...(contact as Pick<Device, ContactField>) };
}

/** Of parts that have only plain values in them; others are the same object, or are taken to differ. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [mine, others] = [Object.entries(a), b as Record<string, unknown>];
  return mine.length === Object.keys(b).length && mine.every(([name, value]) => Object.is(value, others[name]));
}
