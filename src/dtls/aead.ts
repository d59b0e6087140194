// Records under AES-128 in CCM or GCM (RFC 6655 3, RFC 5288 3): the fragment is an explicit nonce of 8 bytes, the
// ciphertext, and the tag. The explicit nonce is epoch ‖ sequence number, so that no key ever meets a nonce twice.

import {
  type CipherCCMTypes,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  timingSafeEqual,
} from "node:crypto";
import { EMPTY } from "../base/bytes.ts";
import { writeEpochAndSequence } from "./record.ts";
import { additionalData, type RecordContext, type RecordProtection } from "./record-protection.ts";

const KEY_LENGTH = 16;
const SALT_LENGTH = 4;
const EXPLICIT_NONCE_LENGTH = 8;

/** Empty, but a view of memory: to OpenSSL's CCM a null pointer means something else than no bytes. */
const NOTHING = new Uint8Array(1).subarray(0, 0);

/** Key material of one direction: the AES key, then the implicit part of the nonce. */
export function aeadProtection(cipher: "aes-128-ccm" | "aes-128-gcm", tagLength: 8 | 16): RecordProtection {
  // Node's types name CCM and GCM apart, though the calls that serve them are the same.
  const algorithm = cipher as CipherCCMTypes & CipherGCMTypes;
  const overhead = EXPLICIT_NONCE_LENGTH + tagLength;
  const options = { authTagLength: tagLength };

  function encryption(keys: Uint8Array, nonce: Uint8Array, context: RecordContext, length: number) {
    const key = keys.subarray(0, KEY_LENGTH);
    const additional = additionalData(context, length);
    return createCipheriv(algorithm, key, nonce, options).setAAD(additional, { plaintextLength: length });
  }

  /** The tag over nothing is made and compared here: CCM's decryption skips the check where Node sees a null pointer. */
  function openEmpty(
    keys: Uint8Array,
    nonce: Uint8Array,
    context: RecordContext,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    const tagging = encryption(keys, nonce, context, 0);
    tagging.update(NOTHING);
    tagging.final();
    return timingSafeEqual(tagging.getAuthTag(), tag) ? EMPTY : undefined;
  }

  return {
    keyParts: [KEY_LENGTH, SALT_LENGTH],
    overhead,
    fragmentLength: (length) => length + overhead,

    seal(keys, context, plaintext, record, offset) {
      const nonce = new Uint8Array(SALT_LENGTH + EXPLICIT_NONCE_LENGTH);
      nonce.set(keys.subarray(KEY_LENGTH));
      writeEpochAndSequence(nonce, SALT_LENGTH, context.epoch, context.sequenceNumber);
      const sealing = encryption(keys, nonce, context, plaintext.length);
      record.set(nonce.subarray(SALT_LENGTH), offset);
      record.set(sealing.update(plaintext.length === 0 ? NOTHING : plaintext), offset + EXPLICIT_NONCE_LENGTH);
      sealing.final();
      record.set(sealing.getAuthTag(), offset + EXPLICIT_NONCE_LENGTH + plaintext.length);
    },

    open(keys, context, fragment) {
      const length = fragment.length - overhead;
      if (length < 0) return undefined;
      const nonce = new Uint8Array(SALT_LENGTH + EXPLICIT_NONCE_LENGTH);
      nonce.set(keys.subarray(KEY_LENGTH));
      nonce.set(fragment.subarray(0, EXPLICIT_NONCE_LENGTH), SALT_LENGTH);
      const tag = fragment.subarray(EXPLICIT_NONCE_LENGTH + length);
      if (length === 0) return openEmpty(keys, nonce, context, tag);
      const decryption = createDecipheriv(algorithm, keys.subarray(0, KEY_LENGTH), nonce, options);
      decryption.setAuthTag(tag);
      decryption.setAAD(additionalData(context, length), { plaintextLength: length });
      // Node reports a wrong tag by throwing: from update() for CCM, from final() for GCM.
      try {
        const plaintext = decryption.update(fragment.subarray(EXPLICIT_NONCE_LENGTH, EXPLICIT_NONCE_LENGTH + length));
        decryption.final();
        return plaintext;
      } catch {
        return undefined;
      }
    },
  };
}
