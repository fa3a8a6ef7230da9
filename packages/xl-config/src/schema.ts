/**
 * The settings of a machine as data: their names in xl.cfg, on a command line and in the configuration object, their kinds
 * and limits. Whoever reads settings from anywhere reads this.
 *
 * Sources: Xen `docs/man/xl.cfg.pod.5`; D. Slutz, "Xen VMware tools support" patches 02 and 05 (vmware_hw, vmware_hwver,
 * vmware_port). Rows marked `own` are this project's.
 */

export type SettingKind =
  | { readonly kind: "string" }
  | { readonly kind: "number"; readonly least: number; readonly most: number }
  /** 0 is false, any other number true. */
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  /** xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx. */
  | { readonly kind: "uuid" }
  /** A list of strings, or one string. */
  | { readonly kind: "strings" }
  /** A list of disks, or one. */
  | { readonly kind: "disks" }
  /** A list of KEY=VALUE; every key `guestinfo.NAME` is one as well. */
  | { readonly kind: "guestinfo" }
  /** A mask: a number, or words for somebody else to understand. */
  | { readonly kind: "text-or-number" };

export interface SettingRow {
  /** In xl.cfg. */
  readonly key: string;
  /** Property of {@link MachineSettings}. */
  readonly field: string;
  readonly type: SettingKind;
  readonly aliases?: readonly string[];
  /** Not Xen's. */
  readonly own?: true;
  /** One line for a help text. */
  readonly help: string;
}

export const settingRows = [
  { key: "name", field: "name", type: { kind: "string" }, help: "name of the domain" },
  { key: "memory", field: "memory", type: { kind: "number", least: 1, most: 3072 }, help: "RAM in MiB" },
  { key: "vcpus", field: "vcpus", type: { kind: "number", least: 1, most: 8 }, help: "number of virtual processors" },
  { key: "kernel", field: "kernel", type: { kind: "string" }, help: "file to boot" },
  { key: "ramdisk", field: "ramdisk", type: { kind: "string" }, help: "initial RAM disk" },
  { key: "root", field: "root", type: { kind: "string" }, help: "root=… before extra on the kernel command line" },
  { key: "extra", field: "extra", type: { kind: "string" }, help: "kernel command line" },
  {
    key: "cmdline",
    field: "cmdline",
    type: { kind: "string" },
    help: "the whole kernel command line: root and extra do not count",
  },
  { key: "disk", field: "disk", type: { kind: "disks" }, help: "disks: target, format, vdev, access" },
  { key: "serial", field: "serial", type: { kind: "strings" }, help: "where serial ports lead: pty, stdio, file:PATH" },
  { key: "uuid", field: "uuid", type: { kind: "uuid" }, help: "identity of the machine" },
  {
    key: "vmware_port",
    field: "vmwarePort",
    type: { kind: "boolean" },
    help: "VMware's backdoor port; default: on when vmware_hw is not 0",
  },
  {
    key: "vmware_hw",
    field: "vmwareHw",
    type: { kind: "number", least: 0, most: 21 },
    aliases: ["vmware_hwver"],
    help: "VMware virtual hardware version; from 7 on CPUID shows VMware",
  },
  { key: "acpi", field: "acpi", type: { kind: "boolean" }, help: "ACPI's tables and fixed hardware; default on" },
  { key: "apic", field: "apic", type: { kind: "boolean" }, help: "local APICs and an I/O APIC; default on" },
  { key: "hpet", field: "hpet", type: { kind: "boolean" }, help: "high precision event timer; default on" },
  { key: "viridian", field: "viridian", type: { kind: "boolean" }, help: "Microsoft's hypervisor interface" },
  { key: "nestedhvm", field: "nestedHvm", type: { kind: "boolean" }, help: "virtualisation inside the guest" },
  {
    key: "rtc_timeoffset",
    field: "timeOffsetSeconds",
    type: { kind: "number", least: 0, most: 86_400 },
    help: "local time minus UTC in seconds",
  },
  { key: "guestinfo", field: "guestinfo", type: { kind: "guestinfo" }, own: true, help: "guestinfo.* variables" },
  {
    key: "personality",
    field: "personality",
    type: {
      kind: "choice",
      choices: ["vmware", "xen-v6", "xen-v14", "qemu", "qemu-old", "kvm", "virtualbox", "bare-metal"],
    },
    own: true,
    help: "whose backdoor the guest finds",
  },
  {
    key: "tier",
    field: "tier",
    type: { kind: "number", least: 0, most: 1 },
    own: true,
    help: "engine: 0 TypeScript, 1 WebAssembly",
  },
  {
    key: "tsc_khz",
    field: "tscKhz",
    type: { kind: "number", least: 1000, most: 0xffff_ffff },
    own: true,
    help: "frequency of the time-stamp counter",
  },
  {
    key: "seed",
    field: "seed",
    type: { kind: "number", least: 0, most: 0xffff_ffff },
    own: true,
    help: "seed of all randomness",
  },
  {
    key: "vmport_debug",
    field: "vmportDebug",
    type: { kind: "text-or-number" },
    own: true,
    help: "what of the backdoor is logged: a mask or names",
  },
] as const satisfies readonly SettingRow[];

/** Keys of Xen that change nothing here: they are accepted with a warning, so that a file written for xl can be used as it is. */
export const ignoredKeys: ReadonlySet<string> = new Set(
  [
    ["bios", "boot", "cpu_weight", "cpuid", "cpus", "device_model_version", "gfx_passthru", "hap", "keymap"],
    [
      "localtime",
      "maxmem",
      "maxvcpus",
      "nx",
      "on_crash",
      "on_poweroff",
      "on_reboot",
      "on_watchdog",
      "pae",
      "pci",
      "sdl",
      "shadow_memory",
    ],
    [
      "soundhw",
      "spice",
      "stdvga",
      "timer_mode",
      "tsc_mode",
      "usb",
      "usbdevice",
      "vfb",
      "vga",
      "videoram",
      "vif",
      "vnc",
      "vnclisten",
      "xen_platform_pci",
    ],
  ].flat(),
);

/** Keys whose only good value is this one: another kind of guest is none of ours. */
export const fixedKeys: Readonly<Record<string, string>> = { builder: "hvm", type: "hvm" };
