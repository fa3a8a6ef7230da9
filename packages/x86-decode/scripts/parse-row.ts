/** Reads one row's notation into what the table builder needs. Errors name the family, the row and the word. */
import { memoryTypes } from "../src/forms/memory-types.ts";
import type { FormRow } from "../src/forms/row.ts";
import { FormFlag, OpcodeMap, Operand, operandSizeShift, tupleShift, tuples } from "../src/opcodes.ts";
import { DecodeOption } from "../src/options.ts";
import { Register } from "../src/register.ts";

/** Values that a form accepts on each axis of the decision tree; an absent axis is "any". */
export interface Constraints {
  context?: readonly number[];
  prefix?: readonly number[];
  w?: readonly number[];
  length?: readonly number[];
  mod?: readonly number[];
  reg?: readonly number[];
  rm?: readonly number[];
  addressSize?: readonly number[];
  b?: readonly number[];
}

export interface Form {
  readonly family: string;
  readonly row: FormRow;
  readonly mnemonic: string;
  readonly id: string;
  readonly map: number;
  readonly opcodes: readonly number[];
  readonly constraints: Constraints;
  /** Contexts with the AMD option, where they differ. */
  readonly amdContext?: readonly number[];
  readonly options: readonly { readonly bit: number; readonly value: number; readonly longOnly: boolean }[];
  readonly operands: readonly number[];
  readonly access: readonly string[];
  readonly flags: number;
  readonly memory: number;
  readonly broadcastBytes: number;
  readonly traits: ReadonlySet<string>;
}

const registerBase: Readonly<Record<string, number>> = {
  r16: Register.AX,
  r32: Register.EAX,
  r64: Register.RAX,
  xmm: Register.XMM0,
  ymm: Register.YMM0,
  zmm: Register.ZMM0,
  mm: Register.MM0,
  k: Register.K0,
  bnd: Register.BND0,
  tmm: Register.TMM0,
};

const simple: Readonly<Record<string, number>> = {
  m: Operand.Memory,
  "m^": Operand.MemoryMpx,
  mib: Operand.MemoryMib,
  sibmem: Operand.MemorySib,
  moffs: Operand.Moffs,
  "es:[di]": Operand.StringDestination,
  "ds:[si]": Operand.StringSource,
  "ds:[di]": Operand.MaskDestination,
  "ds:[bx+al]": Operand.Xlat,
  imm8: Operand.Imm8,
  imm16: Operand.Imm16,
  imm32: Operand.Imm32,
  imm64: Operand.Imm64,
  imm32s64: Operand.Imm32Signed64,
  imm8s16: Operand.Imm8Signed | (2 << 8),
  imm8s32: Operand.Imm8Signed | (4 << 8),
  imm8s64: Operand.Imm8Signed | (8 << 8),
  imm4: Operand.Imm4,
  "1": Operand.One,
  "rel8.16": Operand.Rel8 | (2 << 8),
  "rel8.32": Operand.Rel8 | (4 << 8),
  "rel8.64": Operand.Rel8 | (8 << 8),
  "rel16.16": Operand.Rel16 | (2 << 8),
  "rel32.32": Operand.Rel32 | (4 << 8),
  "rel32.64": Operand.Rel32 | (8 << 8),
  "rel16.x": Operand.Rel16,
  "rel32.x": Operand.Rel32,
  disp16: Operand.Disp16,
  disp32: Operand.Disp32,
  "ptr16:16": Operand.Far16,
  "ptr16:32": Operand.Far32,
  st0: Operand.Fixed | (Register.ST0 << 8),
};

/** Kinds by class and field. */
const fields: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  r8: { reg: Operand.Reg8, rm: Operand.Rm8, op: Operand.OpcodeReg8 },
  seg: { reg: Operand.Segment },
  cr: { reg: Operand.Control },
  dr: { reg: Operand.Debug },
  tr: { reg: Operand.Test },
  mm: { reg: Operand.Reg3, rm: Operand.Rm3 },
  st: { op: Operand.Rm3 },
  k: { reg: Operand.MaskReg, rm: Operand.Rm3, v: Operand.MaskVvvv },
  bnd: { reg: Operand.BoundReg, rm: Operand.BoundRm, "rm^": Operand.BoundRm },
  tmm: { reg: Operand.TileReg, rm: Operand.TileRm, v: Operand.TileVvvv },
};
const general: Readonly<Record<string, number>> = {
  reg: Operand.Reg,
  rm: Operand.Rm,
  "rm^": Operand.RmMpx,
  op: Operand.OpcodeReg,
  v: Operand.Vvvv,
  is4: Operand.Is4,
  is5: Operand.Is4,
};

function operandCode(place: string): { code: number; mod?: number } {
  const known = simple[place];
  if (known !== undefined) {
    const memory = [Operand.Memory, Operand.MemoryMpx, Operand.MemoryMib, Operand.MemorySib].some((k) => k === known);
    return memory ? { code: known, mod: 0 } : { code: known };
  }
  let match = /^vsib(?:32|64)\.(xmm|ymm|zmm)$/.exec(place);
  if (match) return { code: Operand.Vsib | (registerBase[match[1]!]! << 8), mod: 0 };
  match = /^m\[(r16|r32|r64)\.reg\]$/.exec(place);
  if (match) return { code: Operand.Reg | (registerBase[match[1]!]! << 8) };
  match = /^(xmm|zmm)\+3\.v$/.exec(place);
  if (match) return { code: Operand.VvvvBlock | (registerBase[match[1]!]! << 8) };
  if (place === "k+1.reg") return { code: Operand.MaskReg | (Register.K0 << 8) | (1 << 20) };
  match = /^(\w+)\.(reg|rm|op|v|is4|is5|rm\^)(!?)$/.exec(place);
  if (match) {
    const [, group, field, only] = match as unknown as [string, string, string, string];
    const kind = (fields[group] ?? general)[field] ?? general[field];
    const base = { cr: Register.CR0, dr: Register.DR0, tr: Register.TR0, seg: Register.ES, st: Register.ST0 }[group];
    if (kind !== undefined) {
      const code = kind | ((base ?? registerBase[group] ?? 0) << 8);
      return only || group === "st" ? { code, mod: 1 } : { code };
    }
  }
  const register = (Register as Readonly<Record<string, number>>)[place.toUpperCase()];
  if (register !== undefined) return { code: Operand.Fixed | (register << 8) };
  throw new Error(`unknown operand place "${place}"`);
}

const hex = /^[0-9A-F]{2}$/;
const vectorMaps: Readonly<Record<string, number>> = {
  "VEX.": OpcodeMap.Vex,
  "VEX.0F": OpcodeMap.Vex + 1,
  "VEX.0F38": OpcodeMap.Vex + 2,
  "VEX.0F3A": OpcodeMap.Vex + 3,
  "XOP.X8": OpcodeMap.Xop,
  "XOP.X9": OpcodeMap.Xop + 1,
  "XOP.XA": OpcodeMap.Xop + 2,
  "EVEX.0F": OpcodeMap.Evex0f,
  "EVEX.0F38": OpcodeMap.Evex0f38,
  "EVEX.0F3A": OpcodeMap.Evex0f3a,
  "EVEX.MAP5": OpcodeMap.Evex5,
  "EVEX.MAP6": OpcodeMap.Evex6,
};
const prefixNumber: Readonly<Record<string, number>> = { "66": 1, F3: 2, F2: 3 };
const lengths: Readonly<Record<string, readonly number[] | undefined>> = {
  LIG: undefined,
  LZ: [0],
  L0: [0],
  L1: [1],
  "128": [0],
  "256": [1],
  "512": [2],
};

/** Contexts: 0 legacy 16, 1 legacy 32, 2 long 16, 3 long 32, 4 long 64. */
function contexts(size: number, modes: string, traits: ReadonlySet<string>, amd: boolean): number[] {
  const legacy = modes.includes("32");
  const long = modes.includes("64");
  const result: number[] = [];
  if (legacy) {
    if (size !== 32) result.push(0);
    if (size !== 16) result.push(1);
    if (size === 64) result.length = 0;
  }
  if (long) {
    const forced = traits.has("f64") || (traits.has("if64") && !amd);
    if (size === 0 || (size === 64 && forced)) result.push(2, 3, 4);
    else if (size === 64) result.push(...(traits.has("d64") || traits.has("if64") ? [3, 4] : [4]));
    else if (size === 32) result.push(3);
    else result.push(2);
  }
  return result;
}

export function parseRow(family: string, row: FormRow): Omit<Form, "id"> {
  try {
    return parse(family, row);
  } catch (error) {
    throw new Error(`forms/${family}.ts: ${row.enc} | ${row.asm}: ${(error as Error).message}`);
  }
}

function parse(family: string, row: FormRow): Omit<Form, "id"> {
  const traits = new Set((row.traits ?? "").split(" ").filter(Boolean));
  const constraints: Constraints = {};
  let flags = 0;
  const modes = row.modes ?? "16 32 64";
  const mnemonic = row.asm.split(" ")[0]!.toLowerCase();

  const operands: number[] = [];
  const access: string[] = [];
  const places = (row.ops ?? "").split(" ").filter(Boolean);
  let immediates = 0;
  for (const [index, word] of places.entries()) {
    const colon = word.indexOf(":");
    access.push(word.slice(0, colon));
    const place = word.slice(colon + 1);
    let { code, mod } = operandCode(place);
    // MOV cannot load CS; Cyrix's RSDC can.
    if (place === "seg.reg" && index === 0 && mnemonic === "mov") code |= 1 << 20;
    if (place === "imm8" && immediates > 0) code = Operand.Imm8Second;
    if (/^imm/.test(place)) immediates++;
    if (mod !== undefined && !traits.has("any-mod")) constraints.mod = [mod];
    operands.push(code);
    if (/\.v$/.test(place)) flags |= FormFlag.Vvvv;
  }

  const words = row.enc.split(" ").filter(Boolean);
  let map: number = OpcodeMap.Legacy;
  let operandSize = 0;
  let at = 0;
  const vector = /^(VEX|XOP|EVEX|MVEX)\./.exec(words[0]!);
  if (vector) {
    const parts = words[0]!.split(".").slice(1);
    let prefix = 0;
    let mapName = "";
    for (const part of parts) {
      if (part in prefixNumber) prefix = prefixNumber[part]!;
      else if (part in lengths) {
        const length = lengths[part];
        if (length) constraints.length = length;
      } else if (part === "W0" || part === "W1") {
        constraints.w = [part === "W1" ? 1 : 0];
      } else if (part !== "WIG") mapName = part;
    }
    constraints.prefix = [prefix];
    const found = vectorMaps[`${vector[1]}.${mapName}`];
    if (found === undefined) throw new Error(`unknown opcode map in "${words[0]}"`);
    map = found;
    at = 1;
  } else {
    for (; at < words.length; at++) {
      const word = words[at]!;
      const size = /^([ao])(16|32|64)$/.exec(word);
      if (size?.[1] === "o") operandSize = Number(size[2]);
      else if (size) constraints.addressSize = [{ 16: 0, 32: 1, 64: 2 }[size[2]!]!];
      else if (word === "NP") constraints.prefix = [0];
      else if (word in prefixNumber && hex.test(words[at + 1] ?? "")) constraints.prefix = [prefixNumber[word]!];
      else if (word in prefixNumber && /^o\d\d$/.test(words[at + 1] ?? "")) constraints.prefix = [prefixNumber[word]!];
      else break;
    }
    if (traits.has("nfx")) constraints.prefix = [0, 1];
    if (traits.has("no66") && constraints.prefix === undefined) constraints.prefix = [0, 2, 3];
    if (words[at] === "0F") {
      map = OpcodeMap.Legacy0f;
      at++;
      if (words[at] === "38" && at + 1 < words.length) {
        map = OpcodeMap.Legacy0f38;
        at++;
      } else if (words[at] === "3A" && at + 1 < words.length) {
        map = OpcodeMap.Legacy0f3a;
        at++;
      } else if (words[at] === "0F" && words[at + 1] === "/r") map = OpcodeMap.Now3d;
    }
  }
  // VIA documents its REP as a prefix that the opcode requires.
  if (constraints.prefix?.length === 1 && !vector && !traits.has("rep")) {
    if (constraints.prefix[0] === 2) flags |= FormFlag.MandatoryF3;
    if (constraints.prefix[0] === 3) flags |= FormFlag.MandatoryF2;
  }

  const opcodeWord = map === OpcodeMap.Now3d ? words.at(-1)! : words[at++]!;
  const opcodeMatch = /^([0-9A-F]{2})(\+r[bwdo])?$/.exec(opcodeWord);
  if (!opcodeMatch) throw new Error(`opcode expected, found "${opcodeWord}"`);
  const opcode = Number.parseInt(opcodeMatch[1]!, 16);
  const opcodes = opcodeMatch[2] ? [0, 1, 2, 3, 4, 5, 6, 7].map((n) => opcode + n) : [opcode];
  if (map === OpcodeMap.Now3d) flags |= FormFlag.ModRm;
  else
    for (; at < words.length; at++) {
      const word = words[at]!;
      const group = /^\/([0-7])$/.exec(word);
      const pattern = /^(!?)\(?11\)?:(rrr|[01]{3}):(bbb|[01]{3})$/.exec(word);
      const modrm = /^([0-9A-F]{2})(\+i)?$/.exec(word);
      if (word === "/r" || word === "/vsib") flags |= FormFlag.ModRm;
      else if (group) {
        flags |= FormFlag.ModRm;
        constraints.reg = [Number(group[1])];
      } else if (pattern) {
        flags |= FormFlag.ModRm;
        constraints.mod = [pattern[1] ? 0 : 1];
        if (pattern[2] !== "rrr") constraints.reg = [Number.parseInt(pattern[2]!, 2)];
        if (pattern[3] !== "bbb") constraints.rm = [Number.parseInt(pattern[3]!, 2)];
      } else if (modrm) {
        flags |= FormFlag.ModRm;
        const value = Number.parseInt(modrm[1]!, 16);
        constraints.mod = [1];
        constraints.reg = [(value >> 3) & 7];
        if (!modrm[2]) constraints.rm = [value & 7];
      } else if (!/^(i[bwdo]|c[bwdp]|mo|\/is[45])$/.test(word)) throw new Error(`unknown word "${word}"`);
    }
  if (/\^|mib/.test(row.ops ?? "")) flags |= FormFlag.Mpx;
  if (row.ops?.includes("mib") || mnemonic === "bndmk") flags |= FormFlag.NoRip;
  if (row.ops?.includes("vsib")) {
    constraints.rm = [4];
    flags |= FormFlag.Vsib;
  }
  if (mnemonic === "nop" && opcode === 0x90 && map === OpcodeMap.Legacy) constraints.b = [0];

  if (vector) {
    if (modes !== "16 32 64") constraints.context = contexts(0, modes, traits, false);
  } else {
    const all = contexts(operandSize, modes, traits, false);
    if (all.length < 5) constraints.context = all;
  }
  const amdContexts = vector ? undefined : contexts(operandSize, modes, traits, true);
  const options: { bit: number; value: number; longOnly: boolean }[] = [];
  if (row.opt) {
    const name = row.opt.replace("!", "");
    const mask = (DecodeOption as Readonly<Record<string, number>>)[name];
    if (mask === undefined) throw new Error(`unknown option "${name}"`);
    options.push({ bit: 31 - Math.clz32(mask), value: row.opt.startsWith("!") ? 0 : 1, longOnly: /64$/.test(name) });
  }
  if (traits.has("amd")) options.push({ bit: 1, value: 1, longOnly: false });
  if (traits.has("intel")) options.push({ bit: 1, value: 0, longOnly: false });
  if (traits.has("amd64")) options.push({ bit: 1, value: 1, longOnly: true });
  if (traits.has("intel64")) options.push({ bit: 1, value: 0, longOnly: true });

  const set = (trait: string, flag: number): void => {
    if (traits.has(trait)) flags |= flag;
  };
  set("lock", FormFlag.Lock);
  set("k", FormFlag.Mask);
  set("k!", FormFlag.Mask | FormFlag.MaskRequired);
  set("z", FormFlag.Zeroing);
  set("er", FormFlag.Rounding);
  set("sae", FormFlag.Sae);
  set("unique", FormFlag.Unique);
  set("unique-dst", FormFlag.UniqueDestination);
  set("lock-cr8", FormFlag.LockCr8);
  set("any-mod", FormFlag.AnyMod);
  set("ptr", FormFlag.SizeWord);
  set("data", FormFlag.OperandSizeWord);
  set("addr", FormFlag.AddressSizeWord);
  if (row.intel) flags |= FormFlag.Template;
  if (/indirect/.test(row.flow ?? "") && places.length === 1) flags |= FormFlag.Indirect;
  set("no66", FormFlag.No66);
  set("ignore-er", FormFlag.IgnoreRounding);
  const [memoryName = "", broadcastName = ""] = (row.mem ?? "").split(" ");
  const memory = memoryName ? memoryTypes.findIndex(([name]) => name === memoryName) + 1 : 0;
  if (memoryName && memory === 0) throw new Error(`unknown memory type "${memoryName}"`);
  const broadcastBytes = memoryTypes.find(([name]) => name === broadcastName)?.[1] ?? 0;
  if (broadcastName) flags |= FormFlag.Broadcast;
  flags |= (operandSize === 0 ? 0 : operandSize === 16 ? 1 : operandSize === 32 ? 2 : 3) << operandSizeShift;
  const tuple = row.tuple ? tuples.findIndex(([name]) => name === row.tuple) : 0;
  if (tuple < 0) throw new Error(`unknown tuple "${row.tuple}"`);
  flags |= tuple << tupleShift;

  const base = {
    family,
    row,
    mnemonic,
    map,
    opcodes,
    constraints,
    options,
    operands,
    access,
    flags,
    memory,
    broadcastBytes,
    traits,
  };
  const differs = amdContexts && constraints.context && String(amdContexts) !== String(constraints.context);
  return differs ? { ...base, amdContext: amdContexts } : base;
}
