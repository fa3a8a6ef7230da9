/** What a device is to the machine around it. A device knows no bus, no clock and no processor: it gets capabilities. */

export type AccessSize = 1 | 2 | 4;

export interface PortRange {
  /** Where PCs have it; the composer may move it. */
  readonly base: number;
  readonly size: number;
}

export interface DeviceTimer {
  /** Virtual time; a time in the past fires soon. */
  arm(atNs: bigint): void;
  disarm(): void;
}

/** What requests a device may make of the machine. */
export type MachineRequest =
  | { readonly kind: "reset" }
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
  readonly ranges: readonly PortRange[];
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

/** The version check that every `load` starts with. */
export function checkVersion(device: string, state: { readonly version: number }, version: number): void {
  if (state.version !== version) {
    throw new RangeError(`${device} state has version ${String(state.version)}; expected ${version}`);
  }
}
