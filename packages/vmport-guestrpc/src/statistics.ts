/** What `guestlib.info.get` tells of a machine. */
export interface GuestStatistics {
  /** Names this run of the machine, 64 bits; a guest that sees another one knows that it was moved. Never 0. */
  readonly sessionId: bigint;
  readonly hostMhz: number;
  readonly memoryMb: number;
  /** Virtual nanoseconds since the machine started. */
  elapsedNs(): bigint;
}

export interface StatisticRow {
  readonly name: string;
  readonly type: "u32" | "u64" | "text" | "bytes";
  /** Left out: the host does not tell. */
  readonly value?: (statistics: GuestStatistics) => number | bigint | string;
}

const UNLIMITED = 0xffff_ffff;
const elapsedMs = (statistics: GuestStatistics): bigint => statistics.elapsedNs() / 1_000_000n;
const memory = ({ memoryMb }: GuestStatistics): number => memoryMb;
const none = (): number => 0;

/**
 * The statistics in the order of their numbers, the first being 1. Shares are what VMware gives a machine of normal priority: 1000 a
 * processor, 10 a megabyte.
 *
 * Source: open-vm-tools `libguestlib/guestlibV3.x`, `include/vmGuestLib.h` (0xffffffff is no limit).
 */
export const statisticRows: readonly StatisticRow[] = [
  { name: "cpuReservationMHz", type: "u32", value: none },
  { name: "cpuLimitMHz", type: "u32", value: () => UNLIMITED },
  { name: "cpuShares", type: "u32", value: () => 1000 },
  { name: "cpuUsedMs", type: "u64", value: elapsedMs },
  { name: "hostMHz", type: "u32", value: ({ hostMhz }) => hostMhz },
  { name: "memReservationMB", type: "u32", value: none },
  { name: "memLimitMB", type: "u32", value: () => UNLIMITED },
  { name: "memShares", type: "u32", value: ({ memoryMb }) => memoryMb * 10 },
  { name: "memMappedMB", type: "u32", value: memory },
  { name: "memActiveMB", type: "u32", value: memory },
  { name: "memOverheadMB", type: "u32", value: none },
  { name: "memBalloonedMB", type: "u32", value: none },
  { name: "memSwappedMB", type: "u32", value: none },
  { name: "memSharedMB", type: "u32", value: none },
  { name: "memSharedSavedMB", type: "u32", value: none },
  { name: "memUsedMB", type: "u32", value: memory },
  { name: "elapsedMs", type: "u64", value: elapsedMs },
  { name: "resourcePoolPath", type: "text", value: () => "host/user" },
  { name: "cpuStolenMs", type: "u64", value: none },
  { name: "memTargetSizeMB", type: "u64", value: memory },
  { name: "hostCpuNumCores", type: "u32" },
  { name: "hostCpuUsedMs", type: "u64" },
  { name: "hostMemSwappedMB", type: "u64" },
  { name: "hostMemSharedMB", type: "u64" },
  { name: "hostMemUsedMB", type: "u64" },
  { name: "hostMemPhysMB", type: "u64" },
  { name: "hostMemPhysFreeMB", type: "u64" },
  { name: "hostMemKernOvhdMB", type: "u64" },
  { name: "hostMemMappedMB", type: "u64" },
  { name: "hostMemUnmappedMB", type: "u64" },
  { name: "memZippedMB", type: "u32", value: none },
  { name: "memZipSavedMB", type: "u32", value: none },
  { name: "memLLSwappedMB", type: "u32", value: none },
  { name: "memSwapTargetMB", type: "u32", value: none },
  { name: "memBalloonTargetMB", type: "u32", value: none },
  { name: "memBalloonMaxMB", type: "u32", value: none },
  { name: "resourcePoolPathLong", type: "bytes" },
  { name: "memShares64", type: "u64", value: ({ memoryMb }) => memoryMb * 10 },
];
