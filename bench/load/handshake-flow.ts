// Handshakes one after the other, a few at a time, each from a device that the server has not seen; each session ends at
// once with close_notify, so that no server drags the sessions of its past along.

import { setTimeout as sleep } from "node:timers/promises";
import { cpuMicroseconds } from "../cpu-time.ts";
import type { Target } from "../targets/target.ts";
import type { Measured } from "../trial.ts";
import type { Crowd } from "./crowd.ts";
import { HANDSHAKE_WINDOW } from "./device-crowd.ts";
import { Handshakes } from "./handshakes.ts";

export const CPU_PER_HANDSHAKE = "CPU µs per handshake";
export const HANDSHAKES_PER_SECOND = "handshakes per second";

const DRAIN_LOOK_MS = 5;
const DRAIN_LIMIT_MS = 5_000;

export class HandshakeFlow {
  readonly #crowd: Crowd;
  readonly #target: Target;
  #nextDevice = 0;

  constructor(crowd: Crowd, target: Target) {
    this.#crowd = crowd;
    this.#target = target;
  }

  async cost(measureMs: number): Promise<Measured> {
    const { pid, coapsPort, identity, key } = this.#target;
    let running = true;
    const handshakes = new Handshakes(
      this.#crowd,
      { serverPort: coapsPort!, identity, key },
      (_device, _session, client) => {
        client.close();
        if (running) handshakes.begin(this.#nextDevice++);
      },
    );
    const [began, before] = [performance.now(), cpuMicroseconds(pid)];
    for (let i = 0; i < HANDSHAKE_WINDOW; i++) handshakes.begin(this.#nextDevice++);
    this.#crowd.flush();
    await sleep(measureMs);
    running = false;
    // To the end of all that began: only whole handshakes are counted.
    const until = performance.now() + DRAIN_LIMIT_MS;
    while (handshakes.size > 0 && performance.now() < until) await sleep(DRAIN_LOOK_MS);
    const [ms, cpu] = [performance.now() - began, cpuMicroseconds(pid) - before];
    handshakes.close();
    handshakes.check();
    if (handshakes.connected === 0) throw new Error("no handshake came to its end");
    return {
      [CPU_PER_HANDSHAKE]: cpu / handshakes.connected,
      [HANDSHAKES_PER_SECOND]: (1000 * handshakes.connected) / ms,
    };
  }
}
