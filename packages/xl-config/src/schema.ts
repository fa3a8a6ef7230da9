/**
 * The settings of a machine as data: their names in xl.cfg, on a command line and with QEMU, their kinds and limits, and the field of the
 * configuration object. Whoever reads settings from anywhere, or explains them, reads this.
 *
 * Sources: Xen `docs/man/xl.cfg.5.pod.in`; D. Slutz, "Xen VMware tools support" patches 02 and 05 (vmware_hw, vmware_hwver,
 * vmware_port); QEMU `qemu-options.hx`. Rows marked `own` are this project's.
 */

export type SettingKind =
  | { readonly kind: "string" }
  /** `MiB`: on a command line M and G are understood. */
  | { readonly kind: "number"; readonly least: number; readonly most: number; readonly unit?: "MiB" }
  /** 0 is false, any other number true. `refused`: why it cannot be true. */
  | { readonly kind: "boolean"; readonly refused?: string }
  /** `refused`: words that xl knows, and why they cannot be here. */
  | {
      readonly kind: "choice";
      readonly choices: readonly string[];
      readonly refused?: Readonly<Record<string, string>>;
    }
  /** xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx. */
  | { readonly kind: "uuid" }
  /** A date and time of ISO 8601. */
  | { readonly kind: "time" }
  /** A list of strings, or one string. */
  | { readonly kind: "strings" }
  /** A list of disks, or one. */
  | { readonly kind: "disks" }
  /** A list of network cards, or one. */
  | { readonly kind: "vifs" }
  /** NAME=0 or NAME=1, a list or separated by commas. xl's leading `host` is nothing. */
  | { readonly kind: "switches" }
  /** A list of KEY=VALUE; every key `guestinfo.NAME` is one as well. */
  | { readonly kind: "pairs" }
  /** A mask: a number, or words for somebody else to understand. */
  | { readonly kind: "text-or-number" };

export interface SettingRow {
  /** In xl.cfg. */
  readonly key: string;
  /** On a command line, without dashes. */
  readonly flag: string;
  /** Property of MachineSettings. */
  readonly field: string;
  readonly type: SettingKind;
  /** Other names in xl.cfg, and with `-` for `_` on a command line. */
  readonly aliases?: readonly string[];
  /** Further names on a command line. */
  readonly short?: readonly string[];
  /** How QEMU's command line says it; whoever reads that translates it. */
  readonly qemu?: readonly string[];
  /** Not Xen's. */
  readonly own?: true;
  /** `domain`: of use to any program. Else only to a whole machine. */
  readonly scope?: "domain";
  /** What a help text calls its value. Default: from the kind. */
  readonly value?: string;
  /** What holds when it is not set, for people. */
  readonly standard?: string;
  /** One line for a help text. */
  readonly help: string;
}

const actions = {
  kind: "choice",
  choices: ["destroy", "restart"],
  refused: {
    "rename-restart": "a domain that has ended is not kept",
    preserve: "a domain that has ended is not kept",
    "coredump-destroy": "no core dump is written",
    "coredump-restart": "no core dump is written",
    "soft-reset": "there is no soft reset",
  },
} as const satisfies SettingKind;

export const settingRows = [
  {
    key: "name",
    flag: "name",
    field: "name",
    type: { kind: "string" },
    qemu: ["-name"],
    standard: "the image's file",
    help: "name of the domain",
  },
  {
    key: "memory",
    flag: "memory",
    field: "memory",
    type: { kind: "number", least: 1, most: 3072, unit: "MiB" },
    short: ["m"],
    qemu: ["-m"],
    scope: "domain",
    value: "MIB",
    help: "RAM in MiB; a flag understands G as well",
  },
  {
    key: "vcpus",
    flag: "vcpus",
    field: "vcpus",
    type: { kind: "number", least: 1, most: 8 },
    short: ["smp"],
    qemu: ["-smp"],
    standard: "1",
    help: "number of virtual processors",
  },
  {
    key: "kernel",
    flag: "kernel",
    field: "kernel",
    type: { kind: "string" },
    qemu: ["-kernel"],
    value: "FILE",
    help: "image to boot: Linux, multiboot, ELF, boot sector",
  },
  {
    key: "ramdisk",
    flag: "initrd",
    field: "ramdisk",
    type: { kind: "strings" },
    qemu: ["-initrd"],
    value: "FILE|DIR",
    help: "Linux' initial file system, again for more; a folder is packed as it is",
  },
  {
    key: "module",
    flag: "module",
    field: "module",
    type: { kind: "strings" },
    own: true,
    value: "FILE",
    help: "a module for the image (multiboot, PVH), again for more",
  },
  {
    key: "root",
    flag: "root-device",
    field: "root",
    type: { kind: "string" },
    value: "DEVICE",
    help: "root=DEVICE before extra on the kernel command line",
  },
  {
    key: "extra",
    flag: "append",
    field: "extra",
    type: { kind: "string" },
    qemu: ["-append"],
    value: "TEXT",
    help: "kernel command line",
  },
  {
    key: "cmdline",
    flag: "cmdline",
    field: "cmdline",
    type: { kind: "string" },
    value: "TEXT",
    help: "the whole kernel command line: root and extra do not count",
  },
  {
    key: "disk",
    flag: "disk",
    field: "disk",
    type: { kind: "disks" },
    qemu: ["-drive", "-hda", "-hdb", "-hdc", "-hdd", "-cdrom", "-snapshot"],
    value: "FILE[,ro|rw|snapshot]",
    help: "a raw image as virtio disk, again for more; snapshot (default) leaves the file as it is; xl's TARGET,FORMAT,VDEV,ACCESS too",
  },
  {
    key: "vif",
    flag: "vif",
    field: "vif",
    type: { kind: "vifs" },
    qemu: ["-nic", "-device", "-netdev"],
    value: "mac=MAC",
    help: "a virtio network card, again for more; nothing is at the other end of its cable",
  },
  {
    key: "serial",
    flag: "serial",
    field: "serial",
    type: { kind: "strings" },
    qemu: ["-serial", "-nographic"],
    value: "stdio|none|unix:PATH|FILE",
    standard: "stdio; null with --json",
    help: "where COM1 leads: this terminal, nowhere, a socket, a file",
  },
  {
    key: "virtio_console",
    flag: "virtio-console",
    field: "virtioConsole",
    type: { kind: "boolean" },
    own: true,
    standard: "0",
    help: "a virtio console (hvc0 in Linux) on this terminal beside COM1",
  },
  {
    key: "uuid",
    flag: "uuid",
    field: "uuid",
    type: { kind: "uuid" },
    qemu: ["-uuid"],
    help: "identity of the machine",
  },
  {
    key: "vmware_port",
    flag: "vmware-port",
    field: "vmwarePort",
    type: { kind: "boolean" },
    qemu: ["-machine"],
    scope: "domain",
    standard: "on when vmware_hw is not 0",
    help: "the guest finds VMware's port 0x5658",
  },
  {
    key: "vmware_hw",
    flag: "vmware-hw",
    field: "vmwareHw",
    type: { kind: "number", least: 0, most: 21 },
    aliases: ["vmware_hwver"],
    scope: "domain",
    standard: "11; 0 in xl.cfg",
    help: "VMware virtual hardware version; from 7 on CPUID shows VMware",
  },
  {
    key: "personality",
    flag: "personality",
    field: "personality",
    type: {
      kind: "choice",
      choices: ["vmware", "xen-v6", "xen-v14", "qemu", "qemu-old", "kvm", "virtualbox", "bare-metal"],
    },
    own: true,
    scope: "domain",
    value: "NAME",
    standard: "vmware",
    help: "whose backdoor the guest finds",
  },
  {
    key: "guestinfo",
    flag: "guestinfo",
    field: "guestinfo",
    type: { kind: "pairs" },
    own: true,
    scope: "domain",
    help: "a guestinfo.* variable, again for more; KEY=@FILE takes the file's bytes, @@ is an @",
  },
  {
    key: "machine_id",
    flag: "machine-id",
    field: "machineId",
    type: { kind: "string" },
    own: true,
    scope: "domain",
    value: "TEXT",
    help: "what the guest reads by machine.id.get",
  },
  {
    key: "removable",
    flag: "removable",
    field: "removable",
    type: { kind: "switches" },
    own: true,
    scope: "domain",
    help: "a removable device of that name, connected (1) or not, again for more",
  },
  {
    key: "vmware_hypercall",
    flag: "vmware-hypercall",
    field: "vmwareHypercall",
    type: { kind: "choice", choices: ["none", "vmcall", "vmmcall", "both"] },
    own: true,
    scope: "domain",
    standard: "none",
    help: "instruction that serves the backdoor beside the port",
  },
  {
    key: "vmport_debug",
    flag: "vmport-debug",
    field: "vmportDebug",
    type: { kind: "text-or-number" },
    own: true,
    scope: "domain",
    value: "MASK",
    help: "log backdoor accesses, Xen's way: all, names (trace,error,after,gp,recv,send…) or a number",
  },
  {
    key: "acpi",
    flag: "acpi",
    field: "acpi",
    type: { kind: "boolean" },
    qemu: ["-no-acpi"],
    standard: "1",
    help: "ACPI's tables and fixed hardware",
  },
  {
    key: "apic",
    flag: "apic",
    field: "apic",
    type: { kind: "boolean" },
    standard: "1",
    help: "local APICs and an I/O APIC",
  },
  {
    key: "hpet",
    flag: "hpet",
    field: "hpet",
    type: { kind: "boolean" },
    qemu: ["-no-hpet"],
    standard: "1",
    help: "the high precision event timer",
  },
  {
    key: "vga",
    flag: "vga",
    field: "vga",
    type: {
      kind: "choice",
      choices: ["none", "stdvga"],
      refused: {
        cirrus: "no Cirrus card is simulated; stdvga is",
        qxl: "no QXL card is simulated; stdvga is",
      },
    },
    qemu: ["-vga", "-display"],
    standard: "stdvga with firmware, else none",
    help: "a VGA with text modes and a linear framebuffer",
  },
  {
    key: "stdvga",
    flag: "stdvga",
    field: "stdvga",
    type: { kind: "boolean" },
    help: 'xl\'s older way to say vga="stdvga"',
  },
  {
    key: "videoram",
    flag: "videoram",
    field: "videoRam",
    type: { kind: "number", least: 1, most: 16, unit: "MiB" },
    value: "MIB",
    standard: "16",
    help: "video memory in MiB: 1, 2, 4, 8 or 16",
  },
  {
    key: "bios_path_override",
    flag: "bios",
    field: "bios",
    type: { kind: "string" },
    qemu: ["-bios"],
    value: "FILE",
    help: "a BIOS such as SeaBIOS for QEMU, instead of a kernel",
  },
  {
    key: "vga_bios",
    flag: "vga-bios",
    field: "vgaBios",
    type: { kind: "string" },
    own: true,
    value: "FILE",
    help: "option ROM of the VGA, for the BIOS",
  },
  {
    key: "option_rom",
    flag: "option-rom",
    field: "optionRom",
    type: { kind: "strings" },
    own: true,
    qemu: ["-option-rom"],
    value: "FILE",
    help: "an option ROM for the BIOS, such as iPXE, again for more",
  },
  {
    key: "boot",
    flag: "boot",
    field: "boot",
    type: { kind: "string" },
    qemu: ["-boot"],
    value: "LETTERS",
    standard: "cn",
    help: "what the BIOS tries in which order: c disks, n network",
  },
  {
    key: "fw_cfg",
    flag: "fw-cfg",
    field: "fwCfg",
    type: { kind: "pairs" },
    own: true,
    qemu: ["-fw_cfg"],
    value: "NAME=TEXT",
    help: "a file of the firmware's configuration device, again for more; NAME=@FILE takes the file's bytes",
  },
  {
    key: "firmware_override",
    flag: "firmware-override",
    field: "firmwareOverride",
    type: { kind: "string" },
    value: "FILE",
    help: "an ELF image in the place of hvmloader, entered as Xen enters it",
  },
  {
    key: "viridian",
    flag: "viridian",
    field: "viridian",
    type: { kind: "boolean", refused: "this machine does not offer Microsoft's hypervisor interface" },
    standard: "0",
    help: "Microsoft's hypervisor interface: not here",
  },
  {
    key: "nestedhvm",
    flag: "nestedhvm",
    field: "nestedHvm",
    type: { kind: "boolean" },
    standard: "0",
    help: "Xen's parameter of that name; the processor has no VMX and no SVM all the same",
  },
  {
    key: "on_poweroff",
    flag: "on-poweroff",
    field: "onPoweroff",
    type: actions,
    standard: "destroy",
    help: "what follows when the guest powers off",
  },
  {
    key: "on_reboot",
    flag: "on-reboot",
    field: "onReboot",
    type: actions,
    qemu: ["-no-reboot"],
    standard: "destroy, where xl has restart",
    help: "what follows when the guest reboots",
  },
  {
    key: "on_crash",
    flag: "on-crash",
    field: "onCrash",
    type: actions,
    standard: "destroy",
    help: "what follows a crash or triple fault",
  },
  {
    key: "cpuid",
    flag: "cpuid",
    field: "cpuid",
    type: { kind: "switches" },
    scope: "domain",
    value: "FEATURE=0|1",
    help: "a CPU feature shown (1) beyond x86-64-v2 or hidden (0), named as x86-decode does: aes, bmi2, sse4-2 …; again for more",
  },
  {
    key: "hvm_fep",
    flag: "hvm-fep",
    field: "forcedEmulation",
    type: { kind: "boolean" },
    own: true,
    standard: "0",
    help: "Xen's forced emulation prefix (its hvm_fep): an instruction behind it is executed as if the prefix were not there",
  },
  {
    key: "rtc_timeoffset",
    flag: "rtc-timeoffset",
    field: "timeOffsetSeconds",
    type: { kind: "number", least: 0, most: 86_400 },
    value: "SECONDS",
    standard: "0",
    help: "local time minus UTC in seconds",
  },
  {
    key: "start_time",
    flag: "start-time",
    field: "startTimeNs",
    type: { kind: "time" },
    own: true,
    scope: "domain",
    qemu: ["-rtc"],
    value: "ISO",
    standard: "2026-01-01T00:00:00Z",
    help: "wall-clock time at power-on",
  },
  {
    key: "tier",
    flag: "tier",
    field: "tier",
    type: { kind: "number", least: 0, most: 1 },
    own: true,
    scope: "domain",
    value: "0|1",
    standard: "1",
    help: "engine: 0 plain TypeScript, 1 WebAssembly",
  },
  {
    key: "tsc_khz",
    flag: "tsc-khz",
    field: "tscKhz",
    type: { kind: "number", least: 1000, most: 0xffff_ffff },
    own: true,
    scope: "domain",
    standard: "2600000",
    help: "frequency of the time-stamp counter",
  },
  {
    key: "seed",
    flag: "seed",
    field: "seed",
    type: { kind: "number", least: 0, most: 0xffff_ffff },
    own: true,
    scope: "domain",
    qemu: ["-seed"],
    help: "seed of all randomness in the machine",
  },
] as const satisfies readonly SettingRow[];

/** Keys of Xen that change nothing here: they are accepted with a warning, so that a file written for xl can be used as it is. */
export const ignoredKeys: ReadonlySet<string> = new Set(
  [
    // Where and how much a domain runs: there is one host thread.
    "pool cpus cpus_soft cpu_weight cap maxvcpus vnuma numa_placement",
    // Memory.
    "maxmem shadow_memory hap oos mmio_hole rdm rdm_mem_boundary max_grant_frames max_maptrack_frames max_grant_version",
    "claim_mode altp2m altp2mhvm",
    // Security labels, events, migration.
    "seclabel init_seclabel max_event_channels event_channels nomigrate driver_domain on_watchdog on_soft_reset",
    "vmtrace_buf_kb vpmu xenstore_feature_mask suppress_spurious_page_faults",
    // Processor and chipset.
    "nx pae acpi_s3 acpi_s4 acpi_laptop_slate smbios_firmware acpi_firmware smbios ms_vm_genid",
    "tsc_mode localtime vpt_align timer_mode hdtype bios",
    // Devices and their back ends.
    "vfb vkb vdispl vsnd channel vtpm p9 pvcalls usbctrl usbdev pci pci_permissive pci_msitranslate pci_seize",
    "pci_power_mgmt gfx_passthru dtdev ioports iomem irqs passthrough vendor_device xen_platform_pci",
    "usb usbversion usbdevice soundhw vkb_device",
    // Somebody's screen.
    "vnc vnclisten vncdisplay vncunused vncpasswd keymap sdl opengl nographic",
    "spice spicehost spiceport spicetls_port spicedisable_ticketing spicepasswd spiceagent_mouse spicevdagent",
    "spice_clipboard_sharing spiceusbredirection spice_image_compression spice_streaming_video",
    // The device model.
    "device_model_version device_model_override device_model_stubdomain_override device_model_args",
    "device_model_args_hvm device_model_user dm_restrict stubdomain_memory",
  ].flatMap((line) => line.split(" ")),
);

/** Keys whose only good value is this one: another kind of guest is none of ours. */
export const fixedKeys: Readonly<Record<string, string>> = { builder: "hvm", type: "hvm" };
