// C2SP signed-note.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/base/bytes.ts";
import { formatVkey, type NoteKey, noteKeyId, noteVerifier, parseVkey } from "../../src/registry/note-key.ts";
import {
  formatNote,
  NOTE_LENGTH_MAX,
  NOTE_SIGNATURES_MAX,
  parseNote,
  type SignedNote,
  verifyNote,
} from "../../src/registry/signed-note.ts";
import { CRYPTO } from "../support/crypto.ts";

/** The specification's example. */
const VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const TEXT = "This is an example message.\n";
const SIGNATURE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
const LINE = `\u2014 example.com/foo ${SIGNATURE}\n`;
const NOTE = `${TEXT}\n${LINE}`;

const note = suite("signed note");

function keyOf(vkey: string): NoteKey {
  const key = parseVkey(CRYPTO, vkey);
  assert.ok(key.ok);
  return key.value;
}

function read(text: string): SignedNote {
  const parsed = parseNote(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

const VERIFIER = noteVerifier(CRYPTO, keyOf(VKEY))!;

note("C2SP signed-note: the example's key has its id, and its signature is the key's", () => {
  assert.is(toHex(noteKeyId(CRYPTO, keyOf(VKEY))), "530d903a");
  assert.is(formatVkey(CRYPTO, keyOf(VKEY)), VKEY);
  const signers = verifyNote(read(NOTE), [VERIFIER]);
  assert.ok(signers.ok);
  assert.equal(signers.value, [VERIFIER]);
});

note("a note that was read is written again as it was", () => {
  for (const text of [NOTE, `\n${NOTE}`, `one\n\ntwo\n\n${LINE}${LINE}`]) assert.is(formatNote(read(text)), text);
});

note("the text ends at the last empty line", () => {
  assert.is(read(`one\n\ntwo\n\n${LINE}`).text, "one\n\ntwo\n");
});

note("a text with any character changed is not what was signed", () => {
  for (let at = 0; at < TEXT.length - 1; at++) {
    const text = `${TEXT.slice(0, at)}#${TEXT.slice(at + 1)}`;
    assert.equal(verifyNote({ ...read(NOTE), text }, [VERIFIER]), { ok: false, error: "signatureWrong" });
  }
});

note("signatures of unknown keys are passed over, and alone they are not enough", () => {
  const other = LINE.replace("example.com/foo", "example.com/bar");
  assert.ok(verifyNote(read(`${TEXT}\n${other}${LINE}`), [VERIFIER]).ok);
  assert.equal(verifyNote(read(`${TEXT}\n${other}`), [VERIFIER]), { ok: false, error: "keyUnknown" });
});

note("a note without its parts, or with others, is none", () => {
  const wrong = {
    "no signature": `${TEXT}\n`,
    "no empty line": `${TEXT}${LINE}`,
    "no newline at the end": NOTE.slice(0, -1),
    "a tabulator": `a\tb\n\n${LINE}`,
    "a carriage return": `a\r\n\n${LINE}`,
    "a hyphen for the dash": NOTE.replace("\u2014", "-"),
    "a name with a plus sign": NOTE.replace("example.com/foo", "example.com+foo"),
    "two spaces": NOTE.replace("\u2014 ", "\u2014  "),
    "a name alone": `${TEXT}\n\u2014 example.com/foo\n`,
    "base64 with bits behind its end": NOTE.replace("aQM=", "aQN="),
    "a key id alone": `${TEXT}\n\u2014 example.com/foo Uw2QOg==\n`,
  };
  for (const [what, text] of Object.entries(wrong)) assert.not(parseNote(text).ok, what);
});

note("as many signatures as a verifier has to accept, and up to our own maximum", () => {
  assert.ok(NOTE_SIGNATURES_MAX >= 16);
  assert.ok(parseNote(`${TEXT}\n${LINE.repeat(NOTE_SIGNATURES_MAX)}`).ok);
  assert.not(parseNote(`${TEXT}\n${LINE.repeat(NOTE_SIGNATURES_MAX + 1)}`).ok);
  const long = (length: number) => `${"a".repeat(length - LINE.length - 2)}\n\n${LINE}`;
  assert.ok(parseNote(long(NOTE_LENGTH_MAX)).ok);
  assert.not(parseNote(long(NOTE_LENGTH_MAX + 1)).ok);
});

note("a vkey whose id is another key's, or of another kind, is none", () => {
  const wrong = [
    "",
    "example.com/foo",
    VKEY.replace("530d903a", "530d903b"),
    VKEY.replace("example.com/foo", "example.com/bar"),
    VKEY.replace("+Ae", "+Be"),
    VKEY.slice(0, -4),
  ];
  for (const vkey of wrong) assert.not(parseVkey(CRYPTO, vkey).ok, vkey);
});

note.run();
