import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Prng } from "../../../sim/prng.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { type Goal, type Recommendation, recommendationOf } from "../../../sim/tune/recommendation.ts";
import { type Combination, combinationsFor, type RunResult, runOnce, seedOfRun } from "../../../sim/tune/tune.ts";
import { CRYPTO } from "../../support/crypto.ts";

const recommendation = suite("recommendation");

/** Of 16, 32, 64 ... bytes. */
function combinationOf(place: number, more: Partial<Combination> = {}): Combination {
  const common = { imageLength: 102_400, dialect: "zephyr", ackTimeoutSeconds: 2, window: 1 } as const;
  return { ...common, profile: profileNamed("nb-iot-ce1"), blockSize: 16 << place, ...more };
}

function result(seconds: number, more: Partial<RunResult> = {}): RunResult {
  const counts = { bytesUp: 10, bytesDown: 100, bytesOtherHops: 0, requests: 7, needed: 2, spurious: 1 };
  return { completed: true, failure: "", seconds, energyJoules: 4, dutyCycleWaitSeconds: 0, ...counts, ...more };
}

const FAILED = result(1, { completed: false, failure: "unanswered" });

function recommended(results: readonly (readonly RunResult[])[], goal: Goal = "time"): Recommendation {
  return recommendationOf(
    results.map((_, place) => combinationOf(place)),
    results,
    goal,
  )!;
}

/** What 200 runs of one combination take: around `mean` seconds with a deviation of a tenth. */
function drawn(random: Prng, mean: number, more: Partial<RunResult> = {}, runs = 200): RunResult[] {
  return Array.from({ length: runs }, () => result(mean * (1 + 0.1 * random.normal()), more));
}

recommendation("the fastest is recommended, and sure", () => {
  const results = [30, 10, 20].map((seconds) => [result(seconds), result(seconds + 1)]);
  assert.equal(recommended(results), { place: 1, equals: [1], sureness: 1 });
});

recommendation("alone there is nothing to be sure of", () => {
  assert.equal(recommended([[result(30), FAILED]]), { place: 0, equals: [0], sureness: null });
});

recommendation("where no run arrived nothing is recommended", () => {
  assert.is(recommendationOf([combinationOf(0)], [[FAILED, FAILED]], "time"), undefined);
});

recommendation(
  "runs are compared pair by pair: what is always a little faster is told apart, however much luck differs",
  () => {
    const random = new Prng(1);
    const luck = Array.from({ length: 20 }, () => 100 + 300 * random.fraction());
    const cheap = luck.map((seconds) => result(1.04 * seconds));
    const dear = luck.map((seconds) => result(seconds, { bytesUp: 500 }));
    assert.equal(recommended([cheap, dear]), { place: 1, equals: [1], sureness: 1 });
    // Of other draws the same figures say nothing.
    assert.equal(recommended([cheap, dear.toReversed()]).equals, [0, 1]);
  },
);

recommendation("of those that cannot be told apart the cheapest in bytes is recommended, from every seed", () => {
  for (let seed = 0; seed < 6; seed++) {
    const random = new Prng(seed);
    const results = [drawn(random, 100, { bytesUp: 50 }), drawn(random, 100), drawn(random, 300, { bytesUp: 1 })];
    const { place, equals, sureness } = recommended(results);
    assert.equal([place, equals], [1, [0, 1]], `seed ${seed}`);
    assert.is(sureness, 1);
  }
});

recommendation("what differs by less than 2 % is never told apart, so that it is not the seed that decides", () => {
  const luck = Array.from({ length: 50 }, (_, i) => 100 + i);
  const results = [1.015, 1].map((factor, i) =>
    luck.map((seconds) => result(factor * seconds, { bytesUp: 10 + 90 * i })),
  );
  assert.equal(recommended(results), { place: 0, equals: [0, 1], sureness: 1 });
});

recommendation("of those that cost the same, the largest blocks and the longest timer send least often", () => {
  const same = [result(10), result(10)];
  assert.is(recommended([same, same, same]).place, 2);
  const timers = [9, 20, 5].map((ackTimeoutSeconds) => combinationOf(0, { ackTimeoutSeconds }));
  assert.is(recommendationOf(timers, [same, same, same], "time")!.place, 1);
  const windows = [1, 4].map((window) => combinationOf(0, { window }));
  assert.is(recommendationOf(windows, [same, same], "time")!.place, 0);
});

recommendation(
  "one that always ends goes before a faster one that does not, though but one run of 200 tells them apart",
  () => {
    const random = new Prng(2);
    const slow = drawn(random, 400);
    const fast = [...drawn(random, 100).slice(1), FAILED];
    assert.equal(recommended([slow, fast]), { place: 0, equals: [0], sureness: null });
  },
);

recommendation("where none always ends, luck in how often they end decides nothing", () => {
  const random = new Prng(3);
  const fast = [...drawn(random, 100).slice(6), ...Array.from({ length: 6 }, () => FAILED)];
  const slow = [...drawn(random, 400).slice(2), FAILED, FAILED];
  assert.is(recommended([slow, fast]).place, 1);
});

recommendation("where none always ends, one that seldom does is not recommended for its speed", () => {
  const random = new Prng(4);
  const fast = [...drawn(random, 100).slice(60), ...Array.from({ length: 60 }, () => FAILED)];
  const slow = [...drawn(random, 400).slice(2), FAILED, FAILED];
  assert.is(recommended([slow, fast]).place, 0);
});

for (const [goal, place] of [
  ["time", 0],
  ["p95", 1],
  ["energy", 2],
  ["bytes", 3],
] as const) {
  recommendation(`--goal ${goal} is what it is best by`, () => {
    const often = (usual: number, seldom: number, more: Partial<RunResult>) =>
      Array.from({ length: 40 }, (_, i) => result(i % 10 === 9 ? seldom : usual, more));
    const dear = { bytesUp: 50, energyJoules: 9 };
    const results = [
      often(10, 90, dear),
      often(20, 21, dear),
      often(30, 40, { ...dear, energyJoules: 1 }),
      often(30, 40, { ...dear, bytesUp: 1 }),
    ];
    assert.is(recommended(results, goal).place, place);
  });
}

recommendation(
  "RFC 7252 4.8: on nb-iot-ce1 blocks of 1024 bytes with 5 s and of 64 with 2 s are told apart from each seed",
  () => {
    const combinations = (
      [
        [64, 2],
        [1024, 5],
      ] as const
    ).flatMap(([blockSize, timeout]) =>
      combinationsFor({
        profiles: [profileNamed("nb-iot-ce1")],
        imageLength: 4096,
        dialect: "zephyr",
        blockSizes: [blockSize],
        ackTimeoutsSeconds: [timeout],
        windows: [],
      }),
    );
    for (const seed of [1, 2, 3]) {
      const results = combinations.map((combination) =>
        Array.from({ length: 4 }, (_, run) => runOnce(CRYPTO, combination, seedOfRun(seed, run))),
      );
      assert.equal(recommendationOf(combinations, results, "time"), { place: 1, equals: [1], sureness: 1 });
    }
  },
);

recommendation.run();
