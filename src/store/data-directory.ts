// The directory of the stores, and who may enter it: its owner, and one group of the system where the operator said so
// once with --data-group. The group's number is remembered in the directory, so that every later command knows it.

import { chmodSync, chownSync, mkdirSync, readFileSync, type Stats, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError, systemMessage } from "./store-error.ts";

/** Holds the number of the group that may enter, in decimal digits. Only who may write the directory can make it. */
const GROUP_FILE = "data-group";

const GROUPS_OF_THE_SYSTEM = "/etc/group";

const OWNER_MODE = 0o700;
const GROUP_MODE = 0o750;

/**
 * Makes the data directory (mode 0700) where it is absent; refuses one that others may enter.
 * Throws StoreError: notADirectory, permissions, unwritable.
 */
export function openDataDirectory(directory: string): void {
  makeDirectory(directory);
  const { mode, uid, gid } = statSync(directory);
  becomeOwner(uid, gid);
  const open = mode & 0o777 & ~OWNER_MODE;
  if (open === 0) return;
  // A group that may write could put a store of its own in the place of ours.
  const groupAlone = (open & ~GROUP_MODE) === 0;
  if (groupAlone && gid === rememberedGroup(directory)) return;
  const who = groupAlone ? `the group ${gid}` : "others";
  const otherwise = groupAlone ? `, or say --data-group ${gid} once` : "";
  throw new StoreError(
    "permissions",
    `${who} may enter the data directory ${directory}: run chmod 700 ${directory}${otherwise}`,
  );
}

/**
 * Lets a group of the system, by name or number, enter and list the data directory, now and when it is opened again. The
 * files in it keep their modes. Throws StoreError: notADirectory, permissions, unwritable.
 */
export function shareDataDirectory(directory: string, group: string): void {
  const gid = groupNumber(group);
  makeDirectory(directory);
  try {
    const { uid, gid: presentGid, mode }: Stats = statSync(directory);
    if (presentGid !== gid) chownSync(directory, uid, gid);
    if ((mode & 0o777) !== GROUP_MODE) chmodSync(directory, GROUP_MODE);
    writeFileSync(join(directory, GROUP_FILE), `${gid}\n`, { mode: 0o600 });
  } catch (error) {
    const what = `cannot let the group ${group} enter ${directory}: ${systemMessage(error)}`;
    throw new StoreError("permissions", `${what}; its owner can, with a group that the owner is in`);
  }
}

/**
 * Root works as the directory's owner from here on: what it makes there is the owner's, and no link that the owner may have
 * put there leads it to what the owner could not reach.
 */
function becomeOwner(uid: number, gid: number): void {
  if (process.geteuid?.() !== 0 || uid === 0) return;
  process.setegid?.(gid);
  process.seteuid?.(uid);
}

/** Makes a directory that only its owner may enter, and its parents. Throws StoreError: notADirectory, unwritable. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: OWNER_MODE });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST" || code === "ENOTDIR") {
      throw new StoreError("notADirectory", `${directory} is not a directory: name another data directory`);
    }
    throw new StoreError("unwritable", `cannot make the directory ${directory}: ${systemMessage(error)}`);
  }
}

function rememberedGroup(directory: string): number | undefined {
  try {
    const text = readFileSync(join(directory, GROUP_FILE), "utf8");
    return /^\d{1,10}\n$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Node.js has no look-up of a group; one that is not in the file can be given by its number. */
function groupNumber(group: string): number {
  if (/^\d{1,10}$/.test(group)) return Number(group);
  for (const line of groupLines()) {
    const [name, , gid] = line.split(":");
    if (name === group && gid !== undefined) return Number(gid);
  }
  throw new StoreError("permissions", `no group "${group}" in ${GROUPS_OF_THE_SYSTEM}: name one, or give its number`);
}

function groupLines(): readonly string[] {
  try {
    return readFileSync(GROUPS_OF_THE_SYSTEM, "utf8").split("\n");
  } catch {
    return [];
  }
}
