// `release --encrypt`: an image is encrypted once for a release, so that its blocks are the same for all, and its key wrapped for
// each class that asks. Who signs in two steps needs the very same ciphertext in both: it waits in a file beside the image.

import { writeFileSync } from "node:fs";
import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { concat, equal, toUtf8 } from "../../base/bytes.ts";
import type { CryptoProvider } from "../../crypto/crypto-provider.ts";
import { publicKeyIn } from "../../crypto/signature.ts";
import { encodeEncryptionInfo } from "../../manifest/cose-encrypt.ts";
import { KID_LENGTH } from "../../manifest/cose-sign1.ts";
import { ENCRYPTION_INFO_LENGTH_MAX, type ImageEncryption } from "../../manifest/native-manifest.ts";
import { encryptPayload, type RecipientKey } from "../../manifest/payload-encryption.ts";
import type { DeviceClass } from "../../release-store/class-table.ts";
import { SystemRandom } from "../../shell/system-random.ts";
import { systemMessage } from "../../store/store-error.ts";
import { jobFailed, wrongUse } from "../command-error.ts";
import { bytesOfFile, digest } from "../image-file.ts";
import { withReleases } from "./release-stores.ts";

/** An image as it is served. */
export interface EncryptedImage {
  readonly encryption: ImageEncryption;
  readonly ciphertext: Uint8Array;
}

export interface EncryptionWish {
  readonly file: string;
  readonly product: string;
  readonly class?: string | undefined;
  readonly encrypt?: boolean | undefined;
  readonly toSign?: string | undefined;
  readonly signature?: string | undefined;
}

const MAGIC = toUtf8("narrowboat encrypted image 1\n");

/** Undefined where it is to be served in clear, and may be. Throws CommandError. */
export function encryptedImage(
  wish: EncryptionWish,
  data: string | undefined,
  crypto: CryptoProvider,
  image: Uint8Array,
): EncryptedImage | undefined {
  const asking = data === undefined ? [] : classesAsking(data, wish);
  if (wish.encrypt !== true) {
    refuseInClear(wish, asking);
    return undefined;
  }
  if (asking.length === 0) throw nobodyAsks(wish);
  const beside = `${wish.file}.encrypted`;
  if (wish.signature !== undefined) return readEncrypted(beside);
  const encrypted = encryptFor(asking, crypto, image);
  if (wish.toSign !== undefined) writeEncrypted(beside, encrypted);
  return encrypted;
}

/** The classes that the release is for whose images are encrypted. */
function classesAsking(data: string, { product, class: className }: EncryptionWish): readonly DeviceClass[] {
  const classes = withReleases(data, (store) => store.classes.list());
  const isMeant = (one: DeviceClass) => one.product === product && (className ?? one.name) === one.name;
  return classes.filter((one) => isMeant(one) && one.encryptTo !== undefined);
}

/** Whoever set the class believes that nobody on the way can read its images. */
function refuseInClear({ product, class: className }: EncryptionWish, [first]: readonly DeviceClass[]): void {
  if (first === undefined) return;
  const others = className === undefined ? ", name another class with --class," : "";
  throw jobFailed(
    `images of class ${first.name} are encrypted to a key: say --encrypt${others} ` +
      `or class set ${first.name} --product ${product} without --encrypt-to if they may be in clear`,
  );
}

function nobodyAsks({ product, class: className }: EncryptionWish) {
  const name = className ?? "NAME";
  return wrongUse(
    `--encrypt takes the public key of ${className === undefined ? "a class" : `class ${className}`}, and none is set here: ` +
      `narrowboat class set ${name} --product ${product} --encrypt-to PUB`,
  );
}

function encryptFor(classes: readonly DeviceClass[], crypto: CryptoProvider, image: Uint8Array): EncryptedImage {
  const takesCtr = classes.filter(({ profile }) => profile.includes("ctr"));
  const [algorithm, differing] =
    takesCtr.length === classes.length ? (["a128ctr", undefined] as const) : (["a128gcm", takesCtr[0]] as const);
  if (differing !== undefined) {
    throw wrongUse(`class ${differing.name} decrypts CTR alone, and others GCM: release for each with --class`);
  }
  const recipients = classes.map(({ encryptTo }) => recipientOf(encryptTo!));
  const { info, ciphertext } = encryptPayload(crypto, new SystemRandom(), image, recipients, algorithm);
  const encoded = encodeEncryptionInfo(info);
  if (encoded.length > ENCRYPTION_INFO_LENGTH_MAX) {
    throw wrongUse(
      `a key wrapped for ${classes.length} classes takes ${encoded.length} bytes, and a manifest has room for ` +
        `${ENCRYPTION_INFO_LENGTH_MAX}: release for fewer of them with --class, or give classes one key`,
    );
  }
  return encryptedOf(encoded, ciphertext);
}

function recipientOf(spki: Uint8Array): RecipientKey {
  const kid = digest("sha256", spki).subarray(0, KID_LENGTH);
  return { kind: "ecdhEs", kid, publicKey: publicKeyIn(spki, "es256")! };
}

function encryptedOf(info: Uint8Array, ciphertext: Uint8Array): EncryptedImage {
  return { encryption: { info, sha256: digest("sha256", ciphertext), size: ciphertext.length }, ciphertext };
}

function writeEncrypted(file: string, { encryption, ciphertext }: EncryptedImage): void {
  const head = new ByteWriter().put(MAGIC).vector16(encryption.info).finish();
  try {
    writeFileSync(file, concat(head, ciphertext));
  } catch (error) {
    throw wrongUse(`cannot write ${file}: ${systemMessage(error)}`);
  }
}

/** What stands in it is signed: whoever changed it finds no signature that fits. */
function readEncrypted(file: string): EncryptedImage {
  const reader = new ByteReader(bytesOfFile(file));
  const magic = reader.take(MAGIC.length);
  const info = reader.vector16();
  const ciphertext = reader.take(reader.remaining);
  if (equal(magic, MAGIC) && !reader.overrun) return encryptedOf(info, ciphertext);
  throw wrongUse(`${file} is not what release --encrypt --to-sign wrote: begin anew with that`);
}
