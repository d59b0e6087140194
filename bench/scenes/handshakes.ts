// What a handshake costs the server: PSK with CCM_8, cookie included, and the close_notify that ends the session at once,
// so that no server drags the sessions of its past along.

import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Scene } from "../bench.ts";
import { cpuMicroseconds } from "../cpu-time.ts";
import type { Crowd } from "../load/crowd.ts";
import { HANDSHAKE_WINDOW } from "../load/device-crowd.ts";
import { Handshakes } from "../load/handshakes.ts";
import type { Row, Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import type { ContenderId, Target } from "../targets/target.ts";
import { alternate, type Measured, skippedRow, type Trial } from "../trial.ts";

const TITLE = "PSK handshakes, CCM_8";
const ID = "handshakes";
const SLICES = 3;
const CPU_PER_HANDSHAKE = "CPU µs per handshake";
const PER_SECOND = "handshakes per second";
const CONTENDERS: readonly ContenderId[] = ["narrowboat", "narrowboat-off", "libcoap-openssl"];
const REFERENCE: ContenderId = "libcoap-openssl";
const IDENTITY_COUNT = 1_000;
const DRAIN_LOOK_MS = 5;
const DRAIN_LIMIT_MS = 5_000;

export const handshakeScene: Scene = { id: ID, title: TITLE, run: measure };

async function measure(bench: Bench): Promise<Section> {
  const stage = new Stage(bench);
  const trials: Trial[] = [];
  const skipped: Row[] = [];
  try {
    for (const id of CONTENDERS) {
      const rowId = `${ID}.${id}`;
      const actor = await stage.start(id, IDENTITY_COUNT);
      if ("absence" in actor) {
        skipped.push(skippedRow(rowId, actor.title, actor.absence));
        continue;
      }
      const { contender, target } = actor;
      const flow = new HandshakeFlow(stage.crowd(target), target);
      trials.push({
        id: rowId,
        server: contender.title,
        run: () => flow.cost(bench.measureMs / SLICES),
        compared:
          id === REFERENCE
            ? []
            : [
                {
                  of: `${ID}.${REFERENCE}`,
                  figure: CPU_PER_HANDSHAKE,
                  ...(id === "narrowboat" && { limit: { atMost: 1 } }),
                },
              ],
      });
    }
    const turns = { runs: bench.runs, slices: SLICES, heat: !bench.quick };
    const rows = await alternate(trials, turns, (run) => bench.told(`handshakes: run ${run + 1} of ${bench.runs}`));
    return { title: TITLE, rows: [...rows, ...skipped] };
  } finally {
    await stage.close();
  }
}

/** One handshake after the other, a few at a time, each from a device that the server has not seen. */
class HandshakeFlow {
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
      [PER_SECOND]: (1000 * handshakes.connected) / ms,
    };
  }
}
