/**
 * Every command number there ever was, so that the log can name what nobody implements. Numbers are never reused.
 *
 * Source: open-vm-tools `lib/include/backdoor_def.h` (numbers, names, remarks on privilege and availability).
 */
export interface CommandRow {
  readonly number: number;
  readonly name: string;
  /**
   * `live`: guests may use it. `firmware`: for VMware's own BIOS, EFI or option ROMs. `development`: only in VMware's
   * development builds. `retired`: no longer served. `reserved`: the number was never given out.
   */
  readonly status: "live" | "firmware" | "development" | "retired" | "reserved";
  /** The header allows it at CPL 0 only. */
  readonly cpl0?: true;
  /** The header says it is off unless configured. */
  readonly offByDefault?: true;
  /** Why it is not live, or what else one must know. */
  readonly reason?: string;
}

const drop = "served features that no longer exist";
const dev = "only in VMware's development builds";
const bios = "asked by VMware's BIOS";
const efi = "asked by VMware's EFI firmware";
const nobody = "no user outside VMware's own tests";

export const commandTable: readonly CommandRow[] = [
  { number: 0, name: "NONE", status: "reserved", reason: "never given out" },
  { number: 1, name: "GETMHZ", status: "live" },
  { number: 2, name: "APMFUNCTION", status: "firmware", cpl0: true, reason: bios },
  { number: 3, name: "GETDISKGEO", status: "firmware", reason: bios },
  { number: 4, name: "GETPTRLOCATION", status: "live" },
  { number: 5, name: "SETPTRLOCATION", status: "live" },
  { number: 6, name: "GETSELLENGTH", status: "live", reason: "copy and paste before GuestRPC" },
  { number: 7, name: "GETNEXTPIECE", status: "live", reason: "copy and paste before GuestRPC" },
  { number: 8, name: "SETSELLENGTH", status: "live", reason: "copy and paste before GuestRPC" },
  { number: 9, name: "SETNEXTPIECE", status: "live", reason: "copy and paste before GuestRPC" },
  { number: 10, name: "GETVERSION", status: "live" },
  { number: 11, name: "GETDEVICELISTELEMENT", status: "live" },
  { number: 12, name: "TOGGLEDEVICE", status: "live" },
  { number: 13, name: "GETGUIOPTIONS", status: "live" },
  { number: 14, name: "SETGUIOPTIONS", status: "live" },
  { number: 15, name: "GETSCREENSIZE", status: "live" },
  { number: 16, name: "MONITOR_CONTROL", status: "live", offByDefault: true },
  { number: 17, name: "GETHWVERSION", status: "live" },
  { number: 18, name: "OSNOTFOUND", status: "firmware", cpl0: true, reason: bios },
  { number: 19, name: "GETUUID", status: "live" },
  { number: 20, name: "GETMEMSIZE", status: "live" },
  { number: 21, name: "HOSTCOPY", status: "development", reason: dev },
  { number: 22, name: "PMC", status: "retired", reason: "was the cursor of OS/2 guests, then performance counters" },
  { number: 23, name: "GETTIME", status: "live", reason: "deprecated: seconds end in 2106; GETTIMEFULL replaces it" },
  { number: 24, name: "STOPCATCHUP", status: "live" },
  { number: 25, name: "PUTCHR", status: "live", offByDefault: true },
  { number: 26, name: "ENABLE_MSG", status: "development", reason: dev },
  { number: 27, name: "GOTO_TCL", status: "development", reason: dev },
  { number: 28, name: "INITPCIOPROM", status: "firmware", cpl0: true, reason: "asked by PCI option ROMs" },
  { number: 29, name: "INT13", status: "retired", reason: drop },
  { number: 30, name: "MESSAGE", status: "live" },
  { number: 31, name: "SIDT", status: "live", reason: "descriptor table of the real machine, for old guests" },
  { number: 32, name: "SGDT", status: "live", reason: "descriptor table of the real machine, for old guests" },
  { number: 33, name: "SLDT_STR", status: "live", reason: "descriptor table of the real machine, for old guests" },
  { number: 34, name: "ISACPIDISABLED", status: "live" },
  { number: 35, name: "TOE", status: "retired", reason: drop },
  { number: 36, name: "ISMOUSEABSOLUTE", status: "live" },
  { number: 37, name: "PATCH_SMBIOS_STRUCTS", status: "firmware", cpl0: true, reason: bios },
  { number: 38, name: "MAPMEM", status: "development", reason: dev },
  { number: 39, name: "ABSPOINTER_DATA", status: "live" },
  { number: 40, name: "ABSPOINTER_STATUS", status: "live" },
  { number: 41, name: "ABSPOINTER_COMMAND", status: "live" },
  { number: 42, name: "TIMER_SPONGE", status: "retired", reason: drop },
  { number: 43, name: "PATCH_ACPI_TABLES", status: "retired", reason: drop },
  { number: 44, name: "DEVEL_FAKEHARDWARE", status: "retired", reason: drop },
  { number: 45, name: "GETHZ", status: "live" },
  { number: 46, name: "GETTIMEFULL", status: "live" },
  { number: 47, name: "STATELOGGER", status: "retired", reason: drop },
  { number: 48, name: "CHECKFORCEBIOSSETUP", status: "firmware", cpl0: true, reason: bios },
  { number: 49, name: "LAZYTIMEREMULATION", status: "live", cpl0: true },
  { number: 50, name: "BIOSBBS", status: "firmware", cpl0: true, reason: bios },
  { number: 51, name: "VASSERT", status: "retired", reason: "assertions moved to the high-bandwidth port" },
  { number: 52, name: "ISGOSDARWIN", status: "live" },
  { number: 53, name: "DEBUGEVENT", status: "live", reason: nobody },
  { number: 54, name: "OSNOTMACOSXSERVER", status: "firmware", cpl0: true, reason: efi },
  { number: 55, name: "GETTIMEFULL_WITH_LAG", status: "live" },
  { number: 56, name: "ACPI_HOTPLUG_DEVICE", status: "development", reason: dev },
  { number: 57, name: "ACPI_HOTPLUG_MEMORY", status: "development", reason: dev },
  { number: 58, name: "ACPI_HOTPLUG_CBRET", status: "development", reason: dev },
  { number: 59, name: "GET_HOST_VIDEO_MODES", status: "retired", reason: drop },
  { number: 60, name: "ACPI_HOTPLUG_CPU", status: "development", reason: dev },
  { number: 61, name: "USB_HOTPLUG_MOUSE", status: "retired", reason: drop },
  { number: 62, name: "XPMODE", status: "retired", reason: drop },
  { number: 63, name: "NESTING_CONTROL", status: "live" },
  { number: 64, name: "FIRMWARE_INIT", status: "firmware", cpl0: true, reason: efi },
  { number: 65, name: "FIRMWARE_ACPI_SERVICES", status: "firmware", cpl0: true, reason: efi },
  { number: 66, name: "SENDPSHAREHINTS", status: "retired", reason: "GUEST_PAGE_HINTS replaces it" },
  { number: 67, name: "ENABLE_USB_MOUSE", status: "live" },
  { number: 68, name: "GET_VCPU_INFO", status: "live" },
  { number: 69, name: "EFI_SERIALCON_CONFIG", status: "firmware", cpl0: true, reason: efi },
  { number: 70, name: "BUG328986", status: "retired", cpl0: true, reason: "a workaround for one bug" },
  { number: 71, name: "FIRMWARE_ERROR", status: "firmware", cpl0: true, reason: efi },
  { number: 72, name: "VMK_INFO", status: "live", reason: "asked by ESXi as a guest" },
  { number: 73, name: "EFI_BOOT_CONFIG", status: "firmware", cpl0: true, reason: efi },
  { number: 74, name: "GET_HW_MODEL", status: "firmware", cpl0: true, reason: efi },
  { number: 75, name: "GET_SVGA_CAPABILITIES", status: "firmware", cpl0: true, reason: efi },
  { number: 76, name: "GET_FORCE_X2APIC", status: "firmware", cpl0: true, reason: efi },
  { number: 77, name: "SET_PCI_HOLE", status: "firmware", cpl0: true, reason: efi },
  { number: 78, name: "GET_PCI_HOLE", status: "firmware", cpl0: true, reason: efi },
  { number: 79, name: "GET_PCI_BAR", status: "firmware", cpl0: true, reason: efi },
  { number: 80, name: "SHOULD_GENERATE_SYSTEMID", status: "firmware", cpl0: true, reason: efi },
  { number: 81, name: "READ_DEBUG_FILE", status: "development", reason: dev },
  { number: 82, name: "SCREENSHOT", status: "development", reason: dev },
  { number: 83, name: "INJECT_KEY", status: "development", reason: dev },
  { number: 84, name: "INJECT_MOUSE", status: "development", reason: dev },
  { number: 85, name: "MKS_GUEST_STATS", status: "live", cpl0: true },
  { number: 86, name: "ABSPOINTER_RESTRICT", status: "live" },
  { number: 87, name: "GUEST_INTEGRITY", status: "retired", reason: drop },
  { number: 88, name: "MKSTEST", status: "development", reason: dev },
  { number: 89, name: "SECUREBOOT", status: "live" },
  { number: 90, name: "COPY_PHYSMEM", status: "development", reason: dev },
  { number: 91, name: "STEALCLOCK", status: "live", cpl0: true },
  { number: 92, name: "GUEST_PAGE_HINTS", status: "live", cpl0: true },
  { number: 93, name: "FIRMWARE_UPDATE", status: "firmware", cpl0: true, reason: efi },
  { number: 94, name: "FUZZER_HELPER", status: "development", reason: dev },
  { number: 95, name: "PUTCHR12", status: "live", reason: "debug output of the EFI firmware, up to 12 characters" },
  { number: 96, name: "GMM", status: "retired", reason: drop },
  { number: 97, name: "PRECISIONCLOCK", status: "live" },
  { number: 98, name: "COREDUMP_UNSYNC", status: "retired", reason: drop },
  { number: 99, name: "APPLE_GPU_RES_SET", status: "live", reason: "asked by macOS guests" },
  { number: 100, name: "GETBUILDNUM", status: "live" },
  { number: 101, name: "GETENTROPY", status: "live", offByDefault: true },
  { number: 102, name: "REPORTGUESTCRASH", status: "live" },
  { number: 103, name: "PK_UPDATE", status: "firmware", cpl0: true, reason: efi },
  { number: 104, name: "GET_FWTRCLOG_MASK", status: "firmware", reason: efi },
];

/** First number that is no command of this table. */
export const BDOOR_CMD_MAX = 105;

/** `GETVERSION` for 10; `undefined` for a number outside the table. */
export function commandName(number: number): string | undefined {
  return commandTable[number]?.name;
}

/** What the table knows of a command: `retired, served features that no longer exist`; `undefined` for one that is plainly live, or none. */
export function commandNote(number: number): string | undefined {
  const row = commandTable[number];
  if (row === undefined || (row.status === "live" && row.reason === undefined && row.offByDefault === undefined))
    return undefined;
  const why = row.offByDefault === true ? "off unless configured" : row.reason;
  return [row.status === "live" ? undefined : row.status, why].filter((part) => part !== undefined).join(", ");
}
