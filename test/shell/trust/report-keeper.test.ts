import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ReportStore } from "../../../src/release-store/report-store.ts";
import type { ReportQuestion } from "../../../src/server/report-resource.ts";
import {
  REPORTS_AT_ONCE_MAX,
  REPORTS_WAITING_MAX,
  ReportKeeper,
  type ReportSink,
  ReportThread,
} from "../../../src/shell/trust/report-keeper.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { installReport } from "../../support/trust-scene.ts";

const test = suite("report-keeper");
const scratch = scratchDirectories(test);

function question(number: number): ReportQuestion {
  const device = new Uint8Array(4);
  new DataView(device.buffer).setUint32(0, number);
  return { question: `report ${number}`, device, report: installReport(1) };
}

/** A keeper before a sink whose answers a test gives. */
class Bench {
  readonly asked: number[] = [];
  readonly said: string[] = [];
  readonly keeper: ReportKeeper;
  answers: ((lost: string | undefined) => void)[] = [];

  constructor() {
    const sink: ReportSink = {
      keep: (reports) => {
        this.asked.push(reports.length);
        return new Promise((resolve) => this.answers.push(resolve));
      },
      close: () => Promise.resolve(),
    };
    this.keeper = new ReportKeeper(sink, {
      settled: ({ question: name }, isKept) => this.said.push(`${name} ${isKept}`),
      faulty: (reason) => this.said.push(`faulty: ${reason}`),
      mended: () => this.said.push("mended"),
      failed: (error) => this.said.push(`failed: ${String(error)}`),
    });
  }

  async answered(lost?: string): Promise<void> {
    this.answers.shift()!(lost);
    await new Promise(setImmediate);
  }
}

test("what comes while the disk works goes together into the next transaction", async () => {
  const { keeper, asked, said, answered } = bound(new Bench());
  for (let number = 0; number < 5; number++) keeper.keep(question(number), 1);
  assert.equal([asked, said], [[1], []]);
  await answered();
  assert.equal([asked, said], [[1, 4], ["report 0 true"]]);
  await answered();
  assert.is(said.length, 5);
});

test(`${REPORTS_WAITING_MAX} reports wait, ${REPORTS_AT_ONCE_MAX} go at once, and one more is refused at once`, async () => {
  const { keeper, asked, said, answered } = bound(new Bench());
  for (let number = 0; number <= REPORTS_WAITING_MAX; number++) keeper.keep(question(number), 1);
  assert.equal([keeper.waitingCount, said], [REPORTS_WAITING_MAX, []]);
  keeper.keep(question(9_999), 1);
  assert.equal([keeper.waitingCount, said], [REPORTS_WAITING_MAX, ["report 9999 false"]]);
  await answered();
  assert.equal(asked, [1, REPORTS_AT_ONCE_MAX]);
});

test("a disk that cannot be written is said once, its reports are not kept, and its mending is said", async () => {
  const { keeper, said, answered } = bound(new Bench());
  for (const number of [1, 2, 3]) {
    keeper.keep(question(number), 1);
    await answered(number < 3 ? "full" : undefined);
  }
  assert.equal(said, ["faulty: full", "report 1 false", "report 2 false", "mended", "report 3 true"]);
});

test("a thread keeps reports in the store, and has written them when it says so", async () => {
  const directory = scratch();
  const thread = new ReportThread(directory);
  const { device, report } = question(7);
  assert.is(await thread.keep([{ device, report, receivedAt: 5 }]), undefined);
  const store = ReportStore.open(directory);
  assert.equal(store.list(10), [{ device, report: { ...report, reason: undefined, slot: undefined }, receivedAt: 5 }]);
  store.close();
  await thread.close();
});

/** Its methods for use by name. */
function bound(bench: Bench) {
  const { keeper, asked, said } = bench;
  return { keeper, asked, said, answered: (lost?: string) => bench.answered(lost) };
}

test.run();
