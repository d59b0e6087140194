// CoAP messages that a hostile client might send: real requests with options added, changed, repeated and torn, and some
// that are no messages at all.

import { copyOf, toUtf8 } from "../../../src/base/bytes.ts";
import { randomBytes } from "../../../src/base/random-source.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../src/coap/message.ts";
import type { MessageType } from "../../../src/coap/message-type.ts";
import { inOrder, type Option, OptionNumber } from "../../../src/coap/option.ts";
import type { SeededRandom } from "../../support/seeded-random.ts";

const TYPES: readonly MessageType[] = ["CON", "NON", "ACK", "RST"];
/** Methods mostly; an empty message, responses, and reserved classes. */
const CODES = [1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 0, 0x45, 0x84, 0x1f, 0x21, 0xe1];
const PATHS = [["fw", "hub", "1.0"], ["fw", "hub", "2.0"], [".well-known", "core"], ["fw"], [], ["t"], ["fw/hub/1.0"]];
const QUERIES = ["offset=3", "length=40", "offset=99999", "rt=fw.*", "href=/fw/*", "sz=1", "x", "=", "rt=", "a=*"];
const PAYLOAD_LENGTH_MAX = 1_400;
const TOKEN_LENGTH_MAX = 8;

/** The bytes of one such message. */
export function hostileMessage(random: SeededRandom): Uint8Array {
  const bytes = encodeMessage({
    type: TYPES[random.below(8)] ?? "CON",
    code: CODES[random.below(CODES.length)]!,
    messageId: random.below(random.below(2) === 0 ? 8 : 65_536),
    token: randomBytes(random, random.below(TOKEN_LENGTH_MAX + 1)),
    options: inOrder(options(random)),
    payload: randomBytes(random, random.below(3) === 0 ? random.below(PAYLOAD_LENGTH_MAX) : 0),
  });
  return random.below(4) === 0 ? torn(random, bytes) : bytes;
}

/** A message that was seen, with other options, another type, or the same under another number. */
export function mutatedMessage(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const decoded = decodeMessage(copyOf(bytes));
  if (!decoded.ok) return torn(random, bytes);
  const { type, code, messageId, token, options: old, payload } = decoded.value;
  const message: Message = {
    type: random.below(6) === 0 ? TYPES[random.below(4)]! : type,
    code: random.below(6) === 0 ? CODES[random.below(CODES.length)]! : code,
    messageId: random.below(2) === 0 ? messageId : random.below(65_536),
    token: random.below(3) === 0 ? randomBytes(random, random.below(TOKEN_LENGTH_MAX + 1)) : token,
    options: inOrder([...old.filter(() => random.below(5) > 0), ...(random.below(2) === 0 ? [option(random)] : [])]),
    payload,
  };
  const mutant = encodeMessage(message);
  return random.below(4) === 0 ? torn(random, mutant) : mutant;
}

function options(random: SeededRandom): Option[] {
  const path = PATHS[random.below(PATHS.length)]!;
  const list: Option[] = path.map((segment) => ({ number: OptionNumber.URI_PATH, value: toUtf8(segment) }));
  for (let count = random.below(6); count > 0; count--) list.push(option(random));
  return list;
}

/** Of the registry, or of a number that nobody knows. */
function option(random: SeededRandom): Option {
  const numbers = Object.values(OptionNumber);
  const number = random.below(8) === 0 ? random.below(65_000) : numbers[random.below(numbers.length)]!;
  switch (number) {
    case OptionNumber.BLOCK1:
    case OptionNumber.BLOCK2:
      return { number, value: randomBytes(random, random.below(5)) };
    case OptionNumber.URI_QUERY:
      return { number, value: toUtf8(QUERIES[random.below(QUERIES.length)]!) };
    case OptionNumber.OBSERVE:
      return { number, value: Uint8Array.of(random.below(3)).subarray(random.below(2)) };
    default:
      return { number, value: randomBytes(random, random.below(random.below(10) === 0 ? 300 : 12)) };
  }
}

function torn(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const mutant = copyOf(bytes);
  for (let changes = 1 + random.below(3); changes > 0 && mutant.length > 0; changes--) {
    mutant[random.below(mutant.length)]! ^= 1 << random.below(8);
  }
  return random.below(3) === 0 ? mutant.subarray(0, random.below(mutant.length + 1)) : mutant;
}
