/**
 * The board: which devices a machine has, on which ports and addresses, and where their pins lead. A device knows none of this.
 *
 * Sources: IBM PC AT Technical Reference (interrupt lines, CMOS locations 0x15–0x18 and 0x30–0x31); Bochs and SeaBIOS
 * (CMOS 0x34–0x35 and 0x5b–0x5d, memory in units of 64 KiB); Intel MultiProcessor Specification 1.4 §3.6 (8259 pair on LINT0, I/O
 * APIC beside it); Intel 82371AB (PIIX4) data sheet (RTC_STS).
 */
import type { GuestMemory } from "guest-memory";
import { type Domain, DomainError, type DomainInterrupts } from "hvm-domain";
import {
  type AcpiPm,
  acpiPm,
  type BarMapping,
  createInterruptBus,
  type Device,
  type DeviceModel,
  type DmaMemory,
  debugcon,
  fwCfg,
  type Hpet,
  hpet,
  type I8042,
  type InterruptBus,
  type IoApic,
  i8042,
  ioApic,
  isaDebugExit,
  type LocalApic,
  localApic,
  type MachineRequest,
  type PciHost,
  type Pic,
  pciHost,
  pic8259,
  pit8254,
  pmTimer,
  port92,
  readWide,
  resetControl,
  rtcCmos,
  uart16550a,
  type Vga,
  vga,
  virtioBlk,
  virtioConsole,
  virtioNet,
  virtioRng,
  writeWide,
} from "pc-devices";
import { type IoAccess, IoResult, type PortioBus, PortioError } from "portio-bus";
import type { SimClock } from "sim-clock";
import { createRandom } from "vmport-guestrpc";
import type { Vcpu } from "x86-vcpu";
import { CARD_SLOTS, IO_APIC_ID, PCI_LINES, SCI_IRQ } from "./board-constants.ts";
import { Fanout } from "./fanout.ts";
import { biosCmos, fwCfgContents, type RamSplit } from "./firmware/bios.ts";
import { Typist } from "./keyboard.ts";
import { connectLocalApics } from "./local-apics.ts";
import type { CompleteConfig } from "./machine-config.ts";
import { loadPart } from "./state-check.ts";
import { timedDma } from "./timed-dma.ts";

/** A stream of bytes that leaves the machine. */
export interface OutputStream {
  /** Called with the bytes as the guest sends them; returns the function that ends it. */
  onOutput(listener: (bytes: Uint8Array) => void): () => void;
}

export interface SerialPort extends OutputStream {
  /** Input for the guest; returns how many bytes were taken, fewer when the guest does not read. */
  input(bytes: Uint8Array): number;
}

/** A network card, seen from its cable. */
export interface NetworkPort {
  readonly mac: Uint8Array;
  /** Called with each Ethernet frame that the guest sends, without its check sequence; returns the function that ends it. */
  onFrame(listener: (frame: Uint8Array) => void): () => void;
  /** A frame for the guest, 14 to 1,518 bytes. False: it was dropped, because nobody listens, the cable is out or too many wait. */
  receive(frame: Uint8Array): boolean;
  setLink(isUp: boolean): void;
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
  /** Port 0x402 of machines with firmware: what it tells its developers. */
  readonly firmwareLog: OutputStream;
  /** The virtio console, if there is one. */
  readonly console: SerialPort | undefined;
  /** In the order of the configuration. */
  readonly networks: readonly NetworkPort[];
  /** The screen, if there is one. */
  readonly vga: Pick<Vga, "render" | "text" | "changes"> | undefined;
  /** What the guest wrote to isa-debug-exit, as QEMU turns it into an exit status: (value << 1 | 1) & 0xff. */
  readonly exitStatus: number | undefined;
  /** What the interrupt controllers ask of the processors. */
  readonly interrupts: DomainInterrupts;
  /** Keyboard and mouse. */
  readonly i8042: Pick<I8042, "key" | "moveMouse" | "leds">;
  /**
   * A key pressed and released, with others held; names as in the W3C's KeyboardEvent.code. Keys come one after the other, at most 50 in a
   * virtual second. False: too much waits already.
   */
  sendKey(key: string, held?: readonly string[]): boolean;
  /** Characters typed on a US keyboard; returns how many were taken: fewer at one that is not on it, or when too much waits already. */
  sendText(text: string): number;
  /** ACPI's fixed power button: a guest that listens shuts down. False: this machine has none. */
  pressPowerButton(): boolean;
  /** ACPI's fixed sleep button, likewise. */
  pressSleepButton(): boolean;
  /** A line from outside the board: an ISA interrupt below 16, a pin of the I/O APIC above. */
  setGsi(gsi: number, level: boolean): void;
  /** As RESET does; a date that the guest has set, and CMOS memory, stay. */
  reset(): void;
  save(): DevicesState;
  /** @throws RangeError for a state of another version or another board */
  load(state: DevicesState): void;
}

export interface Board {
  readonly config: CompleteConfig;
  readonly domain: Pick<
    Domain,
    "shutdown" | "spend" | "registerMmio" | "registerMsr" | "setOnline" | "isOnline" | "injectNmi" | "nsAt"
  >;
  readonly vcpus: readonly Vcpu[];
  readonly memory: GuestMemory;
  /** What of the memory is RAM below and above 4 GiB. */
  readonly ram: RamSplit;
  readonly bus: PortioBus<unknown>;
  readonly clock: SimClock;
}

const NS_PER_SECOND = 1_000_000_000n;
/** ISA interrupts by device and pin. */
const interruptLines: Readonly<Record<string, number>> = {
  "pit.irq0": 0,
  "hpet.irq0": 0,
  "serial0.irq": 4,
  "rtc.irq8": 8,
  "hpet.irq8": 8,
  "i8042.irq1": 1,
  "i8042.irq12": 12,
  "acpi-pm.sci": SCI_IRQ,
};
/** Lines that the HPET takes over while it replaces the legacy timers (HPET 1.0a §2.3.5). */
const hpetInputs: Readonly<Record<string, 0 | 8>> = { "pit.irq0": 0, "rtc.irq8": 8 };
/** Pins that lead to the I/O APIC alone. */
const globalLines: Readonly<Record<string, number>> = {
  "hpet.gsi20": 20,
  "hpet.gsi21": 21,
  "hpet.gsi22": 22,
  "hpet.gsi23": 23,
  ...Object.fromEntries(PCI_LINES.gsis.map((gsi) => [`pci.gsi${gsi}`, gsi])),
};
/** PCI interrupts that the guest's router sends to the 8259 pair alone. */
const PCI_IRQ = /^pci\.irq(\d+)$/;
/** About a microsecond for an access to an ISA device (IEEE P996: 8-bit I/O cycles at 8 MHz, with wait states). */
const ISA_TICKS = 1000;
const ISA_LINES = 16;
const IO_APIC_PINS = 24;
/** Configuration address of the ISA bridge's route registers: device 1, register 0x60. */
const PIIX_ROUTES = 0x8000_0860;
const MIB = 0x10_0000;
/** Where SeaBIOS and others for QEMU's boards write what they do. */
const firmwareDebug = { ...debugcon, name: "firmware-log", ranges: [{ base: 0x402, size: 1 }] };

/** What the board resets and saves. */
type Part = Pick<Device<unknown>, "reset" | "save" | "load">;

export function attachDevices(board: Board): MachineDevices {
  return new Devices(board);
}

class Devices implements MachineDevices {
  readonly serial: SerialPort;
  readonly debugcon: OutputStream;
  readonly firmwareLog: OutputStream;
  readonly console: SerialPort | undefined;
  readonly networks: readonly NetworkPort[];
  readonly vga: Vga | undefined;
  readonly interrupts: DomainInterrupts;
  readonly i8042: I8042;
  exitStatus: number | undefined;
  readonly #board: Board;
  /** In the order of loading: interrupt controllers last, because the others drive their pins when they load. */
  readonly #devices = new Map<string, Part>();
  readonly #typist: Typist;
  readonly #pic: Pic;
  readonly #ioApic: IoApic | undefined;
  readonly #apics: readonly LocalApic[];
  /** Whose INTR pin leads to which processor, and the pins' levels: they are asked for before every entry. */
  readonly #intr: ReadonlyMap<string, number>;
  readonly #requests: boolean[] = [];
  #acpiPm: AcpiPm | undefined;
  readonly #pci: PciHost | undefined;
  #hpet: Hpet | undefined;

  constructor(board: Board) {
    this.#board = board;
    const { config } = board;
    const serialOutput = new Fanout();
    const debugOutput = new Fanout();
    const firmwareOutput = new Fanout();
    // Made first, because the others drive their pins at once; loaded last.
    const controllers = new Map<string, Part>();
    const controller = <Made extends Device<unknown>>(name: string, made: Made): Made => {
      this.#devices.delete(name);
      controllers.set(name, made);
      return made;
    };
    const messages = createInterruptBus();
    this.#intr = new Map(
      config.apic ? board.vcpus.map(({ id }) => [`apic${id}.intr`, id] as const) : [["pic.intr", 0] as const],
    );
    this.#apics = config.apic
      ? connectLocalApics({
          board,
          messages,
          create: (name, options) => controller(name, this.#create(name, localApic, options)),
          acknowledgeExternal: () => this.#pic.acknowledge(),
        })
      : [];
    this.#pic = controller("pic", this.#connect("pic", pic8259));
    this.#ioApic = config.apic
      ? controller("io-apic", this.#connect("io-apic", ioApic, { bus: messages, id: IO_APIC_ID }))
      : undefined;

    // Before those whose outputs it passes on.
    this.#hpet = config.hpet ? this.#connect("hpet", hpet) : undefined;
    this.#connect("pit", pit8254);
    const { firmware } = config;
    this.#connect("rtc", rtcCmos, {
      memory: { ...cmosMemory(config.memory), ...(firmware === undefined ? {} : biosCmos(firmware)) },
    });
    const uart = this.#connect("serial0", uart16550a, {}, serialOutput);
    this.i8042 = this.#connect("i8042", i8042);
    this.#typist = new Typist(
      this.i8042,
      () => board.clock.nowNs(),
      (callback) => board.clock.createAlarm("keyboard.typing", callback),
    );
    this.#devices.set("keyboard", this.#typist);
    this.#connect("pm-timer", pmTimer);
    this.#acpiPm = config.acpi ? this.#connect("acpi-pm", acpiPm) : undefined;
    this.#connect("port92", port92);
    this.#connect("reset-control", resetControl);
    this.#connect("debugcon", debugcon, {}, debugOutput);
    this.#connect("debug-exit", isaDebugExit);
    if (firmware !== undefined) {
      this.#connect("firmware-log", firmwareDebug, {}, firmwareOutput);
      const { ram } = board;
      this.#connect("fw-cfg", fwCfg, { memory: this.#dma(), ...fwCfgContents(config, firmware, ram) });
    }
    this.#pci = config.pci ? this.#connect("pci", pciHost, { map: (bar) => this.#mapBar(bar) }) : undefined;
    // Without PCI there is nobody to place a linear framebuffer.
    this.vga = config.vga
      ? this.#connect("vga", vga, { videoMemory: config.pci ? config.videoRam * MIB : 0 })
      : undefined;
    const cards = this.#pci === undefined ? undefined : this.#plugCards(this.#pci, messages);
    for (const name of ["pic", "io-apic", ...board.vcpus.map(({ id }) => `apic${id}`)]) {
      const device = controllers.get(name);
      if (device) this.#devices.set(name, device);
    }
    this.#asFirmwareLeavesIt();

    this.serial = { onOutput: (listener) => serialOutput.add(listener), input: (bytes) => uart.receive(bytes) };
    this.debugcon = { onOutput: (listener) => debugOutput.add(listener) };
    this.firmwareLog = { onOutput: (listener) => firmwareOutput.add(listener) };
    this.console = cards?.console;
    this.networks = cards?.networks ?? [];
    const apics = this.#apics;
    const requests = this.#requests;
    this.interrupts = config.apic
      ? {
          isPending: (vcpuId) => requests[vcpuId] === true,
          acknowledge: (vcpuId) => apics[vcpuId]!.acknowledge(),
        }
      : {
          isPending: (vcpuId) => requests[vcpuId] === true,
          acknowledge: () => this.#pic.acknowledge(),
        };
  }

  sendKey(key: string, held: readonly string[] = []): boolean {
    return this.#typist.sendKey(key, held);
  }

  sendText(text: string): number {
    return this.#typist.sendText(text);
  }

  pressSleepButton(): boolean {
    this.#acpiPm?.pressSleepButton();
    return this.#acpiPm !== undefined;
  }

  pressPowerButton(): boolean {
    this.#acpiPm?.pressPowerButton();
    return this.#acpiPm !== undefined;
  }

  setGsi(gsi: number, level: boolean): void {
    if (gsi < ISA_LINES) this.#setIrq(gsi, level);
    else if (gsi < IO_APIC_PINS) this.#ioApic?.setPin(gsi, level);
  }

  reset(): void {
    for (const device of this.#devices.values()) device.reset();
    this.#asFirmwareLeavesIt();
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
    for (const [name, device] of this.#devices) loadPart(name, () => device.load(state.devices[name]));
    this.exitStatus = state.exitStatus;
  }

  /** ELCR: the SCI and the lines of PCI are level-triggered. PIRQ routing: as ACPI's table says it. */
  #asFirmwareLeavesIt(): void {
    const { acpi, pci } = this.#board.config;
    const levels = [...(acpi ? [SCI_IRQ] : []), ...(pci ? PCI_LINES.irqs : [])];
    const mask = levels.reduce((bits, irq) => bits | (1 << irq), 0);
    const ELCR = 2;
    this.#pic.write(1, 1, mask >> 8, ELCR);
    const ADDRESS = 0;
    const DATA = 1;
    this.#pci?.write(0, 4, PIIX_ROUTES, ADDRESS);
    PCI_LINES.irqs.forEach((irq, index) => void this.#pci?.write(index, 1, irq, DATA));
    this.#pci?.write(0, 4, 0, ADDRESS);
  }

  /** What devices move takes time. */
  #dma(): DmaMemory {
    const { domain, memory } = this.#board;
    return timedDma(memory, (ticks) => domain.spend(ticks));
  }

  #plugCards(
    host: PciHost,
    messages: InterruptBus,
  ): { readonly console: SerialPort | undefined; readonly networks: readonly NetworkPort[] } {
    const { config } = this.#board;
    const options = { memory: this.#dma(), sendMsi: messages.sendMsi };
    if (this.vga) host.add(CARD_SLOTS.vga, 0, vga.name, this.vga);
    const rng = this.#create("rng", virtioRng, { ...options, random: createRandom(config.seed ^ 0x7669_7274) });
    host.add(CARD_SLOTS.rng, 0, virtioRng.name, rng);
    config.disks.forEach((disk, index) => {
      const name = `disk${index}`;
      const serial = disk.serial ?? name;
      host.add(CARD_SLOTS.disks + index, 0, name, this.#create(name, virtioBlk, { ...options, ...disk, serial }));
    });
    const networks = config.networks.map(({ mac, linkUp }, index): NetworkPort => {
      const name = `network${index}`;
      const frames = new Fanout();
      const transmit = (frame: Uint8Array): void => frames.send(frame);
      const card = this.#create(name, virtioNet, { ...options, mac, linkUp, transmit });
      host.add(CARD_SLOTS.networks + index, 0, name, card);
      return {
        mac,
        onFrame: (listener) => frames.add(listener),
        receive: (frame) => card.receive(frame),
        setLink: (isUp) => card.setLink(isUp),
      };
    });
    if (!config.virtioConsole) return { console: undefined, networks };
    const output = new Fanout();
    const device = this.#create("console", virtioConsole, options, output);
    host.add(CARD_SLOTS.console, 0, virtioConsole.name, device);
    return {
      console: { onOutput: (listener) => output.add(listener), input: (bytes) => device.receive(bytes) },
      networks,
    };
  }

  /** Undefined where something else is: such a function is not reached, as when two claim one address. */
  #mapBar({ name, function: target, range, space, base, size }: BarMapping): (() => void) | undefined {
    const { bus, domain, memory } = this.#board;
    try {
      if (space === "io") {
        const { deregister } = bus.register({ base, size }, { name, access: accessOf(target, base, range) });
        return () => deregister();
      }
      if (memory.regions.some((region) => base < region.base + region.size && region.base < base + size))
        return undefined;
      return domain.registerMmio(base, size, {
        name,
        read: (offset, length) => readWide(target, offset, length, range, size),
        write: (offset, bytes) => writeWide(target, offset, bytes, range, size),
      });
    } catch (error) {
      if (error instanceof PortioError || error instanceof DomainError) return undefined;
      throw error;
    }
  }

  /** An ISA interrupt: the 8259 pair and the I/O APIC both see it; the guest unmasks it in one of them. */
  #setIrq(irq: number, level: boolean): void {
    this.#pic.setIrq(irq, level);
    // The timer is on pin 2 there (ACPI: interrupt source override).
    this.#ioApic?.setPin(irq === 0 ? 2 : irq, level);
  }

  #drive(pin: string, level: boolean): void {
    // RTC_STS: the RTC asserts its interrupt (82371AB data sheet, PMSTS bit 10).
    if (pin === "rtc.irq8" && level) this.#acpiPm?.rtcAlarm();
    const requested = this.#intr.get(pin);
    if (requested !== undefined) this.#requests[requested] = level;
    if (pin === "pic.intr") this.#apics[0]?.setPin(0, level);
    else if (this.#hpet !== undefined && hpetInputs[pin] !== undefined) this.#hpet.setInput(hpetInputs[pin], level);
    else {
      const irq = interruptLines[pin];
      if (irq !== undefined) this.#setIrq(irq, level);
      const gsi = globalLines[pin];
      if (gsi !== undefined) this.#ioApic?.setPin(gsi, level);
      const routed = PCI_IRQ.exec(pin)?.[1];
      if (routed !== undefined) this.#pic.setIrq(Number(routed), level);
    }
  }

  #create<Options, Made extends Device<unknown>>(
    name: string,
    model: DeviceModel<Options, Made>,
    options?: Options,
    output?: Fanout,
  ): Made {
    const { clock, config } = this.#board;
    const offsetNs = BigInt(config.timeOffsetSeconds) * NS_PER_SECOND;
    const device = model.create(
      {
        setLine: (pin, level) => this.#drive(`${name}.${pin}`, level),
        nowNs: () => clock.nowNs(),
        unixTimeNs: () => clock.unixTimeNs() + offsetNs,
        createTimer: (timer, callback) => clock.createAlarm(`${name}.${timer}`, callback),
        output: (bytes) => output?.send(bytes),
        request: (request) => this.#request(model.name, request),
      },
      options,
    );
    this.#devices.set(name, device);
    return device;
  }

  /** Makes a device and puts it on the bus or into memory where PCs have it. */
  #connect<Options, Made extends Device<unknown>>(
    name: string,
    model: DeviceModel<Options, Made>,
    options?: Options,
    output?: Fanout,
  ): Made {
    const { bus, domain } = this.#board;
    const device = this.#create(name, model, options, output);
    model.ranges.forEach((range, number) => {
      // A base address register places it.
      if (range.base === 0) return;
      if (range.space === "memory") {
        domain.registerMmio(range.base, range.size, {
          name: model.name,
          read: (offset, size) => readWide(device, offset, size, number, range.size),
          write: (offset, bytes) => writeWide(device, offset, bytes, number, range.size),
        });
        return;
      }
      bus.register(
        range,
        { name: model.name, access: this.#slow(accessOf(device, range.base, number)) },
        range.overlay ? { overlap: "layer" } : {},
      );
    });
    return device;
  }

  /** As behind ISA's bridge: guests that poll a port wait as many turns as they would there. */
  #slow(access: (io: IoAccess<unknown>) => IoResult): (io: IoAccess<unknown>) => IoResult {
    const { domain } = this.#board;
    return (io) => {
      domain.spend(ISA_TICKS);
      return access(io);
    };
  }

  #request(name: string, request: MachineRequest): void {
    const { domain } = this.#board;
    if (request.kind === "reset") domain.shutdown("reboot", `reset by ${name}`);
    else if (request.kind === "power-off") domain.shutdown("poweroff", `soft off by ${name}`);
    else {
      this.exitStatus = ((request.value << 1) | 1) & 0xff;
      domain.shutdown("poweroff", `the guest wrote 0x${request.value.toString(16)} to ${name}`);
    }
  }
}

type Accessible = Pick<Device<unknown>, "read" | "write">;

/** A device's range as a handler of the port bus. */
const accessOf =
  (device: Accessible, base: number, range: number) =>
  (io: IoAccess<unknown>): IoResult => {
    const offset = io.port - base;
    if (io.direction === "out")
      return device.write(offset, io.size, io.value, range) ? IoResult.Okay : IoResult.Unhandled;
    const value = device.read(offset, io.size, range);
    if (value === undefined) return IoResult.Unhandled;
    io.value = value;
    return IoResult.Okay;
  };

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
