/**
 * What an instruction touches besides its operands' names: registers and memory read and written, status flags, CPUID
 * features, where control goes next, and traits such as I/O or privilege. All of it follows from the form's row.
 */
import { featureSets, flagSets, flowNames, impliedSets, infoTable, traitSets } from "./info.gen.ts";
import { type Instruction, OpKind, Prefix } from "./instruction.ts";
import { Register } from "./register.ts";
import { registerSize } from "./register-names.ts";

/** How an operand, register or memory is used; `maybe…` if only under a condition, `address` if only its address counts. */
export const Access = {
  None: 0,
  Read: 1,
  MaybeRead: 2,
  Write: 3,
  MaybeWrite: 4,
  ReadWrite: 5,
  ReadMaybeWrite: 6,
  Address: 7,
} as const;
export type Access = (typeof Access)[keyof typeof Access];

/** Status flag bits as this module reports them; not the bit positions of RFLAGS. */
export const Flag = {
  OF: 1 << 0,
  SF: 1 << 1,
  ZF: 1 << 2,
  AF: 1 << 3,
  CF: 1 << 4,
  PF: 1 << 5,
  DF: 1 << 6,
  IF: 1 << 7,
  AC: 1 << 8,
  UIF: 1 << 9,
  /** x87 condition codes. */
  C0: 1 << 10,
  C1: 1 << 11,
  C2: 1 << 12,
  C3: 1 << 13,
} as const;

/** What comes next. */
export type Flow = (typeof flowNames)[number];
export type Feature = (typeof featureSets)[number][number];
export type FormTrait = (typeof traitSets)[number][number];

/** `Flag` bits. */
export interface FlagUse {
  readonly read: number;
  /** Set according to the result. */
  readonly written: number;
  readonly cleared: number;
  readonly set: number;
  readonly undefined: number;
}

export interface UsedRegister {
  readonly register: number;
  readonly access: Access;
}

export interface UsedMemory {
  readonly segment: number;
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** Modulo 2^64. */
  readonly displacement: bigint;
  /** Bytes; 0 if not fixed. */
  readonly size: number;
  readonly access: Access;
}

const stride = 6;
const field = (form: number, index: number): number => infoTable[form * stride + index] ?? 0;

/** CPUID features that a form needs, all of them; lower case, `-or-` inside a name where either will do. */
export const features = (instruction: Instruction): readonly Feature[] => featureSets[field(instruction.form, 1)]!;

/** Where control goes next; `"next"` is the following instruction. */
export const flow = (instruction: Instruction): Flow => flowNames[field(instruction.form, 3)]!;

/** Traits of a form number: `io`, `cpl0`, `stack`, `lock`, `rep` and so on. */
export const formTraits = (form: number): readonly FormTrait[] => traitSets[field(form, 5)]!;

/** Access of operand `index`, as this encoding uses it (registers, masks and repetition considered). */
export function access(instruction: Instruction, index: number): Access {
  const value = ((field(instruction.form, 0) >> (3 * index)) & 7) as Access;
  if (isRepeated(instruction)) return conditional(value);
  if (isZeroIdiom(instruction))
    return index > 0 ? Access.None : instruction.opmask === 0 ? Access.Write : masked(instruction, Access.Write);
  if (index === 0 && instruction.opmask !== 0) return masked(instruction, value);
  const traits = formTraits(instruction.form);
  // The upper half is cleared even if the condition is false.
  if (index === 0 && value === Access.MaybeWrite && instruction.bitness === 64 && traits.includes("clears-upper"))
    return instruction.opReg0 >= Register.EAX && instruction.opReg0 <= Register.R15D ? Access.ReadWrite : value;
  // MOVSS and MOVSD merge between registers, but not with memory.
  if (index === 0 && value === Access.ReadWrite && traits.includes("merge-registers") && hasMemory(instruction))
    return Access.Write;
  return value;
}

const hasMemory = (instruction: Instruction): boolean =>
  instruction.opKind0 === OpKind.Memory || instruction.opKind1 === OpKind.Memory;

/** Elements whose mask bit is clear keep their value, unless zeroed. */
function masked(instruction: Instruction, value: Access): Access {
  if (value !== Access.Write && value !== Access.ReadWrite) return value;
  if (formTraits(instruction.form).includes("mask-selects")) return value;
  if (instruction.opKind0 === OpKind.Memory) return value === Access.Write ? Access.MaybeWrite : value;
  const register = instruction.opReg0;
  if (instruction.zeroing || (register >= Register.K0 && register <= Register.K7)) return value;
  // A narrower vector's upper part is written whatever the mask says.
  return register >= Register.ZMM0 ? Access.ReadMaybeWrite : Access.ReadWrite;
}

/** The mask of gathers and scatters is cleared as elements are done. */
const isGather = (instruction: Instruction): boolean =>
  instruction.memIndex >= Register.XMM0 && instruction.memIndex <= Register.ZMM31;

/** `xor eax,eax` and its like: the sources do not matter. */
function isZeroIdiom(instruction: Instruction): boolean {
  if (!formTraits(instruction.form).includes("zero-idiom")) return false;
  return instruction.opCount === 2
    ? instruction.opKind1 === OpKind.Register && instruction.opReg0 === instruction.opReg1
    : instruction.opKind2 === OpKind.Register && instruction.opReg1 === instruction.opReg2;
}

/** Status flags. Shifts and rotates by an immediate count are told apart: 0 changes nothing, 1 defines OF. */
export function flagUse(instruction: Instruction): FlagUse {
  const at = field(instruction.form, 2);
  const count = shiftCount(instruction);
  if (count === 0) return { read: 0, written: 0, cleared: 0, set: 0, undefined: 0 };
  if (isZeroIdiom(instruction) && at !== 0) {
    const aux = (flagSets[at * 5 + 4]! & Flag.AF) !== 0 ? 0 : Flag.AF;
    return {
      read: 0,
      written: 0,
      cleared: Flag.OF | Flag.SF | Flag.CF | aux,
      set: Flag.ZF | Flag.PF,
      undefined: Flag.AF & ~aux,
    };
  }
  const use = {
    read: flagSets[at * 5]!,
    written: flagSets[at * 5 + 1]!,
    cleared: flagSets[at * 5 + 2]!,
    set: flagSets[at * 5 + 3]!,
    undefined: flagSets[at * 5 + 4]!,
  };
  if (count === 1 && (use.undefined & Flag.OF) !== 0)
    return { ...use, written: use.written | Flag.OF, undefined: use.undefined & ~Flag.OF };
  return use;
}

/** Immediate count of a shift or rotate as the processor masks it, or -1. */
function shiftCount(instruction: Instruction): number {
  if (!formTraits(instruction.form).includes("shift")) return -1;
  const last = instruction.opCount - 1;
  if (instruction.opKind(last) !== OpKind.Immediate) return -1;
  const size = registerOrMemorySize(instruction);
  const count = instruction.immLow & (size === 8 ? 63 : 31);
  // RCL and RCR of 9 or 17 bits come round within the mask.
  return size < 4 && formTraits(instruction.form).includes("through-carry") ? count % (8 * size + 1) : count;
}

const registerOrMemorySize = (instruction: Instruction): number =>
  instruction.opKind0 === OpKind.Memory ? instruction.memSize : registerSize(instruction.opReg0);

const isRepeated = (instruction: Instruction): boolean =>
  (instruction.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0 && isString(instruction);
const isString = (instruction: Instruction): boolean =>
  instruction.opKind0 === OpKind.StringDestination ||
  instruction.opKind0 === OpKind.StringSource ||
  instruction.opKind1 === OpKind.StringSource ||
  instruction.opKind1 === OpKind.StringDestination;

const conditional = (value: Access): Access =>
  value === Access.Read
    ? Access.MaybeRead
    : value === Access.Write
      ? Access.MaybeWrite
      : value === Access.ReadWrite
        ? Access.ReadMaybeWrite
        : value;

/** Stack pointer, or another register, as wide as the code's (`sp`) or the address size (`di`). */
const widths = (word: number, bits: number): number =>
  bits === 16 ? word : word - Register.AX + (bits === 32 ? Register.EAX : Register.RAX);

/** The `bytes` low bytes of a general register; other registers, and narrower ones, as they are. */
function low(register: number, bytes: number): number {
  const number =
    register < Register.AX || register > Register.R15
      ? -1
      : register >= Register.RAX
        ? register - Register.RAX
        : register >= Register.EAX
          ? register - Register.EAX
          : register - Register.AX;
  if (number < 0 || registerSize(register) <= bytes) return register;
  switch (bytes) {
    case 4:
      return Register.EAX + number;
    case 2:
      return Register.AX + number;
    case 1:
      return number < 4 ? Register.AL + number : Register.SPL + number - 4;
    default:
      return register;
  }
}

/** In the last register operand, the bytes that matter; 8 for all. */
function bytesRead(instruction: Instruction): number {
  const traits = formTraits(instruction.form);
  return traits.includes("reads8") ? 1 : traits.includes("reads16") ? 2 : 8;
}

/** LEA of a narrow result: the rest of an address does not matter. */
const addressBytes = (instruction: Instruction): number =>
  access(instruction, 1) === Access.Address && instruction.opReg0 <= Register.R15
    ? registerSize(instruction.opReg0)
    : 8;

/** Instructions with REP that name no string operand: PadLock's. */
const isImplicitlyRepeated = (instruction: Instruction): boolean =>
  (instruction.prefixes & Prefix.Rep) !== 0 &&
  features(instruction).some((feature) => feature.startsWith("padlock")) &&
  impliedSets[field(instruction.form, 4)]!.registers.length > 0;

const inMode = (instruction: Instruction, modes: number): boolean =>
  modes === 0 || (modes === 1) === (instruction.bitness === 64);

/** The register that a write to `register` really changes. */
function written(instruction: Instruction, register: number): number {
  if (instruction.bitness === 64 && register >= Register.EAX && register <= Register.R15D)
    return register - Register.EAX + Register.RAX;
  if (register >= Register.XMM0 && register < Register.ZMM0 && isVex(instruction))
    return Register.ZMM0 + ((register - Register.XMM0) & 31);
  return register;
}

/** VEX, XOP and EVEX writes clear the rest of the register. */
const isVex = (instruction: Instruction): boolean => formTraits(instruction.form).includes("vex");

/** Every register read or written, operands, addresses and implied ones. The same register can appear more than once. */
export function usedRegisters(instruction: Instruction): UsedRegister[] {
  const used: UsedRegister[] = [];
  const add = (register: number, value: Access): void => {
    if (register === Register.None || value === Access.None) return;
    const full = written(instruction, register);
    if (full === register) used.push({ register, access: value });
    else
      switch (value) {
        case Access.Write:
          used.push({ register: full, access: Access.Write });
          break;
        case Access.ReadWrite:
          used.push({ register, access: Access.Read }, { register: full, access: Access.Write });
          break;
        case Access.MaybeWrite:
          used.push({ register: full, access: Access.MaybeWrite });
          break;
        case Access.ReadMaybeWrite:
          used.push({ register, access: Access.Read }, { register: full, access: Access.MaybeWrite });
          break;
        default:
          used.push({ register, access: value });
      }
  };
  const repeated = isRepeated(instruction);
  const reading = repeated ? Access.MaybeRead : Access.Read;
  let lastRegister = instruction.opCount - 1;
  while (lastRegister > 0 && instruction.opKind(lastRegister) !== OpKind.Register) lastRegister--;
  for (let i = 0; i < instruction.opCount; i++) {
    const value = access(instruction, i);
    if (value === Access.None) continue;
    switch (instruction.opKind(i)) {
      case OpKind.Register:
        if ((i === lastRegister && value === Access.Read) || value === Access.ReadMaybeWrite)
          add(low(instruction.opReg(i), bytesRead(instruction)), value);
        else add(instruction.opReg(i), value);
        break;
      case OpKind.Memory:
        if (!formTraits(instruction.form).includes("no-seg"))
          segment(instruction, instruction.memSegment, Access.Read, used);
        if (instruction.memBase !== Register.RIP && instruction.memBase !== Register.EIP)
          add(low(instruction.memBase, addressBytes(instruction)), Access.Read);
        add(low(instruction.memIndex, addressBytes(instruction)), Access.Read);
        break;
      case OpKind.StringSource:
        segment(instruction, instruction.memSegment, reading, used);
        pointer(instruction, Register.SI, repeated, used, add);
        break;
      case OpKind.StringDestination:
        if (instruction.bitness !== 64) used.push({ register: Register.ES, access: reading });
        pointer(instruction, Register.DI, repeated, used, add);
        break;
      case OpKind.MaskDestination:
        segment(instruction, instruction.memSegment, Access.Read, used);
        add(widths(Register.DI, instruction.addressSize), Access.Read);
        break;
    }
  }
  if (repeated) add(widths(Register.CX, instruction.addressSize), Access.ReadMaybeWrite);
  if (instruction.opmask !== 0)
    used.push({
      register: Register.K0 + instruction.opmask,
      access: isGather(instruction) ? Access.ReadWrite : Access.Read,
    });
  if (formTraits(instruction.form).includes("mask-pair")) {
    // VP2INTERSECT writes an even and an odd mask register.
    add(Register.K0 + ((instruction.opReg0 - Register.K0) ^ 1), Access.Write);
  }
  if (formTraits(instruction.form).includes("block4")) {
    const first = blockStart(instruction.opReg1);
    for (let i = 0; i < 4; i++) if (first + i !== instruction.opReg1) add(first + i, Access.Read);
  }
  const implied = impliedSets[field(instruction.form, 4)]!;
  const hasFrames = formTraits(instruction.form).includes("frames");
  const maybe = isImplicitlyRepeated(instruction);
  if (maybe && !implied.registers.some(([, name]) => name === Register.CX + byAddress))
    add(widths(Register.CX, instruction.addressSize), Access.ReadMaybeWrite);
  for (const [value, name, modes] of implied.registers) {
    if (!inMode(instruction, modes)) continue;
    const register = resolve(instruction, name);
    // Registers 8–15 of a row exist in 64-bit code only.
    if (instruction.bitness !== 64 && needsRex(register)) continue;
    const last = used.at(-1);
    // One register where operand and stack size are the same.
    if (hasFrames && last?.register === register) used[used.length - 1] = { register, access: Access.ReadWrite };
    else if (maybe && value === Access.ReadWrite) {
      add(register, Access.MaybeRead);
      add(register, Access.MaybeWrite);
    } else add(register, maybe ? conditional(value as Access) : (value as Access));
  }
  // The frame pointer moves over those of the levels around.
  if (hasFrames && instruction.opCount === 2 && (instruction.imm2 & 31) > 1) {
    const pointer = widths(Register.BP, instruction.bitness);
    if (used.at(-1)!.register !== pointer) add(pointer, Access.ReadWrite);
  }
  const traits = formTraits(instruction.form);
  if (traits.includes("store-64")) segment(instruction, Register.ES, Access.Read, used);
  if (traits.includes("seg-word") && implied.memory.length === 0)
    segment(instruction, impliedSegment(instruction), Access.Read, used);
  let last: number = Register.None;
  for (const [value, segmentRegister, , , , modes] of implied.memory) {
    if (!inMode(instruction, modes)) continue;
    if (segmentRegister !== last)
      segment(
        instruction,
        segmentRegister,
        maybe || value === Access.MaybeRead || value === Access.MaybeWrite ? Access.MaybeRead : Access.Read,
        used,
      );
    last = segmentRegister;
  }
  return used;
}

const impliedSegment = (instruction: Instruction): number =>
  instruction.segmentPrefix === Register.None || (instruction.bitness === 64 && instruction.segmentPrefix < Register.FS)
    ? Register.DS
    : instruction.segmentPrefix;

const needsRex = (register: number): boolean =>
  (register >= Register.R8D && register <= Register.R15D) ||
  (register >= Register.R8 && register <= Register.R15) ||
  (register >= Register.XMM0 && register < Register.K0 && ((register - Register.XMM0) & 31) >= 8);

/** First of the aligned group of four vector registers. */
const blockStart = (register: number): number => register - ((register - Register.XMM0) & 3);

/** Added to a register of a row that is as wide as the address. */
const byAddress = 512;

/** The register of operand 0. */
const operand0 = 1024;

/** Implied registers above 256 are `sp` of the stack, above 512 the register of the address size. */
function resolve(instruction: Instruction, name: number): number {
  if (name < 256) return name;
  if (name === operand0) return instruction.opReg0;
  return widths(name & 255, name < byAddress ? instruction.bitness : instruction.addressSize);
}

function segment(instruction: Instruction, register: number, value: Access, used: UsedRegister[]): void {
  if (register === Register.None) return;
  if (instruction.bitness !== 64 || register >= Register.FS) used.push({ register, access: value });
}

function pointer(
  instruction: Instruction,
  word: number,
  repeated: boolean,
  used: UsedRegister[],
  add: (register: number, value: Access) => void,
): void {
  const register = widths(word, instruction.addressSize);
  if (repeated) {
    used.push({ register, access: Access.MaybeRead });
    used.push({ register: written(instruction, register), access: Access.MaybeWrite });
  } else add(register, Access.ReadWrite);
}

const isTile = (instruction: Instruction): boolean =>
  instruction.opReg0 >= Register.TMM0 || instruction.opReg1 >= Register.TMM0;

/** Every memory access, the operand's and implied ones such as the stack's. */
export function usedMemory(instruction: Instruction): UsedMemory[] {
  const used: UsedMemory[] = [];
  for (let i = 0; i < instruction.opCount; i++) {
    const value = access(instruction, i);
    if (value === Access.None || value === Access.Address) continue;
    const { addressSize, memSegment } = instruction;
    const repeated = isRepeated(instruction);
    switch (instruction.opKind(i)) {
      case OpKind.Memory:
        used.push({
          segment: memSegment,
          base:
            instruction.memBase === Register.RIP || instruction.memBase === Register.EIP
              ? Register.None
              : instruction.memBase,
          // The index of tiles is the distance of their rows.
          index: isTile(instruction) ? Register.None : instruction.memIndex,
          scale: isTile(instruction) ? 1 : instruction.memScale,
          displacement: instruction.displacement,
          size: instruction.memSize,
          access: value,
        });
        break;
      case OpKind.StringSource:
      case OpKind.StringDestination:
      case OpKind.MaskDestination: {
        const source = instruction.opKind(i) === OpKind.StringSource;
        used.push({
          segment: instruction.opKind(i) === OpKind.StringDestination ? Register.ES : memSegment,
          base: widths(source ? Register.SI : Register.DI, addressSize),
          index: Register.None,
          scale: 1,
          displacement: 0n,
          size: repeated ? 0 : instruction.memSize,
          access: value,
        });
      }
    }
  }
  // ENQCMD and MOVDIR64B store 64 bytes where a register points.
  if (formTraits(instruction.form).includes("store-64"))
    used.push({
      segment: Register.ES,
      base: instruction.opReg0,
      index: Register.None,
      scale: 1,
      displacement: 0n,
      size: 64,
      access: Access.Write,
    });
  if (formTraits(instruction.form).includes("frames") && instruction.opCount === 2) return enterFrames(instruction);
  const maybe = isImplicitlyRepeated(instruction);
  for (const [value, segmentRegister, base, displacement, size, modes] of impliedSets[field(instruction.form, 4)]!
    .memory) {
    if (!inMode(instruction, modes)) continue;
    used.push({
      segment: segmentRegister,
      base: resolve(instruction, base),
      index: Register.None,
      scale: 1,
      displacement: BigInt.asUintN(64, BigInt(displacement)),
      size,
      access: maybe ? conditional(value as Access) : (value as Access),
    });
  }
  return used;
}

/** ENTER pushes rBP, copies the frame pointers of the levels around (rBP moves down over them), and pushes its own. */
function enterFrames(instruction: Instruction): UsedMemory[] {
  const size = instruction.operandSize / 8;
  const levels = instruction.imm2 & 31;
  const used: UsedMemory[] = [];
  const add = (base: number, slot: number, value: Access): void => {
    used.push({
      segment: Register.SS,
      base: widths(base, instruction.bitness),
      index: Register.None,
      scale: 1,
      displacement: BigInt.asUintN(64, BigInt(-slot * size)),
      size,
      access: value,
    });
  };
  add(Register.SP, 1, Access.Write);
  for (let level = 1; level < levels; level++) {
    add(Register.BP, level, Access.Read);
    add(Register.SP, level + 1, Access.Write);
  }
  if (levels > 0) add(Register.SP, levels + 1, Access.Write);
  return used;
}
