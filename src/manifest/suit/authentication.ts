// draft-ietf-suit-manifest-37 6.2 and 8.3: whether somebody whom we know signed this manifest, and signing one.

import { failed, ok, type Result } from "../../base/result.ts";
import { encodeCbor } from "../../cbor/encode-cbor.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import type { SigningKey, VerificationKey } from "../../crypto/signature.ts";
import { type AlgorithmNumbers, coseAlgorithm, signatureAlgorithm } from "../cose-algorithm.ts";
import { HMAC_256, isMac0 } from "../cose-mac0.ts";
import { type Sign1Fault, sigStructure } from "../cose-sign1.ts";
import type { AuthenticationBlock } from "./authentication-block.ts";
import { ManifestKey } from "./codes.ts";
import type { Envelope } from "./envelope.ts";
import { isSevered, type Manifest } from "./manifest.ts";
import { digestOfWrapped, digestValue, hasDigest, type SuitDigest } from "./suit-digest.ts";

/** RFC 9052 3.1. */
const ALGORITHM_LABEL = 1;

export interface KnownKeys {
  /** Those that may sign a manifest. */
  readonly verification: readonly VerificationKey[];
  /** Secrets of HMAC-SHA-256, for manifests with a MAC. */
  readonly mac?: readonly Uint8Array[];
}

export interface EnvelopeFault {
  readonly reason: Sign1Fault["reason"] | "digestDiffers";
  readonly detail: string;
}

/** The key that signed, or "mac". A block that nobody here can check is passed over where another one is right. */
export function authenticate(
  crypto: CryptoProvider,
  envelope: Envelope,
  keys: KnownKeys,
): Result<VerificationKey | "mac", EnvelopeFault> {
  const fault = digestFault(crypto, envelope);
  if (fault !== undefined) return failed(fault);
  const payload = encodeCbor(digestValue(envelope.digest));
  let found: Result<VerificationKey | "mac", EnvelopeFault> = failed({
    reason: "keyUnknown",
    detail: "nobody signed it",
  });
  for (const block of envelope.blocks) {
    found = block.kind === "sign1" ? signerOf(block, payload, keys) : macOf(crypto, block, payload, keys);
    if (found.ok) return found;
  }
  return found;
}

function digestFault(crypto: CryptoProvider, { digest, manifest }: Envelope): EnvelopeFault | undefined {
  const matches = hasDigest(crypto, encodeCbor(manifest), digest);
  if (matches === true) return undefined;
  if (matches === false) return { reason: "digestDiffers", detail: "the manifest is not the one that was signed" };
  return { reason: "algorithmUnknown", detail: `its digest is of algorithm ${digest.algorithm}, and SHA-256 is known` };
}

/** Key ids of others' tools are names of their own: each known key of the algorithm is tried. */
function signerOf(
  { algorithm, protectedHeader, proof }: AuthenticationBlock,
  payload: Uint8Array,
  { verification }: KnownKeys,
): Result<VerificationKey, EnvelopeFault> {
  const named = signatureAlgorithm(algorithm);
  if (named === undefined) return failed({ reason: "algorithmUnknown", detail: `signed with algorithm ${algorithm}` });
  const fitting = verification.filter((key) => key.algorithm === named);
  if (fitting.length === 0) return failed({ reason: "keyUnknown", detail: `no key of ${named} is known` });
  const message = sigStructure(protectedHeader, payload);
  const key = fitting.find((candidate) => candidate.verify(message, proof));
  return key === undefined ? failed({ reason: "signatureWrong", detail: "no key that is known signed it" }) : ok(key);
}

function macOf(
  crypto: CryptoProvider,
  { algorithm, protectedHeader, proof }: AuthenticationBlock,
  payload: Uint8Array,
  { mac = [] }: KnownKeys,
): Result<"mac", EnvelopeFault> {
  if (algorithm !== HMAC_256) return failed({ reason: "algorithmUnknown", detail: `a MAC of algorithm ${algorithm}` });
  if (mac.length === 0) return failed({ reason: "keyUnknown", detail: "it has a MAC, and no secret for one is known" });
  const isRight = mac.some((key) => isMac0(crypto, key, protectedHeader, payload, proof));
  return isRight ? ok("mac") : failed({ reason: "signatureWrong", detail: "its MAC is of no secret that is known" });
}

/** Why what was cut out and stands beside the manifest (8.6) is not what was signed; undefined when all of it is. */
export function severedFault(crypto: CryptoProvider, envelope: Envelope, manifest: Manifest): string | undefined {
  for (const [key, bytes] of envelope.severed) {
    const digest = severedDigest(manifest, key);
    if (digest === undefined) return `${key} stands beside a manifest that has no digest of it`;
    if (hasDigest(crypto, encodeCbor(bytes), digest) !== true)
      return `${key} beside the manifest is not what was signed`;
  }
  return undefined;
}

function severedDigest(manifest: Manifest, key: number): SuitDigest | undefined {
  const member = key === ManifestKey.TEXT ? manifest.text : manifest.sequences.get(key);
  return member !== undefined && isSevered(member) ? member : undefined;
}

/** The bytes to be signed of a manifest's, for a signer elsewhere. */
export function manifestToBeSigned(
  crypto: CryptoProvider,
  manifest: Uint8Array,
  { algorithm }: Pick<SigningKey, "algorithm">,
  numbers?: AlgorithmNumbers,
): Uint8Array {
  const payload = encodeCbor(digestValue(digestOfWrapped(crypto, manifest)));
  return sigStructure(protectedHeaderOf(algorithm, numbers), payload);
}

/** The block of a signature over those bytes. */
export function signatureBlock(
  { algorithm }: Pick<SigningKey, "algorithm">,
  signature: Uint8Array,
  numbers?: AlgorithmNumbers,
): AuthenticationBlock {
  return {
    kind: "sign1",
    algorithm: coseAlgorithm(algorithm, numbers),
    protectedHeader: protectedHeaderOf(algorithm, numbers),
    unprotectedHeader: new Map(),
    proof: signature,
  };
}

function protectedHeaderOf(algorithm: SigningKey["algorithm"], numbers?: AlgorithmNumbers): Uint8Array {
  return encodeCbor(new Map([[ALGORITHM_LABEL, coseAlgorithm(algorithm, numbers)]]));
}

/** An envelope with one signature and nothing beside the manifest. */
export function signEnvelope(
  crypto: CryptoProvider,
  manifest: Uint8Array,
  key: SigningKey,
  numbers?: AlgorithmNumbers,
): Envelope {
  const signature = key.sign(manifestToBeSigned(crypto, manifest, key, numbers));
  return {
    digest: digestOfWrapped(crypto, manifest),
    blocks: [signatureBlock(key, signature, numbers)],
    manifest,
    severed: new Map(),
    payloads: new Map(),
  };
}
