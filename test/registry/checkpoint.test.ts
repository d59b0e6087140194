// C2SP tlog-checkpoint, and tlog-cosignature's lines in it.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toUtf8 } from "../../src/base/bytes.ts";
import {
  checkpointText,
  cosignersOf,
  parseCheckpoint,
  type SignedCheckpoint,
  verifyCheckpoint,
} from "../../src/registry/checkpoint.ts";
import {
  cosignedAt,
  cosignNote,
  formatVkey,
  NoteKeyType,
  noteVerifier,
  parseVkey,
} from "../../src/registry/note-key.ts";
import { formatNote } from "../../src/registry/signed-note.ts";
import { CRYPTO } from "../support/crypto.ts";
import { flipped, REFERENCE_ROOTS } from "./leaves.ts";
import { checkpointNote, keyPair } from "./log-keys.ts";

const LOG = keyPair(1);
const WITNESS = keyPair(2);
const ROOT = REFERENCE_ROOTS[8]!;

const checkpoint = suite("checkpoint");

/** C2SP tlog-checkpoint's example. */
const EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

checkpoint("C2SP tlog-checkpoint: the example is read, and written again", () => {
  const parsed = parseCheckpoint(EXAMPLE);
  assert.ok(parsed.ok);
  assert.is(parsed.value.origin, "example.com/behind-the-sofa");
  assert.is(parsed.value.size, 20852163);
  assert.is(checkpointText(parsed.value), EXAMPLE);
});

checkpoint("another log's extension lines may stand behind, but none that is empty", () => {
  assert.ok(parseCheckpoint(`${EXAMPLE}more\n`).ok);
  for (const text of [`${EXAMPLE}\n`, `${EXAMPLE}more`, EXAMPLE.slice(0, -1)]) assert.not(parseCheckpoint(text).ok);
});

checkpoint("a size that is no number, or a root that is no hash, is refused", () => {
  const sizes = ["", "-1", "+1", "01", "1e3", "0x1", "1.0", " 1", "9007199254740992", "99999999999999999999"];
  for (const size of sizes) assert.not(parseCheckpoint(EXAMPLE.replace("20852163", size)).ok, size);
  for (const size of ["0", "9007199254740991"]) assert.ok(parseCheckpoint(EXAMPLE.replace("20852163", size)).ok, size);
  assert.not(parseCheckpoint(EXAMPLE.replace("CsUY", "")).ok);
  assert.not(parseCheckpoint(EXAMPLE.replace("example.com/behind-the-sofa", "")).ok);
});

checkpoint("the log's name is made from its key, and its vkey tells both", () => {
  assert.match(LOG.log.name, /^narrowboat\/[0-9a-f]{16}$/);
  assert.equal(parseVkey(CRYPTO, formatVkey(CRYPTO, LOG.log)), { ok: true, value: LOG.log });
});

checkpoint("what a log signed is believed of its key alone, with any character of it", () => {
  const note = checkpointNote(LOG, 8, ROOT);
  const read = verifyCheckpoint(CRYPTO, LOG.log, note);
  assert.ok(read.ok);
  assert.equal(read.value.checkpoint, { origin: LOG.log.name, size: 8, root: ROOT });
  assert.is(reasonOf(verifyCheckpoint(CRYPTO, keyPair(3).log, note)), "keyUnknown");
  for (let at = 0; at < note.length; at++) {
    const other = `${note.slice(0, at)}${note[at] === "A" ? "B" : "A"}${note.slice(at + 1)}`;
    assert.not(verifyCheckpoint(CRYPTO, LOG.log, other).ok, `character ${at}`);
  }
});

checkpoint("C2SP tlog-cosignature: a witness signs the time and the text, and counts once it is known", () => {
  const signed = cosigned(1_679_315_147);
  const [, line] = signed.note.signatures;
  assert.is(line!.signature.length, 72);
  assert.is(cosignedAt(line!.signature), 1_679_315_147);
  assert.ok(
    WITNESS.public.verify(toUtf8(`cosignature/v1\ntime 1679315147\n${signed.note.text}`), line!.signature.subarray(8)),
  );
  assert.equal(cosignersOf(signed, [verifierOf(2), verifierOf(3)]), ["witness.example/2"]);
});

checkpoint("a cosignature with another time, or one of a plain kind, is no witness's", () => {
  const signed = cosigned(1_679_315_147);
  const [log, line] = signed.note.signatures;
  const later = { ...line!, signature: flipped(line!.signature, 60) };
  assert.equal(cosignersOf({ ...signed, note: { ...signed.note, signatures: [log!, later] } }, [verifierOf(2)]), []);
  const plain = { ...WITNESS.witness, type: NoteKeyType.ED25519 };
  assert.equal(cosignersOf(signed, [noteVerifier(CRYPTO, plain)!]), []);
});

function verifierOf(number: number) {
  return noteVerifier(CRYPTO, keyPair(number).witness)!;
}

function cosigned(seconds: number): SignedCheckpoint {
  const read = verifyCheckpoint(CRYPTO, LOG.log, checkpointNote(LOG, 8, ROOT));
  assert.ok(read.ok);
  const { text, signatures } = read.value.note;
  const line = cosignNote(CRYPTO, WITNESS.witness, WITNESS.signer, text, seconds);
  const note = { text, signatures: [...signatures, line] };
  const again = verifyCheckpoint(CRYPTO, LOG.log, formatNote(note));
  assert.ok(again.ok);
  return again.value;
}

function reasonOf(result: ReturnType<typeof verifyCheckpoint>): string | undefined {
  return result.ok ? undefined : result.error.reason;
}

checkpoint.run();
