// `releases.db`: all that is decided, and the registry of it. One file, because a decision and its entry are written in one
// transaction, and because there is one registry. Each store brings the tables of its own.

import { StoreFile, type StoreFormat } from "../store/store-file.ts";

const ENTRY = `
    CREATE TABLE IF NOT EXISTS registry_entry (
      number INTEGER PRIMARY KEY CHECK (number >= 0),
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      bytes BLOB NOT NULL CHECK (length(bytes) <= 300)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS registry_entry_digest ON registry_entry (digest);
    CREATE TRIGGER IF NOT EXISTS registry_entry_written_once BEFORE UPDATE ON registry_entry
      BEGIN SELECT RAISE(ABORT, 'an entry never changes'); END;
    CREATE TRIGGER IF NOT EXISTS registry_entry_kept BEFORE DELETE ON registry_entry
      BEGIN SELECT RAISE(ABORT, 'an entry stays'); END;`;

const TILE = `
    CREATE TABLE IF NOT EXISTS registry_tile (
      number INTEGER PRIMARY KEY,
      hashes BLOB NOT NULL CHECK (length(hashes) % 32 = 0 AND length(hashes) <= 8192)
    ) STRICT;`;

const CHECKPOINT = `
    CREATE TABLE IF NOT EXISTS registry_checkpoint (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      size INTEGER NOT NULL,
      root BLOB NOT NULL CHECK (length(root) = 32),
      signed_at INTEGER NOT NULL,
      spki BLOB NOT NULL,
      signature BLOB NOT NULL CHECK (length(signature) = 64)
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS registry_checkpoint_grows BEFORE INSERT ON registry_checkpoint
      WHEN new.size < (SELECT max(size) FROM registry_checkpoint)
      BEGIN SELECT RAISE(ABORT, 'a checkpoint never shrinks'); END;
    CREATE TRIGGER IF NOT EXISTS registry_checkpoint_written_once
      BEFORE UPDATE OF number, size, root, signed_at, spki, signature ON registry_checkpoint
      BEGIN SELECT RAISE(ABORT, 'a checkpoint never changes'); END;
    CREATE TRIGGER IF NOT EXISTS registry_checkpoint_kept BEFORE DELETE ON registry_checkpoint
      BEGIN SELECT RAISE(ABORT, 'a checkpoint stays'); END;`;

/** Apart from the checkpoint, which never changes; they come when the witnesses have seen it. */
const COSIGNATURE = `
    CREATE TABLE IF NOT EXISTS registry_cosignature (
      checkpoint INTEGER NOT NULL REFERENCES registry_checkpoint (number),
      key_id BLOB NOT NULL CHECK (length(key_id) = 32),
      line TEXT NOT NULL,
      PRIMARY KEY (checkpoint, key_id)
    ) STRICT, WITHOUT ROWID;`;

const FORMAT: StoreFormat = {
  fileName: "releases.db",
  applicationId: 0x4e42726c, // "NBrl"
  version: 1,
  // Nothing in it is secret, but who may write here decides what devices install.
  ownerOnly: true,
  schema: ENTRY + TILE + CHECKPOINT,
};

/**
 * Opens the file, and makes it and the tables of `schema` where they are absent: each statement of that says IF NOT EXISTS.
 * Several stores may have it open. Throws StoreError: busy, damaged, notADirectory, permissions, unknownFormat, unwritable.
 */
export function openDecisionFile(directory: string, schema = ""): StoreFile {
  const file = StoreFile.open(directory, FORMAT);
  try {
    file.makeTables(COSIGNATURE + schema);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
