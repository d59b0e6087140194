import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resourcePath } from "../../src/server/resource-path.ts";

const path = suite("resource-path");

path("segments and queries of their own pass as they are", () => {
  assert.equal(resourcePath(["fw", "hub", "1.0"], ["offset=5"]), {
    segments: ["fw", "hub", "1.0"],
    queries: ["offset=5"],
  });
});

path("nRF Connect SDK's query in the last segment is a query", () => {
  assert.equal(resourcePath(["fw", "hub", "1.0?offset=5&length=7"], []), {
    segments: ["fw", "hub", "1.0"],
    queries: ["offset=5", "length=7"],
  });
});

path("Golioth's path in one segment is split at its slashes", () => {
  assert.equal(resourcePath(["fw/hub/1.0"], []), { segments: ["fw", "hub", "1.0"], queries: [] });
});

path("empty segments are no segments", () => {
  for (const written of [
    ["", "fw", "hub", "1.0"],
    ["fw", "hub", "1.0", ""],
    ["/fw//hub/1.0/"],
    ["fw", "", "hub/1.0"],
  ]) {
    assert.equal(resourcePath(written, []).segments, ["fw", "hub", "1.0"]);
  }
});

path("a query in the path stands before those of Uri-Query", () => {
  assert.equal(resourcePath(["fw", "hub", "1.0?a=1"], ["b=2"]).queries, ["a=1", "b=2"]);
});

path("what follows the first question mark is query, slashes and all", () => {
  assert.equal(resourcePath(["fw/hub/1.0?a=b/c?d"], []), { segments: ["fw", "hub", "1.0"], queries: ["a=b/c?d"] });
});

path("RFC 7252 6.5: no path at all is the root", () => {
  assert.equal(resourcePath([], []), { segments: [], queries: [] });
  assert.equal(resourcePath([""], []), { segments: [], queries: [] });
});

path.run();
