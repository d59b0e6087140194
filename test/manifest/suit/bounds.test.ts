// What the decoder refuses: each bound reached and then passed, and each unknown thing by its number.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CborValue, Tagged } from "../../../src/cbor/cbor-value.ts";
import { encodeCbor } from "../../../src/cbor/encode-cbor.ts";
import {
  CHOICES_MAX,
  COMMANDS_MAX,
  COMPONENTS_MAX,
  SEQUENCE_DEPTH_MAX,
  SEQUENCE_LENGTH_MAX,
} from "../../../src/manifest/suit/command-sequence.ts";
import { COMPONENT_ID_PART_LENGTH_MAX, COMPONENT_ID_PARTS_MAX } from "../../../src/manifest/suit/component-id.ts";
import { BLOCKS_MAX, decodeEnvelope, PAYLOADS_MAX } from "../../../src/manifest/suit/envelope.ts";
import { decodeManifest, MANIFEST_LENGTH_MAX } from "../../../src/manifest/suit/manifest.ts";
import {
  ARGUMENTS_LENGTH_MAX,
  CONTENT_LENGTH_MAX,
  INFO_PARAMETER_LENGTH_MAX,
  URI_LENGTH_MAX,
  VERSION_PARTS_MAX,
} from "../../../src/manifest/suit/parameters.ts";
import { LANGUAGES_MAX, TEXT_LENGTH_MAX } from "../../../src/manifest/suit/suit-text.ts";

const test = suite("suit/bounds");

type Entries = readonly (readonly [CborValue, CborValue])[];

const COMPONENTS: CborValue = [[Uint8Array.of(0)]];
const COMMON: Entries = [[2, COMPONENTS]];

/** "read", or why not, of a manifest with these beside its version, number and common part. */
function manifestOf(entries: Entries, common: Entries = COMMON): string {
  const head: Entries = [
    [1, 1],
    [2, 7],
    [3, encodeCbor(new Map(common))],
  ];
  const decoded = decodeManifest(encodeCbor(new Map([...head, ...entries])));
  return decoded.ok ? "read" : decoded.error.reason;
}

function sequenceOf(...items: readonly CborValue[]): string {
  return manifestOf([[20, encodeCbor(items)]]);
}

function parametersOf(...entries: Entries): string {
  return sequenceOf(20, new Map(entries));
}

function assertBound(most: string, tooMuch: string, reason: RegExp): void {
  assert.is(most, "read");
  assert.match(tooMuch, reason);
}

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

test(`${COMMANDS_MAX} commands`, () => {
  const commands = (count: number) => sequenceOf(...times(count, [3, 15]).flat());
  assertBound(commands(COMMANDS_MAX), commands(COMMANDS_MAX + 1), /install has 130 elements/);
});

test(`${COMMANDS_MAX} commands, those within others counted`, () => {
  const within = (count: number) => sequenceOf(32, encodeCbor(times(count, [3, 15]).flat()), 3, 15);
  assertBound(within(COMMANDS_MAX - 2), within(COMMANDS_MAX - 1), /more commands/);
});

test(`${SEQUENCE_DEPTH_MAX} sequences within each other`, () => {
  const nested = (depth: number): CborValue[] => (depth === 1 ? [3, 15] : [32, encodeCbor(nested(depth - 1))]);
  assertBound(sequenceOf(...nested(SEQUENCE_DEPTH_MAX)), sequenceOf(...nested(SEQUENCE_DEPTH_MAX + 1)), /too deep/);
});

test(`${CHOICES_MAX} choices`, () => {
  const choices = (count: number) => sequenceOf(15, times(count, encodeCbor([14, 15])));
  assertBound(choices(CHOICES_MAX), choices(CHOICES_MAX + 1), /9 elements/);
  assert.match(choices(1), /1 elements/);
});

test(`${SEQUENCE_LENGTH_MAX} bytes of a sequence`, () => {
  const contents = (count: number) =>
    sequenceOf(...times(count, [20, new Map([[18, new Uint8Array(CONTENT_LENGTH_MAX - 10)]])]).flat());
  assertBound(contents(2), contents(3), /length 0 to 8192/);
});

test(`${COMPONENTS_MAX} components, each of ${COMPONENT_ID_PARTS_MAX} parts of ${COMPONENT_ID_PART_LENGTH_MAX} bytes`, () => {
  const components = (...list: readonly CborValue[]) => manifestOf([], [[2, list]]);
  assertBound(components(...times(COMPONENTS_MAX, [])), components(...times(COMPONENTS_MAX + 1, [])), /length 1 to 8/);
  const parts = (count: number) => components(times(count, new Uint8Array(1)));
  assertBound(parts(COMPONENT_ID_PARTS_MAX), parts(COMPONENT_ID_PARTS_MAX + 1), /9 elements/);
  const part = (length: number) => components([new Uint8Array(length)]);
  assertBound(part(COMPONENT_ID_PART_LENGTH_MAX), part(COMPONENT_ID_PART_LENGTH_MAX + 1), /length 0 to 64/);
  assert.match(components(), /length 1 to 8/);
});

for (const [what, key, max] of [
  ["content", 18, CONTENT_LENGTH_MAX],
  ["an encryption's info", 19, INFO_PARAMETER_LENGTH_MAX],
  ["arguments to start with", 23, ARGUMENTS_LENGTH_MAX],
  ["arguments to fetch with", 25, ARGUMENTS_LENGTH_MAX],
  ["what is waited for", 29, ARGUMENTS_LENGTH_MAX],
] as const) {
  test(`${max} bytes of ${what}`, () => {
    const bytes = (length: number) => parametersOf([key, new Uint8Array(length)]);
    assertBound(bytes(max), bytes(max + 1), new RegExp(`length 0 to ${max} as ${key}`));
  });
}

test(`${URI_LENGTH_MAX} characters of a URI`, () => {
  const uri = (length: number) => parametersOf([21, "u".repeat(length)]);
  assertBound(uri(URI_LENGTH_MAX), uri(URI_LENGTH_MAX + 1), /length 1 to 255/);
  assert.match(uri(0), /length 1 to 255/);
});

test(`${VERSION_PARTS_MAX} parts of a version`, () => {
  const version = (count: number) => parametersOf([28, encodeCbor([2, times(count, 1)])]);
  assertBound(version(VERSION_PARTS_MAX), version(VERSION_PARTS_MAX + 1), /length 1 to 8/);
});

test(`${LANGUAGES_MAX} languages of ${TEXT_LENGTH_MAX} characters a text`, () => {
  const text = (...entries: Entries) => manifestOf([[23, encodeCbor(new Map(entries))]]);
  const languages = (count: number) =>
    text(...times(count, 0).map((_, i) => [`en-${i}`, new Map([[1, "x"]])] as const));
  assertBound(languages(LANGUAGES_MAX), languages(LANGUAGES_MAX + 1), /9 entries/);
  const length = (count: number) => text(["en", new Map([[1, "x".repeat(count)]])]);
  assertBound(length(TEXT_LENGTH_MAX), length(TEXT_LENGTH_MAX + 1), /length 0 to 8192/);
  assert.match(text(["1", new Map([[1, "x"]])]), /no tag of a language/);
  assert.match(text(["en", new Map([[9, "x"]])]), /unknown text as 9/);
});

for (const [what, reason, expected] of [
  ["an unknown command", sequenceOf(33, 15), /unknown command 33/],
  ["a custom command", sequenceOf(-300, null), /unknown command -300/],
  ["a code without an argument", sequenceOf(3, 15, 3), /nothing as 3/],
  ["a reporting policy of five bits", sequenceOf(3, 16), /from 0 to 15/],
  ["a sequence that is a map", manifestOf([[20, encodeCbor(new Map([[3, 15]]))]]), /install is no array/],
  ["an empty sequence", sequenceOf(), /install has 0 elements/],
  ["an unknown parameter", parametersOf([99, 1]), /unknown parameter as 99/],
  ["no parameter", parametersOf(), /no parameter/],
  ["a vendor of 15 bytes", parametersOf([1, new Uint8Array(15)]), /length 16/],
  ["a digest of an unknown algorithm", parametersOf([3, encodeCbor([-7, new Uint8Array(32)])]), /unknown algorithm -7/],
  ["a SHA-256 of 31 bytes", parametersOf([3, encodeCbor([-16, new Uint8Array(31)])]), /31 bytes/],
  ["a digest that is no CBOR", parametersOf([3, Uint8Array.of(0x82)]), /no CBOR/],
  ["an image of 2^32 bytes", parametersOf([14, 2 ** 32]), /from 0 to 4294967295/],
  ["a battery of 101 %", parametersOf([26, 101]), /from 0 to 100/],
  ["a comparison that is none", parametersOf([28, encodeCbor([6, [1]])]), /from 1 to 5/],
  ["a component that cannot be", sequenceOf(12, COMPONENTS_MAX), /from 0 to 7/],
  ["components false", sequenceOf(12, false), /no integer/],
  ["an unknown key", manifestOf([[5, 1]]), /unknown key as 5/],
  ["an unknown key of the common part", manifestOf([], [...COMMON, [1, new Map()]]), /unknown key as 1/],
  ["a reference that is no text", manifestOf([[4, 4]]), /no text/],
  ["a text that is cut out with a wrong digest", manifestOf([[23, [-16, Uint8Array.of(1)]]]), /1 bytes/],
] as const) {
  test(`${what} is refused`, () => {
    assert.match(reason, expected);
  });
}

test("draft 8.4.1: another version of manifests is refused", () => {
  const decoded = decodeManifest(encodeCbor(new Map([[1, 2]])));
  assert.ok(!decoded.ok && decoded.error.reason.includes("no integer from 1 to 1"));
});

test("choices may end with none", () => {
  assert.is(sequenceOf(15, [encodeCbor([14, 15]), null]), "read");
});

const DIGEST = encodeCbor([-16, new Uint8Array(32)]);
const BLOCK = encodeCbor(new Tagged(18, [Uint8Array.of(0xa1, 1, 0x26), new Map(), null, new Uint8Array(64)]));

/** "read", or why not. */
function envelopeOf(authentication: CborValue, ...entries: Entries): string {
  const map = new Map<CborValue, CborValue>([[2, encodeCbor(authentication)], [3, Uint8Array.of(0xa0)], ...entries]);
  const decoded = decodeEnvelope(encodeCbor(new Tagged(107, map)));
  return decoded.ok ? "read" : decoded.error.reason;
}

test(`${BLOCKS_MAX} signatures`, () => {
  const blocks = (count: number) => envelopeOf([DIGEST, ...times(count, BLOCK)]);
  assertBound(blocks(BLOCKS_MAX), blocks(BLOCKS_MAX + 1), /6 elements/);
});

test(`${PAYLOADS_MAX} payloads within`, () => {
  const payloads = (count: number) =>
    envelopeOf([DIGEST, BLOCK], ...times(count, 0).map((_, i) => [`#${i}`, Uint8Array.of(1)] as const));
  assertBound(payloads(PAYLOADS_MAX), payloads(PAYLOADS_MAX + 1), /payload too many/);
});

test(`${MANIFEST_LENGTH_MAX} bytes of a manifest, or of what stands beside it`, () => {
  const beside = (length: number) => envelopeOf([DIGEST, BLOCK], [20, new Uint8Array(length)]);
  assertBound(beside(MANIFEST_LENGTH_MAX), beside(MANIFEST_LENGTH_MAX + 1), /length 0 to 16384/);
  const decoded = decodeEnvelope(
    encodeCbor(
      new Tagged(
        107,
        new Map([
          [2, encodeCbor([DIGEST, BLOCK])],
          [3, new Uint8Array(MANIFEST_LENGTH_MAX + 1)],
        ]),
      ),
    ),
  );
  assert.match(decoded.ok ? "read" : decoded.error.reason, /length 0 to 16384/);
});

for (const [what, reason, expected] of [
  ["without its authentication", envelopeOf([]), /0 elements/],
  ["with a signature for several signers", envelopeOf([DIGEST, encodeCbor(new Tagged(98, []))]), /elements|neither/],
  ["with a key that is unknown", envelopeOf([DIGEST, BLOCK], [7, Uint8Array.of()]), /unknown key/],
  [
    "with a payload in its signature",
    envelopeOf([DIGEST, encodeCbor(new Tagged(18, [Uint8Array.of(0xa1, 1, 0x26), new Map(), DIGEST, DIGEST]))]),
    /a payload of its own/,
  ],
  [
    "with a critical header",
    envelopeOf([
      DIGEST,
      encodeCbor(
        new Tagged(18, [
          encodeCbor(
            new Map<CborValue, CborValue>([
              [1, -7],
              [2, [9]],
            ]),
          ),
          new Map(),
          null,
          DIGEST,
        ]),
      ),
    ]),
    /unknown header/,
  ],
] as const) {
  test(`an envelope ${what} is refused`, () => {
    assert.match(reason, expected);
  });
}

test("RFC 9052 table 1: an envelope without its tag is none", () => {
  const decoded = decodeEnvelope(encodeCbor(new Map()));
  assert.match(decoded.ok ? "read" : decoded.error.reason, /no tag 107/);
});

test("draft 8.3: an authentication behind the manifest is refused, whatever the order of keys should be", () => {
  const bytes = encodeCbor(
    new Map([
      [2, encodeCbor([DIGEST, BLOCK])],
      [3, Uint8Array.of(0xa0)],
    ]),
  );
  // The map's two entries the other way round: 03 41 a0 is the manifest.
  const turned = Uint8Array.of(0xd8, 0x6b, 0xa2, 0x03, 0x41, 0xa0, ...bytes.subarray(1, -3));
  const decoded = decodeEnvelope(turned);
  assert.match(decoded.ok ? "read" : decoded.error.reason, /behind the manifest/);
});

test.run();
