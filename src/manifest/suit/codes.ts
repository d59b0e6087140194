// The numbers of draft-ietf-suit-manifest-37 and draft-ietf-suit-update-management-14, and the drafts' own names for them.

/** Section 8.2, table of keys in section 11. */
export const EnvelopeKey = { AUTHENTICATION: 2, MANIFEST: 3 } as const;

export const ManifestKey = {
  VERSION: 1,
  SEQUENCE_NUMBER: 2,
  COMMON: 3,
  REFERENCE_URI: 4,
  TEXT: 23,
} as const;

export const CommonKey = { COMPONENTS: 2, SHARED_SEQUENCE: 4 } as const;

/** The command sequences of a manifest, in the order in which a device runs them (8.4.6). */
export const SECTIONS = new Map([
  [16, "payload-fetch"],
  [20, "install"],
  [7, "validate"],
  [8, "load"],
  [9, "invoke"],
]);

/** Those that may be cut out of the manifest and stand beside it in the envelope (8.6). */
export const SEVERABLE: ReadonlySet<number> = new Set([16, 20]);

export const Condition = {
  VENDOR_IDENTIFIER: 1,
  CLASS_IDENTIFIER: 2,
  IMAGE_MATCH: 3,
  USE_BEFORE: 4,
  COMPONENT_SLOT: 5,
  CHECK_CONTENT: 6,
  ABORT: 14,
  DEVICE_IDENTIFIER: 24,
  IMAGE_NOT_MATCH: 25,
  MINIMUM_BATTERY: 26,
  UPDATE_AUTHORIZED: 27,
  VERSION: 28,
} as const;

export type ConditionCode = (typeof Condition)[keyof typeof Condition];

export const CONDITION_NAMES: ReadonlyMap<number, string> = new Map([
  [Condition.VENDOR_IDENTIFIER, "vendor-identifier"],
  [Condition.CLASS_IDENTIFIER, "class-identifier"],
  [Condition.IMAGE_MATCH, "image-match"],
  [Condition.USE_BEFORE, "use-before"],
  [Condition.COMPONENT_SLOT, "component-slot"],
  [Condition.CHECK_CONTENT, "check-content"],
  [Condition.ABORT, "abort"],
  [Condition.DEVICE_IDENTIFIER, "device-identifier"],
  [Condition.IMAGE_NOT_MATCH, "image-not-match"],
  [Condition.MINIMUM_BATTERY, "minimum-battery"],
  [Condition.UPDATE_AUTHORIZED, "update-authorized"],
  [Condition.VERSION, "version"],
]);

/** Those of update-management, which a device has to know. */
export const UPDATE_MANAGEMENT: ReadonlySet<number> = new Set([4, 25, 26, 27, 28, 29]);

/** Directives that act on the component with what its parameters say. */
export const Directive = { WRITE: 18, FETCH: 21, COPY: 22, INVOKE: 23, WAIT: 29, SWAP: 31 } as const;

export type DirectiveCode = (typeof Directive)[keyof typeof Directive];

export const DIRECTIVE_NAMES: ReadonlyMap<number, string> = new Map([
  [Directive.WRITE, "write"],
  [Directive.FETCH, "fetch"],
  [Directive.COPY, "copy"],
  [Directive.INVOKE, "invoke"],
  [Directive.WAIT, "wait"],
  [Directive.SWAP, "swap"],
]);

/** Directives with an argument of their own. */
export const Structure = {
  SET_COMPONENT_INDEX: 12,
  TRY_EACH: 15,
  OVERRIDE_PARAMETERS: 20,
  RUN_SEQUENCE: 32,
} as const;
