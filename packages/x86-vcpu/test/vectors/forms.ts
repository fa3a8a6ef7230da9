/** The forms that vectors cover, how each may be encoded, and why the others are left to other tests. */
import { decodeInstruction, Instruction, type MnemonicName, mnemonicNames, OpKind, Register } from "x86-decode";
import { formIds } from "x86-decode/forms";
import { features } from "x86-decode/info";
import { isLifted } from "x86-lift";

export type Bitness = 16 | 32 | 64;
export const bitnesses: readonly Bitness[] = [64, 32, 16];

/** Prefixes and opcode, and the ModR/M bytes with which they are the form (empty: it has none). */
export interface Encoding {
  readonly bytes: readonly number[];
  readonly memory: readonly number[];
  readonly registers: readonly number[];
  /** VEX: the register in the prefix is free. */
  readonly vex: boolean;
}

export interface Form {
  readonly number: number;
  /** As x86-decode names it. */
  readonly id: string;
  readonly mnemonic: string;
  /** By bitness; absent where the form does not exist. */
  readonly encodings: ReadonlyMap<Bitness, readonly Encoding[]>;
}

const systemGuests = "far transfers and descriptor tables: needs tables of the system's";
const notAFunction = "its result is no function of the state";

/** Mnemonics that vectors leave out, with the reason. */
const excluded: readonly (readonly [reason: string, mnemonics: string])[] = [
  [notAFunction, "cpuid rdtsc rdtscp rdpmc rdrand rdseed rdpid xgetbv xsetbv"],
  ["a call of the host's system", "syscall sysenter int vmcall vmmcall"],
  [systemGuests, "iret iretd iretq retf sysret sysretq sysexit sysexitq lar lsl verr verw lds les lfs lgs lss arpl int1"],
  ["UMIP: the host's kernel answers in its place", "sgdt sidt sldt str smsw"],
  ["SVM: answered by the host's hypervisor", "vmrun vmload vmsave stgi clgi skinit invlpga"],
  ["thread pointers are the host's", "rdfsbase rdgsbase wrfsbase wrgsbase"],
  ["sizes and contents follow the processor's features", "xsave xsave64 xrstor xrstor64 xsavec xsavec64 xsaveopt xsaveopt64 xsaves xsaves64 xrstors xrstors64"],
  ["absent from the processor that wrote the vectors", "movdiri serialize rdpkru wrpkru movdir64b"],
  ["has no effect that a user sees, or waits for one", "monitor mwait pause"],
  ["approximations that differ between processors, within a bound: src/helpers/simd/approximate.test.ts", "rcpps rcpss rsqrtps rsqrtss"],
];
const reasons = new Map<string, string>();
for (const [reason, mnemonics] of excluded) for (const name of mnemonics.split(" ")) reasons.set(name, reason);

/** Why vectors have nothing of this instruction, or undefined. */
export function exclusion(insn: Instruction): string | undefined {
  const name = mnemonicNames[insn.mnemonic]!;
  const reason = reasons.get(name);
  if (reason !== undefined) return reason;
  if ((name === "jmp" || name === "call") && (insn.opKind0 === OpKind.FarBranch || isFarMemory(insn))) return systemGuests;
  if (/^reservednop.*0f_0d/.test(formIds[insn.form]!)) return "#UD on the processor that wrote the vectors: README.md there";
  // Loads of segment registers; reading them is fine.
  if ((name === "mov" || name === "pop") && insn.opReg0 >= Register.ES && insn.opReg0 <= Register.GS) return systemGuests;
  return undefined;
}

const isFarMemory = (insn: Instruction): boolean => insn.opKind0 === OpKind.Memory && /_m16_(16|32|64)$/.test(formIds[insn.form]!);

const legacy: readonly (readonly number[])[] = [[], [0x66], [0xf2], [0xf3], [0x67], [0x66, 0x67], [0x66, 0xf2], [0x66, 0xf3]];
const rexW: readonly (readonly number[])[] = [[0x48], [0x66, 0x48], [0xf2, 0x48], [0xf3, 0x48], [0x67, 0x48], [0x66, 0xf3, 0x48]];
const maps: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const prefixBytes = [0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3];
const vexPrefixes: number[][] = [];
for (const map of [0xe2, 0xe3]) for (let rest = 0; rest < 16; rest++) if ((rest & 4) === 0) vexPrefixes.push([0xc4, map, ((rest & 8) << 4) | 0x78 | (rest & 3)]);

/** One register and one memory operand of each ModR/M group are enough to know the form. */
const modrms: number[] = [];
for (let reg = 0; reg < 8; reg++) {
  modrms.push(reg << 3);
  for (let rm = 0; rm < 8; rm++) modrms.push(0xc0 | (reg << 3) | rm);
}

interface Open {
  readonly mnemonic: string;
  readonly number: number;
  readonly encodings: Map<Bitness, Encoding[]>;
}

/** Decodes every prefix, map, opcode and ModR/M group; what decodes to a lifted form is a way to write it. */
function enumerate(): {
  readonly forms: readonly Form[];
  /** Lifted forms without vectors, and why. */
  readonly excluded: ReadonlyMap<number, string>;
  /** Forms that x86-decode knows and x86-lift does not. */
  readonly unlifted: ReadonlySet<number>;
  /** CPUID features and mnemonic of every form met. */
  readonly about: ReadonlyMap<number, { readonly features: readonly string[]; readonly mnemonic: string }>;
} {
  const open = new Map<number, Open>();
  const left = new Map<number, string>();
  const unlifted = new Set<number>();
  const about = new Map<number, { features: readonly string[]; mnemonic: string }>();
  const insn = new Instruction();
  const bytes = new Uint8Array(24);
  // Three million decodes: imports are looked up once.
  const decode = decodeInstruction;
  const all = modrms;
  const lifted = mnemonicNames.map((name) => isLifted(name as MnemonicName));

  const visit = (bitness: Bitness, head: readonly number[], vex: boolean): void => {
    const found = new Map<number, { memory: number[]; registers: number[] }>();
    bytes.fill(0);
    bytes.set(head);
    const at = head.length;
    for (const modrm of all) {
      bytes[at] = modrm;
      decode(bytes, 0, 24, bitness, 0, 0, insn);
      if (insn.error !== 0) continue;
      if (!about.has(insn.form)) about.set(insn.form, { features: features(insn), mnemonic: mnemonicNames[insn.mnemonic]! });
      if (!lifted[insn.mnemonic]!) {
        unlifted.add(insn.form);
        continue;
      }
      const { form } = insn;
      const reason = exclusion(insn);
      if (reason !== undefined) {
        left.set(form, reason);
        continue;
      }
      const shape = found.get(form) ?? { memory: [], registers: [] };
      found.set(form, shape);
      (modrm < 0xc0 ? shape.memory : shape.registers).push(modrm);
      if (!open.has(form)) open.set(form, { mnemonic: mnemonicNames[insn.mnemonic]!, number: form, encodings: new Map() });
    }
    for (const [form, shape] of found) {
      const list = open.get(form)!.encodings.get(bitness) ?? [];
      list.push({ bytes: head, ...shape, vex });
      open.get(form)!.encodings.set(bitness, list);
    }
  };

  /** What is a prefix or an escape cannot be an opcode. */
  const isOpcode = (bitness: Bitness, map: readonly number[], opcode: number): boolean =>
    map.length > 0 || !(prefixBytes.includes(opcode) || (bitness === 64 && ((opcode & 0xf0) === 0x40 || [0xc4, 0xc5, 0x62].includes(opcode))));
  for (const bitness of bitnesses) {
    for (const prefix of bitness === 64 ? [...legacy, ...rexW] : legacy)
      for (const map of maps) for (let opcode = 0; opcode < 256; opcode++) if (isOpcode(bitness, map, opcode)) visit(bitness, [...prefix, ...map, opcode], false);
    for (const prefix of vexPrefixes) for (let opcode = 0; opcode < 256; opcode++) visit(bitness, [...prefix, opcode], true);
  }
  const forms = [...open.values()]
    .sort((a, b) => a.number - b.number)
    .map(({ number, mnemonic, encodings }) => ({ number, mnemonic, encodings, id: formIds[number]! }));
  for (const form of forms) left.delete(form.number);
  return { forms, excluded: left, unlifted, about };
}

let known: ReturnType<typeof enumerate> | undefined;
/** All of it, made once: about half a second. */
export const allForms = (): ReturnType<typeof enumerate> => (known ??= enumerate());
