// A manifest in words, one line a command, for who wants to know what a device will do before it does.

import { toHex } from "../../base/bytes.ts";
import { Condition, type ConditionCode, Directive, type DirectiveCode, SECTIONS } from "../../manifest/suit/codes.ts";
import type { Command, CommandSequence, ComponentIndex } from "../../manifest/suit/command-sequence.ts";
import { type ComponentId, spokenComponentId } from "../../manifest/suit/component-id.ts";
import { isSevered, type Manifest } from "../../manifest/suit/manifest.ts";
import type { Parameters, VersionMatch } from "../../manifest/suit/parameters.ts";
import { SHA_256, type SuitDigest } from "../../manifest/suit/suit-digest.ts";
import { COMPONENT_TEXTS, MANIFEST_TEXTS, type TextOfLanguage, type Texts } from "../../manifest/suit/suit-text.ts";
import { timeWords } from "./time-words.ts";

/** What was cut out of the manifest and stands beside it, by section, where it is known. */
export interface SeveredParts {
  readonly sequences: ReadonlyMap<number, CommandSequence>;
  readonly text?: readonly TextOfLanguage[];
}

export function explainManifest(manifest: Manifest, severed: SeveredParts = { sequences: new Map() }): string[] {
  const { sequenceNumber, components, sharedSequence, referenceUri, text } = manifest;
  const lines = [`SUIT manifest with the sequence number ${sequenceNumber}`];
  if (referenceUri !== undefined) lines.push(`found at ${firstLine(referenceUri)}`);
  components.forEach((id, index) => {
    lines.push(`component ${index}: ${spokenComponentId(id)}`);
  });
  if (sharedSequence !== undefined) lines.push("before each step:", ...explainSequence(sharedSequence, components));
  for (const [key, name] of SECTIONS) lines.push(...explainSection(manifest, severed, key, name));
  const spoken = text === undefined || isSevered(text) ? severed.text : text;
  if (spoken !== undefined) lines.push(...spoken.flatMap(explainText));
  else if (text !== undefined) lines.push(`text: cut out, ${spokenDigest(text as SuitDigest)}`);
  return lines;
}

function explainSection(manifest: Manifest, severed: SeveredParts, key: number, name: string): string[] {
  const member = manifest.sequences.get(key);
  if (member === undefined) return [];
  if (!isSevered(member)) return [`${name}:`, ...explainSequence(member, manifest.components)];
  const beside = severed.sequences.get(key);
  if (beside === undefined) return [`${name}: cut out, ${spokenDigest(member)}`];
  return [`${name}, from beside the manifest:`, ...explainSequence(beside, manifest.components)];
}

const INDENT = "  ";

/** Lines that begin with two spaces, and those within others with two more. */
function explainSequence(sequence: CommandSequence, components: readonly ComponentId[]): string[] {
  return sequence.flatMap((command) => explainCommand(command, components)).map((line) => INDENT + line);
}

function explainCommand(command: Command, components: readonly ComponentId[]): string[] {
  switch (command.kind) {
    case "condition":
      return [CONDITION_WORDS[command.code]];
    case "directive":
      return [DIRECTIVE_WORDS[command.code]];
    case "setComponentIndex":
      return [`from here on for ${spokenIndex(command.index, components)}`];
    case "overrideParameters":
      return spokenParameters(command.parameters).map((line) => `set ${line}`);
    case "runSequence":
      return ["run:", ...explainSequence(command.sequence, components)];
    case "tryEach": {
      const choices = command.sequences.flatMap((sequence, i) => [
        i === 0 ? "try:" : "or else:",
        ...explainSequence(sequence, components),
      ]);
      return [...choices, command.orNothing ? "or else go on" : "or else stop"];
    }
  }
}

const CONDITION_WORDS: Readonly<Record<ConditionCode, string>> = {
  [Condition.VENDOR_IDENTIFIER]: "stop unless the device is of this vendor",
  [Condition.CLASS_IDENTIFIER]: "stop unless the device is of this class",
  [Condition.IMAGE_MATCH]: "stop unless the component has this digest",
  [Condition.USE_BEFORE]: "stop if the time until which this may be used is over",
  [Condition.COMPONENT_SLOT]: "stop unless the component is in this slot",
  [Condition.CHECK_CONTENT]: "stop unless the component is this content",
  [Condition.ABORT]: "stop",
  [Condition.DEVICE_IDENTIFIER]: "stop unless it is this very device",
  [Condition.IMAGE_NOT_MATCH]: "stop if the component has this digest already",
  [Condition.MINIMUM_BATTERY]: "stop unless the battery has this much left",
  [Condition.UPDATE_AUTHORIZED]: "stop unless somebody allows the update",
  [Condition.VERSION]: "stop unless the component's version fits",
};

const DIRECTIVE_WORDS: Readonly<Record<DirectiveCode, string>> = {
  [Directive.WRITE]: "write this content to the component",
  [Directive.FETCH]: "fetch the component from this URI",
  [Directive.COPY]: "copy the source to the component",
  [Directive.INVOKE]: "start the component",
  [Directive.WAIT]: "wait for what was set to be waited for",
  [Directive.SWAP]: "swap the source and the component",
};

function spokenIndex(index: ComponentIndex, components: readonly ComponentId[]): string {
  if (index === true) return "all components, one after the other";
  const named = (at: number) => {
    const id = components[at];
    return `component ${at} (${id === undefined ? "there is none" : spokenComponentId(id)})`;
  };
  return typeof index === "number" ? named(index) : index.map(named).join(" and ");
}

function spokenParameters(parameters: Parameters): string[] {
  return Object.entries(parameters).map(([name, value]) => {
    const speak = PARAMETER_WORDS[name as keyof Parameters] as (value: unknown) => string;
    return speak(value);
  });
}

type Words = { readonly [Name in keyof Parameters]-?: (value: NonNullable<Parameters[Name]>) => string };

const PARAMETER_WORDS: Words = {
  vendorId: (id) => `the vendor ${spokenUuid(id)}`,
  classId: (id) => `the class ${spokenUuid(id)}`,
  deviceId: (id) => `the device ${spokenUuid(id)}`,
  imageDigest: (digest) => `the ${spokenDigest(digest)}`,
  imageSize: (size) => `the size ${size} bytes`,
  useBefore: (seconds) => `the end of its use ${timeWords(seconds)}`,
  slot: (slot) => `the slot ${slot}`,
  strictOrder: (strict) => `the order of commands ${strict ? "strict" : "free"}`,
  softFailure: (soft) => `that a condition that fails ${soft ? "ends its sequence alone" : "ends all"}`,
  content: (content) => `a content of ${content.length} bytes`,
  encryptionInfo: (info) => `an encryption, ${info.length} bytes of COSE_Encrypt`,
  uri: (uri) => `the URI ${firstLine(uri)}`,
  sourceComponent: (index) => `the source component ${index}`,
  invokeArguments: (bytes) => `${bytes.length} bytes of arguments to start with`,
  fetchArguments: (bytes) => `${bytes.length} bytes of arguments to fetch with`,
  minimumBattery: (percent) => `a battery of at least ${percent} %`,
  updatePriority: (priority) => `the priority ${priority}`,
  version: (match) => `a version ${spokenVersion(match)}`,
  waitInfo: (bytes) => `what is waited for, ${bytes.length} bytes`,
};

/** ">= 1.2.0"; below zero are what comes before a release: "1.2.0-beta". */
export function spokenVersion({ comparison, version }: VersionMatch): string {
  const words = ["-rc", "-beta", "-alpha"];
  const text = version.map((part, i) =>
    part < 0 ? (words[-part - 1] ?? String(part)) : i === 0 ? `${part}` : `.${part}`,
  );
  return `${comparison} ${text.join("")}`;
}

export function spokenUuid(bytes: Uint8Array): string {
  const digits = toHex(bytes);
  return [0, 8, 12, 16, 20].map((from, i, all) => digits.slice(from, all[i + 1])).join("-");
}

function spokenDigest({ algorithm, bytes }: SuitDigest): string {
  return algorithm === SHA_256 ? `SHA-256 ${toHex(bytes)}` : `digest ${toHex(bytes)} of the algorithm ${algorithm}`;
}

function explainText({ language, manifest, components }: TextOfLanguage): string[] {
  const spoken = (texts: Texts, names: ReadonlyMap<number, string>) =>
    [...texts].map(([key, text]) => `${INDENT}${names.get(key)}: ${firstLine(text)}`);
  return [
    `text in ${language}:`,
    ...spoken(manifest, MANIFEST_TEXTS),
    ...components.flatMap(({ id, texts }) => [
      `${INDENT}of ${spokenComponentId(id)}:`,
      ...spoken(texts, COMPONENT_TEXTS).map((line) => INDENT + line),
    ]),
  ];
}

const SPOKEN_LENGTH_MAX = 100;

/** Others' words go to a terminal: no control character, no second line. */
function firstLine(text: string): string {
  const line = text.trim().split(/\r?\n/, 1)[0]!.replace(/\p{C}/gu, "");
  return line.length > SPOKEN_LENGTH_MAX ? `${line.slice(0, SPOKEN_LENGTH_MAX)} …` : line;
}
