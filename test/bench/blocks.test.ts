import { suite } from "uvu";
import * as assert from "uvu/assert";
import { houseRoot } from "../tidy/house.ts";
import { measuredRows, quickBench } from "./bench-output.ts";

const blocks = suite("blocks");

for (const scene of ["blocks.plain.1024.64", "blocks.dtls.1024.64"]) {
  blocks(`${scene}: every server gets a row, with figures or with the reason why it has none`, () => {
    const rows = measuredRows(quickBench(scene));
    for (const server of ["narrowboat", "narrowboat-off", "libcoap-openssl"]) {
      assert.ok(
        rows.some(({ id }) => id === `${scene}.${server}`),
        `no row for ${server}`,
      );
    }
  });
}

blocks("peers that are not installed are told of, and the rest is measured", () => {
  const output = quickBench("blocks.dtls.16.64", { PATH: "", NARROWBOAT_REQUIRE_PEERS: "0" });
  const rows = measuredRows(output);
  assert.match(output.stdout, /skipped: coap-server-openssl not installed \(apt install libcoap3-bin\)/);
  assert.is(rows.find(({ id }) => id.endsWith(".narrowboat"))?.figures.length, 4);
});

blocks("where peers are required a missing one is an error", () => {
  const { status, stderr } = quickBench("blocks.dtls.16.64", { PATH: "", NARROWBOAT_REQUIRE_PEERS: "1" });
  assert.is(status, 1);
  assert.match(stderr, /coap-server-openssl not installed/);
});

blocks("a built checkout of another commit stands beside ours, each way of ours beside the same way of its own", () => {
  const rows = measuredRows(quickBench("blocks.dtls.16.64", process.env, ["--earlier", houseRoot()]));
  for (const [ours, theirs] of [
    ["narrowboat", "earlier narrowboat"],
    ["narrowboat-off", "earlier narrowboat, native off"],
  ] as const) {
    const { comparisons } = rows.find(({ id }) => id.endsWith(`.${ours}`))!;
    const earlier = comparisons.filter((one) => one.with.startsWith("earlier"));
    assert.equal(
      earlier.map((one) => [one.with, one.limit]),
      [[theirs, { atMost: 1.05 }]],
    );
  }
});

blocks("a checkout that is not built is an error: somebody named it", () => {
  const env = { ...process.env, NARROWBOAT_REQUIRE_PEERS: "0" };
  const { status, stderr } = quickBench("blocks.dtls.16.64", env, ["--earlier", "nowhere"]);
  assert.is(status, 1);
  assert.match(stderr, /no built checkout in nowhere/);
});

blocks.run();
