// What a handshake costs the server: PSK with CCM_8, cookie included, and the close_notify that ends the session at once,
// so that no server drags the sessions of its past along.

import type { Bench, Scene } from "../bench.ts";
import { CPU_PER_HANDSHAKE, HandshakeFlow } from "../load/handshake-flow.ts";
import type { Row, Section } from "../report/row.ts";
import { Stage } from "../stage.ts";
import type { ContenderId } from "../targets/target.ts";
import { alternate, skippedRow, type Trial } from "../trial.ts";

const TITLE = "PSK handshakes, CCM_8";
const ID = "handshakes";
const SLICES = 3;
const CONTENDERS: readonly ContenderId[] = ["narrowboat", "narrowboat-off", "libcoap-openssl"];
const REFERENCE: ContenderId = "libcoap-openssl";
const IDENTITY_COUNT = 1_000;

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
