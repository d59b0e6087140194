// The state of draft-ietf-suit-manifest-37 6.4's machine: what components hold, and the parameters that were set for each.

import { equal } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { ComponentIndex } from "./command-sequence.ts";
import type { ComponentId } from "./component-id.ts";
import type { Manifest } from "./manifest.ts";
import type { ModelComponent, ModelDevice } from "./model-device.ts";
import type { Parameters } from "./parameters.ts";

export class Machine {
  readonly crypto: CryptoProvider;
  readonly device: ModelDevice;
  readonly payloads: ReadonlyMap<string, Uint8Array>;
  /** The component that commands are for. */
  index: ComponentIndex = 0;
  invoked: number | undefined;
  /** Commands that were run. */
  steps = 0;
  readonly #components: readonly ModelComponent[];
  readonly #contents: (Uint8Array | undefined)[];
  #parameters: Parameters[] = [];
  /** Those that were written and not compared since. */
  readonly #unchecked = new Set<number>();

  /** Each component of the manifest is one of the device's. */
  constructor(
    crypto: CryptoProvider,
    manifest: Manifest,
    payloads: ReadonlyMap<string, Uint8Array>,
    device: ModelDevice,
  ) {
    this.crypto = crypto;
    this.device = device;
    this.payloads = payloads;
    this.#components = manifest.components.map((id) => Machine.componentOf(device, id)!);
    this.#contents = this.#components.map(({ content }) => content);
  }

  static componentOf({ components }: ModelDevice, id: ComponentId): ModelComponent | undefined {
    return components.find((known) => {
      return known.id.length === id.length && known.id.every((part, i) => equal(part, id[i]!));
    });
  }

  get componentCount(): number {
    return this.#components.length;
  }

  get contents(): readonly (Uint8Array | undefined)[] {
    return this.#contents;
  }

  get unchecked(): ReadonlySet<number> {
    return this.#unchecked;
  }

  /** 6.5: the components that a command is for, one after the other. */
  get indices(): readonly number[] {
    if (this.index === true) return this.#components.map((_, i) => i);
    return typeof this.index === "number" ? [this.index] : this.index;
  }

  beginSection(): void {
    this.index = 0;
    this.#parameters = this.#components.map(() => ({}));
  }

  component(index: number): ModelComponent {
    return this.#components[index]!;
  }

  content(index: number): Uint8Array | undefined {
    return this.#contents[index];
  }

  parameters(index: number): Parameters {
    return this.#parameters[index]!;
  }

  override(index: number, parameters: Parameters): void {
    this.#parameters[index] = { ...this.#parameters[index], ...parameters };
  }

  store(index: number, content: Uint8Array | undefined): void {
    this.#contents[index] = content;
    this.#unchecked.add(index);
  }

  /** The component was compared with what it shall be. */
  check(index: number): void {
    this.#unchecked.delete(index);
  }
}
