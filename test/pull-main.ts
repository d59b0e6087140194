// `npm run test:pull`: 20 real `pull`s at once through real `link`s of 8 seeds, on each of five kinds of link, beside what
// `tune` says of them. PROFILES (between semicolons) in the environment chooses some of them.

import { ownDevice } from "./support/compared-clients.ts";
import { compareOnLinks } from "./support/link-comparison.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Where half of all gets lost a long image makes the interval narrow, and so does it that the handshake does not begin with
 * a wait of 9 s, which doubles. Elsewhere intervals are a few hundredths of the time, and clocks so slow that what this
 * computer takes for its work is less.
 */
const LINKS = [
  { client: ownDevice(1), profile: "bernoulli:loss=50%,rtt=100ms", imageLength: 768 * 1024, limitMs: 7_200_000 },
  { profile: "lte-m", imageLength: 2 ** 14, slowness: 50, atATime: 4, limitMs: 1_200_000 },
  { profile: "nb-iot-ce0", imageLength: 2 ** 15, slowness: 20, limitMs: 1_200_000 },
  { profile: "nb-iot-ce1", imageLength: 2 ** 15, slowness: 5, limitMs: 1_800_000 },
  { profile: "6lowpan-3hop", imageLength: 2 ** 15, slowness: 10, limitMs: 1_200_000 },
];

const wanted = process.env["PROFILES"]?.split(";");
const links = LINKS.filter(({ profile }) => wanted?.includes(profile) ?? true);
await compareOnLinks(links.map((link) => ({ client: ownDevice(), seeds: SEEDS, ...link })));
