/** A virtio entropy device. Chance is injected: a seeded generator keeps runs repeatable. */
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

export interface VirtioRngOptions extends VirtioOptions {
  /** `length` random bytes, at most 4096 at once. Default: zeros, which is no randomness at all. */
  readonly random?: (length: number) => Uint8Array;
}

export type VirtioRng = Device<VirtioPciState> & PciFunction;

/** Bytes given for one request, whatever its size; the guest asks again. */
const MOST_BYTES = 4096;

export const virtioRng: DeviceModel<VirtioRngOptions, VirtioRng> = {
  name: "virtio-rng",
  ranges: virtioRanges,
  pins: [],
  sources: ["VIRTIO 1.2 §5.4 entropy device: virtqueue (§5.4.2), device operation (§5.4.6)"],
  create(_, options = {}) {
    const random = options.random ?? ((length: number) => new Uint8Array(length));
    const type: VirtioType = {
      id: 4,
      classCode: 0x00_ff_00,
      features: 0,
      queueSizes: [16],
      configuration: new Uint8Array(0),
      notified(index) {
        transport.queues[index]?.serve(({ writable, writableBytes }) => {
          const bytes = random(Math.min(writableBytes, MOST_BYTES));
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
      save: transport.save,
      load: (state) => transport.load("virtio-rng", state),
    };
  },
};
