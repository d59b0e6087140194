// Manifests as we make them, after the templates of draft-ietf-suit-manifest-37 7: one image for whichever slot a device has
// free, or one for each slot, perhaps encrypted, with update-management's conditions where a class knows them.

import { Condition, type ConditionCode, Directive } from "./codes.ts";
import type { Command, CommandSequence } from "./command-sequence.ts";
import type { ComponentId } from "./component-id.ts";
import type { Manifest } from "./manifest.ts";
import type { Parameters, VersionMatch } from "./parameters.ts";
import { SHA_256 } from "./suit-digest.ts";

export interface SuitRelease {
  /** From 1 on, higher with each release of the product. */
  readonly sequenceNumber: number;
  /** 16 bytes each. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  /** One that runs in any slot, or one for each slot. */
  readonly images: readonly SuitImage[];
  /** [h'00'] when absent, as the draft's examples and RIOT have it. */
  readonly componentId?: ComponentId;
  /** What a component has to hold before anything is fetched, which makes it a way back; whatever it is when absent. */
  readonly forRunning?: ImageContent;
  /** For classes that know draft-ietf-suit-update-management. */
  readonly conditions?: UpdateConditions;
  /** Where the envelope is found. */
  readonly referenceUri?: string;
  /** The number of SHA-256 where it is not the draft's. */
  readonly digestAlgorithm?: number;
}

/** SHA-256 of an image as it is flashed, and its bytes. */
export interface ImageContent {
  readonly sha256: Uint8Array;
  readonly size: number;
}

export interface SuitImage extends ImageContent {
  /** Which slot it is linked for. */
  readonly slot?: number;
  readonly uri: string;
  /** COSE_Encrypt of what is at the URI. */
  readonly encryptionInfo?: Uint8Array;
}

export interface UpdateConditions {
  /** Seconds since 1970. */
  readonly useBefore?: number;
  /** In percent. */
  readonly minimumBattery?: number;
  /** What has to run now. */
  readonly version?: VersionMatch;
  /** That somebody allows the update. */
  readonly isAuthorized?: boolean;
}

/** A report of each failure, and of the system then (8.4.7): what an update that stopped is asked for. */
const REPORT_FAILURE = 2 | 8;
/** A condition that chooses among slots fails in the usual course of things. */
const REPORT_NOTHING = 0;

const COMPONENT: ComponentId = [Uint8Array.of(0)];

export function suitManifest(release: SuitRelease): Manifest {
  const { sequenceNumber, componentId = COMPONENT, referenceUri } = release;
  return {
    sequenceNumber,
    components: [componentId],
    sharedSequence: sharedSequence(release),
    ...(referenceUri === undefined ? {} : { referenceUri }),
    sequences: new Map<number, CommandSequence>([
      [INSTALL, installSequence(release)],
      [VALIDATE, [check(Condition.IMAGE_MATCH)]],
      [INVOKE, [{ kind: "directive", code: Directive.INVOKE, policy: REPORT_FAILURE }]],
    ]),
  };
}

export const INSTALL = 20;
export const VALIDATE = 7;
const INVOKE = 9;

/** 7.1 and, where there is an image for each slot, 7.7. */
function sharedSequence(release: SuitRelease): CommandSequence {
  const { vendorId, classId, images, digestAlgorithm } = release;
  const identity = { vendorId, classId };
  const digestOf = (image: SuitImage) => contentOf(image, digestAlgorithm);
  const checks = [check(Condition.VENDOR_IDENTIFIER), check(Condition.CLASS_IDENTIFIER)];
  const [only] = images;
  if (images.length === 1) return [set({ ...identity, ...digestOf(only!) }), ...checks];
  return [set(identity), bySlot(images, digestOf), ...checks];
}

/** 7.3. The conditions come first: what is not to be installed is not fetched. */
function installSequence(release: SuitRelease): CommandSequence {
  const { images, conditions = {} } = release;
  const fetch: Command = { kind: "directive", code: Directive.FETCH, policy: REPORT_FAILURE };
  const source = images.length === 1 ? set(sourceOf(images[0]!)) : bySlot(images, sourceOf);
  return [...runningCommands(release), ...conditionCommands(conditions), source, fetch, check(Condition.IMAGE_MATCH)];
}

/** 8.4.9.2, of what is there before; then the digest is again that of what shall be there. */
function runningCommands({ forRunning, images, digestAlgorithm }: SuitRelease): Command[] {
  if (forRunning === undefined) return [];
  const [before, after] = [forRunning, images[0]!].map((image) => set(contentOf(image, digestAlgorithm)));
  return [before!, check(Condition.IMAGE_MATCH), after!];
}

function contentOf({ sha256, size }: ImageContent, algorithm = SHA_256): Parameters {
  return { imageDigest: { algorithm, bytes: sha256 }, imageSize: size };
}

function sourceOf({ uri, encryptionInfo }: SuitImage): Parameters {
  return encryptionInfo === undefined ? { uri } : { uri, encryptionInfo };
}

function bySlot(images: readonly SuitImage[], parametersOf: (image: SuitImage) => Parameters): Command {
  const sequences = images.map((image, i) => [
    set({ slot: image.slot ?? i }),
    { kind: "condition", code: Condition.COMPONENT_SLOT, policy: REPORT_NOTHING } as const,
    set(parametersOf(image)),
  ]);
  return { kind: "tryEach", sequences, orNothing: false };
}

function conditionCommands({ useBefore, minimumBattery, version, isAuthorized }: UpdateConditions): Command[] {
  const parameters: Parameters = {
    ...(useBefore === undefined ? {} : { useBefore }),
    ...(minimumBattery === undefined ? {} : { minimumBattery }),
    ...(version === undefined ? {} : { version }),
  };
  const commands: Command[] = Object.keys(parameters).length === 0 ? [] : [set(parameters)];
  if (useBefore !== undefined) commands.push(check(Condition.USE_BEFORE));
  if (minimumBattery !== undefined) commands.push(check(Condition.MINIMUM_BATTERY));
  if (version !== undefined) commands.push(check(Condition.VERSION));
  if (isAuthorized === true) commands.push(check(Condition.UPDATE_AUTHORIZED));
  return commands;
}

function set(parameters: Parameters): Command {
  return { kind: "overrideParameters", parameters };
}

function check(code: ConditionCode): Command {
  return { kind: "condition", code, policy: REPORT_FAILURE };
}
