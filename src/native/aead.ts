// The AEAD of src/native/aead.c as TypeScript sees it.

declare const cipherContextBrand: unique symbol;

/** One key with its cipher in one direction, kept by OpenSSL. Freed when released or, at the latest, when collected. */
export interface CipherContext {
  readonly [cipherContextBrand]: true;
}

export interface NativeAead {
  /**
   * To be called once: `header` holds the nonce of 12 bytes and behind it the additional data of the next call; `content`
   * receives what open() opens.
   */
  share(header: Uint8Array, content: Uint8Array): void;
  /** A context of AES-128 in CCM or else GCM; `key` has 16 bytes. One of 32 makes a context of AES-256 in GCM. */
  createContext(key: Uint8Array, tagLength: 8 | 16, ccm: boolean, seals: boolean): CipherContext;
  /** Overwrites the key. The context serves no further call. */
  releaseContext(context: CipherContext): void;
  /** Encrypts `length` bytes from `offset` on in place, and writes the tag behind them. */
  seal(context: CipherContext, bytes: Uint8Array, offset: number, length: number, additionalLength: number): void;
  /** Decrypts `length` bytes from `offset` on, behind which stands the tag, into `content`; false for a wrong tag. */
  open(context: CipherContext, bytes: Uint8Array, offset: number, length: number, additionalLength: number): boolean;
}
