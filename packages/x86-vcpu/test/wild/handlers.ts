/**
 * The guest's one handler of all exceptions and interrupts, in three widths. It steps a generator, takes an entry
 * point into the wild code and one of sixteen sets of registers from it, and returns there with IRET through a frame
 * of its own making, whatever came. So chance goes on by itself for as long as the system's tables hold.
 */
import {
  CODE_BYTES,
  hasBasedSegments,
  isLongMode,
  Place,
  Selector,
  STACK_TOP,
  type WildKind,
  wildSelectors,
} from "./kinds.ts";

const half = (value: number): readonly number[] => [value & 0xff, (value >>> 8) & 0xff];
const word = (value: number): readonly number[] => [...half(value), ...half(value >>> 16)];

const MULTIPLIER = word(0x0019_660d);
const INCREMENT = word(0x3c6e_f35f);
/** Entry points are every eighth byte of the code. */
const ENTRY_MASK = (CODE_BYTES - 1) & ~7;
const SET_MASK = 0x780;

type Piece = readonly number[];

const handler64: readonly Piece[] = [
  [0x69, 0x04, 0x25, ...word(Place.generator), ...MULTIPLIER], // imul eax, [generator], MULTIPLIER
  [0x05, ...INCREMENT], // add eax, INCREMENT
  [0x89, 0x04, 0x25, ...word(Place.generator)], // mov [generator], eax
  [0xff, 0x04, 0x25, ...word(Place.runs)], // inc dword [runs]
  [0x89, 0xc3], // mov ebx, eax
  [0xc1, 0xeb, 12], // shr ebx, 12
  [0x81, 0xe3, ...word(ENTRY_MASK)], // and ebx, ENTRY_MASK
  [0x81, 0xc3, ...word(Place.code)], // add ebx, code
  [0x48, 0x89, 0x1c, 0x25, ...word(Place.frame)], // mov [frame], rbx
  [0xc1, 0xe8, 21], // shr eax, 21
  [0x25, ...word(SET_MASK)], // and eax, SET_MASK
  [0x48, 0x8d, 0xa0, ...word(Place.registers)], // lea rsp, [rax + registers]
  ...[0x58, 0x59, 0x5a, 0x5b, 0x5d, 0x5e, 0x5f].map((pop) => [pop]),
  ...[0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f].map((pop) => [0x41, pop]),
  [0xbc, ...word(Place.frame)], // mov esp, frame
  [0x48, 0xcf], // iretq
];

function handler32(kind: WildKind): readonly Piece[] {
  const { code, data } = wildSelectors(kind);
  const isInner = kind.ring === 0;
  // At ring 0 the frame lies in the wild code's own stack and is written whole.
  const frame = isInner ? Place.stack + STACK_TOP : Place.frame;
  const flags: readonly Piece[] = [
    [0xc7, 0x05, ...word(frame + 4), ...word(code)], // mov dword [frame + 4], code
    [0x8b, 0x0d, ...word(Place.flags)], // mov ecx, [flags]
    [0x89, 0x0d, ...word(frame + 8)], // mov [frame + 8], ecx
  ];
  return [
    [0x66, 0xb8, ...half(Selector.Data)], // mov ax, data
    [0x8e, 0xd8], // mov ds, eax
    [0x8e, 0xd0], // mov ss, eax
    [0x69, 0x05, ...word(Place.generator), ...MULTIPLIER], // imul eax, [generator], MULTIPLIER
    [0x05, ...INCREMENT], // add eax, INCREMENT
    [0xa3, ...word(Place.generator)], // mov [generator], eax
    [0xff, 0x05, ...word(Place.runs)], // inc dword [runs]
    [0x89, 0xc3], // mov ebx, eax
    [0xc1, 0xeb, 12], // shr ebx, 12
    [0x81, 0xe3, ...word(ENTRY_MASK)], // and ebx, ENTRY_MASK
    [0x81, 0xc3, ...word(hasBasedSegments(kind) ? 0 : Place.code)], // add ebx, base
    [0x89, 0x1d, ...word(frame)], // mov [frame], ebx
    ...(isInner ? flags : []),
    [0xc1, 0xe8, 21], // shr eax, 21
    [0x25, ...word(SET_MASK)], // and eax, SET_MASK
    [0x8d, 0xa0, ...word(Place.registers)], // lea esp, [eax + registers]
    [0x61], // popa
    ...(kind.mode === "v86"
      ? []
      : [
          [0x66, 0xb8, ...half(data)],
          [0x8e, 0xd8],
          [0x8e, 0xc0],
        ]), // mov ax, data; mov ds, eax; mov es, eax
    [0xbc, ...word(frame)], // mov esp, frame
    [0xcf], // iretd
  ];
}

function handler16(kind: WildKind): readonly Piece[] {
  const { code, data, stack } = wildSelectors(kind);
  const system = kind.mode === "real" ? 0 : Selector.Data;
  const isInner = kind.ring === 0;
  const frame: readonly Piece[] = isInner
    ? [
        [0xb9, ...half(stack)], // mov cx, stack
        [0x8e, 0xc1], // mov es, cx
        [0x26, 0x89, 0x1e, ...half(STACK_TOP)], // mov es:[top], bx
        [0x26, 0xc7, 0x06, ...half(STACK_TOP + 2), ...half(code)], // mov word es:[top + 2], code
        [0x8b, 0x0e, ...half(Place.flags)], // mov cx, [flags]
        [0x26, 0x89, 0x0e, ...half(STACK_TOP + 4)], // mov es:[top + 4], cx
      ]
    : [[0x89, 0x1e, ...half(Place.frame)]]; // mov [frame], bx
  const goOn: readonly Piece[] = isInner
    ? [
        [0xb8, ...half(stack)], // mov ax, stack
        [0x8e, 0xd0], // mov ss, ax
        [0x66, 0xbc, ...word(STACK_TOP)], // mov esp, top
      ]
    : [[0x66, 0xbc, ...word(Place.frame)]]; // mov esp, frame
  return [
    [0xb8, ...half(system)], // mov ax, system
    [0x8e, 0xd8], // mov ds, ax
    [0x8e, 0xd0], // mov ss, ax
    [0x66, 0x69, 0x06, ...half(Place.generator), ...MULTIPLIER], // imul eax, [generator], MULTIPLIER
    [0x66, 0x05, ...INCREMENT], // add eax, INCREMENT
    [0x66, 0xa3, ...half(Place.generator)], // mov [generator], eax
    [0x66, 0xff, 0x06, ...half(Place.runs)], // inc dword [runs]
    [0x66, 0x89, 0xc3], // mov ebx, eax
    [0x66, 0xc1, 0xeb, 12], // shr ebx, 12
    [0x81, 0xe3, ...half(ENTRY_MASK)], // and bx, ENTRY_MASK
    ...frame,
    [0x66, 0xc1, 0xe8, 21], // shr eax, 21
    [0x25, ...half(SET_MASK)], // and ax, SET_MASK
    [0x05, ...half(Place.registers)], // add ax, registers
    [0x66, 0x0f, 0xb7, 0xe0], // movzx esp, ax
    [0x61], // popa
    [0xb8, ...half(data)], // mov ax, data
    [0x8e, 0xd8], // mov ds, ax
    [0x8e, 0xc0], // mov es, ax
    ...goOn,
    [0xcf], // iret
  ];
}

/** The handler's bytes, and how many instructions they are. */
export function handlerOf(kind: WildKind): { readonly bytes: Uint8Array; readonly instructions: number } {
  const is16 = kind.mode === "real" || kind.mode === "protected16";
  const pieces = isLongMode(kind) ? handler64 : is16 ? handler16(kind) : handler32(kind);
  return { bytes: Uint8Array.from(pieces.flat()), instructions: pieces.length };
}
