/** A case in words: what the instruction was, what the processor made of it, what we did. */
import type { Instruction } from "x86-decode";
import { formatIntel } from "x86-decode/intel";
import { At } from "./case-state.ts";

const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const names = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

const parts: readonly (readonly [name: string, at: number, bytes: number])[] = [
  ["trap", At.trap, 4],
  ["error", At.error, 4],
  ["cr2", At.cr2, 8],
  ...names.map((name, i) => [name, At.gpr + 8 * i, 8] as const),
  ["rip", At.rip, 8],
  ["rflags", At.rflags, 4],
  ["fcw", At.fcw, 2],
  ["fsw", At.fsw, 2],
  ["tags", At.tags, 1],
  ["mxcsr", At.mxcsr, 4],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => [`st${i}`, At.st + 16 * i, 10] as const),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, At.xmm + 16 * i, 16] as const),
];

const value = (record: Uint8Array, at: number, bytes: number): string => hex(record.subarray(at, at + bytes).slice().reverse());

/** What the case's result changes of its start, a word each. */
export function changes(record: Uint8Array, result: Uint8Array): string {
  const words: string[] = [];
  for (const [name, at, bytes] of parts) {
    const now = value(result, at, bytes);
    if (name === "trap" ? now !== "ffffffff" : now !== value(record, at, bytes)) words.push(`${name}=${now}`);
  }
  const view = new DataView(result.buffer, result.byteOffset);
  const length = view.getUint32(At.windows + 4, true);
  if (length > 0) words.push(`[${view.getUint32(At.windows, true).toString(16)}]=${hex(result.subarray(At.bytes, At.bytes + length))}`);
  return words.join(" ") || "nothing";
}

export function startOf(record: Uint8Array): string {
  const view = new DataView(record.buffer, record.byteOffset);
  const words = parts.slice(3).map(([name, at, bytes]) => `${name}=${value(record, at, bytes)}`);
  for (let i = 0; i < 2; i++) {
    const length = view.getUint32(At.windows + 8 * i + 4, true);
    if (length > 0) words.push(`[${view.getUint32(At.windows + 8 * i, true).toString(16)}]=${hex(record.subarray(At.bytes + 592 * i, At.bytes + 592 * i + length))}`);
  }
  return words.join(" ");
}

export function describeCase(insn: Instruction, record: Uint8Array, expected: Uint8Array, actual: Uint8Array): string {
  const code = hex(record.subarray(At.code, At.code + insn.length));
  return `  ${formatIntel(insn)} (${code})\n  processor ${changes(record, expected)}\n  ours      ${changes(record, actual)}\n  start     ${startOf(record)}`;
}
