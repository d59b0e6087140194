// `narrowboat key`: the master key, under which images and keys of devices lie on the disk.

import type { Argv } from "yargs";
import { DataKeys } from "../store/data-keys.ts";
import { KEY_FILE, KEY_VARIABLE } from "../store/master-key.ts";
import { rotateMasterKey } from "../store/master-key-rotation.ts";
import { type ArgumentsOf, type GlobalArguments, json } from "./command.ts";
import { formatFields } from "./report.ts";

export const show = { options: showOptions, run: showKey };
export const rotate = { options: rotateOptions, run: rotateKey };

function showOptions(yargs: Argv<GlobalArguments>) {
  return yargs.option("json", json).example("$0 key show", "Which key a backup needs");
}

async function showKey(args: ArgumentsOf<typeof showOptions>): Promise<void> {
  const keys = DataKeys.open(args.data);
  const { name } = keys.masterKey();
  keys.close();
  const from = whereFrom(args.data);
  console.log(args.json ? JSON.stringify({ key: name, from }) : formatFields({ key: name, from }));
}

function rotateOptions(yargs: Argv<GlobalArguments>) {
  return yargs
    .option("json", json)
    .epilogue(
      `With ${KEY_VARIABLE}=NEW,OLD in the environment it goes over to NEW, and with one key there from the key file to that.`,
    )
    .example("$0 key rotate", "A fresh master key, also while a server runs");
}

async function rotateKey(args: ArgumentsOf<typeof rotateOptions>): Promise<void> {
  const { before, after, count } = rotateMasterKey(args.data);
  if (args.json) return console.log(JSON.stringify({ before, key: after, from: whereFrom(args.data), wrapped: count }));
  console.log(formatFields({ before, key: after, from: whereFrom(args.data), wrapped: `${count} data keys` }));
  console.log("backups of before open with the key of before alone");
}

function whereFrom(data: string): string {
  return (process.env[KEY_VARIABLE] ?? "") === "" ? `${data}/${KEY_FILE}` : KEY_VARIABLE;
}
