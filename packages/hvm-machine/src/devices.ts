/**
 * The devices of a machine: each model gets its ports on the bus, its timers on the clock, and its output pins wired to
 * the interrupt controller. The models know none of these; this file is the wiring.
 */
import type { Domain } from "hvm-domain";
import {
  type AccessSize,
  type Device,
  type DeviceModel,
  debugcon,
  isaDebugExit,
  type Pic,
  pic8259,
  pit8254,
  pmTimer,
  port92,
  resetControl,
  rtcCmos,
  uart16550a,
} from "pc-devices";
import { IoResult, type PortHandler, type PortioBus } from "portio-bus";
import type { SimClock } from "sim-clock";
import type { BackdoorContext } from "vmport-backdoor";

/** A byte stream that leaves the machine, and one that enters it. */
export interface MachinePort {
  /** Told of every output; returns the function that ends it. The bytes are the listener's to keep. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
  /** Offers input; answers how many bytes were taken. */
  input(bytes: Uint8Array): number;
}

export interface MachineDevices {
  /** COM1. */
  readonly serial: MachinePort;
  /** Port 0xe9; it takes no input. */
  readonly debugcon: MachinePort;
  /** What the guest wrote to isa-debug-exit as QEMU would exit: value × 2 + 1. */
  readonly exitStatus: number | undefined;
  /** By name, for save and load. */
  readonly all: ReadonlyMap<string, Device<unknown>>;
}

export interface DeviceSurroundings {
  readonly domain: Domain;
  readonly bus: PortioBus<BackdoorContext>;
  readonly clock: SimClock;
  /** Virtual time at the instruction being executed. */
  readonly uptimeNs: () => bigint;
  readonly unixTimeNs: () => bigint;
  /** The interrupt controller, made first because the domain asks it. */
  readonly interrupts: InterruptWiring;
}

const COM1_IRQ = 4;
const BITS_PER_EXIT = 2;

/** The interrupt controller between devices and the domain. */
export class InterruptWiring {
  pic: Pic | undefined;

  isPending(vcpuId: number): boolean {
    return vcpuId === 0 && this.pic?.interruptPending === true;
  }

  acknowledge(): number {
    return this.pic?.acknowledge() ?? 0;
  }
}

class Output implements MachinePort {
  #listeners: readonly ((bytes: Uint8Array) => void)[] = [];
  readonly #receive: (bytes: Uint8Array) => number;

  constructor(receive: (bytes: Uint8Array) => number) {
    this.#receive = receive;
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  input(bytes: Uint8Array): number {
    return this.#receive(bytes);
  }

  emit(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener(bytes.slice());
  }
}

export function attachDevices({
  domain,
  bus,
  clock,
  uptimeNs,
  unixTimeNs,
  interrupts,
}: DeviceSurroundings): MachineDevices {
  const all = new Map<string, Device<unknown>>();
  let exitStatus: number | undefined;

  function attach<Options, Made extends Device<unknown>>(
    model: DeviceModel<Options, Made>,
    wires: { readonly pins?: Readonly<Record<string, number>>; readonly output?: (bytes: Uint8Array) => void } = {},
  ): Made {
    const { pins = {}, output = () => {} } = wires;
    const device = model.create({
      setLine(pin, level) {
        const irq = pins[pin];
        if (irq !== undefined) interrupts.pic?.setIrq(irq, level);
      },
      nowNs: uptimeNs,
      unixTimeNs,
      createTimer: (name, callback) => clock.createAlarm(`${model.name}.${name}`, callback),
      output,
      request(request) {
        if (request.kind === "reset") domain.shutdown("reboot", "the guest asked for a reset");
        else {
          exitStatus = (request.value * BITS_PER_EXIT + 1) & 0xff;
          domain.shutdown("poweroff", `the guest wrote ${request.value} to isa-debug-exit`);
        }
      },
    });
    model.ranges.forEach((range, index) => void bus.register(range, portsOf(model.name, device, range.base, index)));
    all.set(model.name, device);
    return device;
  }

  interrupts.pic = attach(pic8259);
  attach(pit8254, { pins: { irq0: 0 } });
  attach(rtcCmos, { pins: { irq8: 8 } });
  attach(port92);
  attach(resetControl);
  attach(isaDebugExit);
  attach(pmTimer);
  const console = new Output(() => 0);
  attach(debugcon, { output: (bytes) => console.emit(bytes) });
  const serial: Output = new Output((bytes) => uart.receive(bytes));
  const uart = attach(uart16550a, { pins: { irq: COM1_IRQ }, output: (bytes) => serial.emit(bytes) });
  return {
    serial,
    debugcon: console,
    all,
    get exitStatus() {
      return exitStatus;
    },
  };
}

/** One range of a device as a handler of the bus. */
function portsOf(name: string, device: Device<unknown>, base: number, range: number): PortHandler<BackdoorContext> {
  return {
    name,
    access(access) {
      const offset = access.port - base;
      const size: AccessSize = access.size;
      if (access.direction === "out")
        return device.write(offset, size, access.value, range) ? IoResult.Okay : IoResult.Unhandled;
      const value = device.read(offset, size, range);
      if (value === undefined) return IoResult.Unhandled;
      access.value = value;
      return IoResult.Okay;
    },
  };
}
