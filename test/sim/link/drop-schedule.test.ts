import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dropProcess, parseDropSchedule } from "../../../sim/link/drop-schedule.ts";
import { Prng } from "../../../sim/prng.ts";

const drops = suite("drop-schedule");

/** The numbers of those that are dropped of the first `count`. */
function dropped(text: string, count: number): number[] {
  const isDropped = dropProcess(parseDropSchedule(text), new Prng(1));
  return Array.from({ length: count }, (_, i) => i + 1).filter(() => isDropped());
}

drops("libcoap -l 3,5-7: these datagrams, counted from 1", () => {
  assert.equal(dropped("3,5-7", 10), [3, 5, 6, 7]);
});

drops("libcoap -l 10%: each datagram by itself with this chance", () => {
  const count = 20_000;
  const share = dropped("10%", count).length / count;
  assert.ok(Math.abs(share - 0.1) < 4 * Math.sqrt(0.09 / count), `${share}`);
});

drops("0% drops nothing, 100% everything", () => {
  assert.equal(dropped("0%", 1000), []);
  assert.is(dropped("100%", 1000).length, 1000);
});

drops("without a schedule nothing is dropped", () => {
  assert.not(dropProcess(undefined, new Prng(1))());
});

for (const text of ["", "0", "3,", "7-5", "-3", "101%", "%", "1.5", "3 5", "a", "0-2", "1234567890"]) {
  drops(`"${text}" is no schedule`, () => {
    assert.is(parseDropSchedule(text), undefined);
  });
}

drops.run();
