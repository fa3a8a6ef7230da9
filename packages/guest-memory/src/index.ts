/** Guest-physical memory in one WebAssembly.Memory: RAM, ROM and MMIO regions, dirty and code-page tracking. */
export { GuestMemoryError, type GuestMemoryErrorCode } from "./errors.ts";
export {
  createGuestMemory,
  type GuestMemory,
  type GuestMemoryOptions,
  type GuestMemoryState,
  type LinearMemory,
  type MemoryRun,
} from "./guest-memory.ts";
export { MAX_LINEAR_BYTES, PAGE_BYTES, PageFlag } from "./page.ts";
export type { MemoryRegion, RegionKind } from "./region-map.ts";
