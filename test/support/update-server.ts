// A server of updates for one product, on plain CoAP and in memory, that can be made to lie: each answer is signed by keys
// that the tests hold, so that an adversary has whatever keys a test gives it.

import { bytesOfLatin1, copyOf, EMPTY, toHex } from "../../src/base/bytes.ts";
import type { Instant } from "../../src/base/instant.ts";
import type { PeerAddress } from "../../src/base/peer-address.ts";
import { BytesBody, ContentFormat } from "../../src/coap/body.ts";
import { CoapServer } from "../../src/coap/coap-server.ts";
import { Code } from "../../src/coap/code.ts";
import type { Request } from "../../src/coap/request.ts";
import type { Response } from "../../src/coap/response.ts";
import type { SigningKey } from "../../src/crypto/signature.ts";
import { type CheckIn, decodeCheckIn, encodeCheckInAnswer } from "../../src/manifest/check-in.ts";
import { type ContentAlgorithm, encodeEncryptionInfo } from "../../src/manifest/cose-encrypt.ts";
import { decodeInstallReport, type InstallReport } from "../../src/manifest/install-report.ts";
import type { NativeManifest } from "../../src/manifest/native-manifest.ts";
import { encryptPayload, type RecipientKey } from "../../src/manifest/payload-encryption.ts";
import { SIGNED_MANIFEST, SIGNED_TICKET, SIGNED_TRUST_ROOT, sign } from "../../src/manifest/signed-object.ts";
import type { Ticket } from "../../src/manifest/ticket.ts";
import type { TrustRoot } from "../../src/manifest/trust-root.ts";
import { CRYPTO } from "./crypto.ts";
import { SeededRandom } from "./seeded-random.ts";
import { ED25519_PAIR, OTHER_ED25519_PAIR } from "./signing-keys.ts";

export const PRODUCT = "pump";
export const MAKER = ED25519_PAIR.signing;
export const SERVER_KEY = OTHER_ED25519_PAIR.signing;
/** Seconds since 1970. */
export const TODAY = 1_800_000_000;
/** Of a device on plain CoAP, which has no identity. */
export const DEVICE_NAME = sha256(EMPTY).subarray(0, 8);

export interface Release {
  readonly manifest: NativeManifest;
  readonly signed: Uint8Array;
  /** As it is flashed. */
  readonly image: Uint8Array;
  /** As it is served. */
  readonly served: Uint8Array;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return bytesOfLatin1(CRYPTO.sha256(bytes));
}

/** An image of `length` bytes that are this version's alone. */
export function imageOfVersion(version: string, length: number): Uint8Array {
  const image = new Uint8Array(length);
  new SeededRandom(version.length * 1_000 + Number(version.replaceAll(".", ""))).fill(image);
  return image;
}

export interface ReleaseInput extends Partial<NativeManifest> {
  readonly sequenceNumber: number;
  readonly version: string;
  /** Bytes of the image. */
  readonly length?: number;
  readonly key?: SigningKey;
  /** Whom the image is encrypted to; in clear when absent. */
  readonly encryptTo?: readonly RecipientKey[];
  /** GCM when absent. */
  readonly algorithm?: ContentAlgorithm;
}

export function release({ length = 1_000, key = MAKER, encryptTo, algorithm, ...fields }: ReleaseInput): Release {
  const image = imageOfVersion(fields.version, length);
  const encrypted = encryptTo && encryptedFor(encryptTo, image, algorithm);
  const manifest: NativeManifest = {
    product: PRODUCT,
    sha256: sha256(image),
    size: length,
    path: `/fw/${PRODUCT}/${fields.version}`,
    ...(encrypted && { encryption: encrypted.encryption }),
    ...fields,
  };
  return { manifest, signed: sign(SIGNED_MANIFEST, key, manifest), image, served: encrypted?.ciphertext ?? image };
}

/** The same for the same image, since its draws are seeded. */
function encryptedFor(recipients: readonly RecipientKey[], image: Uint8Array, algorithm: ContentAlgorithm = "a128gcm") {
  const { info, ciphertext } = encryptPayload(CRYPTO, new SeededRandom(5), image, recipients, algorithm);
  const encryption = { info: encodeEncryptionInfo(info), sha256: sha256(ciphertext), size: ciphertext.length };
  return { encryption, ciphertext };
}

export function trustRoot(fields: Partial<TrustRoot> = {}, key: SigningKey = MAKER): Uint8Array {
  const root: TrustRoot = {
    number: 1,
    product: PRODUCT,
    notAfter: TODAY + 86_400,
    keys: [{ role: "server", spki: SERVER_KEY.spki }],
    servers: [],
    ...fields,
  };
  return sign(SIGNED_TRUST_ROOT, key, root);
}

export class UpdateServer {
  /** What a device is offered that has less; none: nothing new. */
  current: Release | undefined;
  /** Images by version, as they are served. */
  readonly images = new Map<string, Uint8Array>();
  root = trustRoot();
  serverKey = SERVER_KEY;
  /** What is told of the newest release where nothing is offered. */
  newest: number | undefined;
  /** Whether the manifest comes with the ticket. */
  sendsManifest = true;
  /** What stands in a ticket in place of what is right. */
  ticket: Partial<Ticket> = {};
  /** In place of the answer to a check-in; undefined: the right one. */
  answers: ((checkIn: CheckIn) => Uint8Array | undefined) | undefined;
  /** Answers nothing at all. */
  isSilent = false;
  readonly checkIns: CheckIn[] = [];
  /** By their ids: what came twice stands here once. */
  readonly reports = new Map<string, InstallReport>();
  reportCount = 0;
  readonly requests: string[] = [];
  readonly #coap: CoapServer<string>;
  readonly #transmits: Uint8Array[] = [];

  constructor() {
    this.#coap = new CoapServer<string>({
      handler: { admit: () => 4_096, handle: (_now, request) => this.#handle(request) },
      random: new SeededRandom(99),
      outlet: {
        transmit: (_now, _association, datagram) => void this.#transmits.push(copyOf(datagram)),
        blockServed: () => {},
        answerResent: () => {},
        asked: () => {},
        counted: () => {},
      },
    });
  }

  /** Offers it from now on. */
  publish(published: Release): this {
    this.images.set(published.manifest.version, published.served);
    this.current = published;
    return this;
  }

  /** What answers a datagram. */
  handleDatagram(now: Instant, from: PeerAddress, datagram: Uint8Array): readonly Uint8Array[] {
    if (this.isSilent) return [];
    this.#coap.handleDatagram(now, from, datagram, 1_200);
    return this.#transmits.splice(0);
  }

  /** Of the reports that came, in their order: result, reason and version. */
  get told(): string[] {
    return [...this.reports.values()].map(({ state, result, reason, version }) =>
      [state, result, reason, version].filter((part) => part !== undefined).join(" "),
    );
  }

  ticketFor({ nonce }: Pick<CheckIn, "nonce">, offered: Release | undefined): Uint8Array {
    const ticket: Ticket = {
      nonce,
      device: DEVICE_NAME,
      manifestDigest: offered && sha256(offered.signed),
      sequenceNumber: offered?.manifest.sequenceNumber ?? this.newest ?? this.current?.manifest.sequenceNumber ?? 0,
      lifetime: 3_600,
      issued: TODAY,
      comeAgain: 3_600,
      ...this.ticket,
    };
    return sign(SIGNED_TICKET, this.serverKey, ticket);
  }

  #handle(request: Request<string>): Response {
    const [first, second, third] = request.path;
    this.requests.push(`/${request.path.join("/")}${request.queries.map((query) => `?${query}`).join("")}`);
    if (first === "t") return this.#handleCheckIn(request.payload);
    if (first === "r") return this.#handleReport(request.payload);
    if (first === "m" && third === "root") return bodyOf(this.root);
    if (first === "m" && second === PRODUCT && this.current !== undefined) return bodyOf(this.current.signed);
    const image = first === "fw" ? this.images.get(third ?? "") : undefined;
    return image === undefined ? { code: Code.NOT_FOUND } : bodyOf(image);
  }

  #handleCheckIn(payload: Uint8Array): Response {
    const decoded = decodeCheckIn(payload);
    if (!decoded.ok) return { code: Code.BAD_REQUEST };
    const checkIn = decoded.value;
    this.checkIns.push(checkIn);
    const other = this.answers?.(checkIn);
    if (other !== undefined) return changed(other);
    const { current } = this;
    const offered = (current?.manifest.sequenceNumber ?? 0) > checkIn.sequenceNumber ? current : undefined;
    const manifest = this.sendsManifest ? offered?.signed : undefined;
    return changed(encodeCheckInAnswer({ ticket: this.ticketFor(checkIn, offered), manifest, proof: undefined }));
  }

  #handleReport(payload: Uint8Array): Response {
    const decoded = decodeInstallReport(payload);
    if (!decoded.ok) return { code: Code.BAD_REQUEST };
    this.reportCount++;
    this.reports.set(toHex(decoded.value.id), decoded.value);
    return { code: Code.CHANGED };
  }
}

function bodyOf(bytes: Uint8Array): Response {
  return { body: new BytesBody(ContentFormat.OCTET_STREAM, bytes, sha256(bytes).subarray(0, 8)) };
}

function changed(bytes: Uint8Array): Response {
  return { code: Code.CHANGED, body: new BytesBody(ContentFormat.OCTET_STREAM, bytes) };
}
