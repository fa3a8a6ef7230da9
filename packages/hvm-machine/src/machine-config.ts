/**
 * The one configuration of a machine, and its check. xl.cfg text, command-line flags and this object are three spellings
 * of it; the names are Xen's where Xen has one.
 */
import type { BlockBackend } from "pc-devices";
import { findPersonality, personalities, type RemovableDevice } from "vmport-backdoor";

export interface MachineConfig {
  /** Default `guest`. */
  readonly name?: string;
  /** RAM in MiB, 1–3072. Default 64. */
  readonly memory?: number;
  /** 1–8. Default 1. */
  readonly vcpus?: number;
  /** The guest finds VMware's port at 0x5658. Default: on when `vmwareHw` is not 0. */
  readonly vmwarePort?: boolean;
  /** VMware virtual hardware version: 0 (off), 3, 4, 6–21. From 7 on CPUID shows VMware. Default 0. */
  readonly vmwareHw?: number;
  /** Whose backdoor it is: see `personalityNames`. Default `vmware`. */
  readonly personality?: string;
  readonly viridian?: boolean;
  /** Local APICs and an I/O APIC beside the 8259 pair. Default true. */
  readonly apic?: boolean;
  /** ACPI's fixed hardware and tables. Default true. */
  readonly acpi?: boolean;
  /** The high precision event timer. Default true. */
  readonly hpet?: boolean;
  /** A PCI bus with a host bridge, an ISA bridge and a virtio entropy device. Default true. */
  readonly pci?: boolean;
  /** virtio disks, at most 8, in the order of their names in the guest. They need PCI. */
  readonly disks?: readonly MachineDisk[];
  /** virtio network cards, at most 4; frames go through `devices.networks`. They need PCI. Default: none. */
  readonly networks?: readonly MachineNetwork[];
  /** A virtio console, in a guest with the driver `hvc0`; needs PCI. Its bytes go through `devices.console`. Default false. */
  readonly virtioConsole?: boolean;
  /** A VGA at its old addresses, and on PCI with a linear framebuffer. Default: on with `firmware`, else off. */
  readonly vga?: boolean;
  /** Video memory in MiB: 1, 2, 4, 8 or 16. Default 16. */
  readonly videoRam?: number;
  /** Firmware that the processor starts in. Default: none; an image of `guest-loader` starts as if firmware had been there. */
  readonly firmware?: MachineFirmware;
  readonly nestedHvm?: boolean;
  /** guestinfo.* variables, without that prefix. */
  readonly guestinfo?: Readonly<Record<string, string | Uint8Array>>;
  /** 0: the plain TypeScript evaluator; 1: WebAssembly. Default 1. */
  readonly tier?: 0 | 1;
  /** Frequency of the time-stamp counter in kHz. Default 2,600,000. */
  readonly tscKhz?: number;
  /** Instructions per second of virtual time. Default 10^9: one instruction is one nanosecond. */
  readonly instructionsPerSecond?: number;
  /** Wall-clock time at power-on, ns since 1970-01-01 UTC. Default 2026-01-01 00:00:00 UTC, so that runs repeat. */
  readonly startTimeNs?: bigint;
  /** Local time minus UTC in seconds. Default 0. */
  readonly timeOffsetSeconds?: number;
  /** Seed of all randomness in the machine. Default 0x564d5868. */
  readonly seed?: number;
  /** 16 bytes. */
  readonly uuid?: Uint8Array;
  readonly buildNumber?: number;
  readonly screen?: { readonly width: number; readonly height: number };
  /** `machine.id`, which a guest reads by RPCI. Default: none. */
  readonly machineId?: string;
  /** Removable devices that a guest may list and disconnect. Default: none. */
  readonly removableDevices?: readonly RemovableDevice[];
  /** GET_VCPU_INFO tells that x2APIC works without interrupt remapping. Default false. */
  readonly legacyX2apic?: boolean;
  /** Hypercall instruction that serves the backdoor beside the port, announced by CPUID leaf 0x40000010. Default `none`. */
  readonly vmwareHypercall?: VmwareHypercall;
  /** Virtual ns between pings to the guest's tools. Default: none. */
  readonly toolsPingNs?: bigint;
  /** Gets the lines that a guest writes into its host's log (RPCI `log`). Not part of a saved state. */
  readonly guestLog?: (text: string) => void;
  /** Xen's forced emulation prefix (`hvm_fep`): `ud2a; .ascii "xen"` before an instruction is skipped. Default false. */
  readonly forcedEmulation?: boolean;
  /** Gets the text that a guest writes to Xen's console: hypercall console_io, and the console ring. Not part of a saved state. */
  readonly xenConsole?: (bytes: Uint8Array) => void;
  /** `vmport_debug=` mask; see vmport-debug-log. Default 0. */
  readonly vmportDebug?: number;
  /** Whose rules VM exits follow. Default `vmx`. */
  readonly flavour?: "vmx" | "svm";
  /** CPUID features added to and taken from x86-64-v2. */
  readonly cpuid?: { readonly enable?: readonly string[]; readonly mask?: readonly string[] };
}

/** Both: open-vm-tools takes VMCALL, Linux the port. */
export type VmwareHypercall = "none" | "vmcall" | "vmmcall" | "both";

export interface MachineDisk {
  /** Where its sectors are; what it holds is not part of a saved machine. */
  readonly backend: BlockBackend;
  /** At most 20 ASCII characters. Default `disk0` and so on. */
  readonly serial?: string;
}

export interface MachineNetwork {
  /** Six bytes, not a group address. Default 00:16:3e and three bytes from `uuid` and its place, as xl makes them. */
  readonly mac?: Uint8Array;
  /** Is the cable in at power-on? Default true. */
  readonly linkUp?: boolean;
}

/** As xl.cfg's `boot` has them: `c` disks, `n` network cards. */
export const BOOT_LETTERS = "cn";

export interface MachineFirmware {
  /** A BIOS such as SeaBIOS for QEMU: it ends at 4 GiB, and its last 128 KiB stand at 0xe0000 too. A multiple of 64 KiB up to 4 MiB. */
  readonly bios: Uint8Array;
  /** Option ROM of the VGA. Without it there is a VGA that nobody has set up; its text mode works. */
  readonly vgaBios?: Uint8Array;
  /** What it tries in which order: letters of {@link BOOT_LETTERS}. Default `cn`. */
  readonly boot?: string;
  /** Files of fw_cfg beside the board's own, by name: option ROMs as `genroms/NAME`, settings as `etc/NAME`, others as `opt/NAME`. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

export interface CompleteFirmware {
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array | undefined;
  readonly boot: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** A configuration with every default filled in. */
export interface CompleteConfig {
  readonly name: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly vmwarePort: boolean;
  readonly vmwareHw: number;
  readonly personality: string;
  readonly viridian: boolean;
  readonly apic: boolean;
  readonly acpi: boolean;
  readonly hpet: boolean;
  readonly pci: boolean;
  readonly disks: readonly MachineDisk[];
  readonly networks: readonly { readonly mac: Uint8Array; readonly linkUp: boolean }[];
  readonly virtioConsole: boolean;
  readonly vga: boolean;
  readonly videoRam: number;
  readonly firmware: CompleteFirmware | undefined;
  readonly nestedHvm: boolean;
  readonly guestinfo: Readonly<Record<string, string | Uint8Array>>;
  readonly tier: 0 | 1;
  readonly tscKhz: number;
  readonly instructionsPerSecond: number;
  readonly startTimeNs: bigint;
  readonly timeOffsetSeconds: number;
  readonly seed: number;
  readonly uuid: Uint8Array;
  readonly buildNumber: number;
  readonly screen: { readonly width: number; readonly height: number } | undefined;
  readonly machineId: string | undefined;
  readonly removableDevices: readonly RemovableDevice[];
  readonly legacyX2apic: boolean;
  readonly vmwareHypercall: VmwareHypercall;
  readonly toolsPingNs: bigint | undefined;
  readonly guestLog: ((text: string) => void) | undefined;
  readonly forcedEmulation: boolean;
  readonly xenConsole: ((bytes: Uint8Array) => void) | undefined;
  readonly vmportDebug: number;
  readonly flavour: "vmx" | "svm";
  readonly cpuid: { readonly enable: readonly string[]; readonly mask: readonly string[] };
}

/** A setting that cannot be: names it, what was expected and what was found. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** The configuration's own name of the setting. */
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(`${setting}: ${message}`);
    this.setting = setting;
  }
}

export const personalityNames: readonly string[] = personalities.map(({ name }) => name);

/** 2026-01-01 00:00:00 UTC. */
const DEFAULT_START_NS = 1_767_225_600_000_000_000n;
const MAX_DISKS = 8;
const MAX_NETWORKS = 4;
const VIDEO_RAM_MIB: readonly number[] = [1, 2, 4, 8, 16];
const BIOS_STEP = 0x1_0000;
const MAX_BIOS = 0x40_0000;
const MAX_OPTION_ROM = 0x4_0000;
const FILE_NAME_CHARACTERS = 55;
/** fw_cfg files that say what the board is: nobody else's to give. */
const BOARD_FILES = /^(?:etc\/(?:e820|table-loader|acpi\/|smbios\/)|bootorder$)/;
const HARDWARE_VERSIONS = [0, 3, 4, ...Array.from({ length: 16 }, (_, index) => index + 6)];

/** Fills in defaults. @throws ConfigError */
export function completeConfig(config: MachineConfig): CompleteConfig {
  const whole = (setting: string, value: number, low: number, high: number): number => {
    if (!Number.isInteger(value) || value < low || value > high)
      throw new ConfigError(setting, `a whole number from ${low} to ${high} expected, found ${value}`);
    return value;
  };
  const vmwareHw = config.vmwareHw ?? 0;
  if (!HARDWARE_VERSIONS.includes(vmwareHw))
    throw new ConfigError("vmware_hw", `0, 3, 4 or 6 to 21 expected, found ${vmwareHw}`);
  const personality = config.personality ?? "vmware";
  if (!findPersonality(personality).ok)
    throw new ConfigError(
      "personality",
      `one of ${personalityNames.join(", ")} expected, found ${JSON.stringify(personality)}`,
    );
  const uuid = config.uuid ?? new Uint8Array([0x56, 0x4d, 0x58, 0x68, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1]);
  if (uuid.length !== 16) throw new ConfigError("uuid", `16 bytes expected, found ${uuid.length}`);
  const { pci = true, disks = [] } = config;
  if (disks.length > MAX_DISKS) throw new ConfigError("disk", `at most ${MAX_DISKS} expected, found ${disks.length}`);
  if (disks.length > 0 && !pci) throw new ConfigError("disk", "disks are on the PCI bus, and pci is off");
  const { networks = [], virtioConsole = false, firmware, videoRam = 16 } = config;
  if (networks.length > MAX_NETWORKS)
    throw new ConfigError("vif", `at most ${MAX_NETWORKS} expected, found ${networks.length}`);
  if (networks.length > 0 && !pci) throw new ConfigError("vif", "network cards are on the PCI bus, and pci is off");
  if (virtioConsole && !pci) throw new ConfigError("virtio_console", "it is on the PCI bus, and pci is off");
  if (!VIDEO_RAM_MIB.includes(videoRam))
    throw new ConfigError("videoram", `${VIDEO_RAM_MIB.join(", ")} MiB expected, found ${videoRam}`);
  return {
    name: config.name ?? "guest",
    memory: whole("memory", config.memory ?? 64, 1, 3072),
    vcpus: whole("vcpus", config.vcpus ?? 1, 1, 8),
    vmwarePort: config.vmwarePort ?? vmwareHw !== 0,
    vmwareHw,
    personality,
    viridian: config.viridian ?? false,
    apic: config.apic ?? true,
    acpi: config.acpi ?? true,
    hpet: config.hpet ?? true,
    pci,
    disks,
    networks: networks.map(({ mac, linkUp }, index) => ({
      mac: mac === undefined ? defaultMac(uuid, index) : checkedMac(mac),
      linkUp: linkUp ?? true,
    })),
    virtioConsole,
    vga: config.vga ?? firmware !== undefined,
    videoRam,
    firmware: firmware === undefined ? undefined : completeFirmware(firmware),
    nestedHvm: config.nestedHvm ?? false,
    guestinfo: config.guestinfo ?? {},
    tier: config.tier ?? 1,
    tscKhz: whole("tsc_khz", config.tscKhz ?? 2_600_000, 1000, 0xffff_ffff),
    instructionsPerSecond: whole("instructions_per_second", config.instructionsPerSecond ?? 1_000_000_000, 1, 1e12),
    startTimeNs: config.startTimeNs ?? DEFAULT_START_NS,
    timeOffsetSeconds: whole("rtc_timeoffset", config.timeOffsetSeconds ?? 0, -86_400, 86_400),
    seed: whole("seed", config.seed ?? 0x564d_5868, 0, 0xffff_ffff),
    uuid,
    buildNumber: config.buildNumber ?? 0,
    screen: config.screen,
    machineId: config.machineId,
    // Copies: the guest connects and disconnects them, and a configuration may serve twice.
    removableDevices: (config.removableDevices ?? []).map((device) => ({ ...device })),
    legacyX2apic: config.legacyX2apic ?? false,
    vmwareHypercall: config.vmwareHypercall ?? "none",
    toolsPingNs: config.toolsPingNs,
    guestLog: config.guestLog,
    forcedEmulation: config.forcedEmulation ?? false,
    xenConsole: config.xenConsole,
    vmportDebug: config.vmportDebug ?? 0,
    flavour: config.flavour ?? "vmx",
    cpuid: { enable: config.cpuid?.enable ?? [], mask: config.cpuid?.mask ?? [] },
  };
}

function completeFirmware({ bios, vgaBios, boot = BOOT_LETTERS, files = {} }: MachineFirmware): CompleteFirmware {
  if (bios.length === 0 || bios.length > MAX_BIOS || bios.length % BIOS_STEP !== 0)
    throw new ConfigError("bios", `an image of a multiple of 64 KiB up to 4 MiB expected, found ${bios.length} bytes`);
  if (vgaBios !== undefined) checkOptionRom("vgabios", vgaBios);
  const letters = [...boot];
  if (letters.length === 0 || letters.some((one, at) => !BOOT_LETTERS.includes(one) || boot.indexOf(one) !== at))
    throw new ConfigError(
      "boot",
      `letters of "${BOOT_LETTERS}" (c: disks, n: network), each once, expected, found ${JSON.stringify(boot)}`,
    );
  for (const [name, bytes] of Object.entries(files)) {
    if (name.length === 0 || name.length > FILE_NAME_CHARACTERS || /[^\x21-\x7e]/.test(name))
      throw new ConfigError(
        "fw_cfg",
        `a name of 1 to ${FILE_NAME_CHARACTERS} printable ASCII characters expected, found ${JSON.stringify(name)}`,
      );
    if (BOARD_FILES.test(name)) throw new ConfigError("fw_cfg", `${name} is the board's own`);
    if (name.endsWith(".rom")) checkOptionRom(name, bytes);
  }
  return { bios, vgaBios, boot, files };
}

/** Plug and Play BIOS Specification 1.0A §3.1: 55 aa, then the length in units of 512 bytes. */
function checkOptionRom(setting: string, bytes: Uint8Array): void {
  if (bytes[0] !== 0x55 || bytes[1] !== 0xaa)
    throw new ConfigError(setting, "an option ROM expected, which begins with 55 aa");
  if (bytes.length > MAX_OPTION_ROM)
    throw new ConfigError(setting, `at most ${MAX_OPTION_ROM} bytes expected, found ${bytes.length}`);
}

/** Xen's own prefix, as xl takes for a card without an address. */
const defaultMac = (uuid: Uint8Array, index: number): Uint8Array =>
  Uint8Array.of(0x00, 0x16, 0x3e, uuid[13]! & 0x7f, uuid[14]!, (uuid[15]! + index) & 0xff);

function checkedMac(mac: Uint8Array): Uint8Array {
  if (mac.length !== 6 || (mac[0]! & 1) !== 0)
    throw new ConfigError("vif", `a MAC address of 6 bytes that is no group's expected, found [${mac.join(", ")}]`);
  return mac.slice();
}
