// Serving from first to last: stores opened, sockets bound, `listening` printed, events logged, and an orderly end.

import { FirmwareStore } from "../../../firmware-store/firmware-store.ts";
import { PskStore } from "../../../psk/psk-store.ts";
import type { AnswerRateLimits } from "../../coap/answer-rates.ts";
import { uriHost } from "../../coap/coap-uri.ts";
import type { CipherSuite } from "../../dtls/cipher-suite.ts";
import { hostAddress } from "../../shell/host-address.ts";
import { type ListenAddress, ListenError, ServerShell, type ServerShellInput } from "../../shell/server-shell.ts";
import { SessionSaver, SessionsUnavailable } from "../../shell/session-saver.ts";
import { keepHeapSmall } from "../../shell/small-heap.ts";
import { onStopSignal } from "../../shell/stop-signals.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { systemNativeParts } from "../../shell/system-native-parts.ts";
import { systemMessage } from "../../store/store-error.ts";
import { DATA_DIRECTORY } from "../command.ts";
import { wrongUse } from "../command-error.ts";
import type { ExchangeFile } from "./exchange-file.ts";
import { type HttpInput, openHttp } from "./http-door.ts";
import { nativeWords } from "./native-words.ts";
import { ServedTrust } from "./served-trust.ts";
import { jsonLog, terminalLog } from "./server-log.ts";

export interface ServingInput extends HttpInput {
  /** Absent for all addresses of the computer. */
  readonly host?: string | undefined;
  readonly coapsPort: number;
  readonly coap: boolean;
  readonly coapPort: number;
  /** Whether plain CoAP asks unknown addresses for Echo. */
  readonly coapEcho: boolean;
  readonly blockSize: number;
  readonly sessionsPerIdentity?: number | undefined;
  /** Bytes of image contents kept in memory. */
  readonly cacheSize: number;
  /** Bytes of answers a second; no limits when absent. */
  readonly ratePerDevice?: number | undefined;
  readonly rateTotal?: number | undefined;
  readonly cipherSuites?: readonly CipherSuite[] | undefined;
  /** The file that exchanges are added to; none when absent. */
  readonly exchanges?: string | undefined;
  /** Whether sessions outlive the process. */
  readonly saveSessions: boolean;
}

type Addresses = ServerShell["addresses"];

/**
 * Serves until SIGTERM or SIGINT. `ready` gives lines to print below the `listening` lines.
 * Throws StoreError, and CommandError where a socket cannot be had.
 */
export async function serveUntilStopped(
  input: ServingInput,
  ready: (addresses: Addresses) => readonly string[] = () => [],
): Promise<void> {
  keepHeapSmall();
  const images = FirmwareStore.open(input.data, { cacheBytesMax: input.cacheSize });
  const keys = PskStore.open(input.data, systemCrypto());
  const served = ServedTrust.open(input.data);
  let isHeard = true;
  try {
    const { blockSize, cipherSuites, coapEcho, sessionsPerIdentity } = input;
    // Asked before anything is open that an error would leave open.
    const missing = whatIsMissing(input.data, images, keys);
    images.neverWait();
    keys.neverWait();
    const listen = await listenAddresses(input);
    const exchanges = input.exchanges === undefined ? undefined : await openExchanges(input.exchanges);
    const { sessions, complaints } = input.saveSessions ? await savedSessions(input.data) : NOT_SAVED;
    const log = process.stdout.isTTY ? terminalLog() : await jsonLog();
    const shell = await startShell({
      images,
      keys,
      scopes: served.scopes,
      trust: served.trust,
      sessions,
      log,
      listen,
      blockSize,
      ...(sessionsPerIdentity && { sessionsPerIdentity }),
      coapEcho,
      rates: ratesOf(input),
      ...(exchanges && { exchanged: exchanges.add.bind(exchanges) }),
      ...(cipherSuites && { cipherSuites }),
    });
    const http = await openHttp(input, shell, log).catch(async (error) => {
      await shell.stop();
      throw error;
    });
    const ignoreSignals = onStopSignal(() => void shell.stop());
    // A terminal that goes away is no reason for devices to be left alone.
    process.on("SIGHUP", () => {});
    for (const { scheme, host, port } of shell.addresses) console.log(`listening ${scheme}://${uriHost(host)}:${port}`);
    for (const line of http.lines) console.log(line);
    for (const line of ready(shell.addresses)) console.log(line);
    // Not on stdout, which programs read.
    console.error(nativeWords(systemNativeParts(), process.platform));
    for (const line of [...complaints, ...missing, ...http.complaints]) console.error(line);
    await shell.stopped.finally(ignoreSignals);
    await http.close();
    await exchanges?.end();
    isHeard = await log.end();
  } finally {
    images.close();
    keys.close();
    served.close();
  }
  // What waits for a reader who sleeps would keep the process.
  if (!isHeard) process.exit(0);
}

interface SavedSessions {
  readonly sessions: SessionSaver | undefined;
  /** Lines to print once the server listens: where it cannot, that is all there is to say. */
  readonly complaints: readonly string[];
}

const NOT_SAVED: SavedSessions = { sessions: undefined, complaints: [] };

/** What goes wrong with saved sessions costs sessions and nothing else: one line says so. */
async function savedSessions(directory: string): Promise<SavedSessions> {
  try {
    const sessions = await SessionSaver.open(directory);
    const { loss } = sessions.stored;
    if (loss === undefined) return { sessions, complaints: [] };
    return { sessions, complaints: [`saved sessions are lost: ${LOSS_WORDS[loss]}; devices shake hands anew`] };
  } catch (error) {
    if (!(error instanceof SessionsUnavailable)) throw error;
    return { sessions: undefined, complaints: [`sessions will not outlive this process: ${error.message}`] };
  }
}

const LOSS_WORDS = {
  damaged: "the file is damaged",
  foreign: "the file is not what this computer stored last since it was started",
} as const;

async function openExchanges(file: string): Promise<ExchangeFile> {
  const { ExchangeFile } = await import("./exchange-file.ts");
  try {
    return new ExchangeFile(file);
  } catch (error) {
    throw wrongUse(`cannot write ${file}: ${systemMessage(error)}`);
  }
}

function ratesOf({ ratePerDevice, rateTotal }: ServingInput): AnswerRateLimits {
  return {
    ...(ratePerDevice !== undefined && { perAssociation: ratePerDevice }),
    ...(rateTotal !== undefined && { total: rateTotal }),
  };
}

async function listenAddresses(input: ServingInput): Promise<readonly ListenAddress[]> {
  const host = input.host === undefined ? {} : { host: await resolvedHost(input.host) };
  const coaps = { scheme: "coaps", port: input.coapsPort, ...host } as const;
  return input.coap ? [coaps, { scheme: "coap", port: input.coapPort, ...host }] : [coaps];
}

async function resolvedHost(host: string): Promise<string> {
  try {
    return await hostAddress(host);
  } catch {
    throw wrongUse(`no address is known for the host "${host}": use --host with an address of this computer`);
  }
}

async function startShell(input: ServerShellInput): Promise<ServerShell> {
  try {
    return await ServerShell.start(input);
  } catch (error) {
    throw error instanceof ListenError ? wrongUse(listenAdvice(error)) : error;
  }
}

function listenAdvice({ address: { scheme, host, port }, code }: ListenError): string {
  const flag = `--${scheme}-port`;
  switch (code) {
    case "EACCES":
      return `port ${port} needs the rights of root: choose one above 1023 with ${flag}`;
    case "EADDRINUSE":
      return `port ${port} is in use: stop the program that has it, or choose another with ${flag}`;
    case "EADDRNOTAVAIL":
      return `${host} is not an address of this computer: use --host with one that is`;
    default:
      return `cannot listen on ${host ?? "::"} port ${port} (${code}): try another --host or ${flag}`;
  }
}

/** What an operator would wonder about when no device gets anything. */
function whatIsMissing(data: string, images: FirmwareStore, keys: PskStore): readonly string[] {
  const where = data === DATA_DIRECTORY ? "" : ` --data ${data}`;
  const lines: string[] = [];
  if (images.list().length === 0) lines.push(`no images yet: narrowboat publish FILE --product P --version V${where}`);
  if (keys.list().next().done === true) lines.push(`no keys yet: narrowboat psk add IDENTITY${where}`);
  return lines;
}
