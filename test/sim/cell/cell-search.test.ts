import { suite } from "uvu";
import * as assert from "uvu/assert";
import { searchCell } from "../../../sim/cell/cell-search.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { CRYPTO } from "../../support/crypto.ts";

const search = suite("cell-search");

function cellOn(profile: string, deviceCount: number) {
  const combination = {
    profile: profileNamed(profile),
    imageLength: 1024,
    dialect: "own",
    blockSize: "auto",
    ackTimeoutSeconds: 5,
    window: "auto",
  } as const;
  return { combination, deviceCount, spreadSeconds: 0 };
}

function numbersTried(profile: string, deviceCount: number): readonly number[] {
  return searchCell(CRYPTO, cellOn(profile, deviceCount), 1, () => {}).map(({ campaign }) => campaign.atATime);
}

const SIXTY = searchCell(CRYPTO, cellOn("nb-iot-ce1", 60), 1, () => {});

search("on a channel that costs nothing every number is worth more than the one before it", () => {
  assert.equal(numbersTried("ideal:rtt=1s", 10), [1, 2, 5, 10]);
});

search("where more devices only make it later, larger numbers are left out, and all at once is not", () => {
  const numbers = SIXTY.map(({ campaign }) => campaign.atATime);
  assert.equal([numbers[0], numbers.at(-1)], [1, 60]);
  assert.ok(!numbers.includes(50), String(numbers));
});

search("of many devices a number that ends later by more than luck is cut short, of few by four times", () => {
  const boundsOf = (deviceCount: number) => {
    const [first, second] = searchCell(CRYPTO, cellOn("ideal:rtt=1s", deviceCount), 1, () => {});
    assert.is(first!.campaign.bound, undefined);
    return second!.campaign.bound!.seconds / first!.result.last;
  };
  assert.equal([boundsOf(2), boundsOf(25)], [4, 1.25]);
});

search("what was cut short, or ends late, is no candidate; of few devices all are", () => {
  const all = SIXTY.at(-1)!;
  assert.equal([all.campaign.atATime, all.result.cutShort, all.isCandidate], [60, "later", false]);
  assert.ok(SIXTY.some(({ isCandidate }) => isCandidate));
  assert.ok(searchCell(CRYPTO, cellOn("nb-iot-ce1", 5), 1, () => {}).every(({ isCandidate }) => isCandidate));
});

search("where no device gets the image, all numbers are tried", () => {
  assert.equal(numbersTried("bernoulli:loss=100%", 3), [1, 2, 3]);
});

search.run();
