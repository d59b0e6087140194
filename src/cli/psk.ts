// `narrowboat psk`: which devices have keys.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Argv } from "yargs";
import { identityText, parseIdentity } from "../../psk/identity.ts";
import { parseKey, SAFE_KEY_LENGTH_MIN } from "../../psk/key.ts";
import { type PskEntry, PskStore } from "../../psk/psk-store.ts";
import { ScopeStore } from "../../psk/scope-store.ts";
import { toHex } from "../base/bytes.ts";
import { randomBytes } from "../base/random-source.ts";
import { Secret } from "../base/secret.ts";
import type { Scope } from "../firmware/scope.ts";
import { systemCrypto } from "../shell/system-crypto.ts";
import { SystemRandom } from "../shell/system-random.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "./command.ts";
import { jobFailed, wrongUse } from "./command-error.ts";
import { showProgress } from "./progress.ts";
import { formatFields } from "./report.ts";

const NEW_KEY_LENGTH = 16;

const SHORT_KEY_ADVICE = `it works, but who recorded a handshake can guess it; ${SAFE_KEY_LENGTH_MIN} random bytes are safe`;

const identityArgument = {
  type: "string",
  demandOption: true,
  describe: "The device's PSK identity: text, or hex: and its bytes",
} as const;

export const add = { options: addOptions, run: addKey };
export const list = { options: listOptions, run: listKeys };
export const remove = { options: removeOptions, run: removeKey };
export const importKeys = { options: importOptions, run: importFile };

function addOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("identity", identityArgument)
    .option("key", { ...word, describe: "1 to 64 bytes in hex digits; without it a random key is made and shown once" })
    .option("shared", {
      type: "boolean",
      default: false,
      describe: "Many devices have this key: it may have any number of sessions",
    })
    .option("product", { ...word, describe: "All that it may fetch: this product, or several with commas" })
    .option("class", { ...word, describe: "With --product: these classes of it alone, with commas" })
    .option("json", json)
    .example("$0 psk add meter-7", "Make a key and print it")
    .example("$0 psk add meter-7 --key 00112233445566778899aabbccddeeff", "The key that the device has already");
}

async function addKey(args: ArgumentsOf<typeof addOptions>): Promise<void> {
  const identity = parseIdentity(args.identity);
  const scope = scopeIn(args);
  const made = args.key === undefined ? randomBytes(new SystemRandom(), NEW_KEY_LENGTH) : undefined;
  const key = made === undefined ? parseKey(args.key ?? "") : new Secret(made);
  const add = () => withStore(args.data, (store) => store.add(identity, key, Date.now(), args.shared));
  const added = scope === undefined ? add() : withScopes(args.data, (scopes) => scopes.bind(identity, scope, add));
  const name = identityText(identity);
  if (key.length < SAFE_KEY_LENGTH_MIN) warn(`the key of ${name} has ${key.length} bytes: ${SHORT_KEY_ADVICE}`);
  if (args.json) console.log(JSON.stringify({ identity: name, ...(made && { key: toHex(made) }), added }));
  else if (made !== undefined) console.log(formatFields({ identity: name, key: toHex(made) }));
  else console.log(added ? `${name} added` : `${name} has this key already: nothing changed`);
}

function scopeIn({ product, class: className }: { product?: string | undefined; class?: string | undefined }) {
  if (product === undefined && className === undefined) return undefined;
  if (product === undefined) throw wrongUse("a class is one of a product: name that with --product");
  return { products: product.split(","), classes: className?.split(",") ?? [] };
}

function listOptions(yargs: Argv<GlobalArguments>) {
  return yargs.option("json", json).example("$0 psk list", "Every identity that may connect");
}

/** A million identities go through, not into memory. */
async function listKeys(args: ArgumentsOf<typeof listOptions>): Promise<void> {
  const [store, scopes] = [PskStore.open(args.data, systemCrypto()), ScopeStore.open(args.data)];
  try {
    const entries = withScope(store.list(), scopes);
    const pieces = args.json ? jsonPieces(entries) : textPieces(entries);
    await pipeline(Readable.from(pieces), process.stdout, { end: false });
  } finally {
    store.close();
    scopes.close();
  }
}

interface ListedEntry extends PskEntry {
  readonly scope: Scope | undefined;
}

function* withScope(entries: Iterable<PskEntry>, scopes: ScopeStore): Generator<ListedEntry> {
  const anyBound = scopes.count() > 0;
  for (const entry of entries) yield { ...entry, scope: anyBound ? scopes.scopeOf(entry.identity) : undefined };
}

function* jsonPieces(entries: Iterable<ListedEntry>): Generator<string> {
  let before = "[";
  for (const { identity, addedAt, shared, scope } of entries) {
    const entry = { identity: identityText(identity), addedAt: new Date(addedAt).toISOString(), shared, ...scope };
    yield before + JSON.stringify(entry);
    before = ",";
  }
  yield before === "[" ? "[]\n" : "]\n";
}

function* textPieces(entries: Iterable<ListedEntry>): Generator<string> {
  let empty = true;
  for (const { identity, addedAt, shared, scope } of entries) {
    empty = false;
    const more = [...(shared ? ["shared"] : []), ...(scope ? [scopeText(scope)] : [])].map((word) => `  ${word}`);
    yield `${new Date(addedAt).toISOString()}  ${identityText(identity)}${more.join("")}\n`;
  }
  if (empty) yield "no keys: add one with narrowboat psk add\n";
}

function scopeText({ products, classes }: Scope): string {
  return `only ${products.join(",")}${classes.length === 0 ? "" : `, class ${classes.join(",")}`}`;
}

function removeOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("identity", identityArgument)
    .option("json", json)
    .example("$0 psk remove meter-7", "A running server ends its sessions within two seconds");
}

async function removeKey(args: ArgumentsOf<typeof removeOptions>): Promise<void> {
  const identity = parseIdentity(args.identity);
  const name = identityText(identity);
  const { removed, erased } = withStore(args.data, (store) => {
    return { removed: store.remove(identity), erased: store.erase() };
  });
  withScopes(args.data, (scopes) => scopes.remove(identity));
  if (!removed) throw jobFailed(`${name} has no key: narrowboat psk list shows who has`);
  if (!erased) warn(`another process reads psk.db: the key of ${name} stays in psk.db-wal until it has closed it`);
  console.log(args.json ? JSON.stringify({ identity: name, removed: true }) : `${name} removed`);
}

function importOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .positional("file", { type: "string", demandOption: true, describe: "Lines of identity,key with the key in hex" })
    .option("json", json)
    .example("$0 psk import devices.csv", "All of its lines, or none");
}

async function importFile(args: ArgumentsOf<typeof importOptions>): Promise<void> {
  const store = PskStore.open(args.data, systemCrypto());
  const progress = await showProgress("importing");
  try {
    const { addedCount, knownCount, shortCount, firstShort } = await store.importCsv(
      args.file,
      Date.now(),
      progress.update,
    );
    progress.stop();
    if (firstShort !== undefined) {
      const whose = shortCount === 1 ? "1 key, that of" : `${shortCount} keys, the first that of`;
      warn(`${whose} ${identityText(firstShort)}, shorter than ${SAFE_KEY_LENGTH_MIN} bytes: ${SHORT_KEY_ADVICE}`);
    }
    if (args.json) console.log(JSON.stringify({ added: addedCount, known: knownCount }));
    else console.log(`${addedCount} added, ${knownCount} known before`);
  } finally {
    progress.stop();
    store.close();
  }
}

/** On stderr, for programs read stdout. */
function warn(line: string): void {
  console.error(`narrowboat: ${line}`);
}

function withScopes<Value>(directory: string, work: (scopes: ScopeStore) => Value): Value {
  const scopes = ScopeStore.open(directory);
  try {
    return work(scopes);
  } finally {
    scopes.close();
  }
}

function withStore<Value>(directory: string, work: (store: PskStore) => Value): Value {
  const store = PskStore.open(directory, systemCrypto());
  try {
    return work(store);
  } finally {
    store.close();
  }
}
