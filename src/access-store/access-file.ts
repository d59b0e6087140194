// Users, their sessions, tokens and links to set a password by, in the decision file: who let whom in is entered in the registry
// in the same transaction. No column holds what lets anybody in: passwords are stretched, the rest is digests.

export const ACCESS_SCHEMA = `
    CREATE TABLE IF NOT EXISTS user_account (
      name TEXT NOT NULL PRIMARY KEY,
      role TEXT NOT NULL,
      products TEXT NOT NULL,
      password TEXT NOT NULL,
      added_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS user_session (
      digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
      user TEXT NOT NULL,
      began_at INTEGER NOT NULL,
      used_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS api_token (
      name TEXT NOT NULL PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
      role TEXT NOT NULL,
      products TEXT NOT NULL,
      owner TEXT NOT NULL,
      added_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS setup_link (
      user TEXT NOT NULL PRIMARY KEY,
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      ends_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS access_record (
      entry INTEGER PRIMARY KEY,
      bytes BLOB NOT NULL CHECK (length(bytes) <= 4096)
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS access_record_written_once BEFORE UPDATE ON access_record
      BEGIN SELECT RAISE(ABORT, 'a record never changes'); END;
    CREATE TRIGGER IF NOT EXISTS access_record_kept BEFORE DELETE ON access_record
      BEGIN SELECT RAISE(ABORT, 'a record stays'); END;`;
