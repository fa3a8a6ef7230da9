import { Register } from "./register.ts";

/** Runs of equally wide registers, the last first: first register, bytes. */
const widths: readonly (readonly [first: number, bytes: number])[] = [
  [Register.TMM0, 1024],
  [Register.TR0, 4],
  [Register.DR0, 8],
  [Register.CR0, 8],
  [Register.BND0, 16],
  [Register.K0, 8],
  [Register.ZMM0, 64],
  [Register.YMM0, 32],
  [Register.XMM0, 16],
  [Register.MM0, 8],
  [Register.ST0, 10],
  [Register.ES, 2],
  [Register.RIP, 8],
  [Register.EIP, 4],
  [Register.RAX, 8],
  [Register.EAX, 4],
  [Register.AX, 2],
  [Register.AL, 1],
];

const names: readonly string[] = /* @__PURE__ */ Object.keys(Register).map((name) => name.toLowerCase());

/** Lower-case name, `""` for `Register.None` or a number that is no register. */
export function registerName(register: number): string {
  return register === Register.None ? "" : (names[register] ?? "");
}

const sizes: Uint16Array = /* @__PURE__ */ (() => {
  const table = new Uint16Array(names.length);
  for (const [first, bytes] of widths.toReversed()) table.fill(bytes, first);
  table[Register.None] = 0;
  return table;
})();

/** Width in bytes; CR and DR count 8, ST 10, BND 16, TMM 1024; 0 for none. */
export function registerSize(register: number): number {
  return sizes[register] ?? 0;
}
