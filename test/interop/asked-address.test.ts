// RFC 7252 5.3.2: a computer with two IPv4 and two IPv6 addresses on one interface serves each of them, with native parts and
// without, by itself and through a link, to stock clients on another computer; what was sent to all nodes gets nothing.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex, toUtf8 } from "../../src/base/bytes.ts";
import { instant } from "../../src/base/instant.ts";
import { peerAddress } from "../../src/base/peer-address.ts";
import { Secret } from "../../src/base/secret.ts";
import { DEFAULT_CIPHER_SUITES } from "../../src/dtls/cipher-suite.ts";
import { DtlsClient } from "../../src/dtls/dtls-client.ts";
import { DTLS_PARAMETERS } from "../../src/dtls/parameters.ts";
import { sampleBytes } from "../firmware-store/sample-image.ts";
import { scratchDirectories } from "../store/scratch-directory.ts";
import { type CoapClientBuild, coapClientBuilds, IDENTITY, KEY } from "../support/coap-client-program.ts";
import { getRequest } from "../support/coap-packet-request.ts";
import { CRYPTO } from "../support/crypto.ts";
import { builtNativeParts } from "../support/native.ts";
import { NetworkNamespace, networkNamespacesWork } from "../support/network-namespace.ts";
import type { Program } from "../support/program.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { fillStores, NARROWBOAT } from "../support/serving.ts";
import type { Heard, Questions } from "./questions-to-many.ts";

const LIMIT_MS = 280_000;
const CABLE = "cable";
const ADDRESSES = ["198.51.100.7", "198.51.100.8", "2001:db8::7", "2001:db8::8"] as const;
const CLIENT = ["198.51.100.1", "2001:db8::1"] as const;
const PATH = "/fw/boat/1";
const QUESTIONS = join(import.meta.dirname, "questions-to-many.js");
/** How often a client asks until an address that came is followed, at half a second each. */
const COMING_TRIES = 30;

const image = sampleBytes(9, 3_000);
const test = suite("asked-address");
const scratch = scratchDirectories(test);
const native = builtNativeParts() === undefined ? (["off"] as const) : (["on", "off"] as const);

type Way = "serve" | "link";

/** Ports by scheme: of the server, and of a link before each of them. */
type Ports = Readonly<Record<Way, Readonly<Record<"coap" | "coaps", number>>>>;

interface Stage {
  readonly server: Program;
  readonly links: readonly Program[];
  readonly ports: Ports;
}

/** The server's and the clients', with a cable between them. */
const computers = new Map<"boat" | "shore", NetworkNamespace>();
const boat = () => computers.get("boat")!;
const shore = () => computers.get("shore")!;
const stages = new Map<string, Stage>();

async function lay(): Promise<void> {
  for (const name of ["boat", "shore"] as const) computers.set(name, await NetworkNamespace.open());
  await boat().connect(shore(), CABLE);
  for (const address of ADDRESSES) await give(boat(), address);
  for (const address of CLIENT) await give(shore(), address);
  for (const computer of [boat(), shore()]) await settled(computer);
}

/** A link-local address is tentative for a second or two, and nobody can listen at it until then (RFC 4862 5.4). */
async function settled(computer: NetworkNamespace): Promise<void> {
  const tentative = ["ip", "-6", "-o", "address", "show", "dev", CABLE, "tentative"];
  while ((await computer.run(tentative)).text !== "") await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Not tentative for a moment first (RFC 4862 5.4). */
async function give(computer: NetworkNamespace, address: string): Promise<void> {
  const rest = address.includes(":") ? ["nodad"] : ["broadcast", "+"];
  await computer.ip("address", "add", `${address}/${address.includes(":") ? 64 : 24}`, "dev", CABLE, ...rest);
}

function onBoat(switched: "on" | "off", ...args: readonly string[]): Program {
  return boat().start(["env", `NARROWBOAT_NATIVE=${switched}`, process.execPath, NARROWBOAT, ...args], LIMIT_MS);
}

async function portOf(program: Program, pattern: RegExp): Promise<number> {
  return Number((await program.waitFor(pattern))[1]);
}

async function startStage(switched: "on" | "off"): Promise<Stage> {
  const data = scratch();
  fillStores(data, { images: { "1": image }, keys: { [IDENTITY]: KEY } });
  const server = onBoat(switched, "serve", "--data", data, "--coap", "--coap-port", "0", "--coaps-port", "0");
  const serve = {
    coaps: await portOf(server, /^listening coaps:\/\/\[::\]:(\d+)$/m),
    coap: await portOf(server, /^listening coap:\/\/\[::\]:(\d+)$/m),
  };
  const startLink = (target: number) =>
    onBoat(switched, "link", "--profile", "ideal", "--listen", "[::]:0", "--target", `127.0.0.1:${target}`);
  const links = [startLink(serve.coap), startLink(serve.coaps)];
  const [coap, coaps] = await Promise.all(links.map((link) => portOf(link, /^listening \[::\]:(\d+) -> /m)));
  return { server, links, ports: { serve, link: { coap: coap!, coaps: coaps! } } };
}

/** Ends what listens as people do. */
async function stop(programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    program.kill("SIGINT");
    const { exit, text } = await program.ended;
    assert.is(exit, 0, text);
  }
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** Whether the image comes from there, every byte of it. */
async function comes({ command, scheme }: CoapClientBuild, address: string, port: number): Promise<boolean> {
  const file = join(scratch(), "pulled.bin");
  const security = scheme === "coaps" ? ["-u", IDENTITY, "-k", KEY] : [];
  await shore().run([command, "-B", "20", "-o", file, ...security, `${scheme}://${bracketed(address)}:${port}${PATH}`]);
  return existsSync(file) && readFileSync(file).equals(image);
}

function hello(): Uint8Array {
  const datagrams: Uint8Array[] = [];
  new DtlsClient(instant(0), {
    server: peerAddress("192.0.2.1", 5_684),
    identity: toUtf8(IDENTITY),
    key: new Secret(toUtf8(KEY)),
    suites: DEFAULT_CIPHER_SUITES,
    parameters: DTLS_PARAMETERS,
    random: new SeededRandom(1),
    crypto: CRYPTO,
    outlet: {
      transmit: (datagram) => datagrams.push(Uint8Array.from(datagram)),
      connected: () => {},
      applicationData: () => {},
      ended: () => {},
      counted: () => {},
    },
  });
  return datagrams[0]!;
}

if (networkNamespacesWork()) {
  test.before(lay);
  test.after(async () => {
    await Promise.all([...computers.values()].map((computer) => computer.close()));
  });

  for (const switched of native) {
    const parts = switched === "on" ? "with native parts" : "without native parts";
    const stage = async () => {
      const found = stages.get(switched) ?? (await startStage(switched));
      stages.set(switched, found);
      return found;
    };

    for (const build of coapClientBuilds().filter(({ name }) => name !== "coap-client-gnutls")) {
      for (const way of ["serve", "link"] as const) {
        test(`${parts}: ${build.name} gets the image from each of four addresses, from ${way}`, async () => {
          const { ports } = await stage();
          for (const address of ADDRESSES) {
            assert.ok(await comes(build, address, ports[way][build.scheme]), address);
          }
        });
      }

      test(`${parts}: ${build.name} is answered at a link-local address (RFC 4007)`, async () => {
        const { ports } = await stage();
        const listed = (await boat().run(["ip", "-6", "-o", "address", "show", "dev", CABLE, "scope", "link"])).text;
        const address = /fe80:\S+(?=\/64)/.exec(listed)?.[0];
        assert.ok(await comes(build, `${address}%${CABLE}`, ports.serve[build.scheme]), address);
      });
    }

    for (const many of [`ff02::1%${CABLE}`, "198.51.100.255"]) {
      test(`${parts}, RFC 7252 8.1, 8.2: CoAP, what is none, and a DTLS hello to ${many} get nothing`, async () => {
        const { ports } = await stage();
        const questions: Questions = {
          // A Token Length of 15 (RFC 7252 3) is a format error, which is rejected when one sends it to us alone.
          datagrams: [
            getRequest([".well-known", "core"], { num: 0, szx: 6 }, 7),
            Uint8Array.of(0x4f, 1, 0, 8),
            hello(),
          ].map(toHex),
          ports: Object.values(ports).flatMap(({ coap, coaps }) => [coap, coaps]),
          many,
          one: many.includes(":") ? ADDRESSES[2] : ADDRESSES[0],
          // Content, Reset and HelloVerifyRequest, from the server and from the links.
          answerCount: 6,
        };
        const { stdout, text } = await shore().run([process.execPath, QUESTIONS, JSON.stringify(questions)]);
        assert.equal(JSON.parse(stdout.toString() || text) as Heard, { many: 0, one: 6 });
      });
    }

    const [plain] = coapClientBuilds().filter(({ scheme }) => scheme === "coap");
    if (plain !== undefined) {
      test(`${parts}: an address that comes is served, one that goes is not missed, and one that comes again is served`, async () => {
        const { server, ports } = await stage();
        for (const address of ["198.51.100.9", "2001:db8::9", "198.51.100.9"]) {
          await give(boat(), address);
          let served = false;
          for (let tries = 0; tries < COMING_TRIES && !served; tries++) {
            served = await comes(plain, address, ports.serve.coap);
            if (!served) await new Promise((resolve) => setTimeout(resolve, 500));
          }
          assert.ok(served, `${address} is not served: ${server.text}`);
          await boat().ip("address", "del", `${address}/${address.includes(":") ? 64 : 24}`, "dev", CABLE);
          assert.ok(await comes(plain, ADDRESSES[0], ports.serve.coap));
        }
      });
    }

    test(`${parts}: stopped, it has counted what it left out`, async () => {
      const { server, links } = await stage();
      await stop([...links, server]);
      const counted = {
        multicast: /"socket.multicast":\d/.test(server.text),
        broadcast: /"socket.broadcast":\d/.test(server.text),
      };
      // Sockets that are bound to one address do not even hear of it.
      assert.equal(counted, { multicast: switched === "on", broadcast: switched === "on" }, server.text);
    });
  }
}

test.run();
