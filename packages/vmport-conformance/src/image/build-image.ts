/** The guest image: the runtime and, behind it, the table of cases. */
import { type ConformanceCase, VARIABLES } from "../case.ts";
import { conformanceSuite } from "../cases/index.ts";
import { encodeTable } from "./encode-table.ts";
import { runtimeHex } from "./runtime.gen.ts";

const LOAD_ADDRESS = 0x7c00;
const SECTOR = 512;
/** Fixed places of guest/runtime.asm. */
const IMAGE_SECTORS_AT = 0x1f0;
const LOAD_END_AT = 0x200 + 20;
/** The guest's variables and buffers begin here. */
const LAST_ADDRESS = 0x8_0000;
const DATA_BYTES = 0x1000;
const FLOPPY_BYTES = 1440 * 1024;

export interface ImageOptions {
  /** Default: the whole suite. */
  readonly cases?: readonly ConformanceCase[];
  /** Default `floppy`: padded to 1.44 MB, which emulators that want a known size need. `exact`: whole sectors. */
  readonly size?: "floppy" | "exact";
}

/**
 * A boot sector image (BIOS: floppy, disk) and multiboot 1 image in one. It prints its results on COM1 and on port 0xe9; give that text to
 * `parseResults`. Then it writes 0 to port 0x501 (isa-debug-exit, where somebody has put it there) and halts.
 * @throws {RangeError} if the cases do not fit
 */
export function buildConformanceImage({ cases = conformanceSuite, size = "floppy" }: ImageOptions = {}): Uint8Array {
  for (const { id, steps } of cases)
    for (const { data = new Uint8Array(), captures } of steps) {
      if (data.length >= DATA_BYTES)
        throw new RangeError(`${id}: ${data.length} bytes of data; the guest has room for ${DATA_BYTES - 1}`);
      if (captures.some(({ variable }) => variable >= VARIABLES))
        throw new RangeError(`${id}: variables are numbered 0 to ${VARIABLES - 1}`);
    }
  const runtime = Uint8Array.from(runtimeHex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const table = encodeTable(cases);
  const sectors = Math.ceil((runtime.length + table.length) / SECTOR);
  if (LOAD_ADDRESS + sectors * SECTOR > LAST_ADDRESS)
    throw new RangeError(
      `${cases.length} cases take ${sectors * SECTOR} bytes; the guest has room for ${LAST_ADDRESS - LOAD_ADDRESS}`,
    );
  const image = new Uint8Array(size === "floppy" ? FLOPPY_BYTES : sectors * SECTOR);
  image.set(runtime);
  image.set(table, runtime.length);
  const view = new DataView(image.buffer);
  view.setUint16(IMAGE_SECTORS_AT, sectors, true);
  view.setUint32(LOAD_END_AT, LOAD_ADDRESS + sectors * SECTOR, true);
  return image;
}
