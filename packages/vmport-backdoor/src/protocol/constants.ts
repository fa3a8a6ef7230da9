/**
 * Numbers of VMware's backdoor.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`, `lib/include/backdoor_types.h`; the balloon port: Linux
 * `drivers/misc/vmw_balloon.c`.
 */

/** EAX on entry: "VMXh". */
export const BDOOR_MAGIC = 0x564d_5868;
/** Low-bandwidth port. */
export const BDOOR_PORT = 0x5658;
/** High-bandwidth port, REP INSB/OUTSB only. */
export const BDOORHB_PORT = 0x5659;
/** What GETVERSION answers in EAX. */
export const BDOOR_VERSION = 6;

/** High-bandwidth commands, EBX bits 15:0. */
export const BDOORHB_CMD_MESSAGE = 0;

/** Longest high-bandwidth transfer: VMware's monitor handles 513 guest pages a request. */
export const BDOORHB_MAX_BYTES: number = 513 * 0x1000;

/** Port and magic of the balloon driver. */
export const BALLOON_PORT = 0x5670;
export const BALLOON_MAGIC = 0x456c_6d6f;

/** RDPMC indices that read pseudo performance counters at any privilege. */
export const BDOOR_PMC_HW_TSC = 0x1_0000;
export const BDOOR_PMC_REAL_NS = 0x1_0001;
export const BDOOR_PMC_APPARENT_NS = 0x1_0002;

/** DX low word of the VMCALL/VMMCALL flavour: which port and direction it stands for. */
export const VMCALL_FLAG_HIGH_BANDWIDTH = 1 << 0;
export const VMCALL_FLAG_OUT = 1 << 1;

/** All bits set: how most commands say no. */
export const ALL_ONES = 0xffff_ffff;

/** Product in ECX of GETVERSION. */
export const VmxType = {
  Unset: 0,
  Express: 1,
  /** ESX. */
  ScalableServer: 2,
  /** VMware Server. */
  Wgs: 3,
  Workstation: 4,
  WorkstationEnterprise: 5,
} as const;
