import type { IoDirection, IoSize } from "portio-bus";
import { type AccessEntry, createAccessEntry, type DebugLog, LogMask } from "vmport-debug-log";
import type { BackdoorObserver, BackdoorOutcome } from "./events.ts";
import { type BackdoorFrame, type FrameSnapshot, snapshotFrame } from "./frame.ts";
import type { GpCheckRequest, GpCheckResult } from "./gp-check.ts";
import type { BackdoorHost } from "./host.ts";
import { commandNote } from "./protocol/commands.ts";
import type { BackdoorRegisters } from "./registers.ts";

const ACCESS_CLASSES = LogMask.trace | LogMask.after | LogMask.error;

/**
 * Tells observers and the log. While nobody listens it costs the test of `active`. An access is told in up to three steps: `begin`, perhaps
 * `fail`, `end`; between `begin` and `end` no other access may begin. Without observers no object is made.
 */
export class Reporter {
  readonly #host: BackdoorHost;
  readonly #log: DebugLog | undefined;
  /** The log's, or that of none. */
  readonly #mask: { readonly mask: number };
  #observers: readonly BackdoorObserver[] = [];
  /** How many those are: the question of every access. */
  #observed = 0;
  /** The access being told. */
  readonly #entry = createAccessEntry();
  #before: FrameSnapshot | undefined;
  #bytes: number | undefined;

  constructor(host: BackdoorHost, log: DebugLog | undefined, domainId: number) {
    this.#host = host;
    this.#log = log;
    this.#mask = log ?? { mask: 0 };
    this.#entry.domainId = domainId;
  }

  get active(): boolean {
    return ((this.#mask.mask & ACCESS_CLASSES) | this.#observed) !== 0;
  }

  observe(observer: BackdoorObserver): () => void {
    this.#setObservers([...this.#observers, observer]);
    return () => this.#setObservers(this.#observers.filter((other) => other !== observer));
  }

  #setObservers(observers: readonly BackdoorObserver[]): void {
    this.#observers = observers;
    this.#observed = observers.length;
  }

  /** On entry, with the frame as the guest made it. `bytes`: length of a high-bandwidth transfer. */
  begin(
    direction: IoDirection,
    port: number,
    size: IoSize,
    registers: BackdoorRegisters,
    frame: BackdoorFrame,
    number: number,
    name: string | undefined,
    bytes?: number,
  ): void {
    this.#take(direction, port, size, registers, frame, number, name, bytes);
    this.#write(LogMask.trace, "trace", undefined);
  }

  /** Nobody implements the command; the log says what is known of it. */
  unknownCommand(): void {
    this.#entry.note = commandNote(this.#entry.command);
    this.#write(LogMask.error, "error", "unknown-command");
    this.#entry.note = undefined;
  }

  /** The access has no magic; this is all that is told of it. */
  notVmware(
    direction: IoDirection,
    port: number,
    size: IoSize,
    registers: BackdoorRegisters,
    frame: BackdoorFrame,
    number: number,
  ): void {
    this.#take(direction, port, size, registers, frame, number, undefined, undefined);
    this.#write(LogMask.error, "error", "not-vmware");
    if (this.#before !== undefined) this.#emit("not-vmware", this.#before);
  }

  /** When it is done, with EAX and the other registers as the guest will see them. */
  end(outcome: BackdoorOutcome, eax: number, frame: BackdoorFrame): void {
    const entry = this.#entry;
    entry.eax = eax;
    entry.ebx = frame.ebx;
    entry.ecx = frame.ecx;
    entry.edx = frame.edx;
    entry.esi = frame.esi;
    entry.edi = frame.edi;
    this.#write(LogMask.after, "after", undefined);
    if (this.#before !== undefined) this.#emit(outcome, { ...snapshotFrame(frame), eax });
  }

  gp(request: GpCheckRequest, result: GpCheckResult): void {
    const log = this.#log;
    if (log !== undefined && (log.mask & LogMask.gp) !== 0) this.#writeGp(log, request, result);
  }

  #writeGp(log: DebugLog, request: GpCheckRequest, result: GpCheckResult): void {
    log.write({
      kind: "gp",
      class: "gp",
      atNs: this.#host.uptimeNs(),
      domainId: this.#entry.domainId,
      vcpuId: request.vcpuId ?? 0,
      outcome: result.code,
      errorCode: request.errorCode,
      rip: request.rip,
      length: result.code === "handled" ? result.length : 0,
    });
  }

  #take(
    direction: IoDirection,
    port: number,
    size: IoSize,
    registers: BackdoorRegisters,
    frame: BackdoorFrame,
    number: number,
    name: string | undefined,
    bytes: number | undefined,
  ): void {
    const entry = this.#entry;
    // Virtual time stands still during a call.
    entry.atNs = this.#host.uptimeNs();
    entry.vcpuId = registers.vcpuId ?? 0;
    // Stores of objects cost more than a look.
    if (entry.direction !== direction) entry.direction = direction;
    entry.port = port;
    entry.size = size;
    entry.rip = registers.rip ?? 0n;
    entry.cpl = registers.cpl;
    entry.command = number;
    if (entry.commandName !== name) entry.commandName = name;
    entry.eax = frame.eax;
    entry.ebx = frame.ebx;
    entry.ecx = frame.ecx;
    entry.edx = frame.edx;
    entry.esi = frame.esi;
    entry.edi = frame.edi;
    this.#before = this.#observed > 0 ? snapshotFrame(frame) : undefined;
    this.#bytes = bytes;
  }

  #write(mask: number, logClass: AccessEntry["class"], reason: AccessEntry["reason"]): void {
    const log = this.#log;
    if (log === undefined || (log.mask & mask) === 0) return;
    this.#entry.class = logClass;
    this.#entry.reason = reason;
    log.writeAccess(this.#entry);
  }

  #emit(outcome: BackdoorOutcome, after: FrameSnapshot): void {
    const { cpl, rip, vcpuId, direction, port, size, command, commandName } = this.#entry;
    const event = {
      ring: cpl,
      rip,
      vcpuId,
      direction,
      port,
      size: size as IoSize,
      commandNumber: command,
      commandName,
      before: this.#before as FrameSnapshot,
      after,
      bytes: this.#bytes,
      outcome,
    };
    for (const observer of this.#observers) observer(event);
  }
}
