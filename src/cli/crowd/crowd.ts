// `narrowboat crowd`: many devices with two slots on this computer, in real time and on real sockets, until somebody has seen
// enough. For demonstrations and test beds.

import { setMaxListeners } from "node:events";
import { isIP } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { Argv } from "yargs";
import { identityText } from "../../../psk/identity.ts";
import { isAmong } from "../../../sim/boot-failures.ts";
import { Prng } from "../../../sim/prng.ts";
import type { LinkProfile } from "../../../sim/profiles/profile.ts";
import { EMPTY } from "../../base/bytes.ts";
import { isIpv4, type PeerAddress, peerAddress } from "../../base/peer-address.ts";
import { randomUint32 } from "../../base/random-source.ts";
import type { CoapUri } from "../../coap/coap-uri.ts";
import { dialectNamed } from "../../device/dialect.ts";
import { imageNameFault } from "../../firmware/image-name.ts";
import { LinkSockets } from "../../shell/link-sockets.ts";
import { onStopSignal } from "../../shell/stop-signals.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { SystemRandom } from "../../shell/system-random.ts";
import { parseDuration } from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { coapProfileFor } from "../profile-argument.ts";
import { type Status, showStatus } from "../progress.ts";
import { coapUriGiven, serversAt } from "../pull/pull.ts";
import { makerKeyIn, parseBootFails, parseClass } from "../pull/update-arguments.ts";
import { CrowdDevice } from "./crowd-device.ts";
import { eventReport } from "./crowd-event.ts";
import { figuresLine, figuresOf } from "./crowd-figures.ts";
import { type CrowdIdentity, identitiesInFile, identitiesInStore, makerKeyInStore } from "./crowd-identities.ts";

/** A link of our own has no more clients, each with a source port (sim/link/link-proxy.ts). */
const CROWD_MAX = 1_000;
/** Over the slots of all devices, which are in memory. */
const SLOTS_LENGTH_MAX = 2 ** 30;
const SLOT_LENGTH_MAX = 16 * 2 ** 20;
const PAGE_LENGTH = 4_096;

const FIGURES_INTERVAL_MS = 1_000;

type CrowdArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("uri", { type: "string", demandOption: true, describe: "coaps://HOST[:PORT] of the server" })
    .option("product", { ...word, demandOption: true, describe: "What the devices are" })
    .option("class", { ...word, describe: "The class that they are of", coerce: parseClass })
    .option("count", { ...word, demandOption: true, describe: `How many, 1 to ${CROWD_MAX}`, coerce: parseCount })
    .option("profile", { ...word, describe: "The link of each device: a name of narrowboat profiles, or a .json file" })
    .option("boot-fails", {
      ...word,
      default: "0%",
      describe: "The share of devices on which no new image starts, always the same ones",
      coerce: parseBootFails,
    })
    .option("interval", {
      ...word,
      default: "5s",
      describe: "From one check-in of a device to the next, whatever the server says of coming again",
      coerce: parseInterval,
    })
    .option("keys", { ...word, describe: "Lines of identity,key for a server elsewhere; --data gets keys when absent" })
    .option("trust", {
      ...word,
      describe: "The maker's public key that they know; the one that --data trusts when absent",
    })
    .option("json", json)
    .example("$0 crowd coaps://127.0.0.1 --product pump --count 50", "Beside a server with the same --data")
    .example("$0 crowd coaps://127.0.0.1 --product pump --count 50 --profile lte-m --boot-fails 2%", "");
}

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= CROWD_MAX) return count;
  throw wrongUse(`"${text}" is no number of devices: use 1 to ${CROWD_MAX}`);
}

function parseInterval(text: string): number {
  const seconds = parseDuration(text);
  if (seconds >= 0.1) return seconds;
  throw wrongUse(`"${text}" is too short for an interval: use 0.1s or more`);
}

export async function run(args: CrowdArguments): Promise<void> {
  const uri = serverUri(args.uri);
  const fault = imageNameFault(args.product, "1");
  if (fault !== undefined) throw wrongUse(fault);
  const { data, product, count } = args;
  const profile = args.profile === undefined ? undefined : coapProfileFor(args.profile);
  const servers = await serversAt(uri);
  const makerKey = args.trust === undefined ? makerKeyInStore(data, product) : makerKeyIn(args.trust);
  const identities =
    args.keys === undefined ? identitiesInStore(data, product, count) : await identitiesInFile(args.keys, count);
  const link = profile && (await startLink(profile, servers[0]!));
  const [server, ...otherServers] = link === undefined ? servers : [peerAddress(link.host, link.port)];
  const devices = identities.map((one) => {
    const device: CrowdDevice = new CrowdDevice(
      {
        name: identityText(one.identity),
        addresses: { server: server!, otherServers },
        ...(isIP(uri.host) === 0 && { host: uri.host }),
        security: securityOf(one),
        product,
        ...(args.class !== undefined && { class: args.class }),
        makerKey,
        slotLength: slotLengthFor(count),
        bootFails: isAmong(systemCrypto(), args.bootFails, identityText(one.identity)),
      },
      (event) => {
        const report = args.json ? eventReport(event) : undefined;
        if (report) console.log(JSON.stringify({ time: new Date().toISOString(), device: device.name, ...report }));
      },
    );
    return device;
  });
  await untilStopped(devices, 1_000 * args.interval, args.json);
  await link?.close();
}

function serverUri(text: string): CoapUri {
  const uri = coapUriGiven(text);
  if (uri.scheme !== "coaps") throw wrongUse("each device has an identity and a key: write coaps://HOST[:PORT]");
  const isServer = uri.path.every((segment) => segment === "") && uri.queries.length === 0;
  if (!isServer) throw wrongUse("--product says what the devices are: write coaps://HOST[:PORT] and no path");
  return uri;
}

function securityOf({ identity, key }: CrowdIdentity) {
  // An empty Connection ID of our own still lets the server give us one (RFC 9146 3).
  return { identity, key, cipherSuites: dialectNamed("own").cipherSuites, connectionId: EMPTY };
}

function slotLengthFor(count: number): number {
  const length = Math.min(SLOT_LENGTH_MAX, SLOTS_LENGTH_MAX / (2 * count));
  return Math.floor(length / PAGE_LENGTH) * PAGE_LENGTH;
}

function startLink(profile: LinkProfile, target: PeerAddress): Promise<LinkSockets> {
  const listen = { host: isIpv4(target) ? "127.0.0.1" : "::1", port: 0 };
  return LinkSockets.start({ profile, random: new Prng(randomUint32(new SystemRandom())), listen, target });
}

/** Devices come spread over one interval, so that a server is asked evenly from then on. */
async function untilStopped(devices: readonly CrowdDevice[], intervalMs: number, asJson: boolean): Promise<void> {
  const stop = new AbortController();
  // Each device waits for it.
  setMaxListeners(Number.POSITIVE_INFINITY, stop.signal);
  stop.signal.addEventListener("abort", () => {
    for (const device of devices) device.stop();
  });
  const ignoreSignals = onStopSignal(() => stop.abort());
  const status = await showStatus();
  const showFigures = asJson ? () => {} : figuresPrinter(devices, status);
  const timers = [setInterval(showFigures, FIGURES_INTERVAL_MS)];
  const running = devices.map(async (device, i) => {
    await pause((intervalMs * i) / devices.length, stop.signal);
    timers.push(setInterval(() => device.checkIn(), intervalMs));
    await keepRunning(device, intervalMs, stop.signal);
  });
  try {
    await Promise.all(running);
  } finally {
    // Where one device had a defect, the others end too.
    stop.abort();
    ignoreSignals();
    for (const timer of timers) clearInterval(timer);
    status.stop();
  }
  const figures = figuresOf(devices);
  console.log(asJson ? JSON.stringify({ event: "ended", ...figures }) : figuresLine(figures));
}

/** A network of this computer that is away, as while a laptop sleeps, is waited for. */
async function keepRunning(device: CrowdDevice, intervalMs: number, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await device.run();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      await pause(intervalMs, stop);
    }
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  // A pause that is broken off is over.
  await setTimeout(ms, undefined, { signal: stop }).catch(() => {});
}

/** On a terminal one line that changes; elsewhere a line for each change. */
function figuresPrinter(devices: readonly CrowdDevice[], status: Status): () => void {
  let told = "";
  return () => {
    const line = figuresLine(figuresOf(devices));
    if (line === told) return;
    told = line;
    if (process.stderr.isTTY) status.update(line);
    else console.log(line);
  };
}
