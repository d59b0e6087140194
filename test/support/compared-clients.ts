// The programs that are compared with what `tune` says of their kind: our own device, and stock ones.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { EMPTY, toHex, toUtf8 } from "../../src/base/bytes.ts";
import type { DialectName } from "../../src/device/dialect.ts";
import { houseRoot } from "../tidy/house.ts";
import { coapClientBuilds, KEY, ownAddress } from "./coap-client-program.ts";
import { absent, peer } from "./peers.ts";
import { type ProgramEnd, runProgram } from "./program.ts";
import { NARROWBOAT } from "./serving.ts";

const COMPILE_LIMIT_MS = 60_000;

/** As long as those of a simulated device: on a slow link each byte counts. */
export const IDENTITY = "d0";
export const PRODUCT = "m";

export interface PullEnd {
  readonly bytes: Uint8Array;
  /** From its first word on, as the program says it; absent where it does not. */
  readonly seconds?: number;
}

/** A program that pulls a version of PRODUCT, and the dialect that is to behave like it. */
export interface ComparedClient {
  readonly name: string;
  readonly dialect: DialectName;
  /** Of `tune`, where the program has it too. */
  readonly dtlsTimeoutSeconds?: number;
  /** Command and arguments of the one with this number, which may write to `file`. */
  command(port: number, number: number, version: string, file: string): readonly [string, ...string[]];
  endOf(program: ProgramEnd, file: string): PullEnd;
}

/** `narrowboat pull`; a first wait in the handshake, seconds, that is not its own. */
export function ownDevice(dtlsTimeoutSeconds?: number): ComparedClient {
  const flags = dtlsTimeoutSeconds === undefined ? [] : ["--dtls-timeout", String(dtlsTimeoutSeconds)];
  return {
    name: ["pull", ...flags].join(" "),
    dialect: "own",
    ...(dtlsTimeoutSeconds !== undefined && { dtlsTimeoutSeconds }),
    command: (port, _number, version, file) => {
      const keys = ["--identity", IDENTITY, "--key", toHex(toUtf8(KEY))];
      const uri = `coaps://127.0.0.1:${port}/fw/${PRODUCT}/${version}`;
      return [process.execPath, NARROWBOAT, "pull", uri, ...keys, "-o", file, "--json", ...flags];
    },
    endOf: ({ exit, stdout }, file) => {
      if (exit !== 0) return { bytes: EMPTY };
      const { seconds } = JSON.parse(stdout.toString()) as { readonly seconds: number };
      return { bytes: readFileSync(file), seconds };
    },
  };
}

export function stockLibcoap(): ComparedClient | undefined {
  const build = coapClientBuilds().find(({ name }) => name === "coap-client-openssl");
  if (build === undefined) return undefined;
  // Without -B the program ends after 90 s, whatever its library would do.
  const args = (number: number) => [
    "-m",
    "get",
    "-u",
    IDENTITY,
    "-k",
    KEY,
    "-B",
    "100000",
    "-o",
    "-",
    ...ownAddress(number),
  ];
  return {
    name: "libcoap",
    dialect: "libcoap",
    command: (port, number, version) => [
      build.command,
      ...args(number),
      `coaps://127.0.0.1:${port}/fw/${PRODUCT}/${version}`,
    ],
    endOf: ({ stdout }) => ({ bytes: stdout }),
  };
}

/** Compiled into `directory`. */
export async function mbedTlsClient(directory: string): Promise<ComparedClient | undefined> {
  const compiler = peer("cc");
  if (!existsSync("/usr/include/mbedtls/ssl.h")) return absent("Mbed TLS", "libmbedtls-dev");
  if (compiler === undefined) return undefined;
  const client = join(directory, "mbedtls-client");
  const source = join(houseRoot(), "test/interop/mbedtls-client.c");
  const libraries = ["-lmbedtls", "-lmbedcrypto", "-lmbedx509"];
  const { exit, text } = await runProgram(compiler, ["-O1", source, "-o", client, ...libraries], COMPILE_LIMIT_MS);
  assert.is(exit, 0, text);
  return {
    name: "mbedtls",
    dialect: "zephyr",
    command: (port, _number, version) => [client, String(port), IDENTITY, KEY, PRODUCT, version, "256"],
    endOf: ({ stdout }) => ({ bytes: stdout }),
  };
}
