// Witnesses are asked to sign the newest checkpoint (C2SP tlog-witness), all at once and each by itself: one that is silent, or
// refuses, keeps nobody from the others' signatures.

import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { checkpointText, sizeOf } from "../../registry/checkpoint.ts";
import { lineOfWitness } from "../../registry/cosignature.ts";
import { formatSignature, NOTE_LENGTH_MAX } from "../../registry/signed-note.ts";
import { ADD_CHECKPOINT_PATH, SIZE_TYPE } from "../../registry/witness-http.ts";
import type { PublishedLog } from "../../registry-store/published-log.ts";
import type { Registry } from "../../registry-store/registry.ts";
import { StoreError } from "../../store/store-error.ts";
import type { Witness } from "../../trust-store/trust-store.ts";

/** A witness answers within this, or is asked again later. */
const PATIENCE_MS = 10_000;

/** A size that it does not know, then the one that it says; a third time somebody else was quicker. */
const ATTEMPTS_MAX = 3;

/** What became of a round: those that have signed the newest checkpoint, and why others have not. */
export interface WitnessRound {
  readonly signed: number;
  readonly refusals: readonly { readonly url: string; readonly reason: string }[];
}

export class WitnessRounds {
  readonly #registry: Registry;
  readonly #published: PublishedLog;
  readonly #crypto: CryptoProvider;
  /** By address: of how many entries the checkpoint was that it signed last, as far as we know. */
  readonly #sizes = new Map<string, number>();

  constructor(registry: Registry, crypto: CryptoProvider, published: PublishedLog) {
    this.#registry = registry;
    this.#crypto = crypto;
    this.#published = published;
  }

  /** Asks those that have not signed the newest checkpoint, and keeps what they sign. Throws StoreError. */
  async ask(witnesses: readonly Witness[]): Promise<WitnessRound> {
    this.#published.refresh();
    const missing = witnesses.filter(({ keyId }) => !this.#published.isCosignedBy(keyId));
    const refusals = await Promise.all(
      missing.map(async (witness) => {
        const reason = await this.#askOne(witness);
        return reason === undefined ? [] : [{ url: witness.url, reason }];
      }),
    );
    this.#published.refresh();
    return { signed: witnesses.length - refusals.flat().length, refusals: refusals.flat() };
  }

  /** Why it has not signed; undefined when it has. */
  async #askOne(witness: Witness): Promise<string | undefined> {
    const checkpoint = this.#published.checkpoint;
    const origin = this.#published.key?.name;
    if (checkpoint === undefined || origin === undefined) return "there is nothing to sign";
    const text = checkpointText({ origin, ...checkpoint });
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const body = this.#published.consistencyText(this.#sizes.get(witness.url) ?? 0);
        if (body === undefined) return "it has signed a larger registry than this one: this one is an old copy";
        const answer = await post(witness.url, body);
        if (answer.status === 409 && this.#learnSize(witness.url, answer)) continue;
        if (answer.status !== 200) return `it answers ${answer.status}: ${answer.body.trim().slice(0, 200)}`;
        const line = lineOfWitness(this.#crypto, witness, text, answer.body);
        if (line === undefined) return "what it answers is not signed by its key";
        this.#sizes.set(witness.url, checkpoint.size);
        this.#registry.rows.addCosignature(checkpoint.number, witness.keyId, formatSignature(line));
        return undefined;
      }
    } catch (error) {
      if (error instanceof StoreError) throw error;
      return reasonOf(error);
    }
    return "somebody else has it sign at the same time";
  }

  #learnSize(url: string, { type, body }: Answer): boolean {
    const size = type.startsWith(SIZE_TYPE) ? sizeOf(body.trim()) : undefined;
    if (size === undefined || size === this.#sizes.get(url)) return false;
    this.#sizes.set(url, size);
    return true;
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function post(url: string, body: string): Promise<Answer> {
  const response = await fetch(`${url.replace(/\/+$/, "")}${ADD_CHECKPOINT_PATH}`, {
    method: "POST",
    body,
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return { status: response.status, type: response.headers.get("content-type") ?? "", body: await textOf(response) };
}

/** No more of it than a note may have. */
async function textOf(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > NOTE_LENGTH_MAX) throw new Error("it answers more than any signature");
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
  return error.name === "TimeoutError" ? `no answer in ${PATIENCE_MS / 1_000} s` : cause;
}
