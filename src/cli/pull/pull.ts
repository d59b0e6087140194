// `narrowboat pull`: a device on this computer.

import { isIP } from "node:net";
import { basename } from "node:path";
import type { Argv } from "yargs";
import { parseIdentity } from "../../../psk/identity.ts";
import { parseKey } from "../../../psk/key.ts";
import { EMPTY } from "../../base/bytes.ts";
import { type PeerAddress, peerAddress } from "../../base/peer-address.ts";
import { type CoapUri, parseCoapUri, uriHost } from "../../coap/coap-uri.ts";
import type { DeviceSecurity } from "../../device/device-dtls.ts";
import { DIALECT_NAMES, type DialectSettings, dialectWith } from "../../device/dialect.ts";
import { hostAddresses } from "../../shell/host-address.ts";
import { isMulticast } from "../../shell/local-addresses.ts";
import { onStopSignal } from "../../shell/stop-signals.ts";
import { readDecryptionKey } from "../../trust-store/key-file.ts";
import {
  parseBlockSizeOrAuto,
  parseDialect,
  parseMaxRetransmit,
  parseMaxSize,
  parseSeconds,
  parseWindow,
  refuseMaxRetransmitOf,
} from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { CommandError, ExitCode, jobFailed, wrongUse } from "../command-error.ts";
import { showProgress } from "../progress.ts";
import { Download, type DownloadInput, type DownloadResult } from "./download.ts";
import { formatPullReport, pullReport } from "./report.ts";
import { targetFor } from "./target.ts";
import { TwoSlots } from "./two-slots.ts";
import {
  makerKeyIn,
  openSlotDirectory,
  parseBootFails,
  parseClass,
  parseClassProfile,
  productIn,
} from "./update-arguments.ts";
import { reportUpdate } from "./update-report.ts";

const STDOUT = "-";

/** They mean nothing without --slots. */
const DEVICE_FLAGS = ["trust", "class", "classProfile", "decryptWith", "bootFails"] as const;

type PullArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("uri", {
      type: "string",
      demandOption: true,
      describe: "coaps://HOST[:PORT]/fw/PRODUCT/VERSION, or with --slots coaps://HOST[:PORT]/m/PRODUCT",
    })
    .option("identity", { ...word, describe: "PSK identity, for coaps://" })
    .option("key", { ...word, describe: "Its key in hex digits; NARROWBOAT_KEY keeps it out of the process list" })
    .option("device", {
      ...word,
      default: "own",
      describe: `Kind of device to behave like: ${DIALECT_NAMES.join(", ")}`,
      coerce: parseDialect,
    })
    .option("block-size", {
      ...word,
      describe: "Bytes of a block, 16 to 1024, or auto; the device's own choice when absent",
      coerce: parseBlockSizeOrAuto,
    })
    .option("window", {
      ...word,
      describe: "Requests at a time, or auto; the device's own choice when absent",
      coerce: parseWindow,
    })
    .option("ack-timeout", {
      ...word,
      describe: "Seconds that it waits for the answer to a first request; the device's own choice when absent",
      coerce: parseSeconds,
    })
    .option("dtls-timeout", {
      ...word,
      describe: "Seconds that it waits for the answer to a first flight of DTLS; the device's own choice when absent",
      coerce: parseSeconds,
    })
    .option("max-retransmit", {
      ...word,
      describe: "MAX_RETRANSMIT of a device other than our own",
      coerce: parseMaxRetransmit,
    })
    .option("output", {
      ...word,
      alias: "o",
      describe: "File to write, - for standard output; the last part of the path when absent",
    })
    .option("max-size", {
      ...word,
      describe: "Bytes of the longest image to take, such as 512k; 1G when absent",
      coerce: parseMaxSize,
    })
    .option("timeout", {
      ...word,
      describe: "Seconds after which the pull ends, whole or not",
      coerce: parseSeconds,
    })
    .option("slots", {
      ...word,
      describe: "Directory of a device with two slots, which updates itself to what is released",
    })
    .option("trust", { ...word, describe: "With --slots: the maker's public key, keygen's FILE.pub" })
    .option("class", { ...word, describe: "With --slots: the class that the device is of", coerce: parseClass })
    .option("decrypt-with", {
      ...word,
      describe: "With --slots: the private key (P-256, PEM) that opens images which are encrypted to its class",
    })
    .option("class-profile", {
      ...word,
      describe: "With --slots: what the class's devices check, log or maker-only, as in class set",
      coerce: parseClassProfile,
    })
    .option("boot-fails", {
      type: "string",
      describe: "With --slots: how often a new image does not start, such as 50%; always where no share follows",
      coerce: parseBootFails,
    })
    .option("json", json)
    .example("$0 pull coaps://127.0.0.1/m/pump --slots meter --trust maker.pem.pub --identity meter-7", "An update")
    .example("$0 pull coaps://127.0.0.1/fw/pump/1.2.0 --identity meter-7 --key 00112233445566778899aabbccddeeff", "")
    .example("$0 pull coap://127.0.0.1/fw/pump/1.2.0 --block-size 64 -o pump.bin", "Without DTLS, in small blocks");
}

/** Throws CommandError. */
export function coapUriGiven(text: string): CoapUri {
  const uri = parseCoapUri(text);
  if (!uri.ok) throw wrongUse(uri.error);
  return uri.value;
}

export async function run(args: PullArguments): Promise<void> {
  const uri = coapUriGiven(args.uri);
  const security = securityFor(uri, args);
  if (args.slots !== undefined) return update(args, args.slots, uri, security);
  const stray = DEVICE_FLAGS.find((name) => args[name] !== undefined);
  if (stray !== undefined)
    throw wrongUse(
      "--trust, --class, --class-profile, --decrypt-with and --boot-fails are for a device with --slots DIR",
    );
  const file = args.output ?? fileNameFor(uri);
  const [server, ...otherServers] = await serversAt(uri);
  const target = targetFor(file);
  const progress = await showProgress("pulling");
  const { path, queries } = uri;
  const input: DownloadInput = {
    device: {
      server: server!,
      otherServers,
      // RFC 7252 6.4: an address is not said once more.
      ...(isIP(uri.host) === 0 && { host: uri.host }),
      ...(args.maxSize !== undefined && { lengthMax: args.maxSize }),
      path,
      queries,
      dialect: dialectWith(args.device, settingsOf(args)),
      ...(security && { security }),
    },
    server: `${uriHost(uri.host)}:${uri.port}`,
    ...(args.identity !== undefined && { identity: args.identity }),
    target,
    progress,
  };
  report(args, file, await pulled(input, args.timeout));
}

/** `--slots`: a device that updates itself. */
async function update(
  args: PullArguments,
  slots: string,
  uri: CoapUri,
  security: DeviceSecurity | undefined,
): Promise<void> {
  const product = updatedProduct(uri, args);
  const makerKey = makerKeyIn(args.trust);
  const decryptionKey = args.decryptWith === undefined ? undefined : readDecryptionKey(args.decryptWith);
  const [server, ...otherServers] = await serversAt(uri);
  const progress = await showProgress("pulling");
  const directory = openSlotDirectory(slots);
  const twoSlots = new TwoSlots({
    directory,
    addresses: { server: server!, otherServers },
    ...(isIP(uri.host) === 0 && { host: uri.host }),
    server: `${uriHost(uri.host)}:${uri.port}`,
    ...(security && { security }),
    ...(args.identity !== undefined && { identity: args.identity }),
    dialect: dialectWith(args.device, settingsOf(args)),
    product,
    ...(args.class !== undefined && { class: args.class }),
    checks: args.classProfile ?? {},
    makerKey,
    ...(decryptionKey && { decryptionKey }),
    bootFails: args.bootFails ?? 0,
    progress,
    say: (line) => (args.json ? undefined : console.log(line)),
  });
  const ignoreSignals = onStopSignal(() => twoSlots.interrupt(new CommandError(ExitCode.INTERRUPTED, "interrupted")));
  const expire = () => twoSlots.interrupt(jobFailed(`not done after ${args.timeout} s: give it a longer --timeout`));
  const timer = args.timeout && setTimeout(expire, 1_000 * args.timeout);
  try {
    reportUpdate(args.json, await twoSlots.run());
  } finally {
    ignoreSignals();
    clearTimeout(timer);
    progress.stop();
    directory.close();
  }
}

function updatedProduct(uri: CoapUri, args: PullArguments): string {
  if (args.output !== undefined || args.maxSize !== undefined) {
    throw wrongUse("--slots DIR says where images go and how long they may be: leave -o and --max-size out");
  }
  return productIn(uri);
}

/** Runs the download to its end. Whatever ends it, the target is left as the next pull wants to find it. */
async function pulled(input: DownloadInput, seconds: number | undefined): Promise<DownloadResult> {
  const { target, progress } = input;
  const download = new Download(input);
  const ignoreSignals = onStopSignal(() => download.interrupt());
  const timer = seconds && setTimeout(() => download.expire(seconds), 1_000 * seconds);
  try {
    const result = await download.run();
    target.finish(result.length, result.sha256);
    return result;
  } catch (error) {
    throw withWayOn(error, download.held, target.leave(input.device.dialect.resumes));
  } finally {
    ignoreSignals();
    clearTimeout(timer);
    progress.stop();
  }
}

/** Says of an interruption in which file the bytes wait that are there, if they do. */
function withWayOn(error: unknown, bytesHeld: number, part: string | undefined): unknown {
  if (part === undefined || !(error instanceof CommandError) || error.exitCode !== ExitCode.INTERRUPTED) return error;
  const wayOn = `${bytesHeld} bytes are in ${part}; the same command goes on from there`;
  return new CommandError(error.exitCode, `${error.message}: ${wayOn}`);
}

function settingsOf({ device, ...args }: PullArguments): DialectSettings {
  const { blockSize, window, ackTimeout, dtlsTimeout, maxRetransmit } = args;
  refuseMaxRetransmitOf(device.name, maxRetransmit);
  return {
    ...(blockSize && { blockSize }),
    ...(window && { window }),
    ...(ackTimeout && { ackTimeoutSeconds: ackTimeout }),
    ...(dtlsTimeout && { dtlsTimeoutSeconds: dtlsTimeout }),
    ...(maxRetransmit !== undefined && { maxRetransmit }),
  };
}

/** What is asked for in plain words: identity, key, and the kind of device. */
export type SecurityArguments = Pick<PullArguments, "identity" | "key" | "device">;

/** Undefined on plain CoAP. Throws CommandError. */
export function securityFor(uri: CoapUri, args: SecurityArguments): DeviceSecurity | undefined {
  if (uri.scheme === "coap") {
    if (args.identity === undefined && args.key === undefined) return undefined;
    throw wrongUse("coap:// knows no identity and no key: write coaps://, or leave --identity and --key out");
  }
  const key = args.key ?? process.env["NARROWBOAT_KEY"];
  if (args.identity === undefined || key === undefined) {
    throw wrongUse("coaps:// needs --identity and --key (or NARROWBOAT_KEY)");
  }
  const identity = parseIdentity(args.identity);
  // An empty Connection ID of our own still lets the server give us one (RFC 9146 3).
  return { identity, key: parseKey(key), cipherSuites: args.device.cipherSuites, connectionId: EMPTY };
}

function fileNameFor({ path }: CoapUri): string {
  const name = basename(path.at(-1) ?? "");
  if (name !== "" && name !== "." && name !== ".." && !name.includes("\0")) return name;
  throw wrongUse("the path of the URI ends in no name for a file: give one with -o");
}

/** At least one. */
export async function serversAt({ host, port }: CoapUri): Promise<readonly PeerAddress[]> {
  const addresses = await hostAddresses(host).catch(() => {
    throw jobFailed(`no address is known for the host "${host}": check its name, or use an address`);
  });
  // RFC 7252 8.1: no request to many may be confirmable.
  const group = addresses.find(isMulticast);
  if (group !== undefined) throw wrongUse(`${group} is a multicast address: give the address of one server`);
  return addresses.map((address) => peerAddress(address, port));
}

function report(args: PullArguments, file: string, result: DownloadResult): void {
  // Standard output is the image's when it goes there.
  const print = file === STDOUT ? console.error : console.log;
  print(args.json ? JSON.stringify(pullReport(file, result)) : formatPullReport(pullReport(file, result)));
}
