import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Window } from "../../src/fleet/window.ts";

const windows = suite("fleet/window");

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function windowOf(text: string): Window {
  const parsed = Window.parse(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The minutes at which it opens and closes between two moments, found by asking for each minute. */
function changes(text: string, from: string, until: string): readonly string[] {
  const window = windowOf(text);
  const found: string[] = [];
  let wasOpen = window.at(Date.parse(from)).isOpen;
  for (let at = Date.parse(from); at <= Date.parse(until); at += MINUTE) {
    const { isOpen } = window.at(at);
    if (isOpen !== wasOpen) found.push(`${isOpen ? "opens" : "closes"} ${new Date(at).toISOString().slice(5, 16)}`);
    wasOpen = isOpen;
  }
  return found;
}

windows("a night belongs to the day on which it begins", () => {
  assert.equal(changes("Fri 22:00-05:00", "2026-05-07T00:00Z", "2026-05-10T00:00Z"), [
    "opens 05-08T22:00",
    "closes 05-09T05:00",
  ]);
});

windows("days, several parts, and a week's end are as they are written", () => {
  assert.equal(changes("Sat-Sun 10:00-12:00; Wed 03:30-04:00 [UTC]", "2026-05-04T00:00Z", "2026-05-11T00:00Z"), [
    "opens 05-06T03:30",
    "closes 05-06T04:00",
    "opens 05-09T10:00",
    "closes 05-09T12:00",
    "opens 05-10T10:00",
    "closes 05-10T12:00",
  ]);
});

const SPRING = [
  // The clocks go from 02:00 to 03:00 at 01:00 UTC.
  ["Europe/Berlin", "01:30-03:30", "2026-03-28T22:00Z", ["opens 03-29T00:30", "closes 03-29T01:30"]],
  ["Europe/Berlin", "02:30-04:00", "2026-03-28T22:00Z", ["opens 03-29T01:00", "closes 03-29T02:00"]],
  ["Europe/Berlin", "22:00-02:30", "2026-03-28T12:00Z", ["opens 03-28T21:00", "closes 03-29T01:00"]],
  // Within the hour that is skipped: its whole length, at the change.
  ["Europe/Berlin", "02:10-02:50", "2026-03-28T22:00Z", ["opens 03-29T01:00", "closes 03-29T01:40"]],
  ["America/New_York", "02:30-04:00", "2026-03-08T00:00Z", ["opens 03-08T07:00", "closes 03-08T08:00"]],
  // By half an hour, at 15:30 UTC of the day before.
  ["Australia/Lord_Howe", "02:15-03:00", "2026-10-03T12:00Z", ["opens 10-03T15:30", "closes 10-03T16:00"]],
] as const;

const AUTUMN = [
  // 03:00 becomes 02:00 at 01:00 UTC: what comes twice counts the first time.
  ["Europe/Berlin", "02:30-03:30", "2026-10-24T22:30Z", ["opens 10-25T00:30", "closes 10-25T02:30"]],
  ["Europe/Berlin", "01:00-02:30", "2026-10-24T22:30Z", ["opens 10-24T23:00", "closes 10-25T00:30"]],
  ["America/New_York", "01:15-01:45", "2026-11-01T01:00Z", ["opens 11-01T05:15", "closes 11-01T05:45"]],
  ["Australia/Lord_Howe", "01:45-03:00", "2026-04-04T12:00Z", ["opens 04-04T14:45", "closes 04-04T16:30"]],
] as const;

for (const [zone, times, from, expected] of [...SPRING, ...AUTUMN]) {
  windows(`${times} in ${zone} over the clocks' change: ${expected.join(", ")}`, () => {
    const until = new Date(Date.parse(from) + 10 * HOUR).toISOString();
    assert.equal(
      changes(
        `${times} [${zone}]`,
        from,
        zone === "Europe/Berlin" && times.startsWith("22") ? "2026-03-29T06:00Z" : until,
      ),
      expected,
    );
  });
}

windows("a leap day is a day", () => {
  assert.equal(changes("Tue 10:00-11:00 [Asia/Tokyo]", "2028-02-28T00:00Z", "2028-03-02T00:00Z"), [
    "opens 02-29T01:00",
    "closes 02-29T02:00",
  ]);
});

windows("time within it is counted, closed hours left out", () => {
  const window = windowOf("Mon-Fri 22:00-05:00 [Europe/Berlin]");
  const monday = Date.parse("2026-05-04T00:00+02:00");
  assert.is(window.openWithin(monday, monday + 7 * 24 * HOUR), 5 * 7 * HOUR);
});

windows("what is asked at each check-in, this span and the next one, is found once", () => {
  const window = windowOf("Mon-Fri 22:00-05:00 [Europe/Berlin]");
  const closed = window.at(Date.parse("2026-05-04T12:00Z"));
  const open = window.at(closed.until);
  assert.is(window.at(Date.parse("2026-05-04T13:00Z")), closed);
  assert.is(window.at(closed.until), open);
});

windows("what is no window is refused in a line that shows one", () => {
  for (const text of [
    "",
    "22-05",
    "Mon-Fri",
    "Foo 10:00-11:00",
    "10:00-10:00",
    "25:00-26:00",
    "10:00-11:60",
    "Mon-Tue-Wed 10:00-11:00",
  ]) {
    const parsed = Window.parse(text);
    assert.not(parsed.ok, text);
    assert.match((parsed as { error: string }).error, "Mon-Fri 22:00-05:00 [Europe/Berlin]");
  }
  assert.match((Window.parse("10:00-11:00 [Mars/Base]") as { error: string }).error, "no time zone");
});

windows.run();
