import type { IoDirection, IoSize } from "portio-bus";
import { type AccessEntry, createPackedAccess, type DebugLog, LogMask, type PackedAccess } from "vmport-debug-log";
import type { BackdoorObserver, BackdoorOutcome } from "./events.ts";
import type { FrameSnapshot } from "./frame.ts";
import type { GpCheckRequest, GpCheckResult } from "./gp-check.ts";
import type { BackdoorHost } from "./host.ts";
import { commandNote } from "./protocol/commands.ts";
import { type BackdoorRegisters, Register } from "./registers.ts";

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
  readonly #entry: PackedAccess = createPackedAccess();
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

  /** On entry, with the registers' words as the guest made them. `bytes`: length of a high-bandwidth transfer. */
  begin(
    direction: IoDirection,
    port: number,
    size: IoSize,
    registers: BackdoorRegisters,
    words: Uint32Array,
    number: number,
    name: string | undefined,
    bytes: number | undefined,
  ): void {
    this.#take(direction, port, size, registers, words, number, name, bytes);
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
    words: Uint32Array,
    number: number,
  ): void {
    this.#take(direction, port, size, registers, words, number, undefined, undefined);
    this.#write(LogMask.error, "error", "not-vmware");
    if (this.#before !== undefined) this.#emit("not-vmware", this.#before);
  }

  /** When it is done, with EAX and the other registers as the guest will see them. */
  end(outcome: BackdoorOutcome, eax: number, words: Uint32Array): void {
    this.#takeRegisters(eax, words);
    this.#write(LogMask.after, "after", undefined);
    if (this.#before !== undefined) this.#emit(outcome, this.#snapshot());
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
    words: Uint32Array,
    number: number,
    name: string | undefined,
    bytes: number | undefined,
  ): void {
    const entry = this.#entry;
    // Virtual time stands still during a call.
    const ns = this.#host.uptimeNumber?.() ?? Number.NaN;
    if (Number.isNaN(ns)) entry.atNs = this.#host.uptimeNs();
    else entry.setTime(ns);
    const { ripWords } = registers;
    if (ripWords === undefined) entry.rip = registers.rip ?? 0n;
    else entry.setRip(ripWords[0] as number, ripWords[1] as number);
    entry.start(direction, port, size, registers.cpl);
    entry.vcpuId = registers.vcpuId ?? 0;
    entry.command = number;
    // A store of an object costs more than a look.
    if (entry.commandName !== name) entry.commandName = name;
    this.#takeRegisters(words[0] as number, words);
    this.#before = this.#observed > 0 ? this.#snapshot() : undefined;
    this.#bytes = bytes;
  }

  #takeRegisters(eax: number, words: Uint32Array): void {
    const entry = this.#entry;
    entry.eax = eax;
    entry.ebx = words[2 * Register.Ebx] as number;
    entry.ecx = words[2 * Register.Ecx] as number;
    entry.edx = words[2 * Register.Edx] as number;
    entry.esi = words[2 * Register.Esi] as number;
    entry.edi = words[2 * Register.Edi] as number;
  }

  #snapshot(): FrameSnapshot {
    const { eax, ebx, ecx, edx, esi, edi } = this.#entry;
    return { eax, ebx, ecx, edx, esi, edi };
  }

  #write(mask: number, logClass: AccessEntry["class"], reason: AccessEntry["reason"]): void {
    const log = this.#log;
    if (log === undefined || (log.mask & mask) === 0) return;
    this.#entry.setKind(logClass, reason);
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
