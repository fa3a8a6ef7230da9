/** Port I/O bus: ranges, overlap rules, access widths, string I/O, observers. No CPU, no devices. */
export type { IoAccess, IoDirection, IoSize, IoStringAccess, PortHandler, StringMemory } from "./access.ts";
export { MAX_CLAIMS } from "./claim-table.ts";
export { formatPortRange, PortioError, type PortioErrorCode } from "./errors.ts";
export { IoResult } from "./io-result.ts";
export {
  type ClaimInfo,
  createPortioBus,
  formatClaims,
  type PortioBus,
  type PortioBusOptions,
  type PortioObserver,
  type PortRange,
  type RegisterOptions,
  type Registration,
} from "./portio-bus.ts";
