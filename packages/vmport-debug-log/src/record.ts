import type { LogClass } from "./classes.ts";

/**
 * The six registers of a backdoor access, as unsigned numbers (low halves). The names are the full ones so that a record
 * reads the same in every writer.
 */
export interface LogRegisters {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
}

/** What every record carries. */
export interface LogRecordBase {
  /** Virtual time in ns when it happened. */
  readonly atNs: bigint;
  readonly domainId: number;
  readonly vcpuId: number;
}

/** An access on entry (`trace`), after its command ran (`after`), or one nobody could serve (`error`). */
export interface AccessRecord extends LogRecordBase {
  readonly kind: "access";
  readonly class: "trace" | "after" | "error";
  /** Only for `error`: no magic in EAX, or a command nobody implements. */
  readonly reason?: "not-vmware" | "unknown-command" | undefined;
  readonly direction: "in" | "out";
  readonly port: number;
  readonly size: number;
  readonly rip: bigint;
  readonly cpl: number;
  /** ECX bits 15:0. */
  readonly command: number;
  readonly commandName?: string | undefined;
  /** Of an unknown command: why nobody answers it, as far as that is known. */
  readonly note?: string | undefined;
  readonly registers: LogRegisters;
}

/** What the ring-3 check made of a #GP. */
export interface GpRecord extends LogRecordBase {
  readonly kind: "gp";
  readonly class: "gp";
  /** Result code by name: `handled`, `bad-opcode`, … */
  readonly outcome: string;
  readonly errorCode: number;
  readonly rip: bigint;
  /** Instruction length when handled, else 0. */
  readonly length: number;
  readonly registers?: LogRegisters;
}

/** A message that crossed a channel. */
export interface MessageRecord extends LogRecordBase {
  readonly kind: "message";
  readonly class: "recv" | "send";
  readonly channel: number;
  readonly protocol: string;
  readonly bytes: Uint8Array;
}

/** The life of a channel. */
export interface ChannelRecord extends LogRecordBase {
  readonly kind: "channel";
  readonly class: "channel";
  readonly channel: number;
  /** `open`, `close`, `refused`, `reset`, `sweep`, `checkpoint`, … */
  readonly event: string;
  readonly detail: string;
}

/** A call that was understood. */
export interface RpcRecord extends LogRecordBase {
  readonly kind: "rpc";
  readonly class: "rpc";
  readonly channel: number;
  readonly verb: string;
  readonly argument: string;
  readonly ok: boolean;
  readonly reply: string;
}

export type LogRecord = AccessRecord | GpRecord | MessageRecord | ChannelRecord | RpcRecord;

/** The class decides whether a record is written; every kind has at least one. */
export type LogRecordOf<K extends LogClass> = Extract<LogRecord, { class: K }>;
