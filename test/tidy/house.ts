// The source tree that the tests were compiled from.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type SourceFile, sourceFile } from "./source-file.ts";

/** Made by tools or by users, and none of ours. */
const FOREIGN_FOLDERS = ["node_modules", "dist", ".build", ".git", "narrowboat-data"];
const TEXT_FILES = /\.(?:ts|mjs|json|md)$|^\.ci\//;

/** The folder of package.json, above wherever this file was compiled to. */
export function houseRoot(): string {
  let folder = import.meta.dirname;
  while (!readdirSync(folder).includes("package.json")) folder = dirname(folder);
  return folder;
}

/** Every text file of the house. */
export function readHouse(root: string): SourceFile[] {
  return pathsBelow(root, "")
    .filter((path) => TEXT_FILES.test(path))
    .map((path) => sourceFile(path, readFileSync(join(root, path), "utf8")));
}

function pathsBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return FOREIGN_FOLDERS.includes(entry.name) ? [] : pathsBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
}
