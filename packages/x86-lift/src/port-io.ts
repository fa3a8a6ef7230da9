/** What IN, OUT, INS and OUTS have in common. Source: SDM vol. 1, Input/Output; vol. 3, table 29-5 (exit qualification). */
import type { Builder, Val } from "./builder.ts";

export interface PortAccess {
  readonly bytes: 1 | 2 | 4;
  readonly input: boolean;
  readonly immediate: boolean;
  readonly string: boolean;
  readonly repeated: boolean;
}

/** Field lo of the `Io` exit and of helper stringIo. */
export function portAccessBits(access: PortAccess, addressSize: number): number {
  const flag = (on: boolean, bit: number) => (on ? 1 << bit : 0);
  return (
    access.bytes |
    flag(access.input, 4) |
    flag(access.immediate, 5) |
    flag(access.string, 6) |
    flag(access.repeated, 7) |
    (addressSize << 8)
  );
}

/** The permission check, where CPL and IOPL do not already permit. */
export function checkPort(b: Builder, port: Val, bytes: number): void {
  const { protectedMode, virtual8086, cpl, iopl } = b.mode;
  if (virtual8086 || (protectedMode && cpl > iopl)) b.helper("checkIo", port, undefined, undefined, bytes);
}
