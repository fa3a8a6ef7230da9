/** Facts of the board that devices, tables and the backdoor share. */

/** Input of the local APICs' timers; the backdoor tells it as well (command 45, ECX). */
export const APIC_BUS_HZ = 100_000_000;
/** ACPI's interrupt, level-triggered. */
export const SCI_IRQ = 9;
/** Above every local APIC's: at most eight processors. */
export const IO_APIC_ID = 8;
/** Where PIRQA–PIRQD lead: pins of the I/O APIC, and lines of the 8259 pair as SeaBIOS sets the router. */
export const PCI_LINES = { gsis: [16, 17, 18, 19], irqs: [10, 10, 11, 11] } as const;
/** Guest-physical memory for PCI's base address registers. */
export const PCI_MEMORY = { from: 0xe000_0000, to: 0xfebf_ffff } as const;
/** Where ACPI's and SMBIOS' tables stand: the second in the range in which guests look for its entry point. */
export const ACPI_TABLES_AT = 0xe_0000;
export const SMBIOS_AT = 0xf_0000;
/** PCI slots: the bridges are in 0 and 1. The first of those that may be several. */
export const CARD_SLOTS = { vga: 2, rng: 3, disks: 4, networks: 12, console: 16 } as const;
