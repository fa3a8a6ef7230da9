import type { BackdoorFrame } from "./frame.ts";

/** The bytes of one REP INSB/OUTSB, in the order they are transferred. Faults are all or nothing. */
export interface ByteTransfer {
  /** What the guest asked for, 1..`BDOORHB_MAX_BYTES`; longer ones are refused before a handler sees them. */
  readonly length: number;
  /** OUTS: all bytes, or `undefined` if one of them faults. */
  read(): Uint8Array | undefined;
  /** INS: stores all bytes, or none and answers false if one of them faults. `bytes` is `length` long. */
  write(bytes: Uint8Array): boolean;
}

/** Who serves command 30 and the high-bandwidth port: package `vmport-guestrpc`, or your own. */
export interface MessageHandler {
  /** Command 30. Sub-command in ECX bits 31:16, channel in EDX bits 31:16; results go over the frame. */
  message(frame: BackdoorFrame): void;
  /**
   * One transfer on port 0x5659 with command MESSAGE. `frame.ebx` bits 31:16 get the status; ESI, EDI and EBP are input.
   * False means a page fault: then nothing at all has been done, and the same call will come again.
   */
  highBandwidth(direction: "in" | "out", frame: BackdoorFrame, transfer: ByteTransfer): boolean;
}
