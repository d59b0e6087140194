// What a witness has cosigned: of each log the newest head, in a file of its own. The head is on the disk before the signature
// is made, so that neither a second request nor a killed process makes it sign another history.

import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { SigningKey } from "../crypto/signature.ts";
import { cosignNote, type NoteKey } from "../registry/note-key.ts";
import type { TreeHead } from "../registry/proof-check.ts";
import { decideCheckpoint, type WitnessDecision, witnessKeyOf } from "../registry/witness.ts";
import type { CosignedCheckpoint, Cosigner } from "../registry/witness-http.ts";
import { StoreError } from "../store/store-error.ts";
import { StoreFile, type StoreFormat } from "../store/store-file.ts";

const FORMAT: StoreFormat = {
  fileName: "witness.db",
  applicationId: 0x4e427769, // "NBwi"
  version: 1,
  ownerOnly: true,
  schema: `
    CREATE TABLE witnessed_log (
      origin TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      root BLOB NOT NULL CHECK (length(root) = 32),
      cosigned_at INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER witnessed_log_grows BEFORE UPDATE ON witnessed_log WHEN new.size < old.size
      BEGIN SELECT RAISE(ABORT, 'what was cosigned never shrinks'); END;
    CREATE TRIGGER witnessed_log_kept BEFORE DELETE ON witnessed_log
      BEGIN SELECT RAISE(ABORT, 'what was cosigned stays'); END;`,
};

export interface WitnessStoreInput {
  readonly key: SigningKey;
  /** The logs that it is a witness of: their names are their origins. */
  readonly logs: readonly NoteKey[];
  readonly crypto: CryptoProvider;
  /** Milliseconds since 1970. */
  clock(): number;
}

export class WitnessStore {
  /** As others have to know it. */
  readonly key: NoteKey;
  readonly #input: WitnessStoreInput;
  readonly #file: StoreFile;
  readonly #find;
  readonly #put;

  /** Throws StoreError: busy, damaged, key, notADirectory, permissions, unknownFormat, unwritable. */
  static open(directory: string, input: WitnessStoreInput): WitnessStore {
    const key = witnessKeyOf(input.key);
    if (key === undefined) throw new StoreError("key", "the witness's key is not Ed25519: narrowboat keygen makes one");
    return new WitnessStore(StoreFile.open(directory, FORMAT), key, input);
  }

  private constructor(file: StoreFile, key: NoteKey, input: WitnessStoreInput) {
    this.#file = file;
    this.key = key;
    this.#input = input;
    this.#find = file.prepare<[string], TreeHead>("SELECT size, root FROM witnessed_log WHERE origin = ?");
    this.#put = file.prepare<[string, number, Uint8Array, number]>(
      `INSERT INTO witnessed_log VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET size = excluded.size, root = excluded.root, cosigned_at = excluded.cosigned_at`,
    );
  }

  /** For answerWitnessRequest(). It throws StoreError where the disk is to blame, and nothing is signed then. */
  readonly cosign: Cosigner = (body) => {
    const { crypto, key } = this.#input;
    const now = this.#input.clock();
    const decision = this.#file.transaction(() => this.#decide(body, now));
    // From here on it is on the disk.
    if (decision.kind !== "cosign") return decision;
    const signature = cosignNote(crypto, this.key, key, decision.text, Math.floor(now / 1_000));
    return { kind: "cosigned", signature } satisfies CosignedCheckpoint;
  };

  close(): void {
    this.#file.close();
  }

  /** Under the write lock, so that of two requests the second sees what the first came to. */
  #decide(body: string, now: number): WitnessDecision {
    const { crypto, logs } = this.#input;
    const decision = decideCheckpoint(crypto, body, (origin) => {
      const keys = logs.filter(({ name }) => name === origin);
      return keys.length === 0 ? undefined : { keys, head: this.#find.get(origin) };
    });
    if (decision.kind === "cosign") {
      const { origin, size, root } = decision.checkpoint;
      this.#put.run(origin, size, root, now);
    }
    return decision;
  }
}
