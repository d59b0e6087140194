// How patient a device with two slots is. What is right depends on the link: docs/device.md says how to choose.

export interface SlotPolicy {
  /** From one check-in to the next where no ticket says anything else, ms. */
  readonly checkInMs: number;
  /** No server makes it come again sooner, ms. */
  readonly comeAgainMinMs: number;
  /** After a check-in in vain, ms; each further one doubles it, up to checkInMs. */
  readonly retryMs: number;
  /** On trial: contacts with the server that may come to nothing, how long each may take, and the rest between two, ms. */
  readonly contactsMax: number;
  readonly contactMs: number;
  readonly contactRestMs: number;
  /** How often one release may come to nothing for reasons that are hardly its own, such as noContact. */
  readonly retriesMax: number;
  /** For how long a server may say that there is something newer and not offer it, or say nothing that counts, seconds. */
  readonly frozenSeconds: number;
}

export const DEFAULT_SLOT_POLICY: SlotPolicy = {
  checkInMs: 86_400_000,
  comeAgainMinMs: 60_000,
  retryMs: 300_000,
  contactsMax: 3,
  contactMs: 900_000,
  contactRestMs: 60_000,
  retriesMax: 3,
  frozenSeconds: 7 * 86_400,
};
