import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measuredRows, quickBench } from "./bench-output.ts";

const scenes = suite("scenes");

function figuresOf(scene: string): Readonly<Record<string, readonly string[]>> {
  const rows = measuredRows(quickBench(scene));
  return Object.fromEntries(rows.map(({ id, figures }) => [id, figures.map(({ name }) => name)]));
}

scenes("idle: blocks beside sleepers, and what a sleeper takes", () => {
  const figures = figuresOf("idle");
  assert.ok(figures["idle.0.narrowboat"]?.includes("CPU µs per block"));
  assert.ok(figures["idle.20.narrowboat"]?.includes("bytes per idle session"));
});

scenes("busy-memory: what a session takes that fetches blocks", () => {
  assert.ok(figuresOf("busy-memory")["busy-memory.12.narrowboat"]?.includes("bytes per busy session"));
});

scenes("handshakes: what each costs, and how many there were", () => {
  const figures = figuresOf("handshakes");
  assert.equal(figures["handshakes.narrowboat"], ["CPU µs per handshake", "handshakes per second"]);
  assert.equal(figures["handshakes.narrowboat-off"], ["CPU µs per handshake", "handshakes per second"]);
});

scenes("flood: blocks and their latency, with and without handshakes beside them", () => {
  const latency = ["blocks per second", "p50 ms", "p95 ms", "p99 ms"];
  const figures = figuresOf("flood");
  assert.equal(figures["flood.narrowboat.calm"], latency);
  assert.equal(figures["flood.narrowboat"], [...latency, "handshakes per second"]);
});

scenes("start-up: ready in how long and with how much memory, after publishing and importing", () => {
  const figures = figuresOf("start-up");
  assert.equal(figures["start-up.narrowboat"], ["ready, s", "resident MB", "peak resident MB"]);
  assert.equal(figures["start-up.making"], ["publish, ms each", "import, s for all"]);
});

scenes("at-rest: blocks of an image that is sealed at rest, beside one in clear", () => {
  const figures = figuresOf("at-rest");
  for (const protocol of ["plain", "dtls"]) {
    for (const kind of ["clear", "sealed"]) {
      assert.ok(figures[`at-rest.${protocol}.${kind}`]?.includes("CPU µs per block"), `${protocol} ${kind}`);
    }
  }
});

scenes("large-store: blocks of all images are compared", () => {
  const figures = figuresOf("large-store");
  assert.equal(figures["large-store.far"], ["CPU µs per block", "blocks per second", "resident MB"]);
});

scenes("first-request: blocks and their latency, with and without a content that is digested beside them", () => {
  const figures = figuresOf("first-request");
  assert.equal(figures["first-request.calm"], ["blocks per second", "p50 ms", "p99 ms"]);
  assert.equal(figures["first-request.narrowboat"], ["blocks per second", "p50 ms", "p99 ms", "first answer s"]);
});

scenes("key-removal: blocks and their latency, with and without keys that are removed beside them", () => {
  const figures = figuresOf("key-removal");
  assert.equal(figures["key-removal.calm"], ["blocks per second", "p50 ms", "p99 ms"]);
  assert.equal(figures["key-removal.narrowboat"], ["blocks per second", "p50 ms", "p99 ms"]);
});

scenes("a scene that there is not is wrong use", () => {
  const { status, stderr } = quickBench("blocks.serial");
  assert.is(status, 1);
  assert.match(stderr, /nothing is called "blocks\.serial": there are blocks\.plain\.16\.64, /);
});

scenes.run();
