// What the file of a command gives, and what all of them take.

import type { ArgumentsCamelCase, Argv } from "yargs";

/** What every command takes. */
export interface GlobalArguments {
  /** The directory of the stores. */
  readonly data: string;
  /** The group that may enter it, from now on. */
  readonly dataGroup?: string | undefined;
}

/** What a command's `run` gets, from what its `options` declares. */
export type ArgumentsOf<Options extends (yargs: Argv<GlobalArguments>) => unknown> =
  ReturnType<Options> extends Argv<infer Arguments> ? ArgumentsCamelCase<Arguments> : never;

export interface Command<Arguments> {
  readonly options: (yargs: Argv<GlobalArguments>) => Argv<Arguments>;
  readonly run: (args: ArgumentsCamelCase<Arguments>) => Promise<void>;
}

export const DATA_DIRECTORY = "./narrowboat-data";

/** An option that takes one word. */
export const word = { type: "string", requiresArg: true } as const;

export const json = { type: "boolean", default: false, describe: "Print JSON" } as const;
