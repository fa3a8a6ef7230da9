/** A virtio network card: Ethernet frames out by a callback, in by a method. No offloads. */
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

export interface VirtioNetOptions extends VirtioOptions {
  /** Six bytes. Default 00:0c:29:00:00:01. */
  readonly mac?: Uint8Array;
  /** A frame that the guest sends, without the frame check sequence. Default: nobody is on the wire. */
  readonly transmit?: (frame: Uint8Array) => void;
  /** Is the cable in? Default true. */
  readonly linkUp?: boolean;
}

export interface VirtioNetState extends VirtioPciState {
  readonly linkUp: boolean;
  readonly waiting: readonly (readonly number[])[];
}

export interface VirtioNet extends Device<VirtioNetState>, PciFunction {
  /** A frame from the wire; false if it was dropped: no driver, link down, or too many frames wait. */
  receive(frame: Uint8Array): boolean;
  setLink(isUp: boolean): void;
}

const F_MAC = 5;
const F_STATUS = 16;
const RECEIVE = 0;
/** With VERSION_1 the header has num_buffers in every case. */
const HEADER_BYTES = 12;
const NUM_BUFFERS = 10;
const SMALLEST_FRAME = 14;
/** Ethernet with one VLAN tag, 1500 bytes inside. */
const LARGEST_FRAME = 1518;
const MOST_WAITING = 256;
const LINK_UP = 1;

export const virtioNet: DeviceModel<VirtioNetOptions, VirtioNet> = {
  name: "virtio-net",
  ranges: virtioRanges,
  pins: [],
  sources: [
    "VIRTIO 1.2 §5.1 network device: feature bits (§5.1.3), configuration layout (§5.1.4), device operation (§5.1.6)",
  ],
  create(_, options = {}) {
    const { mac = Uint8Array.of(0x00, 0x0c, 0x29, 0x00, 0x00, 0x01), transmit = () => undefined } = options;
    let linkUp = options.linkUp ?? true;
    let waiting: Uint8Array[] = [];
    const configuration = new Uint8Array(10);
    configuration.set(mac.subarray(0, 6));
    configuration[8] = 1;
    const showLink = (): void => {
      configuration[6] = linkUp ? LINK_UP : 0;
    };
    showLink();

    const send = (index: number): void => {
      transport.queues[index]?.serve(({ readable, readableBytes }) => {
        const length = readableBytes - HEADER_BYTES;
        if (linkUp && length >= SMALLEST_FRAME && length <= LARGEST_FRAME) {
          const frame = gather(transport.memory, readable, HEADER_BYTES, length);
          if (frame !== undefined) transmit(frame);
        }
        return 0;
      });
      transport.completed(index);
    };
    const fill = (): void => {
      const queue = transport.queues[RECEIVE];
      if (queue?.enabled !== true || !transport.isLive || waiting.length === 0) return;
      queue.serve(
        ({ writable, writableBytes }) => {
          const frame = waiting.shift() as Uint8Array;
          const bytes = new Uint8Array(HEADER_BYTES + frame.length);
          bytes[NUM_BUFFERS] = 1;
          bytes.set(frame, HEADER_BYTES);
          // A buffer that is too small loses the frame.
          const isTaken = writableBytes >= bytes.length && scatter(transport.memory, writable, 0, bytes);
          return isTaken ? bytes.length : 0;
        },
        () => waiting.length === 0,
      );
      transport.completed(RECEIVE);
    };
    const type: VirtioType = {
      id: 1,
      classCode: 0x02_00_00,
      features: (1 << F_MAC) | (1 << F_STATUS),
      queueSizes: [256, 256],
      configuration,
      notified: (queue) => (queue === RECEIVE ? fill() : send(queue)),
      reset() {
        waiting = [];
      },
    };
    const transport = createVirtioPci(type, options);
    return {
      config: transport.config,
      read: transport.read,
      write: transport.write,
      receive(frame) {
        const fits = frame.length >= SMALLEST_FRAME && frame.length <= LARGEST_FRAME;
        if (!linkUp || !transport.isLive || !fits || waiting.length >= MOST_WAITING) return false;
        waiting.push(frame.slice());
        fill();
        return true;
      },
      setLink(isUp) {
        if (isUp === linkUp) return;
        linkUp = isUp;
        showLink();
        transport.configurationChanged();
      },
      reset: transport.reset,
      save: () => ({ ...transport.save(), linkUp, waiting: waiting.map((frame) => [...frame]) }),
      load(state) {
        transport.load("virtio-net", state);
        linkUp = state.linkUp;
        showLink();
        waiting = state.waiting.slice(0, MOST_WAITING).map((frame) => Uint8Array.from(frame));
      },
    };
  },
};
