// Tables of `releases.db`: what was released and never changes, and what an operator decides about it.

// What a maker signed is written once. Whether it is offered is the operator's: a sealed way back has 0 as `offered_at`. What
// is absent is empty.
export const RELEASE_SCHEMA = `
    CREATE TABLE IF NOT EXISTS release (
      product TEXT NOT NULL,
      sequence INTEGER NOT NULL CHECK (sequence > 0),
      class TEXT NOT NULL,
      version TEXT NOT NULL,
      digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
      manifest BLOB NOT NULL,
      suit BLOB NOT NULL,
      riot BLOB NOT NULL,
      record BLOB NOT NULL,
      back_from TEXT NOT NULL,
      for_running BLOB NOT NULL,
      released_at INTEGER NOT NULL,
      offered_at INTEGER NOT NULL,
      withdrawn_at INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (product, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS release_written_once
      BEFORE UPDATE OF product, sequence, class, version, digest, manifest, suit, riot, record, back_from, for_running, released_at
      ON release BEGIN SELECT RAISE(ABORT, 'a release never changes'); END;
    CREATE TRIGGER IF NOT EXISTS release_kept BEFORE DELETE ON release BEGIN SELECT RAISE(ABORT, 'a release stays'); END;
    CREATE TABLE IF NOT EXISTS document (
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      kind TEXT NOT NULL CHECK (kind IN ('notes', 'sbom')),
      bytes BLOB NOT NULL,
      PRIMARY KEY (digest, kind)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS trust_root (
      product TEXT NOT NULL,
      number INTEGER NOT NULL CHECK (number > 0),
      root BLOB NOT NULL,
      added_at INTEGER NOT NULL,
      PRIMARY KEY (product, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS class (
      product TEXT NOT NULL,
      name TEXT NOT NULL,
      profile TEXT NOT NULL,
      encrypt_to BLOB NOT NULL,
      PRIMARY KEY (product, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS release_revision (number INTEGER NOT NULL) STRICT;
    ${["INSERT ON release", "UPDATE ON release", "INSERT ON trust_root", "INSERT ON class"].map(revisedBy).join("")}`;

/** Other decisions are in this file too: this tells a server whether what it remembers of releases may be another one. */
function revisedBy(writing: string): string {
  return `
    CREATE TRIGGER IF NOT EXISTS revised_by_${writing.toLowerCase().replaceAll(" ", "_")} AFTER ${writing} BEGIN
      INSERT INTO release_revision SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM release_revision);
      UPDATE release_revision SET number = number + 1;
    END;`;
}
