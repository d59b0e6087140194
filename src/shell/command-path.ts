// Where a program of the computer is installed, if it is.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of the command `name`; undefined where it is not installed. */
export function commandOnPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
