/** What firmware would have put into memory before a kernel starts: ACPI and SMBIOS tables of a configuration. */
import { type MemoryRange, pcMemoryMap } from "guest-loader";
import { acpiPm, hpet, ioApic, localApic, pmTimer, resetControl } from "pc-devices";
import { personalityOf } from "../backdoor-wiring.ts";
import { ACPI_TABLES_AT, IO_APIC_ID, PCI_LINES, PCI_MEMORY, SCI_IRQ, SMBIOS_AT } from "../board-constants.ts";
import { type CompleteConfig, completeConfig, type MachineConfig } from "../machine-config.ts";
import { type AcpiTables, buildAcpiTables } from "./acpi-tables.ts";
import { buildSmbios } from "./smbios.ts";

const MIB = 0x10_0000;
/** Full reset, CPU included (82371SB, Reset Control Register). */
const RESET_VALUE = 6;
const S5_TYPE = 5;

/** What a loader of `guest-loader` needs to know of the machine that will boot its image. */
export interface BootEnvironment {
  readonly memorySize: number;
  readonly memoryMap: readonly MemoryRange[];
  readonly rsdp?: number;
  /** There is a VGA, in text mode as firmware leaves it. */
  readonly vgaText?: boolean;
}

/** @throws ConfigError */
export function bootEnvironment(config: MachineConfig): BootEnvironment {
  const { memory, acpi, vga } = completeConfig(config);
  const memorySize = memory * MIB;
  return {
    memorySize,
    memoryMap: pcMemoryMap(memorySize),
    ...(acpi ? { rsdp: ACPI_TABLES_AT } : {}),
    ...(vga ? { vgaText: true } : {}),
  };
}

/** Does the machine say that it is VMware's? A personality without ports is a machine without a hypervisor. */
export const showsVmware = ({ vmwareHw, personality }: CompleteConfig): boolean =>
  vmwareHw !== 0 && personalityOf(personality).ports.length > 0;

/** Where a machine without firmware has them. */
export function firmwareTables(
  config: CompleteConfig,
): readonly { readonly address: number; readonly bytes: Uint8Array }[] {
  return [
    ...(config.acpi ? [{ address: ACPI_TABLES_AT, bytes: acpiTables(config, ACPI_TABLES_AT).bytes }] : []),
    { address: SMBIOS_AT, bytes: smbiosTables(config, SMBIOS_AT) },
  ];
}

export const smbiosTables = (config: CompleteConfig, base: number): Uint8Array => {
  const { uuid, vcpus, memory } = config;
  return buildSmbios({ vmware: showsVmware(config), uuid, vcpus, memoryMb: memory }, base);
};

export function acpiTables({ apic, hpet: hasHpet, pci, vcpus }: CompleteConfig, base: number): AcpiTables {
  const [pm1, gpe0] = acpiPm.ranges;
  const baseOf = (model: { readonly ranges: readonly { readonly base: number }[] }): number => model.ranges[0]!.base;
  const board = {
    pm1Event: pm1!.base,
    pm1Control: pm1!.base + 4,
    pmTimer: baseOf(pmTimer),
    gpe0: { base: gpe0!.base, bytes: gpe0!.size },
    sciIrq: SCI_IRQ,
    s5Type: S5_TYPE,
    reset: { port: baseOf(resetControl), value: RESET_VALUE },
    apic: apic
      ? {
          ids: Array.from({ length: vcpus }, (_, id) => id),
          address: baseOf(localApic),
          ioApic: { id: IO_APIC_ID, address: baseOf(ioApic) },
        }
      : undefined,
    hpet: hasHpet ? baseOf(hpet) : undefined,
    hasI8042: true,
    pci: pci ? { memory: PCI_MEMORY, ...PCI_LINES } : undefined,
  };
  return buildAcpiTables(board, base);
}
