// `narrowboat serve`: serves until it is told to stop.

import type { Argv } from "yargs";
import { CIPHER_SUITES } from "../../dtls/cipher-suite.ts";
import {
  type Endpoint,
  parseBlockSize,
  parseCacheSize,
  parseCipherSuites,
  parseEndpoint,
  parsePort,
  parseRate,
  parseSessionCount,
} from "../arguments.ts";
import { type ArgumentsOf, type GlobalArguments, word } from "../command.ts";
import { serveUntilStopped } from "./serving.ts";

export type ServeArguments = ArgumentsOf<typeof options>;

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("host", { ...word, describe: "Address or name to listen on; all of them, IPv6 and IPv4, when absent" })
    .option("coaps-port", {
      ...word,
      default: "5684",
      describe: "UDP port for DTLS, 0 for a free one",
      coerce: parsePort,
    })
    .option("coap", { type: "boolean", default: false, describe: "Serve without DTLS too: to anyone, unprotected" })
    .option("coap-port", { ...word, default: "5683", describe: "UDP port for --coap", coerce: parsePort })
    .option("coap-echo", {
      type: "boolean",
      default: false,
      describe: "With --coap: an address has to show that it is its own (RFC 9175) before it is answered",
    })
    .option("block-size", { ...word, default: "1024", describe: "Largest block, 16 to 1024", coerce: parseBlockSize })
    .option("cache-size", {
      ...word,
      default: "64M",
      describe: "Bytes of images kept in memory; the images themselves may be larger",
      coerce: parseCacheSize,
    })
    .option("rate-per-device", {
      ...word,
      describe: "Bytes of answers a second to each session, such as 20k; no limit when absent",
      coerce: parseRate,
    })
    .option("rate-total", { ...word, describe: "The same to all of them together, in turns", coerce: parseRate })
    .option("sessions-per-identity", {
      ...word,
      default: "8",
      describe: "Sessions that one identity may have; the idle one gives way. psk add --shared lifts it",
      coerce: parseSessionCount,
    })
    .option("cipher-suites", {
      ...word,
      describe: `In order of preference, with commas: ${CIPHER_SUITES.map(({ name }) => name).join(", ")}; all but CBC when absent`,
      coerce: parseCipherSuites,
    })
    .option("http", {
      ...word,
      describe: `HOST:PORT of the HTTP API; --no-http for none`,
      defaultDescription: "127.0.0.1:8080",
      coerce: parseHttp,
    })
    .option("tls-cert", {
      ...word,
      describe:
        "PEM file of a certificate, and of its chain, for HTTP; then other addresses than this computer's own may be named",
    })
    .option("tls-key", { ...word, describe: "PEM file of its key" })
    .option("exchanges", {
      ...word,
      describe: "CSV file to add each exchange of a transfer to, for narrowboat profiles --fit",
    })
    .option("save-sessions", {
      type: "boolean",
      default: true,
      describe: "Let sessions outlive this process; --no-save-sessions ends them with it, with close_notify",
    })
    .epilogue("NARROWBOAT_NATIVE=off in the environment serves without the native parts: the same, at more cost.")
    .example("narrowboat serve", "DTLS on port 5684, all addresses")
    .example("narrowboat serve --coap --host 127.0.0.1", "DTLS and plain CoAP, for programs on this computer")
    .example("narrowboat serve --cipher-suites TLS_PSK_WITH_AES_128_CCM_8", "The one suite that RFC 7925 asks for");
}

/** yargs says false for --no-http. */
function parseHttp(text: string | false | undefined): Endpoint | "off" | undefined {
  if (text === undefined) return undefined;
  return text === false ? "off" : parseEndpoint(text);
}

export async function run(args: ServeArguments): Promise<void> {
  await serveUntilStopped(args);
}
