import type { IoDirection, IoSize } from "portio-bus";
import { type AccessRecord, type DebugLog, LogMask } from "vmport-debug-log";
import type { BackdoorObserver, BackdoorOutcome } from "./events.ts";
import type { FrameSnapshot } from "./frame.ts";
import type { GpCheckRequest, GpCheckResult } from "./gp-check.ts";
import type { BackdoorHost } from "./host.ts";
import type { BackdoorRegisters } from "./registers.ts";

/** An access that somebody watches. Made only while {@link Reporter.active}. */
export interface WatchedAccess {
  readonly direction: IoDirection;
  readonly port: number;
  readonly size: IoSize;
  readonly registers: BackdoorRegisters;
  readonly number: number;
  readonly name: string | undefined;
  readonly before: FrameSnapshot;
  /** Bytes of a high-bandwidth transfer. */
  readonly bytes?: number | undefined;
}

const ACCESS_CLASSES = LogMask.trace | LogMask.after | LogMask.error;

/** Tells observers and the log. While nobody listens it costs the test of `active`. */
export class Reporter {
  readonly #host: BackdoorHost;
  readonly #log: DebugLog | undefined;
  readonly #domainId: number;
  #observers: readonly BackdoorObserver[] = [];

  constructor(host: BackdoorHost, log: DebugLog | undefined, domainId: number) {
    this.#host = host;
    this.#log = log;
    this.#domainId = domainId;
  }

  get active(): boolean {
    return this.#observers.length > 0 || (this.#log !== undefined && (this.#log.mask & ACCESS_CLASSES) !== 0);
  }

  observe(observer: BackdoorObserver): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }

  /** On entry. */
  begin(access: WatchedAccess): void {
    this.#write("trace", undefined, access, access.before);
  }

  unknownCommand(access: WatchedAccess): void {
    this.#write("error", "unknown-command", access, access.before);
  }

  /** The access has no magic; nothing else will be told of it. */
  notVmware(access: WatchedAccess): void {
    this.#write("error", "not-vmware", access, access.before);
    this.#emit(access, "not-vmware", access.before);
  }

  /** When it is done, with the registers as the guest will see them. */
  end(access: WatchedAccess, outcome: BackdoorOutcome, after: FrameSnapshot): void {
    this.#write("after", undefined, access, after);
    this.#emit(access, outcome, after);
  }

  gp(request: GpCheckRequest, result: GpCheckResult): void {
    if (this.#log === undefined || (this.#log.mask & LogMask.gp) === 0) return;
    this.#log.write({
      kind: "gp",
      class: "gp",
      atNs: this.#host.uptimeNs(),
      domainId: this.#domainId,
      vcpuId: 0,
      outcome: result.code,
      errorCode: request.errorCode,
      rip: request.rip,
      length: result.code === "handled" ? result.length : 0,
    });
  }

  #write(
    logClass: AccessRecord["class"],
    reason: AccessRecord["reason"],
    access: WatchedAccess,
    values: FrameSnapshot,
  ): void {
    if (this.#log === undefined || (this.#log.mask & LogMask[logClass]) === 0) return;
    const { direction, port, size, registers, number } = access;
    this.#log.write({
      kind: "access",
      class: logClass,
      atNs: this.#host.uptimeNs(),
      domainId: this.#domainId,
      vcpuId: registers.vcpuId ?? 0,
      reason,
      direction,
      port,
      size,
      rip: registers.rip ?? 0n,
      cpl: registers.cpl,
      command: number,
      commandName: reason === "not-vmware" ? undefined : access.name,
      registers: values,
    });
  }

  #emit(access: WatchedAccess, outcome: BackdoorOutcome, after: FrameSnapshot): void {
    if (this.#observers.length === 0) return;
    const { direction, port, size, registers, number, name, before, bytes } = access;
    const event = {
      ring: registers.cpl,
      rip: registers.rip ?? 0n,
      vcpuId: registers.vcpuId ?? 0,
      direction,
      port,
      size,
      commandNumber: number,
      commandName: outcome === "not-vmware" ? undefined : name,
      before,
      after,
      bytes,
      outcome,
    };
    for (const observer of this.#observers) observer(event);
  }
}
