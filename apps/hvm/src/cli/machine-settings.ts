/** From settings, however they were spelled, to the one configuration of a machine. Files are opened here. */
import { basename } from "node:path";
import { BOOT_LETTERS, type MachineConfig, type MachineFirmware } from "hvm-machine";
import { parseVmportDebug } from "vmport-debug-log";
import type { DiskSpec } from "xl-config";
import { type OpenDisk, openDisk } from "../node/disk-image.ts";
import { readInput } from "../node/read-input.ts";
import type { SettingsSource } from "./settings-source.ts";

export interface MachineDefaults {
  readonly memory?: number;
  readonly vmwareHw?: number;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the properties that nobody has set. */
const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

/** What any domain has, a program's included. @throws CliError */
export function domainConfig(source: SettingsSource, defaults: MachineDefaults): MachineConfig {
  const { settings } = source;
  const { cpuid = [], removable = [] } = settings;
  return {
    ...defaults,
    ...defined({
      memory: settings.memory,
      vmwareHw: settings.vmwareHw,
      vmwarePort: settings.vmwarePort,
      personality: settings.personality,
      machineId: settings.machineId,
      vmwareHypercall: settings.vmwareHypercall,
      startTimeNs: settings.startTimeNs,
      tier: settings.tier as 0 | 1 | undefined,
      tscKhz: settings.tscKhz,
      seed: settings.seed,
      vmportDebug: debugMask(source),
    }),
    guestinfo: contents(source, "guestinfo", settings.guestinfo ?? {}),
    removableDevices: removable.map(([name, connected], index) => ({ name, uniqueId: index + 1, connected })),
    ...(cpuid.length === 0 ? {} : { cpuid: { enable: named(cpuid, true), mask: named(cpuid, false) } }),
  };
}

/** What a whole machine has beside that; disks are the caller's to close. @throws CliError */
export function wholeConfig(
  source: SettingsSource,
  defaults: MachineDefaults,
): Omit<MachineConfig, "disks"> & { readonly disks: readonly OpenDisk[] } {
  const { settings } = source;
  const { vga, stdvga, vif } = settings;
  return {
    ...domainConfig(source, defaults),
    ...defined({
      name: settings.name,
      vcpus: settings.vcpus,
      uuid: settings.uuid,
      acpi: settings.acpi,
      apic: settings.apic,
      hpet: settings.hpet,
      nestedHvm: settings.nestedHvm,
      forcedEmulation: settings.forcedEmulation,
      timeOffsetSeconds: settings.timeOffsetSeconds,
      vga: vga === undefined ? stdvga : vga === "stdvga",
      videoRam: settings.videoRam,
      virtioConsole: settings.virtioConsole,
      networks: vif?.map(({ mac }) => (mac === undefined ? {} : { mac })),
      firmware: firmware(source),
    }),
    disks: openDisks(source),
  };
}

const named = (features: readonly (readonly [string, boolean])[], wanted: boolean): string[] =>
  features.filter(([, state]) => state === wanted).map(([name]) => name);

function debugMask(source: SettingsSource): number | undefined {
  const text = source.settings.vmportDebug;
  if (text === undefined) return undefined;
  const mask = parseVmportDebug(text);
  if (!mask.ok) throw source.fail("vmport_debug", mask.error.message.replace(/^vmport_debug: /, ""));
  return mask.mask;
}

/** Texts, and the bytes of files for `@FILE`. */
function contents(
  source: SettingsSource,
  key: string,
  pairs: Readonly<Record<string, string>>,
): Record<string, string | Uint8Array> {
  return Object.fromEntries(
    Object.entries(pairs).map(([name, text]) => [
      name,
      text.startsWith("@@")
        ? text.slice(1)
        : text.startsWith("@")
          ? readInput(source.path(key, text.slice(1)), `${source.name(key)} ${name}:`)
          : text,
    ]),
  );
}

/** Disks in the order of their names; an empty CD drive is none. @throws CliError */
function openDisks(source: SettingsSource): OpenDisk[] {
  const disks: OpenDisk[] = [];
  try {
    for (const disk of [...(source.settings.disk ?? [])].sort(byName)) {
      const { target, format, vdev, access } = disk;
      if (target === undefined) continue;
      if (format !== "raw")
        throw source.fail(
          "disk",
          `${vdev} has format ${format}; this machine serves raw images`,
          `convert the image: qemu-img convert -O raw ${target} FILE`,
        );
      disks.push(openDisk(source.path("disk", target), access));
    }
    return disks;
  } catch (error) {
    for (const disk of disks) disk.close();
    throw error;
  }
}

const byName = (a: DiskSpec, b: DiskSpec): number => (a.vdev < b.vdev ? -1 : 1);

/** Settings that mean something to a BIOS alone. */
const biosOnly = ["vga_bios", "option_rom", "fw_cfg", "boot"] as const;
const biosFields = { vga_bios: "vgaBios", option_rom: "optionRom", fw_cfg: "fwCfg", boot: "boot" } as const;

function firmware(source: SettingsSource): MachineFirmware | undefined {
  const { bios, vgaBios, boot, optionRom = [], fwCfg = {} } = source.settings;
  const read = (key: string, file: string): Uint8Array => readInput(source.path(key, file), `${source.name(key)}`);
  if (bios === undefined) {
    // Files written for xl say boot= beside a kernel as well; there it has no effect.
    for (const key of biosOnly)
      if (key !== "boot" && source.settings[biosFields[key]] !== undefined)
        throw source.fail(
          key,
          "it is for a BIOS, and there is none",
          "give one: --bios FILE, or bios_path_override in xl.cfg",
        );
    return undefined;
  }
  const encoder = new TextEncoder();
  const texts = Object.entries(contents(source, "fw_cfg", fwCfg)).map(
    ([name, value]) => [name, typeof value === "string" ? encoder.encode(value) : value] as const,
  );
  const roms = optionRom.map((file) => [`genroms/${basename(file)}`, read("option_rom", file)] as const);
  return {
    bios: read("bios_path_override", bios),
    ...(vgaBios === undefined ? {} : { vgaBios: read("vga_bios", vgaBios) }),
    ...(boot === undefined ? {} : { boot: bootOrder(source, boot) }),
    files: Object.fromEntries([...roms, ...texts]),
  };
}

/** xl's letters a and d are drives that this machine has not: what is left counts. */
function bootOrder(source: SettingsSource, boot: string): string {
  const foreign = [...boot].find((letter) => !"acdn".includes(letter));
  if (foreign !== undefined)
    throw source.fail("boot", `letters of a, c, d, n expected, found ${JSON.stringify(foreign)}`);
  // A CD image is a virtio disk like any other.
  const letters = [...boot.replaceAll("d", "c")].filter((letter) => BOOT_LETTERS.includes(letter));
  if (letters.length === 0) throw source.fail("boot", "c (disks) or n (network) expected: there is no floppy drive");
  return [...new Set(letters)].join("");
}
