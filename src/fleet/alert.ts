// What is wrong and should be heard of. Rules are functions of the fleet and of what its store counted; an alert stands until
// its rule no longer finds it.

export const ALERT_KINDS = [
  "failureShare",
  "stalledPhase",
  "silentDevices",
  "slowRetrieval",
  "supportEnding",
  "logBehind",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface AlertRule {
  readonly name: string;
  readonly kind: AlertKind;
  /** Of one product alone. */
  readonly product: string | undefined;
  /** A share (failureShare), a count (silentDevices), or ms (the others). */
  readonly threshold: number;
}

export interface Alert {
  readonly rule: string;
  readonly kind: AlertKind;
  /** What it is about: a roll-out, a product, a device's pseudonym, or "" for the server. */
  readonly subject: string;
  readonly text: string;
  readonly since: number;
}
