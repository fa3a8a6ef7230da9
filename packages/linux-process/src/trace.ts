/** System calls as text, strace's way: `openat(AT_FDCWD, "/etc/ld.so.cache", 0x80000, 00) = 3`. */
import type { AddressSpace } from "./address-space.ts";
import { errnoName } from "./errno.ts";
import { Signal } from "./signals.ts";
import { type ArgumentKind, int } from "./syscall.ts";

const MAX_TEXT = 64;
const signalNames = new Map<number, string>(Object.entries(Signal).map(([name, number]) => [number, name]));
const hex = (value: number): string => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);

const formats: Record<ArgumentKind, (space: AddressSpace, value: number) => string> = {
  fd: (_, value) => String(int(value)),
  dirfd: (_, value) => (int(value) === -100 ? "AT_FDCWD" : String(int(value))),
  int: (_, value) => String(int(value)),
  size: (_, value) => String(value),
  hex: (_, value) => hex(value),
  pointer: (_, value) => (value === 0 ? "NULL" : hex(value)),
  octal: (_, value) => `0${(value >>> 0).toString(8)}`,
  signal: (_, value) => signalNames.get(int(value)) ?? String(int(value)),
  path(space, value) {
    const text = value === 0 ? undefined : space.readString(value);
    if (text === undefined) return value === 0 ? "NULL" : hex(value);
    return JSON.stringify(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  },
};

/**
 * Reads the arguments now, before the call changes what they point to; the returned function adds the result.
 * Unknown calls show all six registers.
 */
export function describeSyscall(
  space: AddressSpace,
  name: string,
  kinds: readonly ArgumentKind[] | undefined,
  values: readonly number[],
): (result: number | undefined) => string {
  const shown = kinds ? kinds.map((kind, index) => formats[kind](space, values[index]!)) : values.map(hex);
  const call = `${name}(${shown.join(", ")})`;
  return (result) => {
    if (result === undefined) return `${call} = ?`;
    if (result < 0 && result > -4096) return `${call} = -1 ${errnoName(-result)}`;
    return `${call} = ${result >= 0x1_0000 ? hex(result) : result}`;
  };
}
