import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fits, matches } from "../../src/fleet/filter.ts";
import { FILTER_DEPTH_MAX, FILTER_LENGTH_MAX, filterFaultText, parseFilter } from "../../src/fleet/filter-parser.ts";
import { FleetScene, HOUR } from "../support/fleet-scene.ts";

const filters = suite("fleet/filter");

const scene = new FleetScene();
scene.checksIn("meter-17", {
  cell: "gateway-7",
  class: "outdoor",
  figures: new Map([
    [6, 7_200],
    [7, 1],
  ]),
});
scene.acts({ kind: "deviceSet", change: { attributes: { site: "test hall" } } }, "anna", "meter-17");
scene.now += 3 * HOUR;

function isMeant(text: string): boolean {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(filterFaultText(text, parsed.error));
  return matches(parsed.value, scene.devices.get("meter-17")!, scene.now);
}

filters("a device is meant or not", () => {
  const meant = [
    "product = meter",
    'version ~ "1.*"',
    "sequence >= 1 and sequence < 2",
    "silent > 2h and silent <= 3h",
    "uptime >= 120min",
    'tag.site = "test hall"',
    'tag.site in (lab, "test hall")',
    "not has tag.owner",
    "radio in (1, 2)",
    "id ~ meter-* and (class = indoor or class = outdoor)",
    "class = indoor or class = outdoor and cell = gateway-7",
    "state = idle",
    "tag.owner != anna",
  ];
  const others = [
    "product = pump",
    "version = 1",
    "not class = outdoor",
    "tag.owner = anna",
    "has rollout",
    "boots > 0",
    "(silent > 1d)",
  ];
  for (const text of meant) assert.ok(isMeant(text), text);
  for (const text of others) assert.not(isMeant(text), text);
});

filters("a pattern's stars stand for any text", () => {
  for (const [text, pattern] of [
    ["", "*"],
    ["abc", "a*c"],
    ["aXbXc", "a*b*c"],
    ["ab", "ab*"],
    ["aab", "*ab"],
  ] as const) {
    assert.ok(fits(text, pattern), `${text} ${pattern}`);
  }
  for (const [text, pattern] of [
    ["ab", "ab*b"],
    ["abd", "a*c"],
    ["ba", "a*"],
  ] as const)
    assert.not(fits(text, pattern));
});

filters("what is wrong is pointed at", () => {
  const faults = [
    ["", "expected a field", 0],
    ["colour = red", "expected a field", 0],
    ["product meter", 'expected = != ~ or "in", found "meter"', 8],
    ["sequence ~ 1", "expected = != <", 9],
    ["sequence = many", "expected a number", 11],
    ["silent > 3", "expected a duration such as 30min", 9],
    ["product = meter version = 1", 'expected "and", "or" or the end', 16],
    ["(product = meter", 'expected ")", found the end', 16],
    ['id = "open', 'expected a text that ends with "', 5],
    ["id = a & b", '"&" stands for nothing here', 7],
    ["id in ()", "expected a value", 7],
    [`${"(".repeat(FILTER_DEPTH_MAX + 1)}id = a`, "at most 16 deep", FILTER_DEPTH_MAX],
    [`id = ${"a".repeat(FILTER_LENGTH_MAX)}`, "at most 1024 characters", FILTER_LENGTH_MAX],
  ] as const;
  for (const [text, message, at] of faults) {
    const parsed = parseFilter(text);
    assert.not(parsed.ok, text);
    if (parsed.ok) continue;
    assert.match(parsed.error.message, message);
    assert.is(parsed.error.at, at, text);
  }
  const parsed = parseFilter("id = a & b");
  assert.is(
    !parsed.ok && filterFaultText("id = a & b", parsed.error),
    '"&" stands for nothing here, at character 8: id = a  >>> & b',
  );
});

filters.run();
