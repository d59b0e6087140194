// When a frame may begin, for one link: the device's sleep, outages, satellite passes, duty cycles, class A windows.
// The channel itself, which other frames may hold, is asked for after the gate.

import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { Prng } from "../prng.ts";
import type { Direction, LinkProfile } from "../profiles/profile.ts";
import { EMPTY_WINDOW_SYMBOL_COUNT, RECEIVE_DELAY1_MS, RECEIVE_DELAY2_MS, silenceAfter, symbolMs } from "./lora.ts";
import { OutageProcess } from "./outage.ts";
import type { Transmission } from "./radio.ts";
import type { SharedMedium } from "./shared-medium.ts";
import { Sleep } from "./sleep.ts";

/** When the gate opens; undefined: not before an uplink has been sent. */
export interface Opening {
  readonly at: Instant | undefined;
  /** How much of the wait the duty cycle demands, in milliseconds. */
  readonly dutyCycleMs: number;
}

const CLOSED: Opening = { at: undefined, dutyCycleMs: 0 };
const NEVER = instant(Number.NEGATIVE_INFINITY);

export class Gate {
  readonly sleep: Sleep | undefined;
  readonly #profile: LinkProfile;
  readonly #outage: OutageProcess | undefined;
  readonly #medium: SharedMedium;
  #deviceSilentUntil = NEVER;
  /** The turn in the network's duty cycle that the next downlink frame of this link has taken. */
  #networkTurn: Instant | undefined;
  /** The end of the uplink whose receive windows no downlink has used yet. */
  #windowsSince: Instant | undefined;
  /** Whether the downlink frame that began last did so in the first window. */
  #inFirstWindow = false;
  /** Class A windows in which no downlink began. */
  #emptyWindowCount = 0;

  constructor(profile: LinkProfile, medium: SharedMedium, random: Prng) {
    this.#profile = profile;
    this.#medium = medium;
    this.sleep = profile.sleep && new Sleep(profile.sleep, random.fork("sleep"));
    this.#outage = profile.outage && new OutageProcess(profile.outage, random.fork("outage"));
  }

  /** For a frame that will take the channel for `frameMs`; a later call for the same frame goes on where this one ended. */
  openAt(now: Instant, direction: Direction, frameMs: number): Opening {
    const awake = this.sleep === undefined ? now : this.sleep.openAt(now, direction);
    if (awake === undefined || (direction === "down" && this.#openAtReceiver(awake) === undefined)) return CLOSED;
    const silentUntil = direction === "up" ? this.#deviceSilentUntil : this.#networkSilentUntil(now, awake, frameMs);
    const dutyCycleMs = Math.max(0, silentUntil - now);
    let at: Instant | undefined = latest(awake, silentUntil);
    if (direction === "down") at = this.#openAtReceiver(at);
    if (at === undefined) return CLOSED;
    if (this.#outage !== undefined) at = latest(at, this.#outage.openAt(now));
    return { at: this.#passAt(at), dutyCycleMs };
  }

  /** Seconds for which class A windows were open for nothing; undefined of other classes. */
  get emptyWindowSeconds(): number | undefined {
    const { radio } = this.#profile.down;
    if (this.#profile.classA !== true || radio.kind !== "lora") return undefined;
    return (this.#emptyWindowCount * EMPTY_WINDOW_SYMBOL_COUNT * symbolMs(radio)) / 1000;
  }

  /** A frame begins at `start`: of a pair of receive windows only one is used, and the second not opened after the first. */
  handleStart(start: Instant, direction: Direction): void {
    if (direction === "up") return;
    this.#inFirstWindow = this.#windowsSince !== undefined && start < addMs(this.#windowsSince, RECEIVE_DELAY2_MS);
    if (this.#windowsSince !== undefined) this.#emptyWindowCount -= this.#inFirstWindow ? 2 : 1;
    this.#windowsSince = undefined;
    if (!this.#inFirstWindow) this.#networkTurn = undefined;
  }

  /** A frame has ended. */
  handleEnd(now: Instant, direction: Direction, { channelMs, arrived }: Transmission): void {
    this.sleep?.touch(now);
    // The first window is on the uplink's channel, and so in its band.
    const inFirstWindow = direction === "down" && this.#inFirstWindow;
    const { radio } = this.#profile[inFirstWindow ? "up" : direction];
    if (radio.kind === "lora" && radio.dutyCycle !== undefined) {
      const silentUntil = addMs(now, silenceAfter(channelMs, radio.dutyCycle));
      if (direction === "up") this.#deviceSilentUntil = silentUntil;
      else if (inFirstWindow) this.#medium.firstWindowSilentUntil = silentUntil;
      else this.#medium.silenceNetworkUntil(silentUntil);
    }
    if (direction === "up") this.#emptyWindowCount += 2;
    // A network that did not hear the uplink does not know of its windows.
    if (direction === "up" && arrived && this.#profile.classA === true) this.#windowsSince = now;
  }

  /** When the device listens: always, or in class A in the first receive window from `now` on that nothing has used. */
  #openAtReceiver(now: Instant): Instant | undefined {
    if (this.#profile.classA !== true) return now;
    if (this.#windowsSince === undefined) return undefined;
    const [rx1, rx2] = [addMs(this.#windowsSince, RECEIVE_DELAY1_MS), addMs(this.#windowsSince, RECEIVE_DELAY2_MS)];
    if (now <= rx1 && this.#medium.firstWindowSilentUntil <= rx1) return rx1;
    return now <= rx2 ? rx2 : undefined;
  }

  /** Until when the network's duty cycle lets nothing begin that would be for the window that comes next. */
  #networkSilentUntil(now: Instant, awake: Instant, frameMs: number): Instant {
    const since = this.#windowsSince;
    const isFirst = since !== undefined && this.#openAtReceiver(awake)! < addMs(since, RECEIVE_DELAY2_MS);
    return isFirst ? now : this.#networkTurnFor(now, frameMs);
  }

  #networkTurnFor(now: Instant, frameMs: number): Instant {
    const { radio } = this.#profile.down;
    if (radio.kind !== "lora" || radio.dutyCycle === undefined) return now;
    this.#networkTurn ??= this.#medium.takeNetworkTurn(now, frameMs + silenceAfter(frameMs, radio.dutyCycle));
    return this.#networkTurn;
  }

  #passAt(at: Instant): Instant {
    const { passes } = this.#profile;
    if (passes === undefined) return at;
    const everyMs = passes.everySeconds * 1000;
    const intoPass = at % everyMs;
    return intoPass < passes.openSeconds * 1000 ? at : addMs(at, everyMs - intoPass);
  }
}

function latest(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}
