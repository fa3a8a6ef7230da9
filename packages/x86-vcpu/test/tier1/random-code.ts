/** Random but mostly harmless 64-bit instructions: no write to RSP, R13 or R14 outside stack operations, memory through those only. */

/** Two choices of 32 bits each and a kind; what they mean depends on the kind. */
export interface Choice {
  readonly kind: number;
  readonly x: number;
  readonly y: number;
}

const registers = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 15];
const pick = <T>(list: readonly T[], n: number): T => list[(n >>> 0) % list.length]!;
const imm32 = (n: number): number[] => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24];

interface Operand {
  readonly rexB: number;
  readonly rexX: number;
  readonly bytes: (reg: number) => number[];
}

/** A register or [r14 + r13 × scale + disp] or [r14 + disp] or [rsp + disp]; `memory` forces memory. */
function operand(n: number, memory: boolean): Operand {
  if (!memory && (n & 3) !== 0) {
    const rm = pick(registers, n >>> 2);
    return { rexB: rm >> 3, rexX: 0, bytes: (reg) => [0xc0 | ((reg & 7) << 3) | (rm & 7)] };
  }
  const disp = (n >>> 8) & 0x3f;
  switch ((n >>> 2) & 3) {
    case 0:
      return {
        rexB: 1,
        rexX: 1,
        bytes: (reg) => [0x44 | ((reg & 7) << 3), (((n >>> 4) & 3) << 6) | (5 << 3) | 6, disp],
      };
    case 1:
      return { rexB: 0, rexX: 0, bytes: (reg) => [0x44 | ((reg & 7) << 3), 0x24, disp] };
    default:
      return { rexB: 1, rexX: 0, bytes: (reg) => [0x46 | ((reg & 7) << 3), disp] };
  }
}

/** prefixes, opcode with ModR/M, immediate bytes. size: 0 byte, 1 word, 2 dword, 3 qword. */
function modrm(
  opcode: readonly number[],
  reg: number,
  rm: Operand,
  size: number,
  tail: readonly number[] = [],
): number[] {
  const rex = 0x40 | (size === 3 ? 8 : 0) | ((reg >> 3) << 2) | (rm.rexX << 1) | rm.rexB;
  return [...(size === 1 ? [0x66] : []), rex, ...opcode, ...rm.bytes(reg), ...tail];
}

const immediate = (size: number, n: number): number[] =>
  size === 0 ? [n & 255] : size === 1 ? [n & 255, (n >>> 8) & 255] : imm32(n);

type Template = (x: number, y: number) => number[];
const sized = (opcode: number, size: number): number => opcode | (size === 0 ? 0 : 1);
const alu: Template = (x, y) => {
  const size = x & 3;
  return modrm(
    [sized((((x >>> 2) & 7) << 3) | (((x >>> 5) & 1) << 1), size)],
    pick(registers, x >>> 6),
    operand(y, false),
    size,
  );
};
const aluImmediate: Template = (x, y) => {
  const size = x & 3;
  const kind = (x >>> 2) & 7;
  if ((x & 32) !== 0 && size !== 0) return modrm([0x83], kind, operand(y, false), size, [(x >>> 8) & 255]);
  return modrm([sized(0x80, size)], kind, operand(y, false), size, immediate(size, x ^ (y << 7)));
};
const unary: Template = (x, y) => {
  const size = x & 3;
  const kind = pick([0, 2, 3, 4, 5], x >>> 2);
  return modrm([sized(0xf6, size)], kind, operand(y, false), size, kind === 0 ? immediate(size, x) : []);
};
const step: Template = (x, y) => modrm([sized(0xfe, x & 3)], (x >>> 2) & 1, operand(y, false), x & 3);
const shift: Template = (x, y) => {
  const size = x & 3;
  const kind = (x >>> 2) & 7;
  return (x & 32) !== 0
    ? modrm([sized(0xd2, size)], kind, operand(y, false), size)
    : modrm([sized(0xc0, size)], kind, operand(y, false), size, [(x >>> 8) & 0x7f]);
};
const wide =
  (opcodes: readonly number[]): Template =>
  (x, y) =>
    modrm([0x0f, pick(opcodes, x >>> 4)], pick(registers, x >>> 8), operand(y, false), 1 + (x % 3));
const doubleShift: Template = (x, y) =>
  (x & 8) !== 0
    ? modrm([0x0f, pick([0xa4, 0xac], x >>> 4)], pick(registers, x >>> 8), operand(y, false), 2 + (x & 1), [
        (x >>> 16) & 63,
      ])
    : modrm([0x0f, pick([0xa5, 0xad], x >>> 4)], pick(registers, x >>> 8), operand(y, false), 2 + (x & 1));
const bitTest: Template = (x, y) =>
  modrm([0x0f, 0xba], 4 + (x & 3), operand(y, false), 1 + ((x >>> 2) % 3), [(x >>> 8) & 63]);
const setcc: Template = (x, y) => modrm([0x0f, 0x90 | (x & 15)], 0, operand(y, false), 0);
const extend: Template = (x, y) =>
  modrm([0x0f, pick([0xb6, 0xb7, 0xbe, 0xbf], x >>> 4)], pick(registers, x >>> 8), operand(y, false), 2 + (x & 1));
const move: Template = (x, y) =>
  modrm([sized(pick([0x88, 0x8a], x >>> 2), x & 3)], pick(registers, x >>> 8), operand(y, false), x & 3);
const moveImmediate: Template = (x, y) =>
  modrm([sized(0xc6, x & 3)], 0, operand(y, false), x & 3, immediate(x & 3, x ^ y));
const lea: Template = (x, y) => modrm([0x8d], pick(registers, x >>> 8), operand(y, true), 1 + (x % 3));
const exchange: Template = (x, y) => modrm([sized(0x86, x & 3)], pick(registers, x >>> 8), operand(y, false), x & 3);
const exchangeAdd: Template = (x, y) =>
  modrm([0x0f, sized(pick([0xc0, 0xb0], x >>> 4), x & 3)], pick(registers, x >>> 8), operand(y, false), x & 3);
const swapBytes: Template = (x) => {
  const reg = pick(registers, x >>> 2);
  return [0x40 | ((x & 1) << 3) | (reg >> 3), 0x0f, 0xc8 | (reg & 7)];
};
const push: Template = (x) => {
  const reg = pick([...registers, 4], x >>> 2);
  return [0x40 | (reg >> 3), 0x50 | (reg & 7)];
};
const pop: Template = (x) => {
  const reg = pick(registers, x >>> 2);
  return [0x40 | (reg >> 3), 0x58 | (reg & 7)];
};
const pushImmediate: Template = (x, y) => ((x & 1) !== 0 ? [0x6a, y & 255] : [0x68, ...imm32(y)]);
const single: Template = (x) =>
  pick(
    [
      [0x98],
      [0x48, 0x98],
      [0x66, 0x98],
      [0x99],
      [0x48, 0x99],
      [0x9f],
      [0x9e],
      [0xf8],
      [0xf9],
      [0xf5],
      [0x90],
      [0x9c, 0x58],
    ],
    x,
  );
const count: Template = (x, y) => [
  0xf3,
  ...modrm([0x0f, pick([0xb8, 0xbc, 0xbd], x >>> 4)], pick(registers, x >>> 8), operand(y, false), 2 + (x & 1)),
];
const jcc: Template = (x, y) => {
  // Over one three-byte instruction.
  const body = alu(0x02 | (y & 0xffffff5c), 1);
  return [0x70 | (x & 15), body.length, ...body];
};
const callOver: Template = (x) => [0xe8, 1, 0, 0, 0, 0xf4, 0x58 | pick([0, 1, 2, 3], x)];
const multiply: Template = (x, y) =>
  modrm([0x69], pick(registers, x >>> 8), operand(y, false), 2 + (x & 1), imm32(x ^ y));
/** 66 0F: packed integer operations on XMM registers or memory. */
const vector: Template = (x, y) => {
  const opcode = pick(
    [
      0x6f, 0x7f, 0xef, 0xdb, 0xeb, 0xdf, 0xfe, 0xfc, 0xd4, 0xfa, 0xf8, 0x60, 0x61, 0x62, 0x6c, 0x74, 0x76, 0xd7, 0x6e,
      0x7e,
    ],
    x >>> 4,
  );
  const rm = y & 7;
  const reg = (x >>> 10) & 7;
  const toGeneral = opcode === 0xd7;
  return [
    0x66,
    0x0f,
    opcode,
    0xc0 |
      ((toGeneral ? pick([0, 1, 2, 3], reg) : reg) << 3) |
      (opcode === 0x6e || opcode === 0x7e ? pick([0, 1, 2, 3], rm) : rm),
  ];
};
const vectorMemory: Template = (x) => {
  const [prefix, opcode] = pick(
    [
      [0xf3, 0x6f],
      [0xf3, 0x7f],
      [0xf3, 0x10],
      [0xf3, 0x11],
      [0xf2, 0x10],
      [0xf2, 0x11],
      [0x66, 0xd6],
      [0xf3, 0x7e],
    ] as const,
    x,
  );
  return [prefix, 0x41, 0x0f, opcode, 0x46 | (((x >>> 8) & 7) << 3), (x >>> 16) & 0x3f];
};

export const templates: readonly Template[] = [
  alu,
  alu,
  alu,
  aluImmediate,
  aluImmediate,
  unary,
  step,
  shift,
  shift,
  wide([0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f]),
  wide([0xaf, 0xbc, 0xbd]),
  doubleShift,
  bitTest,
  setcc,
  extend,
  move,
  move,
  moveImmediate,
  lea,
  exchange,
  exchangeAdd,
  swapBytes,
  push,
  pop,
  pushImmediate,
  single,
  count,
  jcc,
  jcc,
  callOver,
  multiply,
  vector,
  vectorMemory,
];

export const encode = ({ kind, x, y }: Choice): number[] => pick(templates, kind)(x, y);
