// Capture files: in both byte orders and resolutions, and datagram by datagram as tcpdump prints them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FitError } from "../../../sim/fit/exchange.ts";
import { type CapturedDatagram, isPcap, readPcap } from "../../../sim/fit/pcap.ts";
import { Prng } from "../../../sim/prng.ts";
import { profileNamed } from "../../../sim/profiles/profiles.ts";
import { scratchDirectories } from "../../store/scratch-directory.ts";
import { pcapOf } from "../../support/pcap-file.ts";
import { peer } from "../../support/peers.ts";
import { runProgram } from "../../support/program.ts";
import { recordTransfer } from "../../support/recorded-transfer.ts";

const test = suite("pcap");
const scratch = scratchDirectories(test);
const LIMIT_MS = 60_000;

const ONE = pcapOf([
  { ms: 1_500, from: ["10.0.0.2", 40_000], to: ["10.0.0.1", 5684], payload: Uint8Array.of(1, 2, 3) },
]);

/** The raw IP packet of ONE behind other link headers, in either byte order, with a clock of nanoseconds or not. */
function rewritten(linkType: number, linkHeader: readonly number[], isLittle = true, magic = 0xa1b2c3d4): Uint8Array {
  const packet = Uint8Array.from([...linkHeader, ...ONE.subarray(40)]);
  const view = new DataView(new ArrayBuffer(40));
  view.setUint32(0, magic, isLittle);
  view.setUint32(20, linkType, isLittle);
  view.setUint32(24, 1, isLittle);
  view.setUint32(28, magic === 0xa1b2c3d4 ? 500_000 : 500_000_000, isLittle);
  view.setUint32(32, packet.length, isLittle);
  view.setUint32(36, packet.length, isLittle);
  return Uint8Array.from([...new Uint8Array(view.buffer), ...packet]);
}

const EXPECTED = { seconds: 1.5, from: "10.0.0.2:40000", to: "10.0.0.1:5684", payload: Uint8Array.of(1, 2, 3) };

function plain({ payload, ...rest }: CapturedDatagram) {
  return { ...rest, payload: Uint8Array.from(payload) };
}

const ETHERNET = [...new Array<number>(12).fill(0), 8, 0];
const VLAN = [...new Array<number>(12).fill(0), 0x81, 0, 0, 7, 8, 0];
const FORMS: readonly (readonly [string, Uint8Array])[] = [
  ["raw IP", rewritten(101, [])],
  ["big-endian", rewritten(101, [], false)],
  ["nanoseconds", rewritten(101, [], true, 0xa1b23c4d)],
  ["Ethernet", rewritten(1, ETHERNET)],
  ["Ethernet with a VLAN tag", rewritten(1, VLAN)],
  ["Linux cooked", rewritten(113, new Array<number>(16).fill(0))],
  ["Linux cooked v2", rewritten(276, new Array<number>(20).fill(0))],
];
for (const [name, bytes] of FORMS) {
  test(`${name}: a datagram with its time, ends and payload`, () => {
    assert.equal(readPcap(bytes).datagrams.map(plain), [EXPECTED]);
  });
}

test("a file that ends within a packet: what is whole counts", () => {
  const two = Uint8Array.from([...ONE, ...ONE.subarray(24, 50)]);
  assert.is(readPcap(two).datagrams.length, 1);
});

test("what is no UDP, a fragment, or cut off is passed over and counted", () => {
  const changed = (at: number, value: number) => ONE.map((byte, i) => (i === at ? value : byte));
  const ip = 40;
  for (const bytes of [changed(ip + 9, 6), changed(ip + 6, 0x20), changed(ip + 7, 5), changed(ip + 25, 200)]) {
    assert.equal(readPcap(bytes), { datagrams: [], passedOverCount: 1 });
  }
});

test("pcapng is told apart, and the line says how to get a pcap", () => {
  const bytes = Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0);
  assert.ok(isPcap(bytes));
  assert.throws(
    () => readPcap(bytes),
    (error: unknown) => error instanceof FitError && /tcpdump -r/.test(error.message),
  );
});

test("no bytes crash the reader: each file that differs in one is read or refused", () => {
  const random = new Prng(5);
  for (let i = 0; i < 2_000; i++) {
    const bytes = Uint8Array.from(ONE);
    for (let j = 0; j < 3; j++) bytes[random.below(bytes.length)] = random.below(256);
    try {
      readPcap(bytes.subarray(0, random.below(bytes.length + 1)));
    } catch (error) {
      assert.ok(error instanceof FitError, String(error));
    }
  }
});

const tcpdump = peer("tcpdump");
if (tcpdump !== undefined) {
  test("tcpdump prints the same datagrams: times, ends and lengths", async () => {
    const { pcap } = recordTransfer(profileNamed("bernoulli:loss=20%,rtt=100ms"), 1, 300);
    const file = join(scratch(), "transfer.pcap");
    writeFileSync(file, pcap);
    const { stdout } = await runProgram(tcpdump, ["-r", file, "-n", "-tt", "-q"], LIMIT_MS);
    const printed = stdout
      .toString()
      .split("\n")
      .filter((line) => line.includes(" UDP"));
    const ours = readPcap(pcap).datagrams.map(({ seconds, from, to, payload }) => {
      const dotted = (end: string) => end.replace(":", ".");
      return `${seconds.toFixed(6)} IP ${dotted(from)} > ${dotted(to)}: UDP, length ${payload.length}`;
    });
    assert.ok(ours.length > 600);
    assert.equal(printed, ours);
  });
}

test.run();
