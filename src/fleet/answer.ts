// What a device is told when it checks in.

/** `comeAgain` is in seconds. */
export type Answer =
  /** The product's devices get what was released last: no roll-out has to be asked. */
  | { readonly kind: "newest"; readonly comeAgain: number }
  /** `digest` names the manifest, hex. `blockSize` is what its link carries best, where that is known. */
  | {
      readonly kind: "offer";
      readonly rollout: string;
      readonly digest: string;
      readonly comeAgain: number;
      readonly blockSize: number | undefined;
    }
  /** Nothing for now; `sequenceNumber` is what its ticket calls the newest: more than what runs where its user shall be asked. */
  | { readonly kind: "nothing"; readonly comeAgain: number; readonly sequenceNumber: number };
