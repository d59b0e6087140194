// The words after `narrowboat`: which command, which options. A command's file is loaded when it is the one that is asked
// for, so that `--help` need not wait for databases.

import yargs, { type ArgumentsCamelCase, type Argv } from "yargs";
import { type CommandError, wrongUse } from "./command-error.ts";

/** What every command takes. */
export interface GlobalArguments {
  /** The directory of the stores. */
  readonly data: string;
}

/** What a command's `run` gets, from what its `options` declares. */
export type ArgumentsOf<Options extends (yargs: Argv<GlobalArguments>) => unknown> =
  ReturnType<Options> extends Argv<infer Arguments> ? ArgumentsCamelCase<Arguments> : never;

/** What the file of a command gives. */
interface Command<Arguments> {
  readonly options: (yargs: Argv<GlobalArguments>) => Argv<Arguments>;
  readonly run: (args: ArgumentsCamelCase<Arguments>) => Promise<void>;
}

export const DATA_DIRECTORY = "./narrowboat-data";

const COMMANDS: readonly string[] = ["images", "publish", "psk", "pull", "serve"];

/** An option that takes one word. */
export const word = { type: "string", requiresArg: true } as const;

export const json = { type: "boolean", default: false, describe: "Print JSON" } as const;

/** Runs the command that `words` name. Throws CommandError for words that make no sense, and what the command throws. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  const parser = createParser(words);
  addCommand(parser, "serve", "Serve images to devices", () => import("./serve.ts"));
  addCommand(parser, "publish <file>", "Add a firmware image", () => import("./publish.ts"));
  addCommand(parser, "images", "List the published images", () => import("./images.ts"));
  parser.command("psk <command>", "Keys of devices: add, list, remove, import", async (psk) => {
    const { add, list, remove, importKeys } = await import("./psk.ts");
    psk.demandCommand(1, "say what to do with keys: psk add, psk list, psk remove or psk import");
    addCommand(psk, "add <identity>", "Add a device's key", async () => add);
    addCommand(psk, "list", "List identities, never keys", async () => list);
    addCommand(psk, "remove <identity>", "Remove a key and end its sessions", async () => remove);
    addCommand(psk, "import <file>", "Add the keys of a CSV file", async () => importKeys);
  });
  addCommand(parser, "pull <uri>", "Fetch an image as a device does", () => import("./pull.ts"));
  await parse(parser.demandCommand(1, "say what to do"), words);
}

/** A parser that knows what every command has. */
export function createParser(words: readonly string[]): Argv<GlobalArguments> {
  return yargs([...words])
    .scriptName("narrowboat")
    .usage("$0 <command> [options]")
    .detectLocale(false)
    .exitProcess(false)
    .strict()
    .parserConfiguration({ "duplicate-arguments-array": false, "parse-positional-numbers": false })
    .option("data", {
      ...word,
      default: process.env["NARROWBOAT_DATA"] ?? DATA_DIRECTORY,
      defaultDescription: `NARROWBOAT_DATA, or ${DATA_DIRECTORY}`,
      describe: "Directory of images and keys",
      global: true,
    })
    .fail((message, error) => {
      throw error ?? usageError(message, words);
    });
}

/** Runs what the parser was told; an error of its own says where to read on. */
export async function parse(parser: Argv<GlobalArguments>, words: readonly string[]): Promise<void> {
  try {
    await parser.parseAsync();
  } catch (error) {
    // yargs throws the few of its complaints that it does not bring to `fail`.
    if (error instanceof Error && error.name === "YError") throw usageError(error.message, words);
    throw error;
  }
}

function addCommand<Arguments>(
  parser: Argv<GlobalArguments>,
  usage: string,
  describe: string,
  load: () => Promise<Command<Arguments>>,
): void {
  parser.command(
    usage,
    describe,
    async (options) => (await load()).options(options),
    async (args) => (await load()).run(args),
  );
}

/** The parser's complaint in one line, with where to read on. */
function usageError(complaint: string, words: readonly string[]): CommandError {
  const [first = ""] = words;
  const known = COMMANDS.includes(first);
  if (!known && first !== "" && !first.startsWith("-"))
    return wrongUse(`"${first}" is no command: see narrowboat --help`);
  return wrongUse(`${plainComplaint(complaint)}: see narrowboat${known ? ` ${first}` : ""} --help`);
}

function plainComplaint(complaint: string): string {
  if (complaint.startsWith("Not enough non-option arguments")) return "an argument is missing";
  const [, option] = /^Not enough arguments following: (.*)$/.exec(complaint) ?? [];
  if (option !== undefined) return `--${option} needs a value`;
  return complaint.split("\n")[0] ?? complaint;
}
