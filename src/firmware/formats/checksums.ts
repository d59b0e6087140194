// The checksums of image formats. They find accidents and prove nothing.

const CRC32_POLYNOMIAL = 0xedb88320;

const CRC32_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CRC32_POLYNOMIAL : value >>> 1;
  return value;
});

/** IEEE 802.3, as zlib has it. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ CRC32_TABLE[(value ^ byte) & 0xff]!;
  return ~value >>> 0;
}

/** RIOT's sys/checksum/fletcher32.c over little-endian words of 16 bits; `bytes` has an even length of at most 718. */
export function fletcher32(bytes: Uint8Array): number {
  let [first, second] = [0xffff, 0xffff];
  for (let at = 0; at < bytes.length; at += 2) {
    first += bytes[at]! | (bytes[at + 1]! << 8);
    second += first;
  }
  first = fold(fold(first));
  second = fold(fold(second));
  return ((second << 16) | first) >>> 0;
}

function fold(sum: number): number {
  return (sum & 0xffff) + (sum >>> 16);
}
