/** What each `FlagsKind` leaves in the six status flags. */
import { FlagsKind } from "x86-lift";
import { Rflags } from "./control-bits.ts";
import type { Cpu } from "./cpu.ts";
import { lazyToFlags } from "./flags.ts";
import { StateOffset } from "./state-layout.ts";

const bit = (v: bigint, n: number): boolean => ((v >> BigInt(n)) & 1n) !== 0n;

interface Outcome {
  cf: boolean;
  of: boolean;
  af: boolean;
}

type Rule = (w: number, a: bigint, b: bigint, c: bigint, old: Outcome) => Outcome;

/** Carries out of every bit of a + b = c; of borrows for a − b = c. */
const carries = (a: bigint, b: bigint, c: bigint): bigint => (a & b) | ((a | b) & ~c);
const borrows = (a: bigint, b: bigint, c: bigint): bigint => (~a & b) | (~(a ^ b) & c);

const fromVector = (w: number, vector: bigint): Outcome => ({
  cf: bit(vector, w - 1),
  of: bit(vector, w - 1) !== bit(vector, w - 2),
  af: bit(vector, 3),
});

const rules: { readonly [kind: number]: Rule } = {
  [FlagsKind.Add]: (w, a, b, c) => fromVector(w, carries(a, b, c)),
  [FlagsKind.Sub]: (w, a, b, c) => fromVector(w, borrows(a, b, c)),
  [FlagsKind.Logic]: () => ({ cf: false, of: false, af: false }),
  [FlagsKind.Inc]: (w, a, _b, c, old) => ({ ...fromVector(w, carries(a, 1n, c)), cf: old.cf }),
  [FlagsKind.Dec]: (w, a, _b, c, old) => ({ ...fromVector(w, borrows(a, 1n, c)), cf: old.cf }),
  [FlagsKind.Shl]: (w, a, b, c) => {
    const cf = b <= BigInt(w) && bit(a, w - Number(b));
    return { cf, of: cf !== bit(c, w - 1), af: false };
  },
  [FlagsKind.Shr]: (w, a, b, c) => ({
    cf: b <= BigInt(w) && bit(a, Number(b) - 1),
    of: bit(c, w - 1) !== bit(c, w - 2),
    af: false,
  }),
  [FlagsKind.Sar]: (w, a, b) => ({ cf: bit(BigInt.asIntN(w, a), Number(b) - 1), of: false, af: false }),
  [FlagsKind.Rol]: (w, _a, _b, c, old) => ({ cf: bit(c, 0), of: bit(c, 0) !== bit(c, w - 1), af: old.af }),
  [FlagsKind.Ror]: (w, _a, _b, c, old) => ({ cf: bit(c, w - 1), of: bit(c, w - 1) !== bit(c, w - 2), af: old.af }),
  [FlagsKind.Mul]: (_w, a) => ({ cf: a !== 0n, of: a !== 0n, af: false }),
};

const isShift = (kind: number): boolean => kind >= FlagsKind.Shl && kind <= FlagsKind.Ror;
const isRotate = (kind: number): boolean => kind === FlagsKind.Rol || kind === FlagsKind.Ror;

export function writeStatusFlags(cpu: Cpu, kind: number, w: number, a: bigint, b: bigint, c: bigint): void {
  if (isShift(kind) && b === 0n) return;
  const { u32, base } = cpu;
  const flags = lazyToFlags(u32, base);
  const old = { cf: (flags & Rflags.CF) !== 0, of: (flags & Rflags.OF) !== 0, af: (flags & Rflags.AF) !== 0 };
  const { cf, of, af } = rules[kind]!(w, a, b, c, old);
  const cout = (cf ? 1n << 63n : 0n) | (cf !== of ? 1n << 62n : 0n);
  cpu.set64(StateOffset.flagCout, cout);
  if (isRotate(kind)) return;
  cpu.set64(StateOffset.flagRes, BigInt.asUintN(64, BigInt.asIntN(w, c)));
  cpu.set32(StateOffset.flagAux, af ? Rflags.AF : 0);
}

/** Condition code 0–15 of these RFLAGS bits (SDM vol. 1 appendix B). */
export function evaluateCondition(cc: number, flags: number): boolean {
  const has = (mask: number): boolean => (flags & mask) !== 0;
  const less = has(Rflags.SF) !== has(Rflags.OF);
  const even = [
    has(Rflags.OF),
    has(Rflags.CF),
    has(Rflags.ZF),
    has(Rflags.CF | Rflags.ZF),
    has(Rflags.SF),
    has(Rflags.PF),
    less,
    less || has(Rflags.ZF),
  ];
  return even[cc >> 1]! !== ((cc & 1) !== 0);
}
