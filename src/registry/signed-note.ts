// Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature. Whoever reads one believes its text
// only when a key that it knows has signed it; signatures by other keys are passed over.

import { fromBase64, toBase64 } from "../base/base64.ts";
import { concat, equal } from "../base/bytes.ts";
import { failed, ok, type Result } from "../base/result.ts";

/** What a verifier has to accept is 16 signatures; ours has a place for a log, and for more witnesses than anybody asks. */
export const NOTE_SIGNATURES_MAX = 32;

/** Characters of a whole note. */
export const NOTE_LENGTH_MAX = 16_384;

export interface NoteSignature {
  /** Of the key; without spaces and plus signs. */
  readonly name: string;
  /** 4 bytes that tell keys of one name apart. */
  readonly keyId: Uint8Array;
  /** What the key's kind makes of the text: 64 bytes, or 72 with a time. */
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const NAME = /^[^\s+]+$/u;

const KEY_ID_LENGTH = 4;

/** "\n" alone parts lines; any other of ASCII's control characters makes it no note. */
function hasControl(text: string): boolean {
  return Array.from(text).some((character) => character < " " && character !== "\n");
}

export function isKeyName(name: string): boolean {
  return NAME.test(name) && !hasControl(name);
}

export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(formatSignature).join("")}`;
}

export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  return `\u2014 ${name} ${toBase64(concat(keyId, signature))}\n`;
}

/** What is wrong with the bytes of a note, in words. */
export function parseNote(note: string): Result<SignedNote, string> {
  if (note.length > NOTE_LENGTH_MAX) return failed(`a note of more than ${NOTE_LENGTH_MAX} characters`);
  if (hasControl(note)) return failed("a control character");
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return failed("no empty line between text and signatures");
  const signatures = parseSignatures(note.slice(end + 2));
  if (!signatures.ok) return signatures;
  if (signatures.value.length === 0) return failed("no signature");
  return ok({ text: note.slice(0, end + 1), signatures: signatures.value });
}

/** Lines of signatures alone, as a witness answers. */
export function parseSignatures(lines: string): Result<readonly NoteSignature[], string> {
  if (lines === "") return ok([]);
  if (!lines.endsWith("\n")) return failed("no newline at the end");
  const signatures = lines.slice(0, -1).split("\n").map(parseSignature);
  if (signatures.length > NOTE_SIGNATURES_MAX) return failed(`more than ${NOTE_SIGNATURES_MAX} signatures`);
  const isWhole = (one: NoteSignature | undefined): one is NoteSignature => one !== undefined;
  return signatures.every(isWhole) ? ok(signatures) : failed("a line that is no signature");
}

function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name, base64, ...rest] = line.split(" ");
  if (dash !== "\u2014" || name === undefined || !isKeyName(name) || base64 === undefined || rest.length > 0) return;
  const bytes = fromBase64(base64);
  if (bytes === undefined || bytes.length <= KEY_ID_LENGTH) return undefined;
  return { name, keyId: bytes.subarray(0, KEY_ID_LENGTH), signature: bytes.subarray(KEY_ID_LENGTH) };
}

/** A key that a reader of notes knows. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Uint8Array;
  /** Whether it made this signature of that text. */
  verify(text: string, signature: Uint8Array): boolean;
}

export type NoteFault =
  /** None of the signatures is by a key that is known. */
  | "keyUnknown"
  /** One that says it is by a known key is not. */
  | "signatureWrong";

/** Those of the verifiers that have signed: at least one, or a fault. */
export function verifyNote(
  { text, signatures }: SignedNote,
  verifiers: readonly NoteVerifier[],
): Result<readonly NoteVerifier[], NoteFault> {
  const signers = new Set<NoteVerifier>();
  for (const { name, keyId, signature } of signatures) {
    const verifier = verifiers.find((one) => one.name === name && equal(one.keyId, keyId));
    if (verifier === undefined) continue;
    if (!verifier.verify(text, signature)) return failed("signatureWrong");
    signers.add(verifier);
  }
  return signers.size === 0 ? failed("keyUnknown") : ok([...signers]);
}
