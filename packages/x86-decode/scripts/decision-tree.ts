/** Turns the rows of one opcode into a decision tree over what the decoder knows at that point. */
import { FormFlag, OpcodeMap, Selector } from "../src/opcodes.ts";
import { DecodeOption } from "../src/options.ts";
import type { Constraints, Form } from "./parse-row.ts";

/** A form under one set of conditions; a row whose conditions depend on each other gives several. */
interface Variant {
  readonly form: number;
  readonly name: string;
  readonly constraints: Constraints;
  readonly options: ReadonlyMap<number, number>;
  readonly reservedNop: boolean;
  readonly map: number;
  /** Fits only because nothing else does: a 32-bit form under REX.W. */
  readonly fallback?: boolean;
}

/** Options come before anything that reads ModR/M: a form that is switched off must not cost a byte. */
const optionAxis = 4;
const axes: readonly (readonly [keyof Constraints, selector: number, ways: number])[] = [
  ["context", Selector.Context, 5],
  ["prefix", Selector.Prefix, 4],
  ["w", Selector.W, 2],
  ["b", Selector.B, 2],
  ["length", Selector.Length, 4],
  ["mod", Selector.Mod, 2],
  ["reg", Selector.Reg, 8],
  ["rm", Selector.Rm, 8],
  ["addressSize", Selector.AddressSize, 3],
];
const optionBits = Object.values(DecodeOption).map((mask) => 31 - Math.clz32(mask));
const reservedNopBit = 31 - Math.clz32(DecodeOption.ForceReservedNop);
const cyrixBit = 31 - Math.clz32(DecodeOption.Cyrix);
const amdBit = 31 - Math.clz32(DecodeOption.Amd);

function variantsOf(form: Form, index: number): Variant[] {
  const always = new Map(form.options.filter((o) => !o.longOnly).map((o) => [o.bit, o.value]));
  const base: Variant = {
    form: index,
    name: form.id,
    constraints: form.constraints,
    options: always,
    reservedNop: form.traits.has("reserved-nop"),
    map: form.map,
  };
  const within = (
    v: Variant,
    context: readonly number[],
    more: Constraints,
    options?: ReadonlyMap<number, number>,
  ): Variant => ({
    ...v,
    constraints: {
      ...v.constraints,
      ...more,
      context: context.filter((c) => v.constraints.context?.includes(c) ?? true),
    },
    options: options ?? v.options,
  });
  const legacy = [0, 1];
  const long = [2, 3, 4];
  let variants = [base];
  if (form.traits.has("wig32")) {
    const { w: _, ...rest } = form.constraints;
    variants = [within({ ...base, constraints: rest }, legacy, {}), within(base, long, {})];
  }
  if (form.amdContext) {
    const amd = { ...base, constraints: { ...base.constraints, context: form.amdContext } };
    variants = [
      { ...base, options: new Map([...always, [amdBit, 0]]) },
      { ...amd, options: new Map([...always, [amdBit, 1]]) },
    ];
  }
  for (const option of form.options.filter((o) => o.longOnly))
    variants = variants.flatMap((v) => [
      within(v, legacy, {}),
      within(v, long, {}, new Map([...v.options, [option.bit, option.value]])),
    ]);
  return variants.filter((v) => v.constraints.context?.length !== 0);
}

/** The tables: `roots[map * 256 + opcode]` is a form, or minus the offset of a node in `nodes`. */
export interface Tree {
  readonly roots: number[];
  readonly nodes: number[];
}

export function buildTree(forms: readonly Form[]): Tree {
  const byOpcode = new Map<number, Variant[]>();
  for (const [index, form] of forms.entries())
    for (const opcode of form.opcodes) {
      const slot = form.map * 256 + opcode;
      const list = byOpcode.get(slot) ?? [];
      // XCHG AX, AX is NOP only at 90: the other opcodes of the row have no such rule.
      list.push(...variantsOf(form, index + 1));
      byOpcode.set(slot, list);
    }

  const nodes: number[] = [0];
  const known = new Map<string, number>();
  const node = (selector: number, children: readonly number[]): number => {
    if (children.every((child) => child === children[0])) return children[0]!;
    const key = `${selector}:${children.join()}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const entry = -nodes.length;
    nodes.push(selector, ...children);
    known.set(key, entry);
    return entry;
  };

  const weight = (v: Variant): number =>
    (v.fallback ? -1000 : 0) +
    axes.reduce(
      (sum, [axis]) =>
        sum +
        (v.constraints[axis]
          ? axis === "context"
            ? (5 - v.constraints.context!.length) / 2
            : 16 / v.constraints[axis]!.length
          : 0),
      0,
    ) +
    // Of two options the one with the higher bit is the rarer processor.
    [...v.options.keys()].reduce((sum, bit) => sum + 100 + bit / 100, 0);

  const leaf = (set: readonly Variant[]): number => {
    if (set.length === 0) return 0;
    if (set.length === 1) return set[0]!.form;
    const sorted = [...set].sort((a, b) => weight(b) - weight(a));
    if (weight(sorted[0]!) === weight(sorted[1]!) && sorted[0]!.form !== sorted[1]!.form)
      throw new Error(
        `cannot tell apart: ${sorted.map((v) => `${v.name} ${JSON.stringify(v.constraints)}`).join(" and ")}`,
      );
    return sorted[0]!.form;
  };

  const accepting = (set: readonly Variant[], name: keyof Constraints, value: number): Variant[] => {
    const fitting = set.filter((v) => v.constraints[name]?.includes(value) ?? true);
    if (name === "context" && value === 4)
      for (const v of set)
        if (v.constraints.context?.includes(3) && !v.constraints.context.includes(4))
          fitting.push({ ...v, fallback: true });
    return fitting;
  };

  const build = (set: readonly Variant[], axis: number, bits: readonly number[] = optionBits): number => {
    if (set.length === 0) return 0;
    if (axis === axes.length) return leaf(set);
    if (axis === optionAxis && bits.length > 0) {
      const [bit, ...rest] = bits as [number, ...number[]];
      const nops = bit === reservedNopBit && set.some((v) => v.reservedNop) && set.some((v) => !v.reservedNop);
      if (!nops && !set.some((v) => v.options.has(bit))) return build(set, axis, rest);
      const without = set.filter((v) => (v.options.get(bit) ?? 0) === 0);
      // A Cyrix processor has its own instruction in place of all that came to a 0F opcode later.
      const exclusive = bit === cyrixBit && set.some((v) => v.options.has(bit) && v.map === OpcodeMap.Legacy0f);
      const having = exclusive
        ? set.filter((v) => v.options.get(bit) === 1)
        : nops
          ? set.filter((v) => v.reservedNop)
          : set.filter((v) => (v.options.get(bit) ?? 1) === 1);
      return node(Selector.Option | bit, [build(without, axis, rest), build(having, axis, rest)]);
    }
    const [name, selector, ways] = axes[axis]!;
    if (!set.some((v) => v.constraints[name])) return build(set, axis + 1);
    const children: number[] = [];
    for (let value = 0; value < ways; value++) children.push(build(accepting(set, name, value), axis + 1));
    return node(selector, children);
  };

  const roots: number[] = new Array(OpcodeMap.Count * 256).fill(0);
  for (const [slot, set] of [...byOpcode].sort((a, b) => a[0] - b[0])) roots[slot] = build(set, 0);
  return { roots, nodes };
}

export const usesModRm = (form: Form): boolean => (form.flags & FormFlag.ModRm) !== 0;
