// The formats that say little of themselves, or that no device takes.

import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32 } from "../../../src/firmware/formats/checksums.ts";
import type { ImageSummary } from "../../../src/firmware/formats/image-summary.ts";
import { inspectImage } from "../../../src/firmware/formats/inspection.ts";
import { sampleBytes } from "../../firmware-store/sample-image.ts";
import { digestOf } from "./mcuboot-image.ts";

const test = suite("other-formats");

const inspect = (bytes: Uint8Array): ImageSummary => inspectImage(bytes, digestOf);
const faultsOf = (bytes: Uint8Array) => inspect(bytes).faults.map(({ reason, offset }) => [reason, offset]);

/** As RIOT's `riotboot/genhdr` printed it for version 3 at 0x1100. */
const RIOTBOOT = Buffer.concat([Buffer.from("52494f540300000000110000", "hex"), Buffer.alloc(4)]);

test("riotboot: version and start; the sum is over these three words", () => {
  const image = Buffer.from(RIOTBOOT);
  // Fletcher-32 by hand, word by word, without folding on the way.
  let [first, second] = [0, 0];
  for (let at = 0; at < 12; at += 2) {
    first = (first + image.readUInt16LE(at)) % 65_535;
    second = (second + first) % 65_535;
  }
  image.writeUInt32LE((second * 65_536 + first) >>> 0, 12);
  const { format, version, facts, checks } = inspect(new Uint8Array(image));
  assert.equal([format, version, facts["start"], checks[0]?.verdict], ["riotboot", "3", "0x00001100", "right"]);
  for (let at = 4; at < 16; at++) {
    const broken = new Uint8Array(image);
    broken[at]! ^= 4;
    assert.is(inspect(broken).checks[0]?.verdict, "wrong", `byte ${at}`);
  }
  assert.equal(faultsOf(new Uint8Array(image).subarray(0, 15)), [["truncated", 15]]);
});

function uBootImage(): Buffer {
  const data = Buffer.from(sampleBytes(1, 100));
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x27051956, 0);
  header.writeUInt32BE(data.length, 12);
  header.writeUInt32BE(0x80008000, 16);
  header.writeUInt32BE(0x80008040, 20);
  header.writeUInt32BE(crc32(data), 24);
  header.writeUInt8(2, 29);
  header.write("router", 32, "latin1");
  header.writeUInt32BE(crc32(header), 4);
  return Buffer.concat([header, data]);
}

test("U-Boot's first format: its name, its architecture, and both of its sums", () => {
  // As node:fs gives it: a Buffer, whose slice() is no copy.
  const image = uBootImage();
  const { format, product, hardware, checks, faults } = inspect(image);
  assert.equal([format, product, hardware, faults], ["uBoot", "router", "ARM", []]);
  assert.equal(
    checks.map(({ verdict }) => verdict),
    ["right", "right"],
  );
  for (let at = 4; at < image.length; at++) {
    const broken = new Uint8Array(image);
    broken[at]! ^= 1;
    assert.ok(
      inspect(broken).checks.some(({ verdict }) => verdict === "wrong"),
      `byte ${at}`,
    );
  }
  assert.equal(faultsOf(image.subarray(0, 150)), [["payloadLength", 12]]);
  assert.equal(faultsOf(Uint8Array.of(...image, 1)), [["bytesBehindEnd", 164]]);
});

/** Whole files of mkimage 2023.01 (Debian's u-boot-tools) at SOURCE_DATE_EPOCH=0, of a line "narrowboat". */
const BY_MKIMAGE = {
  "-T kernel": ["kernel", "ARM", "edfbfcbc000000000000000b00008000000080006edd28d405020200", "6e6172726f77626f61740a"],
  "-T script": [
    "script",
    "ARM",
    "788bde3a0000000000000013000000000000000085897bea05020600",
    "0000000b000000006e6172726f77626f61740a",
  ],
  "-T multi": [
    "multi",
    "RISC-V",
    "c8864136000000000000001d000000000000000013c328ad111a0400",
    "0000000b00000005000000006e6172726f77626f61740a00626f61740a",
  ],
  "-T standalone": [
    "standalone",
    "AArch64",
    "92d6d8a8000000000000000b00000000000000006edd28d405160100",
    "6e6172726f77626f61740a",
  ],
} as const;

for (const [kind, [name, hardware, rest, data]] of Object.entries(BY_MKIMAGE)) {
  test(`mkimage ${kind}: U-Boot's first format, its name and architecture, and both sums right`, () => {
    const named = Buffer.from(name.padEnd(32, "\0"), "latin1").toString("hex");
    const {
      format,
      product,
      hardware: read,
      checks,
      faults,
    } = inspect(new Uint8Array(Buffer.from(`27051956${rest}${named}${data}`, "hex")));
    assert.equal([format, product, read, faults], ["uBoot", name, hardware, []]);
    assert.equal(
      checks.map(({ verdict }) => verdict),
      ["right", "right"],
    );
  });
}

/** The first bytes of what mkimage writes for boot ROMs of others. */
for (const [kind, head] of [
  ["rkimage", "524b33332380284e9084a0a19ce8e9bbba7fd320a419f74a"],
  ["stm32image", "53544d320000000000000000000000000000000000000000"],
  ["sunxi_egon", "160000ea65474f4e2e425430055de7320020000053504c02"],
  ["omapimage", "400000000c00000000000000000000000000000043485345"],
  ["gpimage", "0000138b2ffc25008517739e2380284e9084a0a19ce8e9bb"],
] as const) {
  test(`mkimage -T ${kind}: raw bytes, and nothing that it is not`, () => {
    const image = Buffer.concat([Buffer.from(head, "hex"), sampleBytes(3, 500)]);
    assert.is(inspect(new Uint8Array(image)).format, "raw");
  });
}

test("mkimage -f and -E: an image tree, with its data within, or behind it", () => {
  const within = Buffer.alloc(1_453);
  within.write("d00dfeed000005ad0000003800000188000000280000001100000010000000000000005500000150", "hex");
  const behind = Buffer.alloc(520);
  behind.write("d00dfeed000001fc0000003800000190000000280000001100000010000000000000006b00000158", "hex");
  assert.equal(inspect(within).facts, { tree: 1_453, treeVersion: 17, behind: 0 });
  assert.equal(inspect(behind).facts, { tree: 508, treeVersion: 17, behind: 12 });
});

test("a device tree, which U-Boot's image tree is too: how long it says that it is", () => {
  const tree = Buffer.alloc(100);
  for (const [at, value] of [
    [0, 0xd00dfeed],
    [4, 90],
    [20, 17],
  ] as const) {
    tree.writeUInt32BE(value, at);
  }
  const { format, facts, faults } = inspect(tree);
  assert.equal([format, facts, faults], ["imageTree", { tree: 90, treeVersion: 17, behind: 10 }, []]);
  assert.equal(faultsOf(tree.subarray(0, 80)), [["payloadLength", 4]]);
  assert.equal(faultsOf(tree.subarray(0, 30)), [["truncated", 30]]);
});

for (const isLittle of [true, false]) {
  for (const isWide of [true, false]) {
    const name = `${isWide ? 64 : 32} bits, ${isLittle ? "little" : "big"}-endian`;
    test(`ELF of ${name}: its processor and its build id, and that no device takes it`, () => {
      const { format, flashable, hardware, facts, faults } = inspect(elf(isWide, isLittle));
      assert.equal([format, flashable, hardware, faults], ["elf", false, "RISC-V", []]);
      assert.equal(facts, { entry: "0x00001234", buildId: "0102030405060708" });
    });
  }
}

/** A header, and one program header of a note. */
function elf(isWide: boolean, isLittle: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(256));
  const put16 = (at: number, value: number) => view.setUint16(at, value, isLittle);
  const put32 = (at: number, value: number) => view.setUint32(at, value, isLittle);
  const putWide = (at: number, value: number) =>
    isWide ? view.setBigUint64(at, BigInt(value), isLittle) : put32(at, value);
  view.setUint32(0, 0x7f454c46);
  view.setUint8(4, isWide ? 2 : 1);
  view.setUint8(5, isLittle ? 1 : 2);
  put16(18, 243);
  putWide(24, 0x1234);
  putWide(isWide ? 32 : 28, 64);
  put16(isWide ? 54 : 42, isWide ? 56 : 32);
  put16(isWide ? 56 : 44, 1);
  put32(64, 4);
  putWide(64 + (isWide ? 8 : 4), 160);
  putWide(64 + (isWide ? 32 : 16), 24);
  put32(160, 4);
  put32(164, 8);
  put32(168, 3);
  view.setUint32(172, 0x474e5500);
  view.setBigUint64(176, 0x0102030405060708n);
  return new Uint8Array(view.buffer);
}

test("ELF: a class that nobody knows, and a file that ends in the header", () => {
  const bytes = elf(false, true);
  assert.equal(faultsOf(bytes.subarray(0, 51)), [["truncated", 51]]);
  bytes[4] = 3;
  assert.equal(faultsOf(bytes), [["fieldUnknown", 4]]);
});

function uf2Block(number: number, count: number): Buffer {
  const block = Buffer.alloc(512);
  for (const [at, value] of [
    [0, 0x0a324655],
    [4, 0x9e5d5157],
    [8, 0x2000],
    [12, 0x10000000 + number * 256],
    [16, 256],
    [20, number],
    [24, count],
    [28, 0xe48bff56],
    [508, 0x0ab16f30],
  ] as const) {
    block.writeUInt32LE(value, at);
  }
  return block;
}

const UF2 = new Uint8Array(Buffer.concat([0, 1, 2].map((number) => uf2Block(number, 3))));

test("UF2: how much data, from where, for which family; and that no device takes it over the air", () => {
  const { format, flashable, hardware, facts, faults } = inspect(UF2);
  assert.equal([format, flashable, hardware, faults], ["uf2", false, "0xe48bff56", []]);
  assert.equal(facts, { blocks: 3, data: 768, start: "0x10000000" });
});

test("UF2: a mark, a number or a length that is wrong is named with its byte", () => {
  for (const [at, reason] of [
    [512, "blockMagic"],
    [516, "blockMagic"],
    [1_020, "blockMagic"],
    [528, "blockLength"],
    [532, "blockNumber"],
    [536, "blockNumber"],
  ] as const) {
    const broken = UF2.slice();
    broken[at + 1]! ^= 0xff;
    assert.equal(faultsOf(broken), [[reason, at]]);
  }
  assert.equal(faultsOf(UF2.subarray(0, 1_300)), [
    ["blockNumber", 24],
    ["blockNumber", 536],
    ["truncated", 1_300],
  ]);
});

function hexLine(address: number, type: number, data: readonly number[]): string {
  const record = [data.length, address >> 8, address & 255, type, ...data];
  const sum = -record.reduce((total, byte) => total + byte, 0) & 255;
  return `:${Buffer.from([...record, sum])
    .toString("hex")
    .toUpperCase()}`;
}

const HEX = [
  hexLine(0, 4, [0x08, 0x00]),
  hexLine(0x4000, 0, [1, 2, 3, 4]),
  hexLine(0x4004, 0, [5, 6]),
  hexLine(0, 5, [0x08, 0x00, 0x40, 0x01]),
  hexLine(0, 1, []),
];

const hexBytes = (lines: readonly string[], newline = "\n") =>
  new Uint8Array(Buffer.from(lines.join(newline) + newline));

test("Intel HEX: which addresses, however its lines end", () => {
  for (const newline of ["\n", "\r\n"]) {
    const { format, flashable, facts, faults } = inspect(hexBytes(HEX, newline));
    assert.equal([format, flashable, faults], ["intelHex", false, []]);
    assert.equal(facts, { data: 6, from: "0x08004000", to: "0x08004005" });
  }
});

test("Intel HEX: a line that is wrong is named by its first byte, a sum by its own", () => {
  const second = HEX[0]!.length + 1;
  const with2 = (line: string) => hexBytes([HEX[0]!, line, ...HEX.slice(2)]);
  assert.equal(faultsOf(with2(HEX[1]!.replace(/.$/, "0"))), [["recordChecksum", second + HEX[1]!.length - 2]]);
  for (const line of ["hello", ":0102", `${HEX[1]}00`, hexLine(0, 9, []), hexLine(0, 4, [1]), ":0G00000000"]) {
    assert.equal(faultsOf(with2(line)), [["recordMalformed", second]], line);
  }
  assert.equal(faultsOf(hexBytes(HEX.slice(0, -1))), [["endMissing", hexBytes(HEX.slice(0, -1)).length]]);
  assert.equal(faultsOf(hexBytes([...HEX, HEX[1]!])), [["bytesBehindEnd", hexBytes(HEX).length]]);
});

test("a text that begins with a colon is no Intel HEX", () => {
  assert.is(inspect(hexBytes([":not a record", HEX[1]!])).format, "raw");
});

test("any bytes behind any beginning are inspected without a throw, and every fault is within the file", () => {
  const beginnings = [
    "3db8f396",
    "e9030220",
    "52494f54",
    "27051956",
    "5546320a57515d9e",
    "7f454c460101",
    "7f454c460202",
    toHexText(HEX[0]!),
    "",
  ];
  fc.assert(
    fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 700 }), (beginning, rest) => {
      const bytes = new Uint8Array(Buffer.concat([Buffer.from(beginning, "hex"), rest]));
      for (const { offset } of inspect(bytes).faults) assert.ok(offset >= 0 && offset <= bytes.length);
    }),
    { seed: 4, numRuns: 4_000 },
  );
});

function toHexText(text: string): string {
  return Buffer.from(`${text}\n`).toString("hex");
}

test.run();
