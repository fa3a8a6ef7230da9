/** QEMU's firmware configuration device: numbered items and named files for firmware and kernels, by port and by DMA. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";
import { type DmaMemory, noMemory } from "../dma.ts";

export interface FwCfgOptions {
  /** Items by key 0x02–0x1f and 0x8000 upwards (x86's own). Keys 0, 1 and 0x19 are the device's. */
  readonly items?: Readonly<Record<number, Uint8Array>>;
  /** Files by name of at most 55 ASCII characters. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Default: none, and DMA fails. */
  readonly memory?: DmaMemory;
}

export interface FwCfgState {
  readonly version: 1;
  readonly key: number;
  readonly position: number;
  /** Upper half of the DMA address, written first. */
  readonly addressHigh: number;
}

export const FW_CFG_SIGNATURE = 0x0000;
export const FW_CFG_ID = 0x0001;
export const FW_CFG_FILE_DIR = 0x0019;
export const FW_CFG_FILE_FIRST = 0x0020;
const FEATURE_TRADITIONAL = 1 << 0;
const FEATURE_DMA = 1 << 1;
const DMA_ERROR = 1 << 0;
const DMA_READ = 1 << 1;
const DMA_SKIP = 1 << 2;
const DMA_SELECT = 1 << 3;
const DMA_WRITE = 1 << 4;
const NAME_BYTES = 56;
const ENTRY_BYTES = 64;
/** Beyond an item's end DMA reads zeros; so many at most. */
const MOST_PADDING = 0x10_0000;
const CHUNK = 0x1_0000;
const TWO_32 = 2 ** 32;
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
/** What reading the DMA register answers. */
const DMA_SIGNATURE = ascii("QEMU CFG");

export const fwCfg: DeviceModel<FwCfgOptions, Device<FwCfgState>> = {
  name: "fw-cfg",
  ranges: [
    { base: 0x510, size: 2 },
    { base: 0x514, size: 8 },
  ],
  pins: [],
  sources: ["QEMU docs/specs/fw_cfg.rst: register locations, file directory, guest-side DMA interface"],
  create(_, options = {}) {
    const memory = options.memory ?? noMemory;
    const items = createItems(options);
    let key = 0;
    let position = 0;
    let addressHigh = 0;

    const item = (): Uint8Array | undefined => items.get(key);
    const select = (next: number): void => {
      key = next & 0xffff;
      position = 0;
    };
    const readByte = (): number => {
      const value = item()?.[position] ?? 0;
      position++;
      return value;
    };
    /** Copies to guest memory; false if any of it is none. */
    const copyOut = (address: number, length: number): boolean => {
      const bytes = item();
      const left = Math.max((bytes?.length ?? 0) - position, 0);
      if (length > left + MOST_PADDING) return false;
      for (let done = 0; done < length; done += CHUNK) {
        const chunk = new Uint8Array(Math.min(CHUNK, length - done));
        if (bytes !== undefined) chunk.set(bytes.subarray(position, position + chunk.length));
        if (!memory.write(address + done, chunk)) return false;
        position += chunk.length;
      }
      return true;
    };
    const transfer = (descriptor: number): void => {
      const bytes = memory.read(descriptor, 16);
      if (bytes === undefined) return;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const control = view.getUint32(0);
      const length = view.getUint32(4);
      const address = view.getUint32(8) * TWO_32 + view.getUint32(12);
      if ((control & DMA_SELECT) !== 0) select(control >>> 16);
      let isDone = true;
      if ((control & DMA_READ) !== 0) isDone = copyOut(address, length);
      // Nothing here can be written.
      else if ((control & DMA_WRITE) !== 0) isDone = false;
      else if ((control & DMA_SKIP) !== 0) position += length;
      memory.write(descriptor, Uint8Array.of(0, 0, 0, isDone ? 0 : DMA_ERROR));
    };

    return {
      read(offset, size, range) {
        if (range === 1) {
          let value = 0;
          for (let i = 0; i < size; i++) value += (DMA_SIGNATURE[offset + i] ?? 0xff) * 2 ** (8 * i);
          return value;
        }
        // The selector is write-only, the data register one byte wide.
        return offset === 1 && size === 1 ? readByte() : undefined;
      },
      write(offset, size, value, range) {
        if (range === 0) {
          if (offset !== 0 || size !== 2) return false;
          select(value);
          return true;
        }
        if (size !== 4 || (offset & 3) !== 0) return false;
        if (offset === 0) addressHigh = swap32(value);
        else {
          const descriptor = addressHigh * TWO_32 + swap32(value);
          addressHigh = 0;
          transfer(descriptor);
        }
        return true;
      },
      reset() {
        select(0);
        addressHigh = 0;
      },
      save: () => ({ version: 1, key, position, addressHigh }),
      load(state) {
        checkVersion("fw-cfg", state, 1);
        ({ key, position, addressHigh } = state);
      },
    };
  },
};

const swap32 = (value: number): number =>
  ((value >>> 24) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff_0000) | (value << 24)) >>> 0;

function createItems({ items = {}, files = {} }: FwCfgOptions): ReadonlyMap<number, Uint8Array> {
  const map = new Map<number, Uint8Array>();
  for (const [key, bytes] of Object.entries(items)) map.set(Number(key), bytes);
  map.set(FW_CFG_SIGNATURE, ascii("QEMU"));
  map.set(FW_CFG_ID, Uint8Array.of(FEATURE_TRADITIONAL | FEATURE_DMA, 0, 0, 0));
  const names = Object.keys(files).sort();
  const directory = new Uint8Array(4 + names.length * ENTRY_BYTES);
  const view = new DataView(directory.buffer);
  view.setUint32(0, names.length);
  names.forEach((name, index) => {
    const bytes = files[name] as Uint8Array;
    if (name.length >= NAME_BYTES || /[^\x20-\x7e]/.test(name)) {
      throw new RangeError(`fw_cfg file "${name}": expected at most ${NAME_BYTES - 1} printable ASCII characters`);
    }
    const at = 4 + index * ENTRY_BYTES;
    view.setUint32(at, bytes.length);
    view.setUint16(at + 4, FW_CFG_FILE_FIRST + index);
    directory.set(ascii(name), at + 8);
    map.set(FW_CFG_FILE_FIRST + index, bytes);
  });
  map.set(FW_CFG_FILE_DIR, directory);
  return map;
}
