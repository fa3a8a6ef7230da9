import type { IoResult } from "./io-result.ts";

/** Width of one access in bytes. */
export type IoSize = 1 | 2 | 4;
/** As the guest sees it: `in` reads from the port, `out` writes to it. */
export type IoDirection = "in" | "out";

/**
 * One access as a handler sees it. The object belongs to the bus and is reused: a handler reads and writes it during the
 * call and never keeps it.
 */
export interface IoAccess<C> {
  readonly direction: IoDirection;
  /** Port of the first byte, 0..0xffff. */
  readonly port: number;
  readonly size: IoSize;
  /** OUT: the datum, zero-extended. IN: set this; the bus cuts it to `size`. It starts as all ones. */
  value: number;
  /** Whatever the caller of the bus passes: registers of the vcpu, as a rule. */
  readonly context: C;
}

/**
 * Guest memory behind a string instruction. `index` counts elements from the first one transferred, so the owner of the
 * callbacks applies the direction flag, the segment base and the address size; the bus never sees an address.
 */
export interface StringMemory {
  /** INS: may element `index` be written without a fault? Asked before the device is read, so that no datum is lost. */
  canWrite(index: number): boolean;
  /** INS: stores element `index`; called only after `canWrite(index)`. */
  write(index: number, value: number): void;
  /** OUTS: loads element `index`, zero-extended; `undefined` is a fault. */
  read(index: number): number | undefined;
  /**
   * Optional fast path for bulk handlers, elements of one byte: loads elements 0..length-1, or answers the index of the first
   * that faults.
   */
  readBytes?(length: number): Uint8Array | number;
  /** Optional fast path: stores elements 0.. and answers -1; or stores nothing and answers the index of the first that faults. */
  writeBytes?(bytes: Uint8Array): number;
}

/** A whole REP INS/OUTS as a bulk handler sees it (see {@link PortHandler.accessString}). Reused like {@link IoAccess}. */
export interface IoStringAccess<C> {
  readonly direction: IoDirection;
  readonly port: number;
  readonly size: IoSize;
  /** Elements still to transfer, as the guest asked for: up to 2^53 - 1, so a handler must have its own limit. */
  readonly count: number;
  /** RFLAGS.DF: addresses descend. */
  readonly df: boolean;
  readonly memory: StringMemory;
  readonly context: C;
  /** Set by the handler: elements transferred. The caller of the bus advances RCX and RSI/RDI by it. */
  done: number;
  /**
   * Set by the handler: index of the element whose memory faulted, or -1. It may lie beyond `done`: a handler that probes
   * everything first does nothing at all when a later element faults.
   */
  faultIndex: number;
}

export interface PortHandler<C> {
  /** For listings, events and error texts. */
  readonly name: string;
  access(access: IoAccess<C>): IoResult;
  /**
   * Optional: the same as `access` without an object, for handlers that guests call in a loop. Taken where nobody else could answer and nobody
   * observes. `value`: as in {@link IoAccess} for an OUT. Returns the datum of an IN, which the bus cuts to `size`, and anything from 0 for an
   * OUT; `~IoResult.Unhandled` or `~IoResult.Retry` when it is not done.
   */
  accessDirect?(direction: IoDirection, port: number, size: IoSize, value: number, context: C): number;
  /**
   * Takes a whole string instruction in one call. Without it, or when it answers `Unhandled`, the bus calls `access`
   * once per element.
   */
  accessString?(access: IoStringAccess<C>): IoResult;
}
