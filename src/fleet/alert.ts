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
  /** A share (failureShare), a count (silentDevices: of devices that are silent for longer than the store was told), or ms. */
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

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Those that every fleet begins with, by name. */
export const FIRST_ALERT_RULES: ReadonlyMap<string, AlertRule> = new Map(
  (
    [
      ["failure-share", "failureShare", 0.05],
      ["stalled-phase", "stalledPhase", DAY_MS],
      ["slow-retrieval", "slowRetrieval", HOUR_MS],
      ["support-ending", "supportEnding", 90 * DAY_MS],
      ["log-behind", "logBehind", HOUR_MS / 6],
    ] as const
  ).map(([name, kind, threshold]) => [name, { name, kind, product: undefined, threshold }]),
);
