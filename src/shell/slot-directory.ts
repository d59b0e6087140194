// The flash of a device with two slots as files in one directory. What a record speaks of is on the disk before the record is:
// each of its writes first makes safe the slots, and then itself.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Flash } from "../device/flash.ts";
import { progressLengthFor } from "../device/image-slot.ts";
import type { SlotNumber } from "../device/slots/bootloader.ts";
import { MEMORY_PAGE_LENGTH_MIN } from "../device/slots/memory-record.ts";
import { SEALED_PAGES } from "../device/slots/sealed-record.ts";
import { IMAGE_LENGTH_MAX } from "../firmware/image-length.ts";
import { FileLock } from "../store/file-lock.ts";
import { FileFlash } from "./file-flash.ts";
import { ProgressFile } from "./progress-file.ts";

const PAGE_LENGTH = 4_096;
/** Longer pages of the download's record: with each that is full the disk has to make safe what is there. */
const PROGRESS_PAGE_LENGTH = 16_384;

/** What a new directory holds as its first image: it names no real one, and is there to be fallen back to. */
const FACTORY_IMAGE = "the image that this device left its factory with\n";

export class SlotDirectory {
  readonly slots: readonly [FileFlash, FileFlash];
  readonly memory: Flash;
  readonly bootControl: Flash;
  readonly #directory: string;
  readonly #lock: FileLock;
  readonly #records: readonly FileFlash[];
  readonly #progressFile: FileFlash;

  /** Undefined while another process has it. Throws the system's error. */
  static open(directory: string): SlotDirectory | undefined {
    mkdirSync(directory, { recursive: true });
    const lock = FileLock.take(join(directory, "lock"));
    return lock && new SlotDirectory(directory, lock);
  }

  private constructor(directory: string, lock: FileLock) {
    this.#directory = directory;
    this.#lock = lock;
    const isNew = !existsSync(this.imagePath(0)) && !existsSync(this.imagePath(1));
    if (isNew) writeFileSync(this.imagePath(0), FACTORY_IMAGE);
    const open = (path: string) => new FileFlash(path, IMAGE_LENGTH_MAX, PAGE_LENGTH);
    this.slots = [open(this.imagePath(0)), open(this.imagePath(1))];
    const recordLength = SEALED_PAGES * MEMORY_PAGE_LENGTH_MIN;
    const record = (name: string) => new FileFlash(join(directory, name), recordLength, MEMORY_PAGE_LENGTH_MIN);
    this.#records = [record("memory"), record("boot-control")];
    const [memory, bootControl] = this.#records.map((file) => new SafeFlash(file, this.slots));
    this.memory = memory!;
    this.bootControl = bootControl!;
    const progressLength = progressLengthFor(IMAGE_LENGTH_MAX, PROGRESS_PAGE_LENGTH);
    this.#progressFile = new FileFlash(join(directory, "progress"), progressLength, PROGRESS_PAGE_LENGTH);
  }

  /** The file of a slot, which is as long as the image in it. */
  imagePath(slot: SlotNumber): string {
    return join(this.#directory, `slot${slot}.bin`);
  }

  /** Of a download into `slot`: to be saved now and then. */
  progressOf(slot: SlotNumber): ProgressFile {
    return new ProgressFile(this.#progressFile, this.slots[slot]);
  }

  close(): void {
    for (const file of [...this.slots, ...this.#records, this.#progressFile]) file.close();
    this.#lock.release();
  }
}

/** Each change is on the disk before the call returns, and what it may speak of before it. */
class SafeFlash implements Flash {
  readonly #file: FileFlash;
  readonly #before: readonly FileFlash[];

  constructor(file: FileFlash, before: readonly FileFlash[]) {
    this.#file = file;
    this.#before = before;
  }

  get length(): number {
    return this.#file.length;
  }

  get pageLength(): number {
    return this.#file.pageLength;
  }

  erasePage(offset: number): void {
    this.#file.erasePage(offset);
    this.#file.sync();
  }

  write(offset: number, bytes: Uint8Array): void {
    for (const file of this.#before) file.sync();
    this.#file.write(offset, bytes);
    this.#file.sync();
  }

  read(offset: number, length: number): Uint8Array {
    return this.#file.read(offset, length);
  }
}
