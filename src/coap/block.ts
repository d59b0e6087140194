// The value of a Block1 or Block2 option (RFC 7959 2.2): NUM, the block's number; M, whether more follow; SZX, its size.

import { assert } from "../base/assert.ts";
import { decodeUint, type Option, uintOption } from "./option.ts";
import { BLOCK_SIZE_MAX } from "./parameters.ts";

export interface Block {
  /** 0..NUM_MAX. */
  readonly num: number;
  readonly more: boolean;
  /** 0..7; 7 is reserved over UDP and must be refused. */
  readonly szx: number;
}

/** RFC 7959 2.2: NUM has 20 bits. */
export const NUM_MAX = 2 ** 20 - 1;
export const SZX_RESERVED = 7;

/** From an option value of 0 to 3 bytes; the empty value is NUM 0, M 0, SZX 0. */
export function decodeBlock(value: Uint8Array): Block {
  return blockOf(decodeUint(value));
}

/** From the option's value as a number. */
export function blockOf(bits: number): Block {
  return { num: bits >> 4, more: (bits & 0b1000) !== 0, szx: bits & 0b111 };
}

export function blockOption(optionNumber: number, block: Block): Option {
  return uintOption(optionNumber, blockBits(block));
}

/** The option's value as a number. */
export function blockBits({ num, more, szx }: Block): number {
  assert(num <= NUM_MAX && szx < SZX_RESERVED, "a block option that cannot be encoded");
  return (num << 4) | (more ? 0b1000 : 0) | szx;
}

/** 16..1024 bytes for SZX 0..6. */
export function blockSizeOf(szx: number): number {
  return 16 << szx;
}

/** The inverse; `blockSize` must be a power of two from 16 to 1024. */
export function szxOf(blockSize: number): number {
  const szx = Math.log2(blockSize) - 4;
  assert(Number.isInteger(szx) && szx >= 0 && blockSize <= BLOCK_SIZE_MAX, `no block has ${blockSize} bytes`);
  return szx;
}

/** Where the block begins in its body, in bytes. */
export function offsetOf(block: Block): number {
  return block.num * blockSizeOf(block.szx);
}
