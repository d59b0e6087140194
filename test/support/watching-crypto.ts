// A provider that watches another: it counts calls, and what is made and given back, and remembers every array that held a
// secret, to be looked at when the scene is over.

import type { AeadContextMaker } from "../../src/crypto/aead.ts";
import type { CryptoProvider, KeyAgreement } from "../../src/crypto/crypto-provider.ts";
import { HmacSha256, MAC_LENGTH } from "../../src/crypto/hmac.ts";
import { CRYPTO } from "./crypto.ts";

export class WatchingCrypto implements CryptoProvider {
  readonly aead: CryptoProvider["aead"];
  readonly equalInConstantTime = CRYPTO.equalInConstantTime;
  readonly verificationKey = CRYPTO.verificationKey;
  readonly signingKey = CRYPTO.signingKey;
  readonly payload: CryptoProvider["payload"] = {
    sealGcm: (key, ...rest) => CRYPTO.payload.sealGcm(this.#seen("sealGcm", key), ...rest),
    gcmSealing: (key, ...rest) => CRYPTO.payload.gcmSealing(this.#seen("gcmSealing", key), ...rest),
    openGcm: (key, ...rest) => CRYPTO.payload.openGcm(this.#seen("openGcm", key), ...rest),
    ctr: (key, ...rest) => CRYPTO.payload.ctr(this.#seen("ctr", key), ...rest),
  };
  readonly sha256Each = CRYPTO.sha256Each;
  /** Contexts and MACs that were made and not given back. */
  openCount = 0;
  /** Names of calls, in their order. */
  readonly calls: string[] = [];
  readonly #secrets: { readonly what: string; readonly bytes: Uint8Array }[] = [];

  constructor() {
    const { arrays, ccm, gcm, gcm256 } = CRYPTO.aead;
    this.aead = {
      arrays,
      ccm: this.#watched("ccm", ccm),
      gcm: this.#watched("gcm", gcm),
      gcm256: this.#watched("gcm256", gcm256),
    };
  }

  /** What the arrays that still hold a secret were for. */
  get secretsLeft(): readonly string[] {
    return this.#secrets.filter(({ bytes }) => bytes.some((byte) => byte !== 0)).map(({ what }) => what);
  }

  encryptCbc(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array {
    this.#call("encryptCbc", key);
    return CRYPTO.encryptCbc(key, iv, plaintext);
  }

  decryptCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    this.#call("decryptCbc", key);
    return CRYPTO.decryptCbc(key, iv, ciphertext);
  }

  sha256(bytes: Uint8Array): string {
    this.calls.push("sha256");
    return CRYPTO.sha256(bytes);
  }

  sha256Stream(): ReturnType<CryptoProvider["sha256Stream"]> {
    return CRYPTO.sha256Stream();
  }

  resumeSha256(state: Uint8Array): ReturnType<CryptoProvider["resumeSha256"]> {
    return CRYPTO.resumeSha256(state);
  }

  hmacSha256(key: Uint8Array): HmacSha256 {
    this.#call("hmacSha256", key);
    this.openCount++;
    // One that is open still has its key by right.
    const buffers = new Set<ArrayBufferLike>();
    const sha256 = (bytes: Uint8Array): string => {
      this.calls.push("sha256 of a MAC");
      buffers.add(bytes.buffer);
      return CRYPTO.sha256(bytes);
    };
    const mac = new WatchedHmac(
      sha256,
      () => {
        this.openCount--;
        for (const buffer of buffers) this.#remember("MAC", new Uint8Array(buffer));
      },
      (target) => this.#remember("derived key", target),
    );
    return mac.begin(key);
  }

  x25519(privateKey: Uint8Array): KeyAgreement {
    this.#call("x25519", privateKey);
    return this.#watchedAgreement(CRYPTO.x25519(privateKey));
  }

  secp256r1(privateKey: Uint8Array): KeyAgreement {
    this.#call("secp256r1", privateKey);
    return this.#watchedAgreement(CRYPTO.secp256r1(privateKey));
  }

  #watchedAgreement(agreement: KeyAgreement): KeyAgreement {
    return {
      publicKey: agreement.publicKey,
      agree: (peerPublicKey) => {
        this.calls.push("agree");
        const shared = agreement.agree(peerPublicKey);
        if (shared !== undefined) this.#remember("shared secret", shared);
        return shared;
      },
    };
  }

  #watched(name: string, maker: AeadContextMaker): AeadContextMaker {
    return (keys, tagLength, direction) => {
      this.#call(`${name} to ${direction}`, keys);
      this.openCount++;
      const context = maker(keys, tagLength, direction);
      let released = false;
      return {
        seal: (bytes, offset, length, additionalLength) => context.seal(bytes, offset, length, additionalLength),
        open: (bytes, offset, length, additionalLength) => {
          this.calls.push("open");
          return context.open(bytes, offset, length, additionalLength);
        },
        release: () => {
          if (!released) this.openCount--;
          released = true;
          context.release();
        },
      };
    };
  }

  #call(name: string, key: Uint8Array): void {
    this.calls.push(name);
    this.#remember(`key of ${name}`, key);
  }

  #seen(name: string, key: Uint8Array): Uint8Array {
    this.#call(name, key);
    return key;
  }

  #remember(what: string, bytes: Uint8Array): void {
    this.#secrets.push({ what, bytes });
  }
}

class WatchedHmac extends HmacSha256 {
  readonly #derived: (target: Uint8Array) => void;

  constructor(sha256: (bytes: Uint8Array) => string, released: () => void, derived: (target: Uint8Array) => void) {
    super(sha256, released);
    this.#derived = derived;
  }

  override digestInto(target: Uint8Array, offset: number, length: number): void {
    super.digestInto(target, offset, length);
    // A MAC is no secret, and verify_data is sent; what is longer is a master secret or a key block.
    if (target.length > MAC_LENGTH) this.#derived(target);
  }
}
