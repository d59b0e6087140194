// A link profile: everything that a simulated access link is made of, as plain data, with the source of every figure.
// The same shape is the JSON form of one's own profile.

import * as v from "valibot";
import { delaySchema, meanDelay } from "../link/delay.ts";
import { lossSchema } from "../link/loss.ts";
import { outageSchema } from "../link/outage.ts";
import { radioSchema } from "../link/radio.ts";
import { hasRoomForFragments } from "../link/six-lowpan.ts";
import {
  capacityLength,
  count,
  fraction,
  group,
  joules,
  oneOf,
  positiveSeconds,
  seconds,
  volts,
  watts,
} from "./figure.ts";

/** Towards the server, or towards the device. */
export type Direction = "up" | "down";

const directionSchema = group({
  radio: radioSchema,
  loss: lossSchema,
  delay: delaySchema,
  /** Whether datagrams leave the link in the order in which they entered it. */
  inOrder: v.boolean("must be true or false"),
  /** The chance that a datagram that arrives does so twice. */
  duplication: v.exactOptional(fraction),
  /** What waits to be sent: at most so many datagrams, each at most so long. */
  queue: group({ countMax: count(1, 100_000), lifetimeSeconds: positiveSeconds }),
});

const profileSchema = group({
  name: v.pipe(
    v.string("must be text"),
    v.regex(/^[a-z0-9][a-z0-9.-]*$/, "must be lower-case letters, digits, - and ."),
  ),
  summary: v.string("must be text"),
  /** Why no CoAP firmware update can cross this link, where that is so. */
  cannotCarryCoap: v.exactOptional(v.string("must be text")),
  /** Half: sending and receiving take turns on one channel. */
  duplex: v.picklist(["half", "full"], "must be half or full"),
  ipVersion: oneOf(4, 6),
  /** The longest IP packet, in bytes before any header compression. */
  mtu: capacityLength,
  up: directionSchema,
  down: directionSchema,
  /** An idle device falls asleep; waking takes time, and the first datagram each way may be lost more easily. */
  sleep: v.exactOptional(
    group({
      idleSeconds: positiveSeconds,
      wakeSeconds: seconds,
      firstLoss: v.exactOptional(fraction),
      /**
       * An idle device looks every so often (DRX, or eDRX where it is long) whether the network has anything for it, and
       * for so long (T3324); then, as all the time without paging, a downlink waits for the next uplink (PSM).
       */
      paging: v.exactOptional(group({ everySeconds: positiveSeconds, forSeconds: positiveSeconds })),
    }),
  ),
  outage: v.exactOptional(outageSchema),
  /** A satellite that carries datagrams only while it passes: the first `openSeconds` of every `everySeconds`. */
  passes: v.exactOptional(group({ everySeconds: positiveSeconds, openSeconds: positiveSeconds })),
  /** LoRaWAN class A: a downlink only in RX1 or RX2 after an uplink. */
  classA: v.exactOptional(v.boolean("must be true or false")),
  /** RFC 9011 5.6.3, ACK-Always: each downlink fragment is acknowledged before the next one, and sent again without that. */
  ackAlways: v.exactOptional(v.boolean("must be true or false")),
  /** How long a NAT on the way keeps an idle binding. */
  natTimeoutSeconds: v.exactOptional(positiveSeconds),
  energy: group({
    transmitWatts: watts,
    receiveWatts: watts,
    /** On the mean while it waits for something to receive, in a state in which it might; as `receiveWatts` without it. */
    listenWatts: v.exactOptional(watts),
    /** While it can receive nothing; nothing without it. */
    offWatts: v.exactOptional(watts),
    wakeJoules: joules,
    /** Of the battery; without it joules are not counted in mAh. */
    supplyVolts: v.exactOptional(volts),
  }),
  /** Where figures are from: a path such as "up.radio", or "" for all others, to a source key or "assumption". */
  sources: v.record(v.string("must be text"), v.string("must be text")),
});

export type LinkProfile = v.InferOutput<typeof profileSchema>;
export type DirectionProfile = LinkProfile["up"];

/** A profile that an operator gave cannot be used; the message says what to change. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
}

/** The profile in a JSON text; throws ProfileError that names the field and what it may be. */
export function parseProfile(text: string): LinkProfile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ProfileError(`profile: not JSON: ${error instanceof Error ? error.message : error}`);
  }
  return checkedProfile(json);
}

/** `value` as a profile; throws ProfileError that names the field and what it may be. */
export function checkedProfile(value: unknown): LinkProfile {
  const result = v.safeParse(profileSchema, value, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    throw new ProfileError(`profile: ${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`);
  }
  checkTogether(result.output);
  return result.output;
}

/** What no field says alone. */
function checkTogether(profile: LinkProfile): void {
  for (const direction of ["up", "down"] as const) {
    const { radio, delay } = profile[direction];
    if (radio.kind === "lora" && radio.payloadLengthMax <= radio.fragmentHeaderLength) {
      throw new ProfileError(`profile: ${direction}.radio.payloadLengthMax: must be above fragmentHeaderLength`);
    }
    if (radio.kind === "mesh" && !hasRoomForFragments(radio)) {
      throw new ProfileError(`profile: ${direction}.radio.frameLengthMax: leaves no room for a fragment`);
    }
    if (delay.kind === "uniform" && delay.maxMs < delay.minMs) {
      throw new ProfileError(`profile: ${direction}.delay.maxMs: must not be below minMs`);
    }
  }
  if (profile.passes !== undefined && profile.passes.openSeconds > profile.passes.everySeconds) {
    throw new ProfileError("profile: passes.openSeconds: must not be above everySeconds");
  }
  const isLora = profile.up.radio.kind === "lora" && profile.down.radio.kind === "lora";
  for (const field of ["classA", "ackAlways"] as const) {
    if (profile[field] === true && !isLora) throw new ProfileError(`profile: ${field}: needs lora radios up and down`);
  }
}

/** The source of the figure at `path` ("up.loss.probability"): that of the nearest enclosing path that has one. */
export function sourceOf(profile: LinkProfile, path: string): string | undefined {
  for (let prefix = path; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")))) {
    const source = profile.sources[prefix];
    if (source !== undefined) return source;
  }
  return profile.sources[""];
}

/** IP and UDP headers before any compression, in bytes. */
export function ipHeaderLength(profile: LinkProfile): number {
  return profile.ipVersion === 4 ? 28 : 48;
}

/** The same link with each delay at its mean, never out and never asleep: what closed forms describe. Loss is kept. */
export function withoutJitter(profile: LinkProfile): LinkProfile {
  const { outage: _outage, sleep: _sleep, ...rest } = profile;
  return { ...rest, up: withMeanDelay(profile.up), down: withMeanDelay(profile.down) };
}

function withMeanDelay(direction: DirectionProfile): DirectionProfile {
  return { ...direction, delay: { kind: "fixed", ms: meanDelay(direction.delay) } };
}
