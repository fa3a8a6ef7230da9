/**
 * How a domain ends.
 *
 * Sources: Xen `xen/include/public/sched.h` (SHUTDOWN_*).
 */
export const ShutdownCode = { poweroff: 0, reboot: 1, suspend: 2, crash: 3, watchdog: 4 } as const;
export type ShutdownReason = keyof typeof ShutdownCode;

export type ShutdownCause =
  /** A device, a hypercall or the host asked for it. */
  | "request"
  | "triple-fault"
  /** The engine met an instruction that it does not implement. */
  | "unimplemented-instruction"
  /** Code was fetched from where neither RAM nor ROM is. */
  | "fetch-from-mmio"
  /** The vCPU reported what this domain does not know. */
  | "unhandled-exit";

export interface ShutdownInfo {
  readonly reason: ShutdownReason;
  readonly cause: ShutdownCause;
  /** Where, if a vCPU is to blame. */
  readonly vcpuId: number | undefined;
  readonly rip: bigint | undefined;
  /** One line for people. */
  readonly text: string;
}

export const shutdownReasonOf = (code: bigint): ShutdownReason =>
  (Object.keys(ShutdownCode) as ShutdownReason[]).find((name) => BigInt(ShutdownCode[name]) === code) ?? "crash";
