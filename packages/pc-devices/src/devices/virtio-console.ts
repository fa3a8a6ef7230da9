/** A virtio console with one port: bytes out to the board, bytes in from a bounded queue. */
import { ByteQueue } from "../byte-queue.ts";
import type { Device, DeviceModel } from "../device.ts";
import {
  createVirtioPci,
  type VirtioOptions,
  type VirtioPciState,
  type VirtioType,
  virtioRanges,
} from "../virtio/virtio-pci.ts";
import { gather, scatter } from "../virtio/virtqueue.ts";
import type { PciFunction } from "./pci-host.ts";

export interface VirtioConsoleOptions extends VirtioOptions {
  /** Size of the terminal. Default 80 by 25. */
  readonly columns?: number;
  readonly rows?: number;
  /** Bytes of input kept for the guest. Default 65,536. */
  readonly inputLimit?: number;
}

export interface VirtioConsoleState extends VirtioPciState {
  readonly input: readonly number[];
  readonly columns: number;
  readonly rows: number;
}

export interface VirtioConsole extends Device<VirtioConsoleState>, PciFunction {
  /** Offers input; returns how many bytes were taken, fewer when the queue is full. */
  receive(bytes: Uint8Array): number;
  resize(columns: number, rows: number): void;
}

const F_SIZE = 0;
const F_EMERGENCY_WRITE = 2;
const RECEIVE = 0;
const TRANSMIT = 1;
const EMERGENCY = 8;
const INPUT_LIMIT = 65_536;
/** Taken from one buffer of the guest; what is longer loses its rest. */
const MOST_BYTES = 0x1_0000;

export const virtioConsole: DeviceModel<VirtioConsoleOptions, VirtioConsole> = {
  name: "virtio-console",
  ranges: virtioRanges,
  pins: [],
  sources: [
    "VIRTIO 1.2 §5.3 console device: virtqueues (§5.3.2), configuration layout (§5.3.4), device operation (§5.3.6)",
  ],
  create(environment, options = {}) {
    const input = new ByteQueue(options.inputLimit ?? INPUT_LIMIT);
    const configuration = new Uint8Array(12);
    const view = new DataView(configuration.buffer);
    const setSize = (columns: number, rows: number): void => {
      view.setUint16(0, columns, true);
      view.setUint16(2, rows, true);
    };
    setSize(options.columns ?? 80, options.rows ?? 25);
    view.setUint32(4, 1, true);

    const send = (): void => {
      transport.queues[TRANSMIT]?.serve(({ readable, readableBytes }) => {
        const bytes = gather(transport.memory, readable, 0, Math.min(readableBytes, MOST_BYTES));
        if (bytes !== undefined && bytes.length > 0) environment.output(bytes);
        return 0;
      });
      transport.completed(TRANSMIT);
    };
    const fill = (): void => {
      const queue = transport.queues[RECEIVE];
      if (queue?.enabled !== true || !transport.isLive || input.length === 0) return;
      queue.serve(
        ({ writable, writableBytes }) => {
          const bytes = input.peek(writableBytes);
          const isTaken = scatter(transport.memory, writable, 0, bytes);
          if (isTaken) input.drop(bytes.length);
          return isTaken ? bytes.length : 0;
        },
        () => input.length === 0,
      );
      transport.completed(RECEIVE);
    };
    const type: VirtioType = {
      id: 3,
      classCode: 0x07_80_00,
      features: (1 << F_SIZE) | (1 << F_EMERGENCY_WRITE),
      queueSizes: [64, 64],
      configuration,
      notified: (queue) => (queue === RECEIVE ? fill() : send()),
      writeConfiguration(offset, value) {
        if (offset === EMERGENCY) environment.output(Uint8Array.of(value));
      },
    };
    const transport = createVirtioPci(type, options);
    return {
      config: transport.config,
      read: transport.read,
      write: transport.write,
      receive(bytes) {
        const taken = input.push(bytes);
        fill();
        return taken;
      },
      resize(columns, rows) {
        setSize(columns, rows);
        transport.configurationChanged();
      },
      reset() {
        input.clear();
        transport.reset();
      },
      save: () => ({
        ...transport.save(),
        input: [...input.peek(input.length)],
        columns: view.getUint16(0, true),
        rows: view.getUint16(2, true),
      }),
      load(state) {
        transport.load("virtio-console", state);
        input.clear();
        input.push(Uint8Array.from(state.input));
        setSize(state.columns, state.rows);
      },
    };
  },
};
