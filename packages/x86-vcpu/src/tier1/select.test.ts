import { describe, expect, it } from "vitest";
import { decodeInstruction, Instruction } from "x86-decode";
import { Builder, lift } from "x86-lift";
import { ModeKeyShift, modeKeyToLiftMode } from "../mode-key.ts";
import { dropDeadFlags } from "./block-passes.ts";
import { recordOps } from "./ops/index.ts";
import { RECORD_BYTES } from "./record.ts";
import { Selector } from "./select.ts";

const flat = (0xf << ModeKeyShift.flatES) | (1 << ModeKeyShift.protectedMode);
const keys = { 64: flat | 0xa | (1 << ModeKeyShift.longMode), 32: flat | 0x5 } as const;

/** Names of the records of a piece of straight code, dead flags dropped. */
function records(hex: string, bits: 64 | 32 = 64): string[] {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  const buffer = new ArrayBuffer(0x4000);
  const u16 = new Uint16Array(buffer);
  const selector = new Selector(buffer);
  const builder = new Builder();
  const insn = new Instruction();
  selector.at = RECORD_BYTES;
  for (let at = 0; at < bytes.length; at += insn.length) {
    decodeInstruction(bytes, at, bytes.length, bits, at, 0, insn);
    lift(
      insn,
      modeKeyToLiftMode(keys[bits], () => true),
      builder,
    );
    selector.instruction(builder.rows, builder.count, keys[bits]);
  }
  dropDeadFlags(u16, RECORD_BYTES, selector.at);
  const names: string[] = [];
  for (let at = RECORD_BYTES; at < selector.at; at += RECORD_BYTES) {
    names.push(recordOps[u16[at >>> 1]!]?.name ?? "(dropped)");
  }
  return names;
}

describe("[x86-vcpu] selection of records", () => {
  const rows: readonly (readonly [asm: string, hex: string, records: readonly string[], bits?: 32])[] = [
    ["mov rax, rbx", "48 89 d8", ["mov64"]],
    ["mov eax, eax clears the upper half", "89 c0", ["mov32"]],
    ["mov rax, rax is nothing", "48 89 c0", []],
    ["mov ah, bl", "88 dc", ["mov8"]],
    ["add rax, [rbx+rcx*4+8]", "48 03 44 8b 08", ["ld64x", "add64f"]],
    ["add [rbx], eax needs the right to write", "01 03", ["ldw32", "add32", "st32", "flagsadd32"]],
    ["mov dword [rbx], 5", "c7 03 05 00 00 00", ["st32i"]],
    ["movzx eax, byte [rbx]", "0f b6 03", ["ldz8"]],
    ["movsxd rax, [rbx]", "48 63 03", ["lds32to64"]],
    ["lea rax, [rbx+rcx*2+1]", "48 8d 44 4b 01", ["lea64"]],
    ["push rbx; pop rcx", "53 59", ["push64", "pop64"]],
    ["push 5; ret", "6a 05 c3", ["push64i", "ret64"]],
    ["cmp eax, 3; jb", "83 f8 03 72 00", ["cmp32ij2", "jump2"]],
    ["cmp eax, 3; jae is jb with its targets swapped", "83 f8 03 73 00", ["cmp32ij2", "jump2"]],
    ["test rax, rax; jnz", "48 85 c0 75 00", ["test64j4", "jump4"]],
    ["sub ecx, 1; jnz", "83 e9 01 75 00", ["sub32ifj4", "jump4"]],
    ["cmp eax, ebx; jp is not fused", "39 d8 7a 00", ["cmp32", "jump10"]],
    ["sete al; cmovl rax, rbx", "0f 94 c0 48 0f 4c c3", ["setcc4", "cmov64cc12"]],
    ["xchg rax, rbx saves one of them", "48 93", ["mov64", "mov64", "mov64"]],
    ["flags that nobody sees go: add; and", "01 d8 21 d8", ["add32", "and32f"]],
    ["a cmp that nobody sees goes: cmp; xor", "39 d8 31 c0", ["(dropped)", "xor32f"]],
    ["a load may fault and show them: add; mov; and", "01 d8 8b 0b 21 d8", ["add32f", "ld32", "and32f"]],
    ["inc keeps CF, so the add before it counts: add; inc", "01 d8 ff c0", ["add32f", "inc32f"]],
    ["bt eax, 3: the count is known", "0f ba e0 03", ["shr32i", "bool", "setFlag0"]],
    ["imul rax, rbx", "48 0f af c3", ["mul64f"]],
    ["mov rax, gs:[8] adds the base", "65 48 8b 04 25 08 00 00 00", ["ld64x"]],
    ["32-bit: mov eax, [ebx+8] wraps its address", "8b 43 08", ["lea32", "ld32"], 32],
    ["32-bit: mov eax, fs:[ebx] checks the limit first", "64 8b 03", ["lea32", "based", "ld32"], 32],
    ["32-bit: push ebx; push esp; pop ecx; push 5", "53 54 59 6a 05", ["push32", "push32", "pop32", "push32i"], 32],
    ["32-bit: pop esp loads first", "5c", ["pop32", "mov32"], 32],
    ["32-bit: ret", "c3", ["ret32"], 32],
    ["32-bit: ret 8 pops more", "c2 08 00", ["lea32", "ld32", "lea32", "jumpTo"], 32],
    [
      "32-bit: add fs:[ebx], eax does so once",
      "64 01 03",
      ["lea32", "based", "ldw32", "add32", "st32", "flagsadd32"],
      32,
    ],
  ];
  for (const [asm, hex, expected, bits] of rows) it(asm, () => expect(records(hex, bits)).toEqual(expected));
});
