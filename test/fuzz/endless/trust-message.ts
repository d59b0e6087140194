// What somebody hostile asks of the resources of trust: check-ins and reports that are right, torn, or right in another tongue,
// and paths of manifests and of the log with numbers and names that nobody has.

import { copyOf, toUtf8 } from "../../../src/base/bytes.ts";
import { randomBytes } from "../../../src/base/random-source.ts";
import { encodeMessage } from "../../../src/coap/message.ts";
import { inOrder, type Option, OptionNumber } from "../../../src/coap/option.ts";
import { encodeCheckIn } from "../../../src/manifest/check-in.ts";
import { encodeInstallReport } from "../../../src/manifest/install-report.ts";
import type { SeededRandom } from "../../support/seeded-random.ts";
import { CHECK_IN, installReport } from "../../support/trust-scene.ts";

const PATHS = [
  "t",
  "r",
  "t",
  "r",
  "m/pump",
  "m/pump/suit",
  "m/pump/riot",
  "m/pump/root",
  "m/valve",
  "m",
  "m/pump/root/x",
  "log/checkpoint",
  "log/tile/0/000",
  "log/tile/0/000.p/3",
  "log/tile/entries/000.p/3",
  "log/tile/1/x001/000",
  "log/proof/0",
  "log/proof/99999999999999999",
  "log/consistency/1",
  "log/consistency/-1",
  "log",
];
const QUERIES = ["c=outdoor", "c=", "c=%20", "d=0011223344556677", "d=00", "d=zz", "c=a&d=b", "x"];
const POST = 2;
const CODES = [1, 1, POST, POST, POST, 3, 4, 5, 6];

/** The bytes of one CoAP message. */
export function trustMessage(random: SeededRandom): Uint8Array {
  const path = PATHS[random.below(PATHS.length)]!;
  const isPosted = path === "t" || path === "r";
  const options: Option[] = path.split("/").map((segment) => option(OptionNumber.URI_PATH, toUtf8(segment)));
  for (let count = random.below(3); count > 0; count--) {
    options.push(option(OptionNumber.URI_QUERY, toUtf8(QUERIES[random.below(QUERIES.length)]!)));
  }
  if (random.below(4) === 0) options.push(option(OptionNumber.OBSERVE, Uint8Array.of(random.below(2))));
  if (random.below(4) === 0) options.push(option(OptionNumber.BLOCK2, randomBytes(random, random.below(4))));
  if (random.below(8) === 0) options.push(option(OptionNumber.BLOCK1, randomBytes(random, random.below(4))));
  if (random.below(6) === 0) options.push(option(OptionNumber.ECHO, randomBytes(random, 1 + random.below(40))));
  return encodeMessage({
    type: random.below(5) === 0 ? "NON" : "CON",
    code: isPosted && random.below(8) > 0 ? POST : CODES[random.below(CODES.length)]!,
    messageId: random.below(65_536),
    token: randomBytes(random, random.below(9)),
    options: inOrder(options),
    payload: isPosted ? posted(random, path) : new Uint8Array(0),
  });
}

function posted(random: SeededRandom, path: "r" | "t" | string): Uint8Array {
  const { below } = { below: (bound: number) => random.below(bound) };
  const right =
    path === "t"
      ? encodeCheckIn({
          ...CHECK_IN,
          nonce: randomBytes(random, 8 + below(9)),
          manifestWanted: below(2) === 0,
          sequenceNumber: below(4),
        })
      : encodeInstallReport(installReport(below(256)));
  return below(2) === 0 ? right : torn(random, right);
}

/** Bits flipped, bytes put in, and cut anywhere. */
export function torn(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  let mutant = copyOf(bytes);
  for (let changes = 1 + random.below(4); changes > 0 && mutant.length > 0; changes--) {
    const at = random.below(mutant.length);
    if (random.below(4) === 0)
      mutant = Uint8Array.from([
        ...mutant.subarray(0, at),
        ...randomBytes(random, 1 + random.below(4)),
        ...mutant.subarray(at),
      ]);
    else mutant[at]! ^= 1 << random.below(8);
  }
  return random.below(4) === 0 ? mutant.subarray(0, random.below(mutant.length + 1)) : mutant;
}

function option(number: number, value: Uint8Array): Option {
  return { number, value };
}
