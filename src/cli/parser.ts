// The parser of words and options, set up so that every complaint is one line that says where to read on.

import yargs, { type Argv } from "yargs";
import { shareDataDirectory } from "../store/data-directory.ts";
import { type Command, DATA_DIRECTORY, type GlobalArguments, word } from "./command.ts";
import { type CommandError, wrongUse } from "./command-error.ts";

/** Those that open the data directory, and `npm start`, which has no word. */
const DATA_COMMANDS: readonly unknown[] = [
  "class",
  "crowd",
  "device",
  "devices",
  "group",
  "images",
  "key",
  "log",
  "product",
  "psk",
  "publish",
  "rehearse",
  "release",
  "rollout",
  "serve",
  "token",
  "trust",
  "user",
  "way-back",
  undefined,
];

const COMMANDS: readonly string[] = [
  "class",
  "crowd",
  "device",
  "devices",
  "group",
  "images",
  "inspect",
  "key",
  "keygen",
  "link",
  "log",
  "product",
  "profiles",
  "psk",
  "publish",
  "pull",
  "rehearse",
  "release",
  "rollout",
  "serve",
  "token",
  "trust",
  "tune",
  "user",
  "verify",
  "way-back",
];

/** A parser that knows what every command has. */
export function createParser(words: readonly string[]): Argv<GlobalArguments> {
  const parser = yargs([...words]) as Argv & Pick<OptionNames, "getOptions">;
  return parser
    .scriptName("narrowboat")
    .detectLocale(false)
    .exitProcess(false)
    .strict()
    .parserConfiguration({ "parse-positional-numbers": false })
    .middleware((argv) => keepLast(argv, parser), true)
    .option("data", {
      ...word,
      default: process.env["NARROWBOAT_DATA"] ?? DATA_DIRECTORY,
      defaultDescription: `NARROWBOAT_DATA, or ${DATA_DIRECTORY}`,
      describe: "Directory of images and keys",
      global: true,
    })
    .option("data-group", {
      ...word,
      describe: "Let this group of the system enter the data directory; said once, and remembered in it",
      global: true,
    })
    .middleware(({ data, dataGroup, _: [command] }) => {
      if (dataGroup !== undefined && DATA_COMMANDS.includes(command)) shareDataDirectory(data, dataGroup);
    })
    .fail((message, error) => {
      throw error ?? usageError(message, words);
    });
}

/** What yargs knows and its types do not: the names of options that take several words. */
interface OptionNames {
  getOptions(): { readonly array: readonly string[] };
}

/** Of an option that is said again the last word counts; of one that takes several (`--trust A --trust B`) all of them. */
function keepLast(argv: Record<string, unknown>, parser: OptionNames): void {
  const { array } = parser.getOptions();
  for (const [name, value] of Object.entries(argv)) {
    if (name !== "_" && Array.isArray(value) && !array.includes(name)) argv[name] = value.at(-1);
  }
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

/** A command, whose file is loaded when it is the one that is asked for. */
export function addCommand<Arguments>(
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
