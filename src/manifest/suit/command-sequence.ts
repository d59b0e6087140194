// draft-ietf-suit-manifest-37 8.4.6: a list of code and argument, code and argument. Each command has one of six forms.

import type { CborValue } from "../../cbor/cbor-value.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import type { FieldReader } from "../../cbor/field-reader.ts";
import { CONDITION_NAMES, type ConditionCode, DIRECTIVE_NAMES, type DirectiveCode, Structure } from "./codes.ts";
import { type Parameters, parametersValue, readParameters } from "./parameters.ts";

export type CommandSequence = readonly Command[];

export type Command =
  | { readonly kind: "condition"; readonly code: ConditionCode; readonly policy: number }
  | { readonly kind: "directive"; readonly code: DirectiveCode; readonly policy: number }
  | { readonly kind: "setComponentIndex"; readonly index: ComponentIndex }
  | { readonly kind: "overrideParameters"; readonly parameters: Parameters }
  | TryEach
  | { readonly kind: "runSequence"; readonly sequence: CommandSequence };

export interface TryEach {
  readonly kind: "tryEach";
  readonly sequences: readonly CommandSequence[];
  /** Whether there is a last choice that does nothing, so that all may fail. */
  readonly orNothing: boolean;
}

/** One component, all of them, or these. */
export type ComponentIndex = number | true | readonly number[];

/** Commands of a manifest's sequence, those within it counted. */
export const COMMANDS_MAX = 64;
/** Sequences within sequences. */
export const SEQUENCE_DEPTH_MAX = 4;
export const CHOICES_MAX = 8;
/** The four bits of a reporting policy (8.4.7). */
const POLICY_MAX = 15;
export const SEQUENCE_LENGTH_MAX = 8192;
/** More than any device of ours has. */
export const COMPONENTS_MAX = 8;
const INDEX = { max: COMPONENTS_MAX - 1 };

/** Reads the sequence in `value`; faults are noted in `fields`. */
export function readSequence(fields: FieldReader, what: string, value: CborValue): CommandSequence {
  return new SequenceReading(fields, what).read(value, 1);
}

class SequenceReading {
  readonly #fields: FieldReader;
  readonly #what: string;
  #commands = 0;

  constructor(fields: FieldReader, what: string) {
    this.#fields = fields;
    this.#what = what;
  }

  read(value: CborValue, depth: number): CommandSequence {
    const items = this.#fields.arrayWithin(this.#what, value, { min: 2, max: 2 * COMMANDS_MAX });
    const commands: Command[] = [];
    for (let i = 0; i < items.size && items.fault === undefined; i += 2) {
      this.#commands += 1;
      if (this.#commands > COMMANDS_MAX) items.reject(i, "more commands than a manifest may have");
      const command = this.#command(items, i, depth);
      if (command !== undefined) commands.push(command);
    }
    return commands;
  }

  /** The code is at `i`, its argument behind it. */
  #command(items: FieldReader, i: number, depth: number): Command | undefined {
    const code = items.integer(i);
    const at = i + 1;
    if (CONDITION_NAMES.has(code))
      return { kind: "condition", code: code as ConditionCode, policy: policyAt(items, at) };
    if (DIRECTIVE_NAMES.has(code))
      return { kind: "directive", code: code as DirectiveCode, policy: policyAt(items, at) };
    switch (code) {
      case Structure.SET_COMPONENT_INDEX:
        return { kind: "setComponentIndex", index: this.#index(items, at) };
      case Structure.OVERRIDE_PARAMETERS:
        return { kind: "overrideParameters", parameters: readParameters(items, items.any(at)) };
      case Structure.TRY_EACH:
        return this.#tryEach(items.arrayWithin(this.#what, items.any(at), { min: 2, max: CHOICES_MAX }), depth);
      case Structure.RUN_SEQUENCE:
        return { kind: "runSequence", sequence: this.#within(items, at, depth) };
      default:
        items.reject(i, `the unknown command ${code}`);
        return undefined;
    }
  }

  #index(items: FieldReader, at: number): ComponentIndex {
    const value = items.any(at);
    if (value === true) return true;
    if (!Array.isArray(value)) return items.unsigned(at, INDEX);
    const list = items.arrayWithin("component-index", value, { min: 1, max: COMPONENTS_MAX });
    return value.map((_, i) => list.unsigned(i, INDEX));
  }

  #tryEach(choices: FieldReader, depth: number): TryEach {
    const orNothing = choices.size > 0 && choices.any(choices.size - 1) === null;
    const sequences: CommandSequence[] = [];
    for (let i = 0; i < choices.size - Number(orNothing); i++) sequences.push(this.#within(choices, i, depth));
    return { kind: "tryEach", sequences, orNothing };
  }

  #within(items: FieldReader, at: number, depth: number): CommandSequence {
    if (depth === SEQUENCE_DEPTH_MAX) items.reject(at, "a sequence too deep within others");
    const value = items.embedded(at, { max: SEQUENCE_LENGTH_MAX });
    return items.fault === undefined ? this.read(value, depth + 1) : [];
  }
}

function policyAt(items: FieldReader, at: number): number {
  return items.unsigned(at, { max: POLICY_MAX });
}

export function encodeSequence(sequence: CommandSequence): Uint8Array {
  return encodeCbor(sequence.flatMap(codeAndArgument));
}

function codeAndArgument(command: Command): readonly [number, CborValue] {
  switch (command.kind) {
    case "condition":
    case "directive":
      return [command.code, command.policy];
    case "setComponentIndex":
      return [Structure.SET_COMPONENT_INDEX, command.index];
    case "overrideParameters":
      return [Structure.OVERRIDE_PARAMETERS, parametersValue(command.parameters)];
    case "tryEach":
      return [Structure.TRY_EACH, [...command.sequences.map(encodeSequence), ...(command.orNothing ? [null] : [])]];
    case "runSequence":
      return [Structure.RUN_SEQUENCE, encodeSequence(command.sequence)];
  }
}
