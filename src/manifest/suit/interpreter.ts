// draft-ietf-suit-manifest-37 6.4 and 6.5: the abstract machine, run on a model of a device. It tells before a release is
// published whether a device would follow its manifest to the end, or else the command at which it would stop.

import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { CONDITION_NAMES, DIRECTIVE_NAMES, SECTIONS } from "./codes.ts";
import type { Command, CommandSequence, ComponentIndex, TryEach } from "./command-sequence.ts";
import { conditionFault } from "./conditions.ts";
import { directiveFault } from "./directives.ts";
import { Machine } from "./machine.ts";
import { isSevered, type Manifest } from "./manifest.ts";
import type { ModelDevice } from "./model-device.ts";

/** Commands that are run in all: components times sequences within sequences may be many, and no device has the time. */
export const STEPS_MAX = 1024;

/** What a manifest comes with. */
export interface ManifestParts {
  /** Sequences that were cut out of it, by section. */
  readonly severed: ReadonlyMap<number, CommandSequence>;
  /** Payloads in its envelope, by "#name". */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
}

export type Trial =
  | {
      readonly accepted: true;
      /** What each component holds at the end; undefined what holds nothing. */
      readonly contents: readonly (Uint8Array | undefined)[];
      /** The component that is started, if any is. */
      readonly invoked: number | undefined;
      /** What a device does not mind, and a maker should. */
      readonly notes: readonly string[];
    }
  | { readonly accepted: false; readonly refusal: Refusal };

export interface Refusal {
  /** "install"; "manifest" for what a device checks before it runs any command. */
  readonly section: string;
  /** The command's number in its sequence, from 1 on, then in the one within it. */
  readonly path: readonly number[];
  /** "image-match"; undefined where it is no command that refuses. */
  readonly command?: string;
  readonly why: string;
}

interface Fault {
  /** Ends all, and not its own sequence alone. */
  readonly isHard: boolean;
  readonly path: readonly number[];
  readonly command: string;
  readonly why: string;
}

/** The manifest's signature is checked before, by authenticate(). */
export function tryManifest(
  crypto: CryptoProvider,
  manifest: Manifest,
  parts: ManifestParts,
  device: ModelDevice,
): Trial {
  const why = requiredCheck(manifest, device);
  if (why !== undefined) return { accepted: false, refusal: { section: "manifest", path: [], why } };
  const machine = new Machine(crypto, manifest, parts.payloads, device);
  for (const [key, section] of SECTIONS) {
    const member = manifest.sequences.get(key);
    if (member === undefined) continue;
    const sequence = isSevered(member) ? parts.severed.get(key) : member;
    if (sequence === undefined) {
      return { accepted: false, refusal: { section, path: [], why: "it was cut out, and is not in the envelope" } };
    }
    const fault = runSection(machine, manifest.sharedSequence, sequence);
    if (fault !== undefined) return { accepted: false, refusal: refusalOf(section, fault) };
  }
  const { contents, invoked } = machine;
  return { accepted: true, contents, invoked, notes: notesOn(manifest, machine) };
}

function refusalOf(section: string, { path, command, why }: Fault): Refusal {
  return { section, path, command, why };
}

/** 6.2 and 8.4.2. */
function requiredCheck(manifest: Manifest, device: ModelDevice): string | undefined {
  const { sequenceNumber, components, sequences } = manifest;
  if (sequenceNumber <= device.sequenceNumber) {
    return `its sequence number is ${sequenceNumber}, and the device followed ${device.sequenceNumber} already`;
  }
  if (components.length > device.components.length) {
    return `it has ${components.length} components, and the device ${device.components.length}`;
  }
  const unknown = components.findIndex((id) => Machine.componentOf(device, id) === undefined);
  if (unknown >= 0) return `the device has no component as its component ${unknown}`;
  if (components.length === 1) return undefined;
  for (const sequence of sequences.values()) {
    if (!isSevered(sequence) && sequence[0]!.kind !== "setComponentIndex") {
      return "it has several components, and a sequence that does not begin by choosing one";
    }
  }
  return undefined;
}

function notesOn({ sharedSequence = [] }: Manifest, machine: Machine): string[] {
  const notes: string[] = [];
  for (const [code, what] of [
    [1, "vendor"],
    [2, "class"],
  ] as const) {
    const isChecked = sharedSequence.some((command) => command.kind === "condition" && command.code === code);
    if (!isChecked) notes.push(`its shared sequence does not check the ${what}`);
  }
  for (const index of machine.unchecked)
    notes.push(`component ${index} is written, and nothing checks what is in it then`);
  return notes;
}

/** Each section begins with the shared sequence, and with parameters of its own. */
function runSection(machine: Machine, shared: CommandSequence = [], sequence: CommandSequence): Fault | undefined {
  machine.beginSection();
  const fault = runSequence(machine, shared, false, SHARED) ?? runSequence(machine, sequence, false, []);
  return fault?.isHard === true ? fault : undefined;
}

/** Where a path leads into the shared sequence. */
const SHARED: readonly number[] = [0];

/** Runs commands until one fails. `softFailure` is what the sequence begins with (8.4.8.15). */
function runSequence(
  machine: Machine,
  sequence: CommandSequence,
  softFailure: boolean,
  path: readonly number[],
): Fault | undefined {
  let isSoft = softFailure;
  for (const [i, command] of sequence.entries()) {
    const here = [...path, i + 1];
    if (command.kind === "setComponentIndex") {
      machine.index = command.index;
      const missing = machine.indices.find((index) => index >= machine.componentCount);
      if (missing !== undefined) return hard(here, "set-component-index", `there is no component ${missing}`);
      continue;
    }
    if (command.kind === "overrideParameters") isSoft = command.parameters.softFailure ?? isSoft;
    const fault = forEachComponent(machine, (index) => runCommand(machine, command, index, isSoft, here));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function forEachComponent(machine: Machine, run: (index: number) => Fault | undefined): Fault | undefined {
  const chosen: ComponentIndex = machine.index;
  for (const index of machine.indices) {
    // 6.5: a sequence within is run with one component at a time, and may choose others.
    machine.index = index;
    const fault = run(index);
    machine.index = chosen;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function runCommand(
  machine: Machine,
  command: Exclude<Command, { kind: "setComponentIndex" }>,
  index: number,
  isSoft: boolean,
  path: readonly number[],
): Fault | undefined {
  machine.steps += 1;
  if (machine.steps > STEPS_MAX) return hard(path, command.kind, `it would run more than ${STEPS_MAX} commands`);
  switch (command.kind) {
    case "overrideParameters":
      machine.override(index, command.parameters);
      return undefined;
    case "condition": {
      const why = conditionFault(machine, command.code, index);
      return why === undefined
        ? undefined
        : { isHard: !isSoft, path, command: CONDITION_NAMES.get(command.code)!, why };
    }
    case "directive": {
      const why = directiveFault(machine, command.code, index);
      return why === undefined ? undefined : hard(path, DIRECTIVE_NAMES.get(command.code)!, why);
    }
    case "runSequence": {
      const fault = runSequence(machine, command.sequence, false, path);
      return fault?.isHard === true ? fault : undefined;
    }
    case "tryEach":
      return runTryEach(machine, command, path);
  }
}

/** 8.4.10.2: the first that ends without a condition that fails counts. */
function runTryEach(machine: Machine, { sequences, orNothing }: TryEach, path: readonly number[]): Fault | undefined {
  let last: Fault | undefined;
  for (const [i, sequence] of sequences.entries()) {
    const fault = runSequence(machine, sequence, true, [...path, i + 1]);
    if (fault === undefined || fault.isHard) return fault;
    last = fault;
  }
  return orNothing || last === undefined ? undefined : { ...last, isHard: true };
}

function hard(path: readonly number[], command: string, why: string): Fault {
  return { isHard: true, path, command, why };
}
