// Whom a device believes: the maker's key that it was made with, and the newest trust root that this key, or a maker whom an
// earlier root named, has signed. What the root says of a role holds from then on, and a key that it leaves out is revoked.

import { equal } from "../../base/bytes.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { VerificationKey } from "../../crypto/signature.ts";
import { kidOf } from "../../manifest/cose-sign1.ts";
import type { NativeManifest } from "../../manifest/native-manifest.ts";
import { type Refusal, refusal } from "../../manifest/reason.ts";
import {
  type KeysNamed,
  open,
  SIGNED_MANIFEST,
  SIGNED_TICKET,
  SIGNED_TRUST_ROOT,
  type SignedKind,
} from "../../manifest/signed-object.ts";
import type { Ticket } from "../../manifest/ticket.ts";
import type { Role, TrustRoot } from "../../manifest/trust-root.ts";
import { witnessCount } from "../../registry/cosignature.ts";
import { type ProvenEntry, verifyInclusionProof } from "../../registry/inclusion-proof.ts";

/** From one look for a newer root to the next by the clock alone, seconds. */
const ROOT_INTERVAL_MIN = 86_400;

export class TrustAnchors {
  readonly #crypto: CryptoProvider;
  readonly #product: string;
  readonly #madeWith: VerificationKey;
  #root: TrustRoot | undefined;
  #keys = new Map<Role, readonly VerificationKey[]>();

  /** `root` is what root gave back before the restart. */
  constructor(crypto: CryptoProvider, product: string, madeWith: VerificationKey, root: TrustRoot | undefined) {
    this.#crypto = crypto;
    this.#product = product;
    this.#madeWith = madeWith;
    if (root !== undefined) this.#believe(root);
  }

  /** The newest, to be kept over restarts; without one no server's word counts. */
  get root(): TrustRoot | undefined {
    return this.#root;
  }

  /** Takes a root that a server gave; true where it is newer than what was known. */
  takeRoot(signedRoot: Uint8Array): Result<boolean, Refusal> {
    const opened = this.#open(SIGNED_TRUST_ROOT, signedRoot, "maker");
    if (!opened.ok) return opened;
    const root = opened.value;
    if (root.product !== this.#product) {
      return failed(refusal("anotherProduct", `a trust root of ${root.product}, and this is ${this.#product}`));
    }
    const known = this.#root?.number ?? 0;
    if (root.number < known) {
      return failed(refusal("rootOld", `the trust root has number ${root.number}, and ${known} is known`));
    }
    if (root.number === known) return ok(false);
    this.#believe(root);
    return ok(true);
  }

  openManifest(bytes: Uint8Array): Result<NativeManifest, Refusal> {
    return this.#open(SIGNED_MANIFEST, bytes, "maker");
  }

  /**
   * Whether it is time to look for a newer root, at `issued` by a ticket, where it was last asked for at `askedAt`, both in seconds
   * since 1970: at half of what was left of its life then, so ever more often towards the end, and at most once a day. A key that was
   * revoked is known to whoever has the old root: nothing else would make such a device ask. Without a root it is time where
   * `isNeeded`.
   */
  isRootDue(issued: number, askedAt: number, isNeeded: boolean): boolean {
    if (this.#root === undefined) return isNeeded;
    const since = issued - askedAt;
    return since >= ROOT_INTERVAL_MIN && since >= (this.#root.notAfter - askedAt) / 2;
  }

  openTicket(bytes: Uint8Array): Result<Ticket, Refusal> {
    return this.#open(SIGNED_TICKET, bytes, "server");
  }

  /** Whether the proof shows that a log of the root has the manifest with this digest. */
  checkProof(proof: Uint8Array, manifestDigest: Uint8Array): Refusal | undefined {
    const logs = this.#keys.get("log") ?? [];
    let refused = refusal("proofWrong", "the trust root names no log");
    for (const key of logs) {
      const verified = verifyInclusionProof(this.#crypto, key, proof, manifestDigest);
      if (verified.ok) return this.#checkWitnesses(verified.value);
      refused = refusal(verified.error.reason, verified.error.detail);
    }
    return refused;
  }

  #checkWitnesses({ checkpointText, cosignatures }: ProvenEntry): Refusal | undefined {
    const needed = this.#root?.witnessesNeeded ?? 0;
    if (needed === 0) return undefined;
    const count = witnessCount(this.#keys.get("witness") ?? [], checkpointText, cosignatures);
    if (count >= needed) return undefined;
    return refusal("notWitnessed", `${count} witnesses have seen the log so, and the trust root asks for ${needed}`);
  }

  #open<Value>(kind: SignedKind<Value>, bytes: Uint8Array, role: Role): Result<Value, Refusal> {
    let isRevoked = false;
    const keys: KeysNamed = (kid) => {
      const named = this.#keysOf(role).filter(({ keyId }) => equal(kidOf(keyId), kid));
      isRevoked = named.length === 0 && role === "maker" && equal(kidOf(this.#madeWith.keyId), kid);
      return named;
    };
    const opened = open(kind, bytes, keys);
    if (opened.ok) return ok(opened.value.value);
    const { reason, detail } = opened.error;
    if (reason === "keyUnknown" && isRevoked)
      return failed(refusal("keyRevoked", `${detail}: the trust root left it out`));
    return opened;
  }

  #keysOf(role: Role): readonly VerificationKey[] {
    const named = this.#keys.get(role) ?? [];
    return role === "maker" && named.length === 0 ? [this.#madeWith] : named;
  }

  #believe(root: TrustRoot): void {
    this.#root = root;
    this.#keys = new Map();
    for (const { role, spki } of root.keys) {
      const key = this.#crypto.verificationKey(spki);
      if (key !== undefined) this.#keys.set(role, [...(this.#keys.get(role) ?? []), key]);
    }
  }
}
