// What ends a command other than success: one line for people, and an exit code for scripts.

import { StoreError, type StoreErrorCode } from "../store/store-error.ts";

export const ExitCode = {
  /** The job failed. */
  FAILED: 1,
  /** The command was given something that it cannot work with. */
  WRONG_USE: 2,
  /** Our own mistake: EX_SOFTWARE of sysexits.h. */
  DEFECT: 70,
  /** Ended by Ctrl-C: 128 and SIGINT. */
  INTERRUPTED: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;

  /** `message` is one line that says what to do. */
  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function wrongUse(message: string): CommandError {
  return new CommandError(ExitCode.WRONG_USE, message);
}

export function jobFailed(message: string): CommandError {
  return new CommandError(ExitCode.FAILED, message);
}

/** The exit code of an error; DEFECT for any that nobody foresaw. */
export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof StoreError) return exitCodeForStore(error.code);
  return ExitCode.DEFECT;
}

/** Wrong use is what another command line, or another file in it, would mend. */
function exitCodeForStore(code: StoreErrorCode): ExitCode {
  switch (code) {
    case "accountKnown":
    case "busy":
    case "damaged":
    case "imagePublished":
    case "keyKnown":
    case "keyRevoked":
    case "tooManyAccounts":
    case "tooManyKeys":
    case "noWayBack":
    case "releaseOld":
    case "registryBroken":
    case "unwritable":
      return ExitCode.FAILED;
    case "accountName":
    case "accountUnknown":
    case "className":
    case "csvLine":
    case "identity":
    case "imageLength":
    case "imageName":
    case "key":
    case "keyFile":
    case "keyUnknown":
    case "manifest":
    case "masterKey":
    case "notADirectory":
    case "permissions":
    case "releaseUnknown":
    case "unknownFormat":
    case "unreadable":
      return ExitCode.WRONG_USE;
  }
}
