/** What a device is to the machine around it. A device knows no bus, no clock and no processor: it gets capabilities. */

export type AccessSize = 1 | 2 | 4;

export interface DeviceRange {
  /** Where PCs have it; the composer may move it. 0 for a range of a PCI function: a base address register places it. */
  readonly base: number;
  readonly size: number;
  /** Ports, or guest-physical memory. Default `io`. */
  readonly space?: "io" | "memory";
  /** Lies around somebody else's range and does not answer what is theirs. */
  readonly overlay?: true;
}

export interface DeviceTimer {
  /** Virtual time; a time in the past fires soon. */
  arm(atNs: bigint): void;
  disarm(): void;
}

/** What requests a device may make of the machine. */
export type MachineRequest =
  | { readonly kind: "reset" }
  /** Soft off: ACPI's S5. */
  | { readonly kind: "power-off" }
  /** A guest's test program is done; `value` is what it wrote. */
  | { readonly kind: "exit"; readonly value: number };

export interface DeviceEnvironment {
  /** Drives an output pin. Devices call it only when the level changes. */
  setLine(pin: string, level: boolean): void;
  /** Virtual time since power-on. */
  nowNs(): bigint;
  /** The date, virtual: ns since 1970-01-01 UTC. */
  unixTimeNs(): bigint;
  /** A timer of the device's own; `name` is unique in the device. */
  createTimer(name: string, callback: (atNs: bigint) => void): DeviceTimer;
  /** Bytes that leave the machine here. */
  output(bytes: Uint8Array): void;
  request(request: MachineRequest): void;
}

export interface Device<State> {
  /**
   * `offset` from the start of range number `range`, `size` bytes, all inside the range. Undefined: this width is not answered,
   * the bus takes it for unclaimed. Never throws.
   */
  read(offset: number, size: AccessSize, range: number): number | undefined;
  /** False: this width is not answered. Never throws. */
  write(offset: number, size: AccessSize, value: number, range: number): boolean;
  reset(): void;
  /** Plain data with a version. Timers are part of it. */
  save(): State;
  load(state: State): void;
}

export interface DeviceModel<Options, Made extends Device<unknown>> {
  readonly name: string;
  readonly ranges: readonly DeviceRange[];
  /** Output pins that `setLine` may be called with. */
  readonly pins: readonly string[];
  readonly sources: readonly string[];
  create(environment: DeviceEnvironment, options?: Options): Made;
}

/** A 1-byte register file that also answers wider accesses, low byte first, as an 8-bit ISA device does. */
export function readBytes(offset: number, size: AccessSize, readByte: (offset: number) => number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value += (readByte(offset + i) & 0xff) * 2 ** (i * 8);
  return value;
}

export function writeBytes(
  offset: number,
  size: AccessSize,
  value: number,
  writeByte: (offset: number, value: number) => void,
): true {
  for (let i = 0; i < size; i++) writeByte(offset + i, (value >>> (i * 8)) & 0xff);
  return true;
}

const WIDEST = 16;

/**
 * A memory access of 1 to 16 bytes at any offset, as aligned accesses of at most four bytes each, low addresses first. Bytes
 * that the device does not answer, and bytes beyond `rangeSize`, read as ones.
 */
export function readWide(
  device: Pick<Device<unknown>, "read">,
  offset: number,
  size: number,
  range: number,
  rangeSize: number,
): Uint8Array {
  const bytes = new Uint8Array(Math.min(size, WIDEST)).fill(0xff);
  const end = Math.min(offset + bytes.length, rangeSize);
  for (let at = offset; at < end; ) {
    const width = widthAt(at, end);
    const value = device.read(at, width, range) ?? 0xffff_ffff;
    for (let i = 0; i < width; i++) bytes[at - offset + i] = value >>> (i * 8);
    at += width;
  }
  return bytes;
}

/** As {@link readWide}; bytes that nobody answers are lost. */
export function writeWide(
  device: Pick<Device<unknown>, "write">,
  offset: number,
  bytes: Uint8Array,
  range: number,
  rangeSize: number,
): void {
  const end = Math.min(offset + Math.min(bytes.length, WIDEST), rangeSize);
  for (let at = offset; at < end; ) {
    const width = widthAt(at, end);
    let value = 0;
    for (let i = 0; i < width; i++) value += (bytes[at - offset + i] as number) * 2 ** (i * 8);
    device.write(at, width, value, range);
    at += width;
  }
}

const widthAt = (at: number, end: number): AccessSize =>
  (at & 3) === 0 && end - at >= 4 ? 4 : (at & 1) === 0 && end - at >= 2 ? 2 : 1;

/** The version check that every `load` starts with. */
export function checkVersion(device: string, state: { readonly version: number }, version: number): void {
  if (state.version !== version) {
    throw new RangeError(`${device} state has version ${String(state.version)}; expected ${version}`);
  }
}
