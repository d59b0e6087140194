// `narrowboat pull`: a device on this computer, one block after the other.

import { basename } from "node:path";
import type { Argv } from "yargs";
import { parseIdentity } from "../../psk/identity.ts";
import { parseKey } from "../../psk/key.ts";
import { EMPTY, toHex } from "../base/bytes.ts";
import { peerAddress } from "../base/peer-address.ts";
import type { DeviceSecurity } from "../device/firmware-device.ts";
import { DEFAULT_CIPHER_SUITES } from "../dtls/cipher-suite.ts";
import { hostAddress } from "../shell/host-address.ts";
import { onStopSignal } from "../shell/stop-signals.ts";
import { parseBlockSize } from "./arguments.ts";
import { type CoapUri, parseCoapUri, uriHost } from "./coap-uri.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { jobFailed, wrongUse } from "./command-error.ts";
import { Download, type DownloadInput, type DownloadResult } from "./download.ts";
import { formatRate, showProgress } from "./progress.ts";
import { FileTarget, HashingTarget, StdoutTarget } from "./pull-target.ts";
import { formatFields } from "./report.ts";

const STDOUT = "-";

type PullArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("uri", { type: "string", demandOption: true, describe: "coaps://HOST[:PORT]/fw/PRODUCT/VERSION" })
    .option("identity", { ...word, describe: "PSK identity, for coaps://" })
    .option("key", { ...word, describe: "Its key in hex digits; NARROWBOAT_KEY keeps it out of the process list" })
    .option("block-size", { ...word, default: "1024", describe: "Largest block, 16 to 1024", coerce: parseBlockSize })
    .option("output", {
      ...word,
      alias: "o",
      describe: "File to write, - for standard output; the last part of the path when absent",
    })
    .option("json", json)
    .example("$0 pull coaps://127.0.0.1/fw/pump/1.2.0 --identity meter-7 --key 00112233445566778899aabbccddeeff", "")
    .example("$0 pull coap://127.0.0.1/fw/pump/1.2.0 --block-size 64 -o pump.bin", "Without DTLS, in small blocks");
}

export async function run(args: PullArguments): Promise<void> {
  const uri = parseCoapUri(args.uri);
  const security = securityFor(uri, args);
  const file = args.output ?? fileNameFor(uri);
  const server = peerAddress(await resolvedHost(uri.host), uri.port);
  const target = new HashingTarget(file === STDOUT ? new StdoutTarget() : new FileTarget(file));
  const progress = await showProgress("pulling");
  const { path, queries } = uri;
  const input: DownloadInput = {
    device: { server, path, queries, blockSize: args.blockSize, ...(security && { security }) },
    server: `${uriHost(uri.host)}:${uri.port}`,
    ...(args.identity !== undefined && { identity: args.identity }),
    target,
    progress,
  };
  try {
    const result = await interruptibly(new Download(input));
    target.finish();
    progress.stop();
    report(args, file, target, result);
  } catch (error) {
    progress.stop();
    target.discard();
    throw error;
  }
}

async function interruptibly(download: Download): Promise<DownloadResult> {
  const ignoreSignals = onStopSignal(() => download.interrupt());
  return download.run().finally(ignoreSignals);
}

function securityFor(uri: CoapUri, args: PullArguments): DeviceSecurity | undefined {
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
  return { identity, key: parseKey(key), cipherSuites: DEFAULT_CIPHER_SUITES, connectionId: EMPTY };
}

function fileNameFor({ path }: CoapUri): string {
  const name = basename(path.at(-1) ?? "");
  if (name !== "" && name !== "." && name !== ".." && !name.includes("\0")) return name;
  throw wrongUse("the path of the URI ends in no name for a file: give one with -o");
}

async function resolvedHost(host: string): Promise<string> {
  try {
    return await hostAddress(host);
  } catch {
    throw jobFailed(`no address is known for the host "${host}": check its name, or use an address`);
  }
}

function report(args: PullArguments, file: string, target: HashingTarget, result: DownloadResult): void {
  const { blocks, retransmissions, seconds, cipherSuite } = result;
  const sha256 = toHex(target.sha256());
  const size = target.length;
  // Standard output is the image's when it goes there.
  const print = file === STDOUT ? console.error : console.log;
  if (args.json) return print(JSON.stringify({ file, size, sha256, blocks, retransmissions, seconds, cipherSuite }));
  const time = `${seconds.toFixed(2)} s (${formatRate(size, seconds)})`;
  print(formatFields({ file, size: `${size} bytes`, sha256, blocks, retransmissions, time }));
}
