/**
 * The board: which devices a machine has, on which ports, and where their pins lead. A device knows none of this.
 *
 * Sources: IBM PC AT Technical Reference (interrupt lines, CMOS locations 0x15–0x18 and 0x30–0x31); Bochs and SeaBIOS
 * (CMOS 0x34–0x35 and 0x5b–0x5d, memory in units of 64 KiB).
 */
import type { Domain, DomainInterrupts } from "hvm-domain";
import {
  type Device,
  type DeviceModel,
  debugcon,
  isaDebugExit,
  type MachineRequest,
  type Pic,
  pic8259,
  pit8254,
  pmTimer,
  port92,
  resetControl,
  rtcCmos,
  uart16550a,
} from "pc-devices";
import { type IoAccess, IoResult, type PortioBus } from "portio-bus";
import type { SimClock } from "sim-clock";
import type { CompleteConfig } from "./machine-config.ts";

/** A stream of bytes that leaves the machine. */
export interface OutputStream {
  /** Called with the bytes as the guest sends them; returns the function that ends it. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
}

export interface SerialPort extends OutputStream {
  /** Input for the guest; returns how many bytes were taken, fewer when the guest does not read. */
  input(bytes: Uint8Array): number;
}

/** State of all devices by name. */
export interface DevicesState {
  readonly version: 1;
  readonly devices: Readonly<Record<string, unknown>>;
  readonly exitStatus: number | undefined;
}

export interface MachineDevices {
  /** COM1, 0x3f8, interrupt 4. */
  readonly serial: SerialPort;
  /** Port 0xe9. */
  readonly debugcon: OutputStream;
  /** What the guest wrote to isa-debug-exit, as QEMU turns it into an exit status: (value << 1 | 1) & 0xff. */
  readonly exitStatus: number | undefined;
  /** The interrupt controller's output to the first vCPU. */
  readonly interrupts: DomainInterrupts;
  /** As RESET does; a date that the guest has set, and CMOS memory, stay. */
  reset(): void;
  save(): DevicesState;
  /** @throws RangeError for a state of another version or another board */
  load(state: DevicesState): void;
}

export interface Board {
  readonly config: CompleteConfig;
  readonly domain: Pick<Domain, "shutdown">;
  readonly bus: PortioBus<unknown>;
  readonly clock: SimClock;
}

const NS_PER_SECOND = 1_000_000_000n;
/** ISA interrupts by device and pin. */
const interruptLines: Readonly<Record<string, number>> = { "pit.irq0": 0, "serial0.irq": 4, "rtc.irq8": 8 };

export function attachDevices(board: Board): MachineDevices {
  return new Devices(board);
}

class Devices implements MachineDevices {
  readonly serial: SerialPort;
  readonly debugcon: OutputStream;
  readonly interrupts: DomainInterrupts;
  exitStatus: number | undefined;
  readonly #board: Board;
  /** In the order of loading: the interrupt controller last, because the others drive its pins when they load. */
  readonly #devices = new Map<string, Device<unknown>>();
  readonly #pic: Pic;

  constructor(board: Board) {
    this.#board = board;
    const { config } = board;
    const serialOutput = new Fanout();
    const debugOutput = new Fanout();
    this.#pic = this.#connect("pic", pic8259);
    this.#devices.delete("pic");
    this.#connect("pit", pit8254);
    this.#connect("rtc", rtcCmos, { memory: cmosMemory(config.memory) });
    const uart = this.#connect("serial0", uart16550a, {}, serialOutput);
    this.#connect("pm-timer", pmTimer);
    this.#connect("port92", port92);
    this.#connect("reset-control", resetControl);
    this.#connect("debugcon", debugcon, {}, debugOutput);
    this.#connect("debug-exit", isaDebugExit);
    this.#devices.set("pic", this.#pic);
    this.serial = { onOutput: (listener) => serialOutput.add(listener), input: (bytes) => uart.receive(bytes) };
    this.debugcon = { onOutput: (listener) => debugOutput.add(listener) };
    this.interrupts = {
      isPending: (vcpuId) => vcpuId === 0 && this.#pic.interruptPending,
      acknowledge: () => this.#pic.acknowledge(),
    };
  }

  reset(): void {
    for (const device of this.#devices.values()) device.reset();
  }

  save(): DevicesState {
    const devices = Object.fromEntries([...this.#devices].map(([name, device]) => [name, device.save()]));
    return { version: 1, devices, exitStatus: this.exitStatus };
  }

  load(state: DevicesState): void {
    if (state.version !== 1) throw new RangeError(`devices state has version ${String(state.version)}; expected 1`);
    const [saved, own] = [Object.keys(state.devices).sort(), [...this.#devices.keys()].sort()];
    if (saved.join() !== own.join()) {
      throw new RangeError(
        `devices state is of another board: it has ${saved.join(", ")}; this one has ${own.join(", ")}`,
      );
    }
    for (const [name, device] of this.#devices) device.load(state.devices[name]);
    this.exitStatus = state.exitStatus;
  }

  #connect<Options, Made extends Device<unknown>>(
    name: string,
    model: DeviceModel<Options, Made>,
    options?: Options,
    output?: Fanout,
  ): Made {
    const { bus, clock, config } = this.#board;
    const offsetNs = BigInt(config.timeOffsetSeconds) * NS_PER_SECOND;
    const device = model.create(
      {
        setLine: (pin, level) => {
          const irq = interruptLines[`${name}.${pin}`];
          if (irq !== undefined) this.#pic.setIrq(irq, level);
        },
        nowNs: () => clock.nowNs(),
        unixTimeNs: () => clock.unixTimeNs() + offsetNs,
        createTimer: (timer, callback) => clock.createAlarm(`${name}.${timer}`, callback),
        output: (bytes) => output?.send(bytes),
        request: (request) => this.#request(model.name, request),
      },
      options,
    );
    model.ranges.forEach((range, number) => {
      const access = (io: IoAccess<unknown>): IoResult => {
        const offset = io.port - range.base;
        if (io.direction === "out") {
          return device.write(offset, io.size, io.value, number) ? IoResult.Okay : IoResult.Unhandled;
        }
        const value = device.read(offset, io.size, number);
        if (value === undefined) return IoResult.Unhandled;
        io.value = value;
        return IoResult.Okay;
      };
      bus.register(range, { name: model.name, access });
    });
    this.#devices.set(name, device);
    return device;
  }

  #request(name: string, request: MachineRequest): void {
    const { domain } = this.#board;
    if (request.kind === "reset") domain.shutdown("reboot", `reset by ${name}`);
    else if (request.kind === "power-off") domain.shutdown("poweroff", `power off by ${name}`);
    else {
      this.exitStatus = ((request.value << 1) | 1) & 0xff;
      domain.shutdown("poweroff", `the guest wrote 0x${request.value.toString(16)} to ${name}`);
    }
  }
}

/** Listeners that come and go. */
class Fanout {
  #listeners: readonly ((bytes: Uint8Array) => void)[] = [];

  add(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  send(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener(bytes);
  }
}

/** Where a BIOS leaves the sizes of memory. */
function cmosMemory(memoryMb: number): Record<number, number> {
  const KIB_PER_MIB = 1024;
  const put = (at: number, value: number): Record<number, number> => ({
    [at]: value & 0xff,
    [at + 1]: (value >> 8) & 0xff,
  });
  const extendedKib = Math.min((memoryMb - 1) * KIB_PER_MIB, 0xffff);
  const above16Mib = Math.min(Math.max(memoryMb - 16, 0) * 16, 0xffff);
  return { ...put(0x15, 640), ...put(0x17, extendedKib), ...put(0x30, extendedKib), ...put(0x34, above16Mib) };
}
