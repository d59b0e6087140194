// Tables of `releases.db`: what was released and never changes, what an operator decides about it, and the reports of devices.

/** Reports that are kept; older ones are forgotten. */
export const REPORTS_MAX = 100_000;

/** Of one device. */
export const REPORTS_OF_DEVICE_MAX = 16;

/** Of the longest identity (RFC 4279 5.3), and of what a plain address is written as. */
export const DEVICE_LENGTH_MAX = 128;

/** Bytes of a report's figures, encoded: eight numbers. */
const FIGURES_LENGTH_MAX = 128;

// What a maker signed is written once. Whether it is offered is the operator's: a sealed way back has 0 as `offered_at`. What
// is absent is empty.
const RELEASE = `
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
    ) STRICT, WITHOUT ROWID`;

// The bounds stand in the database, so that no way of writing can forget them.
const REPORT = `
    CREATE TABLE IF NOT EXISTS report (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      device BLOB NOT NULL CHECK (length(device) <= ${DEVICE_LENGTH_MAX}),
      id BLOB NOT NULL CHECK (length(id) = 8),
      product TEXT NOT NULL CHECK (length(product) <= 64),
      version TEXT NOT NULL CHECK (length(version) <= 64),
      sequence INTEGER NOT NULL,
      state INTEGER NOT NULL,
      result INTEGER NOT NULL,
      reason TEXT NOT NULL CHECK (length(reason) <= 32),
      slot INTEGER NOT NULL,
      figures BLOB NOT NULL CHECK (length(figures) <= ${FIGURES_LENGTH_MAX}),
      received_at INTEGER NOT NULL,
      UNIQUE (device, id)
    ) STRICT;
    CREATE TRIGGER IF NOT EXISTS report_bound AFTER INSERT ON report BEGIN
      DELETE FROM report WHERE number <= new.number - ${REPORTS_MAX};
      DELETE FROM report WHERE device = new.device AND number <= (
        SELECT number FROM report WHERE device = new.device ORDER BY number DESC LIMIT 1 OFFSET ${REPORTS_OF_DEVICE_MAX}
      );
    END`;

/** In the file of all decisions (registry-store/decision-file.ts). */
export const RELEASE_SCHEMA = `${RELEASE}; ${REPORT}`;
