import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Campaign,
  type CampaignResult,
  campaignLimitSeconds,
  countsAtATime,
  jainsIndex,
  runCampaign,
} from "../../../sim/cell/campaign.ts";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { leastPhysicalLimitSeconds } from "../../../sim/tune/physical-limit.ts";
import { CRYPTO } from "../../support/crypto.ts";

const campaign = suite("campaign");

function campaignOn(profile: string, changes: Partial<Campaign> = {}): Campaign {
  const combination = {
    profile: profileNamed(profile),
    imageLength: 2048,
    dialect: "own",
    blockSize: "auto",
    ackTimeoutSeconds: 2,
    window: "auto",
  } as const;
  return { combination, deviceCount: 6, spreadSeconds: 0, atATime: 6, ...changes };
}

function resultOf(profile: string, changes: Partial<Campaign> = {}): CampaignResult {
  return runCampaign(CRYPTO, campaignOn(profile, changes), 1, () => {});
}

campaign("numbers at a time: one, two, five and so on, and all", () => {
  assert.equal(countsAtATime(1), [1]);
  assert.equal(countsAtATime(20), [1, 2, 5, 10, 20]);
  assert.equal(countsAtATime(500), [1, 2, 5, 10, 20, 50, 100, 200, 500]);
});

campaign("Jain's index: 1 where all are alike, 1 / n where one has everything, 0 where nobody has anything", () => {
  assert.equal([jainsIndex([3, 3, 3]), jainsIndex([5, 0, 0, 0]), jainsIndex([0, 0])], [1, 0.25, 0]);
});

campaign("one at a time on an ideal link: each begins when the one before it has ended", () => {
  const { half, p95, last, deviceSeconds, fairness } = resultOf("ideal:rtt=1s", { atATime: 1 });
  const update = deviceSeconds.p50!;
  assert.ok(Math.abs(last - 6 * update) < 1e-6, `${last} s for six of ${update} s`);
  assert.ok(Math.abs(half! - 3 * update) < 1e-6);
  assert.is(p95, last);
  assert.is(fairness, 1);
});

campaign("all at a time on a channel that costs nothing: all end when one alone does", () => {
  const { last, deviceSeconds } = resultOf("ideal:rtt=1s");
  assert.is(last, deviceSeconds.p50);
});

campaign("devices that come later than one takes do not wait for each other", () => {
  const { last, deviceSeconds } = resultOf("ideal:rtt=1s", { spreadSeconds: 600, atATime: 1 });
  assert.ok(Math.abs(last - (500 + deviceSeconds.p50!)) < 1e-6, `${last}`);
});

campaign("one channel carries one frame at a time, and no campaign is faster than that", () => {
  const { airtimeShare, last, completed } = resultOf("ideal:rtt=1s,rate=4000");
  assert.is(completed, 6);
  assert.ok(airtimeShare.up + airtimeShare.down <= 1, JSON.stringify(airtimeShare));
  assert.ok(airtimeShare.up + airtimeShare.down > 0.8, JSON.stringify(airtimeShare));
  assert.ok(last > campaignLimitSeconds(campaignOn("ideal:rtt=1s,rate=4000")));
});

campaign("the limit: all blocks over one channel, or the last device comes and takes its own time", () => {
  const profile = profileNamed("nb-iot-ce1");
  const [many, one] = [leastPhysicalLimitSeconds(profile, 6 * 2048), leastPhysicalLimitSeconds(profile, 2048)];
  assert.is(campaignLimitSeconds(campaignOn("nb-iot-ce1")), many);
  assert.is(campaignLimitSeconds(campaignOn("nb-iot-ce1", { spreadSeconds: 6000 })), 5000 + one);
});

campaign("class A: while one device waits for its window others use the channel, so that their limit is lower", () => {
  const [alone, six] = [1, 6].map((deviceCount) =>
    campaignLimitSeconds(campaignOn("lorawan-eu868-dr5-a", { deviceCount })),
  );
  assert.ok(six! < 5 * alone!, `${six} s, ${alone} s alone`);
});

campaign("what must end later than it may is cut short as soon as the rest of the blocks cannot cross in time", () => {
  const whole = resultOf("ideal:rtt=1s,rate=4000", { atATime: 1 });
  const { cutShort, last, completed, p95, airtimeShare } = resultOf("ideal:rtt=1s,rate=4000", {
    atATime: 1,
    bound: { seconds: 0.9 * whole.last, failures: 0 },
  });
  assert.equal([whole.cutShort, whole.completed, whole.failure], [undefined, 6, ""]);
  assert.equal([cutShort, p95], ["later", undefined]);
  assert.ok(completed < 6);
  assert.ok(last > 0.9 * whole.last && last <= whole.last, `${last} s of ${whole.last}`);
  const shares = [airtimeShare, whole.airtimeShare].map(({ up, down }) => up + down);
  assert.ok(Math.abs(shares[0]! - shares[1]!) < 0.1, String(shares));
});

campaign("what is within its bound is run to its end, to the last bit", () => {
  const bound = { seconds: 1e6, failures: 6 };
  assert.equal(resultOf("nb-iot-ce1", { bound }), resultOf("nb-iot-ce1"));
});

campaign("more failures than may be cut a campaign short, while others wait", () => {
  const { cutShort, completed } = resultOf("bernoulli:loss=100%", {
    atATime: 1,
    bound: { seconds: 1e9, failures: 2 },
  });
  assert.equal([cutShort, completed], ["fewer", 0]);
});

campaign("devices that fail are counted with their reason, and all devices are told of", () => {
  let ended = 0;
  const result = runCampaign(CRYPTO, campaignOn("bernoulli:loss=100%", { atATime: 2 }), 1, (count) => {
    ended += count;
  });
  assert.equal([result.completed, result.half, result.fairness, ended], [0, undefined, 0, 6]);
  assert.match(result.failure, /^handshake: timeout/);
});

/** A mesh that loses nothing. */
function meshOf(hopCount: number): LinkProfile {
  const profile = profileNamed("6lowpan-3hop:loss=0");
  const direction = { ...profile.up, radio: { ...profile.up.radio, hopCount } as LinkProfile["up"]["radio"] };
  return { ...profile, up: direction, down: direction };
}

campaign("a mesh: bytes are those of the device's own hop, and the channel is taken by all hops", () => {
  const [one, three] = [1, 3].map((hopCount) => {
    const changes = { combination: { ...campaignOn("ideal").combination, profile: meshOf(hopCount) } };
    return resultOf("ideal", { deviceCount: 1, atATime: 1, ...changes });
  });
  // The window that our device finds differs a little, and so does the number of its requests.
  const times = (figure: (result: CampaignResult) => number) => figure(three!) / figure(one!);
  const channelSeconds = ({ airtimeShare, last }: CampaignResult) => (airtimeShare.up + airtimeShare.down) * last;
  assert.ok(Math.abs(times(({ bytesPerDevice }) => bytesPerDevice.mean) - 1) < 0.05);
  assert.ok(Math.abs(times(channelSeconds) - 3) < 0.15);
});

campaign.run();
