import { suite } from "uvu";
import * as assert from "uvu/assert";
import { quickBench } from "./bench-output.ts";

const blocks = suite("blocks");

for (const scene of ["blocks.plain.1024.64", "blocks.dtls.1024.64"]) {
  blocks(`${scene}: every server gets a row, with figures or with the reason why it has none`, () => {
    const { status, stderr, sections } = quickBench(scene);
    assert.is(status, 0, stderr);
    const rows = sections.flatMap((section) => section.rows);
    const ids = rows.map(({ id }) => id.slice(scene.length + 1));
    for (const id of ["narrowboat", "narrowboat-off", "libcoap-openssl"]) assert.ok(ids.includes(id), ids.join());
    for (const { id, figures, skipped } of rows) {
      if (skipped !== undefined) continue;
      assert.ok(figures.length >= 2, id);
      assert.ok(
        figures.every(({ values }) => values.length === 1 && values[0]! > 0),
        id,
      );
    }
  });
}

blocks("peers that are not installed are told of, and the rest is measured", () => {
  const { status, stdout, stderr, sections } = quickBench("blocks.dtls.16.64", {
    PATH: "",
    NARROWBOAT_REQUIRE_PEERS: "0",
  });
  assert.is(status, 0, stderr);
  assert.match(stdout, /skipped: coap-server-openssl not installed \(apt install libcoap3-bin\)/);
  const rows = sections[0]!.rows;
  assert.is(rows.find(({ id }) => id.endsWith(".narrowboat"))?.figures.length, 4);
});

blocks("where peers are required a missing one is an error", () => {
  const { status, stderr } = quickBench("blocks.dtls.16.64", { PATH: "", NARROWBOAT_REQUIRE_PEERS: "1" });
  assert.is(status, 1);
  assert.match(stderr, /coap-server-openssl not installed/);
});

blocks.run();
