/**
 * The assembly: guest memory, clock, port space, domain, processors, devices and VMware's guest interface, from one
 * configuration. Nothing here knows how a device or a command works; nothing below knows that the others exist.
 */
import type { GuestImage } from "guest-loader";
import { createGuestMemory, type GuestMemory, type GuestMemoryState } from "guest-memory";
import {
  createDomain,
  type Domain,
  type DomainInterrupts,
  type DomainState,
  featureRows,
  type RunLimits,
  type RunStop,
  VmwareHypercallFlag,
  type XenInterface,
  type XenInterfaceState,
} from "hvm-domain";
import { LinuxProcess, type LinuxProcessOptions, type ProcessTime } from "linux-process";
import { createPortioBus, type PortioBus } from "portio-bus";
import { type Alarm, createSimClock, type SimClock, type SimClockState } from "sim-clock";
import type { Backdoor, BackdoorContext, BackdoorSave } from "vmport-backdoor";
import { createDebugLog, type DebugLog } from "vmport-debug-log";
import { createRandom, type Guestrpc, type GuestrpcSave } from "vmport-guestrpc";
import { createTier0, createTier1, createVcpu, type Vcpu } from "x86-vcpu";
import { busAsDomainIo, connectBackdoor, personalityOf } from "./backdoor-wiring.ts";
import { attachDevices, type DevicesState, type MachineDevices, type SerialPort } from "./devices.ts";
import { biosPlaces } from "./firmware/bios.ts";
import { firmwareTables } from "./firmware/firmware-tables.ts";
import {
  type CompleteConfig,
  ConfigError,
  completeConfig,
  type MachineConfig,
  type VmwareHypercall,
} from "./machine-config.ts";
import { processFiles } from "./process-files.ts";
import { checkState, loadPart } from "./state-check.ts";
import { connectForcedEmulation, connectXen, XEN_CONSOLE_PAGE, XenConsole, xenFirst } from "./xen-wiring.ts";

const MIB = 0x10_0000;
/** RAM below this address lies at its own address; the rest starts at 4 GiB (the PCI hole). */
const LOW_RAM_TOP = 0xc000_0000;
/** Where a VGA's window is, there is no RAM. */
const aroundVga = (low: number): { base: number; size: number }[] => [
  { base: 0, size: 0xa_0000 },
  { base: 0xc_0000, size: low - 0xc_0000 },
];
/** What CPUID says of a processor with the local APIC of this board. */
const APIC_FEATURES: readonly string[] = ["apic", "x2apic", "tsc-deadline"];
/** Engine structures: TLBs, code cache, state blocks. */
const arenaBytes = (vcpus: number): number => (32 + 16 * vcpus) * MIB;

const HYPERCALL_FLAGS: Readonly<Record<VmwareHypercall, number>> = {
  none: 0,
  vmcall: VmwareHypercallFlag.Vmcall,
  vmmcall: VmwareHypercallFlag.Vmmcall,
  both: VmwareHypercallFlag.Vmcall | VmwareHypercallFlag.Vmmcall,
};

/** What a Linux program needs beyond what the machine gives it. */
export type ProcessSetup = Omit<LinuxProcessOptions, "memory" | "vcpu" | "pool" | "time" | "random" | "hwcap">;

export interface Screen {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel, rows from the top. */
  readonly rgba: Uint8Array;
  /** The rows of a text mode without trailing spaces; none in graphics. */
  readonly text: readonly string[];
}

/** How a run ended, for people and programs. */
export type MachineStop = RunStop | { readonly kind: "process-ended" };

/** Everything that a machine is at one instruction, as plain data. */
export interface MachineState {
  readonly version: 1;
  readonly memory: GuestMemoryState;
  readonly domain: DomainState;
  readonly devices: DevicesState;
  readonly clock: SimClockState;
  readonly backdoor: BackdoorSave;
  readonly guestrpc: GuestrpcSave;
  /** Of machines that show Xen's leaves. */
  readonly xen?: XenInterfaceState | undefined;
}

export interface Machine {
  readonly config: CompleteConfig;
  readonly memory: GuestMemory;
  readonly clock: SimClock;
  readonly bus: PortioBus<BackdoorContext>;
  readonly domain: Domain;
  readonly vcpus: readonly Vcpu[];
  readonly backdoor: Backdoor;
  readonly guestrpc: Guestrpc;
  readonly devices: MachineDevices;
  /** Text of Xen's console_io and console ring, and input for the ring. Silent unless the personality is Xen's. */
  readonly xenConsole: SerialPort;
  readonly log: DebugLog;
  /** The program started with `startProcess`, if any. */
  readonly process: LinuxProcess | undefined;
  /**
   * Puts an image into memory and the first processor at its entry; without an image, the firmware into its shadow and the processor at the
   * reset vector. @throws ConfigError when memory is too small, or when there is firmware and an image, or neither.
   */
  boot(image?: GuestImage): void;
  /** Loads a Linux program at ring 3. @throws ProcessError */
  startProcess(setup: ProcessSetup): LinuxProcess;
  run(limits?: RunLimits): MachineStop;
  /** Instructions retired by all processors. */
  readonly retired: number;
  /** Wall-clock time of the guest: ns since 1970-01-01 UTC. */
  unixTimeNs(): bigint;
  traceHash(): string;
  /** What is on the screen now; undefined for a machine without one. */
  screen(): Screen | undefined;
  /** Between two runs. A program of `startProcess` cannot be saved: its files are the host's. */
  save(): MachineState;
  /**
   * Into a machine of the same configuration. Throws an error that names the field when it is another one's state, or none: the machine is
   * then as it was.
   */
  load(state: MachineState): void;
}

export function createMachine(config: MachineConfig = {}): Machine {
  return new AssembledMachine(completeConfig(config));
}

class AssembledMachine implements Machine {
  readonly config: CompleteConfig;
  readonly memory: GuestMemory;
  readonly clock: SimClock;
  readonly bus: PortioBus<BackdoorContext>;
  readonly domain: Domain;
  readonly vcpus: readonly Vcpu[];
  readonly backdoor: Backdoor;
  readonly guestrpc: Guestrpc;
  readonly devices: MachineDevices;
  readonly xenConsole = new XenConsole();
  readonly log: DebugLog;
  process: LinuxProcess | undefined;
  readonly #xen: XenInterface | undefined;
  #turn: Alarm | undefined;
  private readonly interrupts: DomainInterrupts;

  constructor(config: CompleteConfig) {
    this.config = config;
    const personality = personalityOf(config.personality);
    const isXen = personality.name.startsWith("xen-");
    const bytes = config.memory * MIB;
    const low = Math.min(bytes, LOW_RAM_TOP);
    this.memory = createGuestMemory({
      arenaBytes: arenaBytes(config.vcpus),
      ram: [
        ...(config.vga ? aroundVga(low) : [{ base: 0, size: low }]),
        ...(bytes > low ? [{ base: 2 ** 32, size: bytes - low }] : []),
        ...(isXen ? [XEN_CONSOLE_PAGE] : []),
      ],
    });
    const { firmware } = config;
    if (firmware !== undefined) this.memory.addRom(biosPlaces(firmware).rom, firmware.bios, "bios");
    this.clock = createSimClock({
      instructionsPerSecond: config.instructionsPerSecond,
      unixTimeNs: config.startTimeNs,
    });
    this.log = createDebugLog({ mask: config.vmportDebug });
    this.bus = createPortioBus<BackdoorContext>();
    this.domain = createDomain({
      name: config.name,
      flags: { vmwarePort: config.vmwarePort },
      params: {
        ...(config.vmwareHw ? { VMWARE_HW: BigInt(config.vmwareHw) } : {}),
        ...(config.viridian ? { VIRIDIAN: 1n } : {}),
        ...(config.nestedHvm ? { NESTEDHVM: 1n } : {}),
      },
      vcpus: config.vcpus,
      flavour: config.flavour,
      cpuid: {
        tscKhz: config.tscKhz,
        hypervisorLeaves: { ...personality.cpuid, hypercallFlags: HYPERCALL_FLAGS[config.vmwareHypercall] },
        // Linux takes the hypervisor with the highest leaves: beside Xen's own it would not see VMware's.
        xenLeaves: isXen,
        ...config.cpuid,
        enable: [...(config.apic ? APIC_FEATURES : []), ...config.cpuid.enable],
        // Without a hypervisor there is no bit that says so.
        mask: [...(personality.ports.length === 0 ? ["hypervisor"] : []), ...config.cpuid.mask],
      },
      io: busAsDomainIo(this.bus),
      clock: this.clock,
      interrupts: {
        // A program without a kernel has nobody who would take an interrupt.
        isPending: (vcpuId) => this.process === undefined && this.interrupts.isPending(vcpuId),
        acknowledge: (vcpuId) => this.interrupts.acknowledge(vcpuId),
      },
    });
    this.vcpus = Array.from({ length: config.vcpus }, (_, id) => {
      const vcpu = createVcpu({
        id,
        memory: this.memory,
        features: { has: (name) => this.domain.cpuid.featureEnabled(name) },
        physicalAddressBits: this.domain.cpuid.physicalAddressBits,
        createTier: config.tier === 0 ? createTier0 : createTier1,
        readTsc: (retired) => (this.domain.nsAt(id, retired) * BigInt(config.tscKhz)) / 1_000_000n,
      });
      this.domain.addVcpu(vcpu);
      return vcpu;
    });
    // Before the backdoor's: a trap into the stand-in kernel leaves the guest's registers in place, and they may look like a call.
    this.domain.registerHypercallHook((vcpu) => {
      const { process } = this;
      if (!process?.ownsTrap(vcpu.rip)) return "pass";
      process.handleTrap();
      if (process.end) this.domain.requestStop();
      return "jumped";
    });
    const parts = connectBackdoor({
      config,
      domain: this.domain,
      bus: this.bus,
      clock: this.clock,
      log: this.log,
      uptimeNs: () => this.uptimeNs(),
      uptimeNumber: () => this.domain.nsNumberAt(0, this.vcpus[0]?.retired ?? 0),
      unixTimeNs: () => this.unixTimeNs(),
    });
    this.backdoor = parts.backdoor;
    this.guestrpc = parts.guestrpc;
    this.devices = attachDevices({
      config,
      domain: this.domain,
      vcpus: this.vcpus,
      memory: this.memory,
      ram: { low, high: bytes - low },
      bus: this.bus,
      clock: this.clock,
    });
    if (config.forcedEmulation) connectForcedEmulation(this.domain);
    const { clock, domain, memory, devices, xenConsole: console } = this;
    this.#xen = isXen ? connectXen({ config, clock, domain, memory, devices, console }) : undefined;
    this.interrupts = this.#xen === undefined ? this.devices.interrupts : xenFirst(this.#xen, this.devices.interrupts);
  }

  get retired(): number {
    return this.vcpus.reduce((sum, vcpu) => sum + vcpu.retired, 0);
  }

  /** Virtual time at the instruction that the first processor executes now. */
  private uptimeNs(): bigint {
    return this.domain.nsAt(0, this.vcpus[0]?.retired ?? 0);
  }

  unixTimeNs(): bigint {
    return this.config.startTimeNs + this.uptimeNs();
  }

  boot(image?: GuestImage): void {
    const { firmware } = this.config;
    if (image === undefined || firmware !== undefined) {
      if (image !== undefined)
        throw new ConfigError("firmware", "it boots from a disk, and an image was given to start");
      if (firmware === undefined) throw new ConfigError("firmware", "there is none, and no image was given to start");
      const { shadow, bytes } = biosPlaces(firmware);
      this.memory.write(shadow, bytes);
      this.vcpus[0]?.reset();
      return;
    }
    const bytes = this.config.memory * MIB;
    if (image.requiredMemory > Math.min(bytes, LOW_RAM_TOP))
      throw new ConfigError(
        "memory",
        `the image needs ${Math.ceil(image.requiredMemory / MIB)} MiB at least, the machine has ${this.config.memory}`,
      );
    // The image comes second: where it takes the tables' place, it is its own firmware. An image in hvmloader's place makes them.
    const tables = image.format === "hvm-loader" ? [] : firmwareTables(this.config);
    for (const { address, bytes: table } of tables) this.memory.write(address, table);
    for (const segment of image.segments) {
      this.memory.fill(segment.address, segment.memorySize, 0);
      this.memory.write(segment.address, segment.bytes);
    }
    this.vcpus[0]?.loadEntryState(image.entry);
  }

  startProcess(setup: ProcessSetup): LinuxProcess {
    const vcpu = this.vcpus[0]!;
    const random = createRandom(this.config.seed ^ 0x5bd1_e995);
    // Threads that wait for each other without system calls take turns by it.
    this.#turn ??= this.clock.createAlarm("process.turn", () => this.process?.handleAlarm());
    const turn = this.#turn;
    const time: ProcessTime = {
      wallNs: () => this.unixTimeNs(),
      monotonicNs: () => this.uptimeNs(),
      advanceNs: (ns) => this.clock.advanceTo(this.clock.nowNs() + ns),
      setAlarm: (atNs) => turn.arm(atNs),
    };
    this.process = new LinuxProcess({
      ...setup,
      memory: this.memory,
      vcpu,
      // The first MiB stays empty: a program that follows a wild physical address of ours would find nothing.
      pool: { start: MIB, end: Math.min(this.config.memory * MIB, LOW_RAM_TOP) },
      time,
      random: (length) => Uint8Array.from({ length }, () => random.next() & 0xff),
      systemFiles: { ...processFiles(this.config, this.domain.cpuid, Object.keys(featureRows)), ...setup.systemFiles },
      hwcap: this.domain.cpuid.lookup(1, 0, { apicId: 0, osxsave: false }).edx,
    });
    return this.process;
  }

  run(limits?: RunLimits): MachineStop {
    if (this.process?.end) return { kind: "process-ended" };
    const stop = this.domain.run(limits);
    return this.process?.end ? { kind: "process-ended" } : stop;
  }

  screen(): Screen | undefined {
    const { vga } = this.devices;
    if (vga === undefined) return undefined;
    const { width, height, pixels } = vga.render();
    return { width, height, rgba: pixels, text: vga.text() };
  }

  traceHash(): string {
    return this.domain.traceHash();
  }

  save(): MachineState {
    if (this.process)
      throw new ConfigError("process", "a machine that runs a Linux program without a kernel cannot be saved");
    return {
      version: 1,
      memory: this.memory.save(),
      domain: this.domain.save(),
      devices: this.devices.save(),
      clock: this.clock.save(),
      backdoor: this.backdoor.save(),
      guestrpc: this.guestrpc.save(),
      xen: this.#xen?.save(),
    };
  }

  load(state: MachineState): void {
    if (state?.version !== 1) throw new RangeError(`machine state has version ${String(state?.version)}; expected 1`);
    const before = this.save();
    // Which exits there were differs from run to run.
    const pattern = { ...before, domain: { ...before.domain, exits: {} } };
    checkState(pattern, state, "machine state");
    try {
      this.#load(state);
    } catch (error) {
      this.#load(before);
      throw error;
    }
  }

  #load(state: MachineState): void {
    const xen = this.#xen;
    loadPart("memory", () => this.memory.load(state.memory));
    // First: devices look at it when they load.
    loadPart("clock", () => this.clock.load(state.clock));
    loadPart("domain", () => this.domain.load(state.domain));
    loadPart("backdoor", () => this.backdoor.load(state.backdoor));
    loadPart("guestrpc", () => this.guestrpc.load(state.guestrpc));
    loadPart("devices", () => this.devices.load(state.devices));
    if (xen !== undefined && state.xen !== undefined) {
      const { xen: saved } = state;
      loadPart("xen", () => xen.load(saved));
    }
    // And last: devices arm their timers when they load; the clock knows in which order they were armed.
    loadPart("clock", () => this.clock.load(state.clock));
  }
}
