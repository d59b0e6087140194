// The device's side of one download as one object: a contact with a server that asks for one image, at once.

import type { Instant } from "../base/instant.ts";
import { type DownloadInput, ServerContact, type ServerContactInput } from "./server-contact.ts";

export interface FirmwareDeviceInput extends ServerContactInput, DownloadInput {}

export class FirmwareDevice extends ServerContact {
  /** Begins at once: with the handshake, or on plain CoAP with the first requests. */
  constructor(now: Instant, input: FirmwareDeviceInput) {
    super(now, input);
    this.download(now, input);
  }
}
