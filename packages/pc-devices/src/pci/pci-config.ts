/**
 * The configuration space of one PCI function: header, base address registers, capabilities. What is written through it is told to
 * whoever decodes addresses (the host bridge) by one callback.
 *
 * Sources: PCI Local Bus Specification 3.0 §6.1 configuration space organisation, §6.2.2 command, §6.2.3 status, §6.2.5 base
 * addresses, §6.7 capabilities list.
 */
import type { AccessSize } from "../device.ts";

export interface PciBarOptions {
  /** Register 0–5. */
  readonly index: number;
  readonly space: "io" | "memory";
  /** A power of two; at least 4 for ports, 16 for memory. */
  readonly size: number;
  /** Takes two registers. */
  readonly is64?: boolean;
  readonly prefetchable?: boolean;
  /** Which range of the device it shows. Default: `index`. */
  readonly range?: number;
}

export interface PciCapability {
  /** PCI-SIG's number of the capability. */
  readonly id: number;
  /** What follows ID and next pointer. */
  readonly body: Uint8Array;
  /** Bits of `body` that a guest can write. Default none. */
  readonly writable?: Uint8Array;
}

export interface PciConfigOptions {
  readonly vendor: number;
  readonly device: number;
  readonly revision?: number;
  /** Class, subclass, programming interface: 24 bits. */
  readonly classCode: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** INTA is 1; 0 is none. Default 0. */
  readonly interruptPin?: number;
  readonly bars?: readonly PciBarOptions[];
  readonly capabilities?: readonly PciCapability[];
  /** Registers of the function's own: bytes at reset and their writable bits, by offset. */
  readonly registers?: Readonly<Record<number, { readonly value: number; readonly writable: number }>>;
}

export interface PciBar extends PciBarOptions {
  /** Where it decodes now; undefined while the command register or its address forbids it. */
  readonly base: number | undefined;
}

export interface PciConfigState {
  readonly version: 1;
  readonly bytes: readonly number[];
  readonly interrupt: boolean;
}

/** Who wants to know what a guest did to a function. */
export interface PciConfigListener {
  /** Base addresses or the command register changed. */
  decodeChanged(): void;
  /** INTx, after the interrupt disable bit. */
  interruptChanged(level: boolean): void;
}

export interface PciConfig {
  /** `offset + size` ≤ 256. */
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
  readonly bars: readonly PciBar[];
  readonly isBusMaster: boolean;
  readonly interruptPin: number;
  /** Level that shows on the pin. */
  readonly interruptLevel: boolean;
  /** The function's interrupt condition; shows as status bit 3, and on the pin unless disabled. */
  setInterrupt(level: boolean): void;
  /** Where capability number `index` of the options begins. */
  capabilityOffset(index: number): number;
  /** Called after a write that touched capability number `index`, with the offsets in its body that were written. */
  onCapabilityWrite: ((index: number, first: number, last: number) => void) | undefined;
  /** The same before a read; what the body is to show can be set then. */
  onCapabilityRead: ((index: number, first: number, last: number) => void) | undefined;
  /** The body of capability number `index` as it is; writing it goes past the guest's rights. */
  capabilityBody(index: number): Uint8Array;
  listener: PciConfigListener | undefined;
  /** Sets bit 7 of the header type. */
  markMultifunction(): void;
  reset(): void;
  save(): PciConfigState;
  load(state: PciConfigState): void;
}

const SIZE = 256;
const COMMAND = 0x04;
const STATUS = 0x06;
const HEADER_TYPE = 0x0e;
const FIRST_BAR = 0x10;
const SUBSYSTEM_VENDOR = 0x2c;
const CAPABILITIES = 0x34;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;
const FIRST_CAPABILITY = 0x40;

const COMMAND_IO = 1 << 0;
const COMMAND_MEMORY = 1 << 1;
const COMMAND_MASTER = 1 << 2;
/** Parity error response and SERR enable are kept, though nothing here fails. */
const COMMAND_KEPT = (1 << 6) | (1 << 8);
const COMMAND_INTX_DISABLE = 1 << 10;
const STATUS_INTERRUPT = 1 << 3;
const STATUS_CAPABILITIES = 1 << 4;
const MULTIFUNCTION = 0x80;
const BAR_IO = 1;
const BAR_64 = 4;
const BAR_PREFETCHABLE = 8;
const PORT_SPACE = 0x1_0000;
const MEMORY_SPACE = 2 ** 52;
const TWO_32 = 2 ** 32;

export function createPciConfig(options: PciConfigOptions): PciConfig {
  const { bars: barOptions = [], capabilities = [], registers = {}, interruptPin = 0 } = options;
  const initial = new Uint8Array(SIZE);
  const writable = new Uint8Array(SIZE);
  const place = (offset: number, size: number, value: number, mask = 0): void => {
    for (let i = 0; i < size; i++) {
      initial[offset + i] = Math.floor(value / 2 ** (8 * i));
      writable[offset + i] = Math.floor(mask / 2 ** (8 * i));
    }
  };
  place(0, 2, options.vendor);
  place(2, 2, options.device);
  const has = (space: "io" | "memory"): boolean => barOptions.some((bar) => bar.space === space);
  const commandMask =
    (has("io") ? COMMAND_IO : 0) | (has("memory") ? COMMAND_MEMORY : 0) | COMMAND_MASTER | COMMAND_KEPT;
  place(COMMAND, 2, 0, commandMask | COMMAND_INTX_DISABLE);
  place(STATUS, 2, capabilities.length > 0 ? STATUS_CAPABILITIES : 0);
  place(0x08, 1, options.revision ?? 0);
  place(0x09, 3, options.classCode);
  place(0x0c, 2, 0, 0xffff);
  place(SUBSYSTEM_VENDOR, 2, options.subsystemVendor ?? 0);
  place(SUBSYSTEM_VENDOR + 2, 2, options.subsystem ?? 0);
  place(INTERRUPT_LINE, 1, 0, 0xff);
  place(INTERRUPT_PIN, 1, interruptPin);
  for (const { index, space, size, is64, prefetchable } of barOptions) {
    const mask = TWO_32 - (size >= TWO_32 ? 0 : size);
    const flags = space === "io" ? BAR_IO : (is64 ? BAR_64 : 0) | (prefetchable ? BAR_PREFETCHABLE : 0);
    place(FIRST_BAR + index * 4, 4, flags, size >= TWO_32 ? 0 : mask);
    if (is64) place(FIRST_BAR + index * 4 + 4, 4, 0, size > TWO_32 ? TWO_32 - size / TWO_32 : TWO_32 - 1);
  }
  const starts: number[] = [];
  let next = FIRST_CAPABILITY;
  capabilities.forEach(({ id, body, writable: mask }, index) => {
    starts.push(next);
    // The pointer to the first, then of each to the next (§6.7).
    const pointer = index === 0 ? CAPABILITIES : (starts[index - 1] as number) + 1;
    initial[pointer] = next;
    initial[next] = id;
    initial.set(body, next + 2);
    if (mask !== undefined) writable.set(mask, next + 2);
    next = (next + 2 + body.length + 3) & ~3;
  });
  if (next > SIZE)
    throw new RangeError(`PCI capabilities need ${next} bytes of configuration space; there are ${SIZE}`);
  for (const [offset, { value, writable: mask }] of Object.entries(registers)) place(Number(offset), 1, value, mask);

  const bytes = initial.slice();
  let interrupt = false;
  let shown = false;
  const u16 = (offset: number): number => (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
  const u32 = (offset: number): number => u16(offset) + u16(offset + 2) * 0x1_0000;
  const baseOf = ({ index, space, size, is64 }: PciBarOptions): number | undefined => {
    const isEnabled = (u16(COMMAND) & (space === "io" ? COMMAND_IO : COMMAND_MEMORY)) !== 0;
    const low = u32(FIRST_BAR + index * 4);
    const high = is64 ? u32(FIRST_BAR + index * 4 + 4) : 0;
    const base = high * TWO_32 + (low - (low % Math.min(size, TWO_32)));
    // Zero is "not placed"; the last address is what a guest writes to find the size.
    const end = space === "io" ? PORT_SPACE : is64 ? MEMORY_SPACE : TWO_32;
    return isEnabled && base !== 0 && base + size < end ? base : undefined;
  };
  const api: PciConfig = {
    read(offset, size) {
      if (offset + size > FIRST_CAPABILITY) tell(api.onCapabilityRead, offset, offset + size);
      let value = 0;
      for (let i = 0; i < size; i++) value += (bytes[offset + i] ?? 0xff) * 2 ** (8 * i);
      return value;
    },
    write(offset, size, value) {
      for (let i = 0; i < size && offset + i < SIZE; i++) {
        const at = offset + i;
        const mask = writable[at] as number;
        bytes[at] = ((bytes[at] as number) & ~mask) | ((value >>> (8 * i)) & mask);
      }
      const end = offset + size;
      const touches = (from: number, to: number): boolean => offset < to && end > from;
      if (touches(COMMAND, COMMAND + 2)) show();
      if (touches(COMMAND, COMMAND + 2) || touches(FIRST_BAR, FIRST_BAR + 24)) api.listener?.decodeChanged();
      tell(api.onCapabilityWrite, offset, end);
    },
    get bars() {
      return barOptions.map((bar) => ({ ...bar, base: baseOf(bar) }));
    },
    get isBusMaster() {
      return (u16(COMMAND) & COMMAND_MASTER) !== 0;
    },
    interruptPin,
    get interruptLevel() {
      return shown;
    },
    setInterrupt(level) {
      if (level === interrupt) return;
      interrupt = level;
      bytes[STATUS] = ((bytes[STATUS] as number) & ~STATUS_INTERRUPT) | (level ? STATUS_INTERRUPT : 0);
      show();
    },
    capabilityOffset: (index) => starts[index] ?? 0,
    onCapabilityWrite: undefined,
    onCapabilityRead: undefined,
    capabilityBody(index) {
      const start = (starts[index] as number) + 2;
      return bytes.subarray(start, start + (capabilities[index]?.body.length ?? 0));
    },
    listener: undefined,
    markMultifunction() {
      initial[HEADER_TYPE] = MULTIFUNCTION;
      bytes[HEADER_TYPE] = MULTIFUNCTION;
    },
    reset() {
      bytes.set(initial);
      interrupt = false;
      show();
      api.listener?.decodeChanged();
    },
    save: () => ({ version: 1, bytes: [...bytes], interrupt }),
    load(state) {
      bytes.set(state.bytes.slice(0, SIZE));
      interrupt = state.interrupt;
      show();
      api.listener?.decodeChanged();
    },
  };
  const tell = (
    listener: ((index: number, first: number, last: number) => void) | undefined,
    offset: number,
    end: number,
  ): void => {
    if (listener === undefined) return;
    capabilities.forEach(({ body }, index) => {
      const start = (starts[index] as number) + 2;
      if (offset >= start + body.length || end <= start) return;
      listener(index, Math.max(offset, start) - start, Math.min(end, start + body.length) - 1 - start);
    });
  };
  const show = (): void => {
    const level = interrupt && interruptPin !== 0 && (u16(COMMAND) & COMMAND_INTX_DISABLE) === 0;
    if (level === shown) return;
    shown = level;
    api.listener?.interruptChanged(level);
  };
  return api;
}
