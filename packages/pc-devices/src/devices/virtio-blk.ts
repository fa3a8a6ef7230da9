/** A virtio disk. The backend answers at once; what takes time belongs behind it. */
import type { Device, DeviceModel } from "../device.ts";
import {
  createVirtioPci,
  type VirtioOptions,
  type VirtioPciState,
  type VirtioType,
  virtioRanges,
} from "../virtio/virtio-pci.ts";
import { type DescriptorChain, gather, scatter } from "../virtio/virtqueue.ts";
import type { PciFunction } from "./pci-host.ts";

/** Where the sectors of 512 bytes are. */
export interface BlockBackend {
  readonly sectors: number;
  readonly readOnly?: boolean;
  /** `count` sectors; undefined is an I/O error. The range is inside the disk. */
  readSectors(sector: number, count: number): Uint8Array | undefined;
  /** False is an I/O error. `bytes` are whole sectors. */
  writeSectors(sector: number, bytes: Uint8Array): boolean;
  /** Default: nothing to do. */
  flush?(): boolean;
  /** Gives sectors up; they may read as anything, zeros by preference. Without it the disk does not offer it. */
  discard?(sector: number, count: number): boolean;
}

export interface VirtioBlkOptions extends VirtioOptions {
  /** Default: a disk without sectors. */
  readonly backend?: BlockBackend;
  /** At most 20 ASCII characters. */
  readonly serial?: string;
}

export type VirtioBlk = Device<VirtioPciState> & PciFunction;

const F_SEG_MAX = 2;
const F_RO = 5;
const F_BLK_SIZE = 6;
const F_FLUSH = 9;
const F_DISCARD = 13;
const T_IN = 0;
const T_OUT = 1;
const T_FLUSH = 4;
const T_GET_ID = 8;
const T_DISCARD = 11;
const S_OK = 0;
const S_IOERR = 1;
const S_UNSUPP = 2;
const SECTOR = 512;
const QUEUE = 128;
const HEADER_BYTES = 16;
const ID_BYTES = 20;
/** Data of one request. Linux asks for 1.25 MiB at most. */
const MOST_BYTES = 0x40_0000;
const DISCARD_BYTES = 16;
const MOST_DISCARDS = 16;
const emptyDisk: BlockBackend = { sectors: 0, readSectors: () => undefined, writeSectors: () => false };

export const virtioBlk: DeviceModel<VirtioBlkOptions, VirtioBlk> = {
  name: "virtio-blk",
  ranges: virtioRanges,
  pins: [],
  sources: [
    "VIRTIO 1.2 §5.2 block device: feature bits (§5.2.3), configuration layout (§5.2.4), device operation (§5.2.6)",
  ],
  create(_, options = {}) {
    const { backend = emptyDisk, serial = "" } = options;
    const configuration = new Uint8Array(60);
    const view = new DataView(configuration.buffer);
    view.setUint32(0, backend.sectors % 2 ** 32, true);
    view.setUint32(4, Math.floor(backend.sectors / 2 ** 32), true);
    // Header and status take two descriptors.
    view.setUint32(12, QUEUE - 2, true);
    view.setUint32(20, SECTOR, true);
    view.setUint32(36, 0x3f_ffff, true);
    view.setUint32(40, MOST_DISCARDS, true);
    view.setUint32(44, 1, true);
    const type: VirtioType = {
      id: 2,
      classCode: 0x01_00_00,
      features:
        (1 << F_SEG_MAX) |
        (1 << F_BLK_SIZE) |
        (1 << F_FLUSH) |
        (backend.readOnly ? 1 << F_RO : 0) |
        (backend.discard && !backend.readOnly ? 1 << F_DISCARD : 0),
      queueSizes: [QUEUE],
      configuration,
      notified(index) {
        transport.queues[index]?.serve(serve);
        transport.completed(index);
      },
    };
    const transport = createVirtioPci(type, options);
    const { memory } = transport;

    const isInside = (sector: number, count: number): boolean => sector + count <= backend.sectors;
    /** Serves one request; returns the status and how many bytes of data were written. */
    const operate = (operation: number, sector: number, chain: DescriptorChain): readonly [number, number] => {
      const { readable, writable } = chain;
      const dataIn = chain.writableBytes - 1;
      const dataOut = chain.readableBytes - HEADER_BYTES;
      if (dataIn > MOST_BYTES || dataOut > MOST_BYTES) return [S_IOERR, 0];
      switch (operation) {
        case T_IN: {
          if (dataIn % SECTOR !== 0 || !isInside(sector, dataIn / SECTOR)) return [S_IOERR, 0];
          const bytes = backend.readSectors(sector, dataIn / SECTOR);
          const isDone = bytes?.length === dataIn && scatter(memory, writable, 0, bytes);
          return isDone ? [S_OK, dataIn] : [S_IOERR, 0];
        }
        case T_OUT: {
          if (backend.readOnly || dataOut % SECTOR !== 0 || !isInside(sector, dataOut / SECTOR)) return [S_IOERR, 0];
          const bytes = gather(memory, readable, HEADER_BYTES, dataOut);
          return [bytes !== undefined && backend.writeSectors(sector, bytes) ? S_OK : S_IOERR, 0];
        }
        case T_FLUSH:
          return [(backend.flush?.() ?? true) ? S_OK : S_IOERR, 0];
        case T_GET_ID: {
          const id = Uint8Array.from({ length: ID_BYTES }, (__, at) => serial.charCodeAt(at) || 0);
          const length = Math.min(dataIn, ID_BYTES);
          return scatter(memory, writable, 0, id.subarray(0, length)) ? [S_OK, length] : [S_IOERR, 0];
        }
        case T_DISCARD:
          return [discard(chain, dataOut), 0];
        default:
          return [S_UNSUPP, 0];
      }
    };
    const discard = (chain: DescriptorChain, length: number): number => {
      if (backend.discard === undefined || backend.readOnly) return S_UNSUPP;
      if (length % DISCARD_BYTES !== 0 || length > DISCARD_BYTES * MOST_DISCARDS) return S_IOERR;
      const bytes = gather(memory, chain.readable, HEADER_BYTES, length);
      if (bytes === undefined) return S_IOERR;
      const ranges = new DataView(bytes.buffer);
      for (let at = 0; at < length; at += DISCARD_BYTES) {
        const sector = ranges.getUint32(at, true) + ranges.getUint32(at + 4, true) * 2 ** 32;
        const count = ranges.getUint32(at + 8, true);
        if (!isInside(sector, count)) return S_IOERR;
        if (!backend.discard(sector, count)) return S_IOERR;
      }
      return S_OK;
    };
    /** Returns how many bytes the guest's buffers got. */
    const serve = (chain: DescriptorChain): number => {
      const header = gather(memory, chain.readable, 0, HEADER_BYTES);
      // Without a place for the status there is no way to say anything.
      if (chain.writableBytes < 1) return 0;
      let status = S_IOERR;
      let written = 0;
      if (header !== undefined) {
        const fields = new DataView(header.buffer);
        const sector = fields.getUint32(8, true) + fields.getUint32(12, true) * 2 ** 32;
        [status, written] = operate(fields.getUint32(0, true), sector, chain);
      }
      scatter(memory, chain.writable, chain.writableBytes - 1, Uint8Array.of(status));
      return written + 1;
    };

    return {
      config: transport.config,
      read: transport.read,
      write: transport.write,
      reset: transport.reset,
      save: transport.save,
      load: (state) => transport.load("virtio-blk", state),
    };
  },
};
