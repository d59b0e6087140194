// One case against the decoders of a device: answers to a check-in whose ticket, manifest, proof and trust root were torn, on the
// way or by somebody who holds the key and signs what no encoder of ours writes. Nothing throws, and what is offered in the end is
// the very release that the maker signed.

import { equal } from "../../../src/base/bytes.ts";
import { instant } from "../../../src/base/instant.ts";
import { Code } from "../../../src/coap/code.ts";
import type { SigningKey } from "../../../src/crypto/signature.ts";
import { MemoryFlash } from "../../../src/device/memory-flash.ts";
import { CheckInExchange, type CheckInStep } from "../../../src/device/slots/check-in-exchange.ts";
import { MemoryRecord } from "../../../src/device/slots/memory-record.ts";
import { TrustAnchors } from "../../../src/device/slots/trust-anchors.ts";
import { encodeCheckInAnswer } from "../../../src/manifest/check-in.ts";
import { decodeSign1, signSign1 } from "../../../src/manifest/cose-sign1.ts";
import { SIGNED_TICKET, SIGNED_TRUST_ROOT, type SignedKind } from "../../../src/manifest/signed-object.ts";
import { encodeInclusionProof } from "../../../src/registry/inclusion-proof.ts";
import { CRYPTO } from "../../support/crypto.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { ED25519_PAIR } from "../../support/signing-keys.ts";
import {
  DEVICE_NAME,
  MAKER,
  PRODUCT,
  release,
  SERVER_KEY,
  trustRoot,
  UpdateServer,
} from "../../support/update-server.ts";
import { torn } from "./trust-message.ts";

const ANSWERS = 60;
const RELEASE = release({ sequenceNumber: 5, version: "1.1.0" });
const SERVER = new UpdateServer().publish(RELEASE);
const NONCE = new Uint8Array(8);
const PARTS = {
  ticket: SERVER.ticketFor({ nonce: NONCE }, RELEASE),
  manifest: RELEASE.signed,
  proof: encodeInclusionProof({
    entry: new Uint8Array(50),
    index: 3,
    path: [new Uint8Array(32), new Uint8Array(32)],
    size: 4,
    signature: new Uint8Array(64),
    cosignatures: [],
  }),
  root: trustRoot(),
};
type Part = keyof typeof PARTS;

/** Throws what is wrong, if anything is. The same seed gives the same case. */
export function runAnswerCase(seed: number): void {
  const random = new SeededRandom(seed);
  for (let i = 0; i < ANSWERS; i++) {
    const said = { ...PARTS, ...(random.below(2) === 0 && { proof: undefined }) };
    for (const part of Object.keys(PARTS) as Part[]) {
      if (random.below(3) === 0) said[part] = tornPart(random, part);
    }
    const step = stepAfter(said, random);
    if (step.kind !== "offered") continue;
    const { manifest } = step.offer;
    if (!equal(manifest.sha256, RELEASE.manifest.sha256) || manifest.path !== RELEASE.manifest.path) {
      throw new Error(`a torn manifest was taken: ${JSON.stringify(manifest)}`);
    }
  }
}

/** Torn as it is, or torn and then signed by whoever may sign such a thing; of a manifest that would be the maker. */
function tornPart(random: SeededRandom, part: Part): Uint8Array {
  const signed = SIGNED[part];
  if (signed === undefined || random.below(2) === 0) return torn(random, PARTS[part]);
  return signSign1(signed.key, torn(random, signed.payload), signed.kind.externalAad);
}

const SIGNED: Readonly<Partial<Record<Part, { kind: SignedKind<never>; key: SigningKey; payload: Uint8Array }>>> = {
  ticket: signedPart(SIGNED_TICKET, SERVER_KEY, "ticket"),
  root: signedPart(SIGNED_TRUST_ROOT, MAKER, "root"),
};

function signedPart<Value>(kind: SignedKind<Value>, key: SigningKey, part: Part) {
  const decoded = decodeSign1(PARTS[part]);
  if (!decoded.ok) throw new Error("what we signed is no COSE_Sign1");
  return { kind: kind as unknown as SignedKind<never>, key, payload: decoded.value.payload };
}

function stepAfter(said: Readonly<Record<Part, Uint8Array | undefined>>, random: SeededRandom): CheckInStep {
  const factory = { sequenceNumber: 0, version: "1.0.0", sha256: undefined };
  const exchange = new CheckInExchange({
    asking: {
      product: PRODUCT,
      class: undefined,
      deviceName: DEVICE_NAME,
      nonce: NONCE,
      askedAt: instant(0),
      slotLength: 4_096,
    },
    memory: new MemoryRecord(new MemoryFlash(8_192, 4_096), CRYPTO, factory).memory,
    running: 0,
    anchors: new TrustAnchors(CRYPTO, PRODUCT, ED25519_PAIR.verification, undefined),
    crypto: CRYPTO,
    asksForLog: random.below(2) === 0,
    decryptionKey: undefined,
    checksMakerAlone: random.below(4) === 0,
    told: { uptimeSeconds: 1 },
  });
  const answer = encodeCheckInAnswer({ ticket: said.ticket!, manifest: said.manifest, proof: said.proof });
  let step = exchange.handleAnswer(instant(1), Code.CHANGED, random.below(4) === 0 ? torn(random, answer) : answer);
  for (let asked = 0; step.kind === "asks"; asked++) {
    if (asked > 2) throw new Error("a device asks without end");
    const wanted = step.request.path.at(-1) === "root" ? said.root : said.manifest;
    step = exchange.handleAnswer(instant(2), Code.CONTENT, wanted ?? new Uint8Array(0));
  }
  return step;
}
