// `narrowboat log witness`: being a witness of other registries. Each of their checkpoints is signed that goes on from the one
// that was signed last, so that whoever asks for this signature sees what everybody sees.

import type { Argv } from "yargs";
import { toHex } from "../../base/bytes.ts";
import { formatVkey, type NoteKey, NoteKeyType, parseVkey } from "../../registry/note-key.ts";
import { WitnessStore } from "../../registry-store/witness-store.ts";
import { onStopSignal } from "../../shell/stop-signals.ts";
import { systemCrypto } from "../../shell/system-crypto.ts";
import { WitnessDoor } from "../../shell/trust/witness-door.ts";
import { systemMessage } from "../../store/store-error.ts";
import { ownKey, ownKeyFile } from "../../trust-store/own-key.ts";
import { type ArgumentsOf, type GlobalArguments, json, word } from "../command.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { formatFields } from "../report.ts";

export function options(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("listen", { ...word, default: "127.0.0.1:8085", describe: "HOST:PORT for HTTP; port 0 for a free one" })
    .option("log", {
      type: "string",
      array: true,
      requiresArg: true,
      demandOption: true,
      describe: "The registries to be a witness of: each key as log checkpoint says it",
    })
    .option("json", json)
    .example("$0 log witness --log narrowboat/3f…", "Signs what goes on from what it has signed, until Ctrl-C");
}

export async function run(args: ArgumentsOf<typeof options>): Promise<void> {
  const crypto = systemCrypto();
  const { host, port } = addressIn(args.listen);
  const logs = args.log.map(logIn);
  const key = ownKey(args.data, "witness", crypto);
  const store = WitnessStore.open(args.data, { key, logs, crypto, clock: () => Date.now() });
  try {
    const say = (reason: string) => console.error(`nothing is signed for now: ${reason}`);
    const door = await WitnessDoor.open(host, port, store.cosign, say).catch((error: unknown) => {
      throw jobFailed(`cannot listen on ${args.listen}: ${systemMessage(error)}`);
    });
    const fields = {
      listening: door.url,
      vkey: formatVkey(crypto, store.key),
      "public key": `${ownKeyFile(args.data, "witness")}.pub`,
      "key id": toHex(key.keyId),
    };
    if (args.json) {
      const { listening: url, vkey, "public key": publicKey, "key id": keyId } = fields;
      console.log(JSON.stringify({ url, vkey, publicKey, keyId }));
    } else console.log(formatFields(fields));
    await new Promise<void>((resolve) => onStopSignal(resolve));
    await door.close();
  } finally {
    store.close();
  }
}

function logIn(text: string): NoteKey {
  const key = parseVkey(systemCrypto(), text);
  if (!key.ok) throw wrongUse(`--log ${text} is no key of a registry: ${key.error}`);
  if (key.value.type === NoteKeyType.ED25519) return key.value;
  throw wrongUse(`--log ${text} is a witness's key: name the registry's, as narrowboat log checkpoint says it`);
}

function addressIn(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  if (host !== undefined && port <= 65_535) return { host, port };
  throw wrongUse(`--listen ${text} is no address: write HOST:PORT`);
}
