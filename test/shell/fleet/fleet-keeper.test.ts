import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../../src/base/bytes.ts";
import type { FleetOutput } from "../../../src/fleet-store/fleet-intake.ts";
import type { ReportQuestion } from "../../../src/server/report-resource.ts";
import type { CheckInQuestion } from "../../../src/server/ticket-resource.ts";
import type { TransferNews } from "../../../src/server/transfers.ts";
import { FleetKeeper, INPUTS_AT_ONCE_MAX, INPUTS_WAITING_MAX } from "../../../src/shell/fleet/fleet-keeper.ts";
import { type FleetSink, FleetThread } from "../../../src/shell/fleet/fleet-thread.ts";
import { FleetScene, OPERATOR } from "../../fleet-store/scene.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { CHECK_IN, installReport } from "../../support/trust-scene.ts";

const test = suite("fleet-keeper");
const scratch = scratchDirectories(test);

const NEWEST = { kind: "newest", comeAgain: 60 } as const;

function report(number: number): ReportQuestion {
  const identity = toUtf8(`meter-${number}`);
  return { question: `report ${number}`, identity, device: identity, report: installReport(1) };
}

function checkIn(number: number): CheckInQuestion {
  return { question: `checkIn ${number}`, identity: toUtf8(`meter-${number}`), checkIn: CHECK_IN };
}

function news(percent: number): TransferNews {
  const image = {
    product: "pump",
    version: "1.3.0",
    length: 10_000,
    sha256: new Uint8Array(32),
    read: () => undefined,
  };
  return { kind: "progress", image, percent, blocks: 8, resends: 1, bytes: 4_000, seconds: 2 };
}

/** A keeper before a sink whose answers a test gives. */
class Bench {
  readonly taken: Parameters<FleetSink["take"]>[0][] = [];
  readonly said: string[] = [];
  readonly keeper: FleetKeeper;
  readonly #answers: ((outputs: readonly FleetOutput[] | string) => void)[] = [];

  constructor() {
    const sink: FleetSink = {
      isAwake: true,
      look: () => {},
      start: () => {},
      take: (inputs) => {
        this.taken.push(inputs);
        return new Promise((resolve) => this.#answers.push(resolve));
      },
      close: () => Promise.resolve(),
    };
    this.keeper = new FleetKeeper(sink, {
      decided: ({ question }, answer) =>
        this.said.push(`${question} ${typeof answer === "string" ? answer : answer.kind}`),
      settled: ({ question }, isKept) => this.said.push(`${question} ${isKept}`),
      recorded: () => {},
      faulty: (reason) => this.said.push(`faulty: ${reason}`),
      mended: () => this.said.push("mended"),
      failed: (error) => this.said.push(`failed: ${String(error)}`),
    });
  }

  get counts(): number[] {
    return this.taken.map(({ length }) => length);
  }

  /** What was taken first is committed, or lost. */
  async answered(lost?: string): Promise<void> {
    const inputs = this.taken[this.taken.length - this.#answers.length]!;
    this.#answers.shift()!(lost ?? inputs.map(({ kind }) => (kind === "checkIn" ? NEWEST : "kept")));
    await new Promise(setImmediate);
  }
}

test("what comes while the disk works goes together into the next transaction, and each has its own answer", async () => {
  const bench = new Bench();
  for (let number = 0; number < 3; number++) bench.keeper.checkIn(checkIn(number));
  bench.keeper.report(report(3));
  assert.equal([bench.counts, bench.said], [[1], []]);
  await bench.answered();
  assert.equal([bench.counts, bench.said], [[1, 3], ["checkIn 0 newest"]]);
  await bench.answered();
  assert.equal(bench.said, ["checkIn 0 newest", "checkIn 1 newest", "checkIn 2 newest", "report 3 true"]);
});

test(`${INPUTS_WAITING_MAX} wait, ${INPUTS_AT_ONCE_MAX} go at once, and one more is refused at once`, async () => {
  const bench = new Bench();
  for (let number = 0; number <= INPUTS_WAITING_MAX; number++) bench.keeper.checkIn(checkIn(number));
  assert.equal([bench.keeper.waitingCount, bench.said], [INPUTS_WAITING_MAX, []]);
  bench.keeper.checkIn(checkIn(9_998));
  bench.keeper.report(report(9_999));
  assert.equal(bench.said, ["checkIn 9998 unavailable", "report 9999 false"]);
  await bench.answered();
  assert.equal(bench.counts, [1, INPUTS_AT_ONCE_MAX]);
});

test("a disk that cannot be written is said once, nobody is told anything, and its mending is said", async () => {
  const bench = new Bench();
  for (const number of [1, 2, 3]) {
    bench.keeper.checkIn(checkIn(number));
    await bench.answered(number < 3 ? "full" : undefined);
  }
  const refused = ["faulty: full", "checkIn 1 unavailable", "checkIn 2 unavailable"];
  assert.equal(bench.said, [...refused, "mended", "checkIn 3 newest"]);
});

test(`of a transfer the newest progress alone goes over, of ${INPUTS_WAITING_MAX} devices at the most`, async () => {
  const bench = new Bench();
  bench.keeper.transferred(toUtf8("meter-1"), news(25));
  bench.keeper.transferred(toUtf8("meter-1"), news(50));
  assert.is(bench.taken.length, 0);
  bench.keeper.look();
  const progress = { version: "1.3.0", bytes: 5_000, size: 10_000, blocks: 8, resends: 1, blockSize: 512, seconds: 2 };
  assert.equal(bench.taken, [[{ kind: "progress", id: "meter-1", progress }]]);
  for (let number = 0; number <= INPUTS_WAITING_MAX; number++)
    bench.keeper.transferred(toUtf8(`m-${number}`), news(25));
  assert.is(bench.keeper.waitingCount, INPUTS_WAITING_MAX);
});

test("a thread decides, keeps reports, and has committed when it says so", async () => {
  const directory = scratch();
  const thread = new FleetThread(directory);
  thread.start(() => {});
  thread.look();
  assert.not(thread.isAwake);
  const identity = toUtf8("meter-7");
  const input = { kind: "checkIn", id: "meter-7", identity, scheme: "coaps", checkIn: CHECK_IN } as const;
  const answers = await thread.take([
    input,
    { kind: "report", id: "meter-7", device: identity, report: installReport(1) },
  ]);
  assert.equal([(answers[0] as { kind: string }).kind, answers[1]], ["newest", "kept"]);
  const scene = await FleetScene.open(directory);
  assert.is((await scene.inFile("meter-7"))?.running.version, "1.2.0");
  assert.is(await scene.store.reports.count(), 1);
  await scene.close();
  await thread.close();
});

test("a thread begins by itself when a command beside it has made a product", async () => {
  const directory = scratch();
  const thread = new FleetThread(directory);
  thread.start(() => {});
  thread.look();
  const scene = await FleetScene.open(directory);
  await scene.service.act(OPERATOR, { kind: "productSet", product: "pump", change: { approvals: 0 } });
  await scene.close();
  assert.not(thread.isAwake);
  thread.look();
  assert.ok(thread.isAwake);
  await thread.close();
});

test.run();
