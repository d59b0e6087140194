// `narrowboat link`: a link profile in real time, as a UDP proxy in front of a server.

import { createInterface } from "node:readline";
import type { Argv } from "yargs";
import { Prng } from "../../../sim/prng.ts";
import { formatPeerAddress, peerAddress } from "../../base/peer-address.ts";
import { randomBytes } from "../../base/random-source.ts";
import { uriHost } from "../../coap/coap-uri.ts";
import { hostAddress } from "../../shell/host-address.ts";
import { LinkSockets, type LinkSocketsInput } from "../../shell/link-sockets.ts";
import { onStopSignal } from "../../shell/stop-signals.ts";
import { SystemRandom } from "../../shell/system-random.ts";
import { type Endpoint, parseDrops, parseEndpoint, parseSeconds, parseSeed } from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import { coapProfileFor } from "../profile-argument.ts";
import { showStatus } from "../progress.ts";
import { linkReport, linkTable, liveLine } from "./report.ts";

const STATUS_INTERVAL_MS = 500;

type LinkArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  const endpoint = { ...word, demandOption: true, coerce: parseEndpoint } as const;
  const drops = { ...word, coerce: parseDrops } as const;
  return yargs
    .option("profile", { ...word, demandOption: true, describe: "A name of narrowboat profiles, or a .json file" })
    .option("listen", { ...endpoint, describe: "HOST:PORT that devices talk to, port 0 for a free one" })
    .option("target", { ...endpoint, describe: "HOST:PORT of the server" })
    .option("seed", { ...word, describe: "0 to 4294967295, for the same losses again", coerce: parseSeed })
    .option("nat-timeout", {
      ...word,
      describe: "Seconds of silence until a client gets another source port; the profile's when absent",
      coerce: parseSeconds,
    })
    .option("drop-up", { ...drops, describe: "Drop these of each client's datagrams too: 3,5-7 or 10%" })
    .option("drop-down", { ...drops, describe: "The same for datagrams to each client" })
    .option("shared", { type: "boolean", default: false, describe: "All clients share one channel" })
    .option("json", json)
    .example("$0 link --profile lte-m --listen 0.0.0.0:5685 --target 127.0.0.1:5684", "")
    .example("$0 link --profile bernoulli:loss=20%,rtt=1s --listen [::]:5685 --target [::1]:5684 --seed 7", "")
    .epilogue("SIGUSR2, or r and Enter on a terminal, gives every client another source port.");
}

export async function run(args: LinkArguments): Promise<void> {
  const profile = coapProfileFor(args.profile);
  const seed = args.seed ?? new DataView(randomBytes(new SystemRandom(), 4).buffer).getUint32(0);
  const target = peerAddress(await resolvedHost(args.target.host, "target"), args.target.port);
  if (args.target.port === 0) throw wrongUse("port 0 is nobody's: give --target the port of the server");
  const sockets = await startSockets(args.listen, {
    profile,
    random: new Prng(seed),
    listen: { host: await resolvedHost(args.listen.host, "listen"), port: args.listen.port },
    target,
    drops: { ...(args.dropUp && { up: args.dropUp }), ...(args.dropDown && { down: args.dropDown }) },
    sharedMedium: args.shared,
    ...(args.natTimeout !== undefined && { natTimeoutSeconds: args.natTimeout }),
  });
  // Standard output is the report's when a program reads it.
  const print = args.json ? console.error : console.log;
  print(`profile ${profile.name}, seed ${seed}`);
  print(`listening ${uriHost(sockets.host)}:${sockets.port} -> ${formatPeerAddress(target)}`);
  const startedAt = performance.now();
  await untilStopped(sockets, print);
  const seconds = (performance.now() - startedAt) / 1000;
  const { statistics, failureCounts } = sockets;
  await sockets.close();
  const report = { profile: args.profile, seed, seconds, statistics, failureCounts };
  console.log(args.json ? JSON.stringify(linkReport(report)) : linkTable(report));
}

/** Shows what goes on, and rebinds when asked, until a stop signal. */
async function untilStopped(sockets: LinkSockets, print: (line: string) => void): Promise<void> {
  const status = await showStatus();
  const interval = setInterval(() => status.update(liveLine(sockets.statistics)), STATUS_INTERVAL_MS);
  const rebind = () => {
    sockets.rebind();
    print("rebinding: the next datagram of every client leaves from another port");
  };
  const ignoreRequests = onRebindRequest(rebind);
  await new Promise<void>((resolve) => onStopSignal(resolve));
  ignoreRequests();
  clearInterval(interval);
  status.stop();
}

/** Calls `rebind` at SIGUSR2, and at "r" on a terminal; gives back what stops listening. */
function onRebindRequest(rebind: () => void): () => void {
  process.on("SIGUSR2", rebind);
  const lines = process.stdin.isTTY ? createInterface({ input: process.stdin }) : undefined;
  lines?.on("line", (line) => {
    if (line.trim() === "r") rebind();
  });
  return () => {
    process.off("SIGUSR2", rebind);
    lines?.close();
  };
}

async function startSockets(listen: Endpoint, input: LinkSocketsInput): Promise<LinkSockets> {
  try {
    return await LinkSockets.start(input);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const where = `${uriHost(listen.host)}:${listen.port}`;
    throw wrongUse(`cannot listen on ${where} (${code}): give --listen a free port and an address of this computer`);
  }
}

async function resolvedHost(host: string, option: string): Promise<string> {
  try {
    return await hostAddress(host);
  } catch {
    throw wrongUse(`no address is known for the host "${host}": check --${option}`);
  }
}
