/** A virtio entropy device. Chance is injected: a seeded generator keeps runs repeatable, and its state is the device's. */
import type { Device, DeviceModel } from "../device.ts";
import {
  createVirtioPci,
  type VirtioOptions,
  type VirtioPciState,
  type VirtioType,
  virtioRanges,
} from "../virtio/virtio-pci.ts";
import { scatter } from "../virtio/virtqueue.ts";
import type { PciFunction } from "./pci-host.ts";

/** Where the bytes come from. A saved device goes on with the numbers that would have come next. */
export interface VirtioRngSource {
  /** The next number; its low 8 bits are a byte. */
  next(): number;
  /** A 32-bit number from which `load` makes the same numbers follow. */
  save(): number;
  load(state: number): void;
}

export interface VirtioRngOptions extends VirtioOptions {
  /** Default: zeros, which is no randomness at all. */
  readonly random?: VirtioRngSource;
}

export interface VirtioRngState extends VirtioPciState {
  /** Of the source. */
  readonly random: number;
}

export type VirtioRng = Device<VirtioRngState> & PciFunction;

/** Bytes given for one request, whatever its size; the guest asks again. */
const MOST_BYTES = 4096;
const zeros: VirtioRngSource = { next: () => 0, save: () => 0, load() {} };

export const virtioRng: DeviceModel<VirtioRngOptions, VirtioRng> = {
  name: "virtio-rng",
  ranges: virtioRanges,
  pins: [],
  sources: ["VIRTIO 1.2 §5.4 entropy device: virtqueue (§5.4.2), device operation (§5.4.6)"],
  create(_, options = {}) {
    const random = options.random ?? zeros;
    const type: VirtioType = {
      id: 4,
      classCode: 0x00_ff_00,
      features: 0,
      queueSizes: [16],
      configuration: new Uint8Array(0),
      notified(index) {
        transport.queues[index]?.serve(({ writable, writableBytes }) => {
          const bytes = Uint8Array.from({ length: Math.min(writableBytes, MOST_BYTES) }, () => random.next());
          return scatter(transport.memory, writable, 0, bytes) ? bytes.length : 0;
        });
        transport.completed(index);
      },
    };
    const transport = createVirtioPci(type, options);
    return {
      config: transport.config,
      read: transport.read,
      write: transport.write,
      reset: transport.reset,
      save: () => ({ ...transport.save(), random: random.save() }),
      load(state) {
        transport.load("virtio-rng", state);
        random.load(state.random);
      },
    };
  },
};
