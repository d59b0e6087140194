// A NAT on the way of one device: the source port that the server sees, which changes after a time of silence. A downlink
// to a port that is no longer bound is dropped in silence (RFC 4787; what Connection IDs are for).

import { assert } from "../../src/base/assert.ts";
import { addMs, type Instant, instant } from "../../src/base/instant.ts";
import type { Prng } from "../prng.ts";

/** RFC 6056 3.2: a NAT takes its ports from these. */
const PORT_MIN = 1024;
const PORT_COUNT = 65_536 - PORT_MIN;

export class NatBinding {
  readonly #timeoutMs: number;
  readonly #random: Prng;
  #port: number | undefined;
  #expiresAt = instant(Number.NEGATIVE_INFINITY);
  #bindingCount = 0;

  /** Without a timeout a binding lasts until `rebind`. */
  constructor(timeoutSeconds: number | undefined, random: Prng) {
    assert(timeoutSeconds === undefined || timeoutSeconds > 0, "a NAT timeout is above 0");
    this.#timeoutMs = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : timeoutSeconds * 1000;
    this.#random = random;
  }

  /** How many ports the device has had. */
  get bindingCount(): number {
    return this.#bindingCount;
  }

  /** The source port of an uplink at `now`; a new one when the binding had expired. */
  portForUplink(now: Instant): number {
    if (!this.#isBound(now)) {
      this.#port = this.#freshPort();
      this.#bindingCount++;
    }
    this.#expiresAt = addMs(now, this.#timeoutMs);
    return this.#port!;
  }

  /** Whether a downlink to `port` reaches the device at `now`; one that does keeps the binding alive. */
  admitsDownlink(now: Instant, port: number): boolean {
    if (!this.#isBound(now) || port !== this.#port) return false;
    this.#expiresAt = addMs(now, this.#timeoutMs);
    return true;
  }

  /** Forgets the binding: the next uplink comes from another port. */
  rebind(): void {
    this.#expiresAt = instant(Number.NEGATIVE_INFINITY);
  }

  #isBound(now: Instant): boolean {
    return now < this.#expiresAt;
  }

  /** Never the port before, so that a rebinding is always seen. */
  #freshPort(): number {
    if (this.#port === undefined) return PORT_MIN + this.#random.below(PORT_COUNT);
    const step = 1 + this.#random.below(PORT_COUNT - 1);
    return PORT_MIN + ((this.#port - PORT_MIN + step) % PORT_COUNT);
  }
}
