// How long an image may be.

/** RFC 7959 2.2: a block number has 20 bits, so 2^20 blocks of 1024 bytes are the most that devices can ask for. */
export const IMAGE_LENGTH_MAX = 2 ** 20 * 1024;
