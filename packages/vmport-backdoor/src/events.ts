import type { IoDirection, IoSize } from "portio-bus";
import type { FrameSnapshot } from "./frame.ts";

/** How an access ended. */
export type BackdoorOutcome =
  /** A command ran. */
  | "command"
  /** The number is not answered by this personality, or not at this privilege. */
  | "unknown-command"
  | "refused-privilege"
  /** EAX held no magic. */
  | "not-vmware"
  /** A high-bandwidth transfer took place. */
  | "transfer"
  /** A high-bandwidth transfer met a page fault; nothing was done. */
  | "page-fault"
  /** The balloon port answered. */
  | "balloon";

/** One access, told to observers after it is done. Built only while somebody observes. */
export interface BackdoorEvent {
  readonly ring: number;
  /** Address of the instruction; 0 if the registers do not know it. */
  readonly rip: bigint;
  readonly vcpuId: number;
  readonly direction: IoDirection;
  readonly port: number;
  readonly size: IoSize;
  readonly commandNumber: number;
  /** `GETVERSION`; undefined for a number that no table has. */
  readonly commandName: string | undefined;
  readonly before: FrameSnapshot;
  /** As the guest will see the registers. */
  readonly after: FrameSnapshot;
  /** Bytes of a high-bandwidth transfer. */
  readonly bytes?: number | undefined;
  readonly outcome: BackdoorOutcome;
}

export type BackdoorObserver = (event: BackdoorEvent) => void;
