/** Something to be delivered through the IVT or IDT. */
export interface Event {
  readonly vector: number;
  readonly errorCode: number | undefined;
  /** INT n, INT3, INTO: gates are checked against the CPL, and error codes of faults during delivery have EXT = 0. */
  readonly isSoftware: boolean;
  /** RIP to push. */
  readonly returnRip: bigint;
  /** RFLAGS to push. */
  readonly flags: number;
}

/** The EXT bit of error codes (SDM vol. 3 §7.13). */
export const externalBit = (event: Event): number => (event.isSoftware ? 0 : 1);
/** Error code that names an IDT entry. */
export const gateError = (event: Event): number => event.vector * 8 + 2 + externalBit(event);
