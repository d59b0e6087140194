// C2SP tlog-witness over HTTP: one request in, one response out, and no socket in sight, so that any server can mount it.

import { formatSignature, NOTE_LENGTH_MAX, type NoteSignature } from "./signed-note.ts";
import type { WitnessDecision } from "./witness.ts";

export const ADD_CHECKPOINT_PATH = "/add-checkpoint";

/** Bytes of a request's body: a note, and the 63 lines of a proof. */
export const WITNESS_BODY_LENGTH_MAX = 2 * NOTE_LENGTH_MAX;

/** The type of an answer that says of which size the last cosigned checkpoint is. */
export const SIZE_TYPE = "text/x.tlog.size";

export interface WitnessRequest {
  readonly method: string;
  /** Without a query. */
  readonly path: string;
  /** "tooLong" where it was more than WITNESS_BODY_LENGTH_MAX bytes. */
  readonly body: string | "tooLong";
}

export interface WitnessResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Decides about a body, and has what it cosigns on the disk before it gives the signature back. */
export type Cosigner = (body: string) => Exclude<WitnessDecision, { kind: "cosign" }> | CosignedCheckpoint;

export interface CosignedCheckpoint {
  readonly kind: "cosigned";
  readonly signature: NoteSignature;
}

export function answerWitnessRequest({ method, path, body }: WitnessRequest, cosign: Cosigner): WitnessResponse {
  if (path !== ADD_CHECKPOINT_PATH) return plain(404, "nothing is here\n");
  if (method !== "POST") return plain(405, "POST a checkpoint\n");
  if (body === "tooLong") return plain(413, "longer than any checkpoint\n");
  const decision = cosign(body);
  switch (decision.kind) {
    case "cosigned":
      return plain(200, formatSignature(decision.signature));
    case "conflict":
      return { status: decision.status, type: SIZE_TYPE, body: `${decision.size}\n` };
    case "refuse":
      return plain(decision.status, `${REFUSALS[decision.status]}\n`);
  }
}

const REFUSALS = {
  400: "no request of tlog-witness",
  403: "not signed by a key of this log that is known here",
  404: "a log that is not known here",
  422: "the checkpoint does not go on from the one that was cosigned last",
} as const;

function plain(status: number, body: string): WitnessResponse {
  return { status, type: "text/plain; charset=utf-8", body };
}
