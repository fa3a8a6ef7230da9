/**
 * The PCI transport of virtio 1.x, modern only: capabilities, the common configuration structure, notifications and interrupts. A
 * device type brings its queues, its features and its configuration bytes.
 *
 * Sources: Virtual I/O Device (VIRTIO) 1.2 §2.1 device status, §2.2 feature bits, §3.1 initialisation, §4.1 virtio over PCI bus:
 * §4.1.2 discovery, §4.1.4.3 common configuration, §4.1.4.4 notification, §4.1.4.5 ISR status, §4.1.4.9 configuration access
 * capability, §4.1.5 initialisation and interrupts.
 */
import { type AccessSize, checkVersion, type DeviceRange } from "../device.ts";
import { type DmaMemory, noMemory } from "../dma.ts";
import { createMsix, MSIX_RANGE, type MsixState } from "../pci/msix.ts";
import { createPciConfig, type PciCapability, type PciConfig, type PciConfigState } from "../pci/pci-config.ts";
import { NO_VECTOR, Virtqueue, type VirtqueueState } from "./virtqueue.ts";

/** What every virtio device gets from the machine. */
export interface VirtioOptions {
  /** Guest memory. Default: none, so that the first access breaks the queue. */
  readonly memory?: DmaMemory;
  /** A message-signalled interrupt: the interrupt bus's `sendMsi`. Default: nobody listens, use INTx. */
  readonly sendMsi?: (address: number, data: number) => void;
}

/** What a device type is to the transport. */
export interface VirtioType {
  /** Device ID of VIRTIO 1.2 §5. */
  readonly id: number;
  readonly classCode: number;
  /** Type-specific feature bits 0–23, and of the reserved range 24–31 what the type offers. */
  readonly features: number;
  /** Largest size of each queue, powers of two. */
  readonly queueSizes: readonly number[];
  /** The device configuration space as it is now. */
  readonly configuration: Uint8Array;
  /** The guest wrote a byte of it. */
  writeConfiguration?(offset: number, value: number): void;
  /** The guest has something on this queue. */
  notified(queue: number): void;
  reset?(): void;
}

export interface VirtioPciState {
  readonly version: 1;
  readonly config: PciConfigState;
  readonly msix: MsixState;
  readonly deviceFeatureSelect: number;
  readonly driverFeatureSelect: number;
  readonly driverFeatures: readonly [number, number];
  readonly configVector: number;
  readonly status: number;
  readonly generation: number;
  readonly queueSelect: number;
  readonly isr: number;
  readonly queues: readonly VirtqueueState[];
}

export interface VirtioPci {
  readonly config: PciConfig;
  readonly memory: DmaMemory;
  readonly queues: readonly Virtqueue[];
  /** DRIVER_OK, bus master, nothing broken: queues may be looked at. */
  readonly isLive: boolean;
  /** Negotiated bits 0–31. */
  readonly features: number;
  /** Interrupts for what was given back on this queue, if the guest wants to know; a broken queue asks for reset. */
  completed(queue: number): void;
  /** The configuration space changed. */
  configurationChanged(): void;
  read(offset: number, size: AccessSize, range: number): number | undefined;
  write(offset: number, size: AccessSize, value: number, range: number): boolean;
  reset(): void;
  save(): VirtioPciState;
  load(name: string, state: VirtioPciState): void;
}

const VIRTIO_F_INDIRECT_DESC = 28;
const VIRTIO_F_EVENT_IDX = 29;
const VERSION_1_HIGH = 1 << (32 - 32);
const STATUS_DRIVER_OK = 4;
const STATUS_FEATURES_OK = 8;
const STATUS_NEEDS_RESET = 64;
const ISR_QUEUE = 1;
const ISR_CONFIG = 2;

const COMMON = 0x0000;
const ISR = 0x1000;
const DEVICE = 0x2000;
const NOTIFY = 0x3000;
const REGION = 0x1000;
const COMMON_BYTES = 0x3c;
const NOTIFY_MULTIPLIER = 4;
const BAR_REGISTERS = 0;
const BAR_MSIX = 1;
const VENDOR_SPECIFIC = 0x09;
/** Offsets in the body of the configuration access capability. */
const ACCESS_BAR = 2;
const ACCESS_OFFSET = 6;
const ACCESS_LENGTH = 10;
const ACCESS_DATA = 14;

/** Ranges of every virtio device: registers, and the MSI-X table. */
export const virtioRanges: readonly DeviceRange[] = [
  { space: "memory", base: 0, size: 4 * REGION },
  { space: "memory", base: 0, size: MSIX_RANGE },
];

function capability(type: number, offset: number, length: number, extra?: number): PciCapability {
  const body = new Uint8Array(extra === undefined ? 14 : 18);
  const view = new DataView(body.buffer);
  body[0] = body.length + 2;
  body[1] = type;
  body[2] = BAR_REGISTERS;
  view.setUint32(ACCESS_OFFSET, offset, true);
  view.setUint32(ACCESS_LENGTH, length, true);
  if (extra !== undefined) view.setUint32(ACCESS_DATA, extra, true);
  return { id: VENDOR_SPECIFIC, body };
}

export function createVirtioPci(type: VirtioType, options: VirtioOptions): VirtioPci {
  const { memory = noMemory, sendMsi = () => undefined } = options;
  const vectors = type.queueSizes.length + 1;
  const msix = createMsix(vectors, BAR_MSIX, sendMsi);
  const access: PciCapability = {
    ...capability(5, 0, 0, 0),
    writable: Uint8Array.from({ length: 18 }, (_, at) => (at === ACCESS_BAR || at >= ACCESS_OFFSET ? 0xff : 0)),
  };
  const capabilities = [
    capability(1, COMMON, COMMON_BYTES),
    capability(2, NOTIFY, NOTIFY_MULTIPLIER * type.queueSizes.length, NOTIFY_MULTIPLIER),
    capability(3, ISR, 1),
    // Only for a type that has a configuration of its own (§4.1.4.6).
    ...(type.configuration.length > 0 ? [capability(4, DEVICE, type.configuration.length)] : []),
    access,
    msix.capability,
  ];
  const accessIndex = capabilities.indexOf(access);
  const msixIndex = capabilities.indexOf(msix.capability);
  const config = createPciConfig({
    ...{ vendor: 0x1af4, device: 0x1040 + type.id, revision: 1, classCode: type.classCode },
    ...{ subsystemVendor: 0x1af4, subsystem: 0x40, interruptPin: 1 },
    bars: [
      { index: BAR_REGISTERS, space: "memory", size: 4 * REGION, range: 0 },
      { index: BAR_MSIX, space: "memory", size: MSIX_RANGE, range: 1 },
    ],
    capabilities,
  });
  const offered: readonly [number, number] = [
    (type.features | (1 << VIRTIO_F_INDIRECT_DESC) | (1 << VIRTIO_F_EVENT_IDX)) >>> 0,
    VERSION_1_HIGH,
  ];
  const queues = type.queueSizes.map((size) => new Virtqueue(size, memory));
  let deviceFeatureSelect = 0;
  let driverFeatureSelect = 0;
  let driverFeatures: [number, number] = [0, 0];
  let configVector = NO_VECTOR;
  let status = 0;
  let generation = 0;
  let queueSelect = 0;
  let isr = 0;

  const interrupt = (vector: number, bit: number): void => {
    if (msix.isEnabled) {
      if (vector !== NO_VECTOR) msix.notify(vector);
      return;
    }
    isr |= bit;
    config.setInterrupt(true);
  };
  const configurationChanged = (): void => {
    generation = (generation + 1) & 0xff;
    if ((status & STATUS_DRIVER_OK) !== 0) interrupt(configVector, ISR_CONFIG);
  };
  const askForReset = (): void => {
    if ((status & STATUS_NEEDS_RESET) !== 0) return;
    status |= STATUS_NEEDS_RESET;
    configurationChanged();
  };
  const isLive = (): boolean => (status & STATUS_DRIVER_OK) !== 0 && config.isBusMaster && !isBroken();
  const isBroken = (): boolean => queues.some(({ broken }) => broken);
  const applyFeatures = (): void => {
    const has = (bit: number): boolean => (driverFeatures[0] & (1 << bit)) !== 0;
    for (const queue of queues) {
      queue.indirect = has(VIRTIO_F_INDIRECT_DESC);
      queue.eventIndex = has(VIRTIO_F_EVENT_IDX);
    }
  };
  /** What status 0 does (§4.1.4.3): everything but PCI's own configuration. */
  const resetDevice = (): void => {
    deviceFeatureSelect = 0;
    driverFeatureSelect = 0;
    driverFeatures = [0, 0];
    configVector = NO_VECTOR;
    status = 0;
    generation = 0;
    queueSelect = 0;
    isr = 0;
    for (const queue of queues) queue.reset();
    config.setInterrupt(false);
    type.reset?.();
  };
  const setStatus = (value: number): void => {
    if (value === 0) {
      resetDevice();
      return;
    }
    let next = value | (status & STATUS_NEEDS_RESET);
    if ((next & STATUS_FEATURES_OK) !== 0 && (status & STATUS_FEATURES_OK) === 0) {
      const isSubset = ((driverFeatures[0] & ~offered[0]) | (driverFeatures[1] & ~offered[1])) === 0;
      if (!isSubset || (driverFeatures[1] & VERSION_1_HIGH) === 0) next &= ~STATUS_FEATURES_OK;
    }
    status = next;
    applyFeatures();
  };
  const validVector = (value: number): number => (value < vectors ? value : NO_VECTOR);
  const queue = (): Virtqueue | undefined => queues[queueSelect];
  const notify = (index: number): void => {
    if (!isLive() || queues[index]?.enabled !== true) return;
    type.notified(index);
  };

  const half = (value: number, high: boolean): number =>
    high ? Math.floor(value / 2 ** 32) % 2 ** 32 : value % 2 ** 32;
  const withHalf = (old: number, value: number, high: boolean): number =>
    high ? (old % 2 ** 32) + value * 2 ** 32 : old - (old % 2 ** 32) + value;
  type Place = "descriptors" | "available" | "used";
  const places: readonly Place[] = ["descriptors", "available", "used"];

  /** Fields of the common structure by offset (§4.1.4.3). */
  const commonReaders: Readonly<Record<number, () => number>> = {
    [0x00]: () => deviceFeatureSelect,
    [0x04]: () => offered[deviceFeatureSelect] ?? 0,
    [0x08]: () => driverFeatureSelect,
    [0x0c]: () => driverFeatures[driverFeatureSelect] ?? 0,
    [0x10]: () => configVector | (queues.length << 16),
    [0x14]: () => status | (generation << 8) | (queueSelect << 16),
    [0x18]: () => (queue()?.size ?? 0) | ((queue()?.vector ?? NO_VECTOR) << 16),
    [0x1c]: () => (queue()?.enabled === true ? 1 : 0) | ((queue() === undefined ? 0 : queueSelect) << 16),
  };
  const readCommon = (register: number): number => {
    if (register >= 0x20 && register < 0x38) {
      const place = places[(register - 0x20) >> 3] as Place;
      return half(queue()?.[place] ?? 0, (register & 4) !== 0);
    }
    return (commonReaders[register]?.() ?? 0) >>> 0;
  };
  const setQueue = (change: (selected: Virtqueue) => void): void => {
    const selected = queue();
    if (selected !== undefined) change(selected);
  };
  const commonWriters: Readonly<Record<number, (value: number) => void>> = {
    [0x00]: (value) => {
      deviceFeatureSelect = value;
    },
    [0x08]: (value) => {
      driverFeatureSelect = value;
    },
    [0x0c]: (value) => {
      // Features are settled once FEATURES_OK stands.
      if ((status & STATUS_FEATURES_OK) === 0 && driverFeatureSelect < 2) {
        driverFeatures[driverFeatureSelect as 0 | 1] = value;
      }
    },
    [0x10]: (value) => {
      configVector = validVector(value);
    },
    [0x14]: (value) => setStatus(value & 0xff),
    [0x16]: (value) => {
      queueSelect = value & 0xffff;
    },
    [0x18]: (value) =>
      setQueue((selected) => {
        const isPowerOfTwo = value !== 0 && (value & (value - 1)) === 0;
        if (!selected.enabled && isPowerOfTwo && value <= selected.maxSize) selected.size = value;
      }),
    [0x1a]: (value) =>
      setQueue((selected) => {
        selected.vector = validVector(value);
      }),
    [0x1c]: (value) =>
      setQueue((selected) => {
        if (value === 1) selected.enabled = true;
      }),
  };
  const writeCommon = (offset: number, size: AccessSize, value: number): void => {
    if (offset >= 0x20 && offset < 0x38) {
      const place = places[(offset - 0x20) >> 3] as Place;
      if (size !== 4) return;
      setQueue((selected) => {
        if (!selected.enabled) selected[place] = withHalf(selected[place], value, (offset & 4) !== 0);
      });
      return;
    }
    commonWriters[offset]?.(value);
  };

  const readRegisters = (offset: number, size: AccessSize): number => {
    const inRegion = offset % REGION;
    const region = offset - inRegion;
    if (region === COMMON) {
      const shift = (inRegion & 3) * 8;
      return Math.floor(readCommon(inRegion & ~3) / 2 ** shift) % 2 ** (size * 8);
    }
    if (region === ISR) {
      if (inRegion !== 0) return 0;
      const value = isr;
      isr = 0;
      config.setInterrupt(false);
      return value;
    }
    if (region === DEVICE) {
      let value = 0;
      for (let i = 0; i < size; i++) value += (type.configuration[inRegion + i] ?? 0) * 2 ** (8 * i);
      return value;
    }
    return 0;
  };
  const writeRegisters = (offset: number, size: AccessSize, value: number): void => {
    const inRegion = offset % REGION;
    const region = offset - inRegion;
    if (region === COMMON) writeCommon(inRegion, size, value);
    else if (region === NOTIFY) notify(Math.floor(inRegion / NOTIFY_MULTIPLIER));
    else if (region === DEVICE) {
      for (let i = 0; i < size; i++) type.writeConfiguration?.(inRegion + i, (value >>> (8 * i)) & 0xff);
    }
  };
  const read = (offset: number, size: AccessSize, range: number): number =>
    range === 1 ? msix.read(offset, size) : readRegisters(offset, size);
  const write = (offset: number, size: AccessSize, value: number, range: number): boolean => {
    if (range === 1) msix.write(offset, size, value);
    else writeRegisters(offset, size, value);
    return true;
  };

  /** The window of the configuration access capability: where it points, if that is a place (§4.1.4.9). */
  const windowTarget = ():
    | { readonly offset: number; readonly size: AccessSize; readonly range: number }
    | undefined => {
    const body = config.capabilityBody(accessIndex);
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const offset = view.getUint32(ACCESS_OFFSET, true);
    const size = view.getUint32(ACCESS_LENGTH, true);
    const range = body[ACCESS_BAR] as number;
    const end = virtioRanges[range]?.size ?? 0;
    if ((size !== 1 && size !== 2 && size !== 4) || offset % size !== 0 || offset + size > end) return undefined;
    return { offset, size, range };
  };
  config.onCapabilityRead = (index, _, last) => {
    const target = index === accessIndex && last >= ACCESS_DATA ? windowTarget() : undefined;
    if (target === undefined) return;
    const body = config.capabilityBody(accessIndex);
    const value = read(target.offset, target.size, target.range);
    for (let i = 0; i < target.size; i++) body[ACCESS_DATA + i] = Math.floor(value / 2 ** (8 * i));
  };
  config.onCapabilityWrite = (index, _, last) => {
    const body = config.capabilityBody(index);
    if (index === msixIndex) msix.setControl((body[0] as number) | ((body[1] as number) << 8));
    const target = index === accessIndex && last >= ACCESS_DATA ? windowTarget() : undefined;
    if (target === undefined) return;
    let value = 0;
    for (let i = 0; i < target.size; i++) value += (body[ACCESS_DATA + i] as number) * 2 ** (8 * i);
    write(target.offset, target.size, value, target.range);
  };

  return {
    config,
    memory,
    queues,
    get isLive() {
      return isLive();
    },
    get features() {
      return driverFeatures[0];
    },
    completed(index) {
      const selected = queues[index];
      if (selected === undefined) return;
      if (selected.wantsInterrupt()) interrupt(selected.vector, ISR_QUEUE);
      if (selected.broken) askForReset();
    },
    configurationChanged,
    read,
    write,
    reset() {
      resetDevice();
      msix.reset();
      config.reset();
    },
    save: () => ({
      version: 1,
      config: config.save(),
      msix: msix.save(),
      ...{ deviceFeatureSelect, driverFeatureSelect },
      driverFeatures: [...driverFeatures],
      ...{ configVector, status, generation, queueSelect, isr },
      queues: queues.map((each) => each.save()),
    }),
    load(name, state) {
      checkVersion(name, state, 1);
      ({ deviceFeatureSelect, driverFeatureSelect, configVector, status, generation, queueSelect, isr } = state);
      driverFeatures = [...state.driverFeatures];
      queues.forEach((each, index) => {
        const saved = state.queues[index];
        if (saved !== undefined) each.load(saved);
      });
      applyFeatures();
      msix.load(state.msix);
      config.load(state.config);
    },
  };
}
