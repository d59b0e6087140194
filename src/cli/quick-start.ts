// What `npm start` runs in a clone: a data directory with a real image and one key, made on the first run, served on
// every run, and lines to paste into a second terminal.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { FirmwareStore } from "../../firmware-store/firmware-store.ts";
import { PskStore } from "../../psk/psk-store.ts";
import { assert } from "../base/assert.ts";
import { fromUtf8, toHex, toUtf8 } from "../base/bytes.ts";
import { type RandomSource, randomBytes } from "../base/random-source.ts";
import { Secret } from "../base/secret.ts";
import { uriHost } from "../coap/coap-uri.ts";
import { imagePath } from "../firmware/image-name.ts";
import { commandOnPath } from "../shell/command-path.ts";
import type { ListenAddress } from "../shell/server-shell.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { SystemRandom } from "../shell/system-random.ts";
import { createParser, parse } from "./parser.ts";
import { runProgram } from "./program.ts";
import { options, type ServeArguments } from "./serve/serve.ts";
import { serveUntilStopped } from "./serve/serving.ts";

const IDENTITY = "quickstart";
const PRODUCT = "movehub";
/** A real STM32 image, MIT licence; left beside the store, to compare with what comes out of a pull. */
const IMAGE_FILE = "firmware-base.bin";

/** libcoap's -k takes text. */
const KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const KEY_LENGTH = 16;

/** Debian names libcoap's client after the library that does its DTLS. */
const COAP_CLIENTS = ["coap-client", "coap-client-openssl", "coap-client-gnutls"];

async function start(words: readonly string[]): Promise<void> {
  const parser = createParser(words).scriptName("npm start --").usage("$0 [options of narrowboat serve]");
  parser.command("$0", "Serve a real firmware image", options, serve);
  await parse(parser, words);
}

async function serve(args: ServeArguments): Promise<void> {
  const version = pybricksVersion();
  publishOnce(args.data, version);
  const key = ownKey(args.data, new SystemRandom());
  await serveUntilStopped(args, (addresses) => linesToPaste(addresses, imagePath(PRODUCT, version), key));
}

function publishOnce(data: string, version: string): void {
  const store = FirmwareStore.open(data);
  try {
    if (store.list().some((image) => image.product === PRODUCT && image.version === version)) return;
    const file = join(data, IMAGE_FILE);
    writeFileSync(file, pybricksImage());
    store.publish({ file, product: PRODUCT, version, publishedAt: Date.now() });
  } finally {
    store.close();
  }
}

/** The key that the first run made. */
function ownKey(data: string, random: RandomSource): Secret {
  const keys = PskStore.open(data, systemCrypto());
  const identity = toUtf8(IDENTITY);
  try {
    const known = keys.find(identity);
    if (known !== undefined) return known;
    const key = new Secret(toUtf8(textKey(random)));
    keys.add(identity, key, Date.now());
    return key;
  } finally {
    keys.close();
  }
}

function textKey(random: RandomSource): string {
  let text = "";
  while (text.length < KEY_LENGTH) {
    // Six bits, and the two values past the alphabet give nothing: a remainder would favour its first letters.
    const [byte = 0] = randomBytes(random, 1);
    text += KEY_ALPHABET[byte & 0b11_1111] ?? "";
  }
  return text;
}

function linesToPaste(addresses: readonly Required<ListenAddress>[], path: string, key: Secret): readonly string[] {
  const { host, port } = addresses.find(({ scheme }) => scheme === "coaps")!;
  const uri = `coaps://${host === "::" || host === "0.0.0.0" ? "127.0.0.1" : uriHost(host)}:${port}${path}`;
  const pull = `npx narrowboat pull ${uri} --identity ${IDENTITY} --key ${toHex(key.reveal())}`;
  const text = fromUtf8(key.reveal());
  // An operator may have given the identity another key, and coap-client takes none but text.
  if (text === undefined || !/^[\x21-\x7e]+$/.test(text)) return [pull];
  const client = COAP_CLIENTS.find((name) => commandOnPath(name) !== undefined);
  const coapClient = `${client ?? COAP_CLIENTS[0]} -m get -u ${IDENTITY} -k ${text} -o ${PRODUCT}.bin ${uri}`;
  return client === undefined
    ? [pull, coapClient, "(apt install libcoap3-bin brings coap-client)"]
    : [pull, coapClient];
}

function pybricksImage(): Uint8Array {
  const image = unzipSync(readFileSync(pybricksFile("build/movehub.zip")))[IMAGE_FILE];
  assert(image !== undefined, `@pybricks/firmware has no ${IMAGE_FILE}`);
  return image;
}

function pybricksVersion(): string {
  const { firmwareTag } = JSON.parse(readFileSync(pybricksFile("package.json"), "utf8")) as { firmwareTag: string };
  return firmwareTag;
}

function pybricksFile(path: string): string {
  return fileURLToPath(import.meta.resolve(`@pybricks/firmware/${path}`));
}

await runProgram(() => start(process.argv.slice(2)));
