import { describe, expect, it } from "vitest";
import { decodeInstruction, Instruction } from "x86-decode";
import { End } from "./select/end.ts";
import { Templates } from "./templates.ts";

const RECORDS = 0x8000;
const KEY = 2;

/** Decodes bytes put at `at`, as 64-bit code at `rip`. */
function setUp() {
  const buffer = new ArrayBuffer(0x1_0000);
  const templates = new Templates(buffer);
  const i32 = new Int32Array(buffer);
  const find = (bytes: readonly number[], at: number, rip: number, key = KEY): number => {
    const u8 = new Uint8Array(buffer);
    u8.set(bytes, at);
    const insn = new Instruction();
    decodeInstruction(u8, at, at + bytes.length, 64, rip, 0, insn);
    return templates.find(at, insn, key);
  };
  /** Adds a record of four words for what `find` did not know. */
  const add = (end: number, ...words: number[]): void => {
    i32.set(words, RECORDS >> 2);
    templates.add(RECORDS, RECORDS + words.length * 4, end);
  };
  return { templates, i32, find, add };
}

describe("[x86-vcpu] templates", () => {
  it("know an instruction by its bytes, wherever they are, under one mode key", () => {
    const { templates, i32, find, add } = setUp();
    const bytes = [0x48, 0x8b, 0x45, 0xf8];
    expect(find(bytes, 0x100, 0x1000)).toBe(0);
    add(End.Next, 1, 2, 3, 4);
    const entry = find([...bytes, 0x90].slice(0, 4), 0x203, 0x5000);
    expect(entry).not.toBe(0);
    expect(templates.copy(entry, RECORDS + 0x100)).toBe(RECORDS + 0x110);
    expect([...i32.subarray((RECORDS + 0x100) >> 2, (RECORDS + 0x110) >> 2)]).toEqual([1, 2, 3, 4]);
    expect(templates.endOf(entry)).toBe(End.Next);
    expect(find(bytes, 0x100, 0x1000, KEY + 1)).toBe(0);
    expect(find([0x48, 0x8b, 0x45, 0xf0], 0x100, 0x1000)).toBe(0);
  });

  it("put the address of a RIP-relative operand into its record", () => {
    const { templates, i32, find, add } = setUp();
    // mov rax, [rip + disp]
    expect(find([0x48, 0x8b, 0x05, 0x10, 0, 0, 0], 0x100, 0x1000)).toBe(0);
    add(End.Next, 7, 7, 0x1017, 7);
    const entry = find([0x48, 0x8b, 0x05, 0x20, 0, 0, 0], 0x200, 0x2000);
    expect(entry).not.toBe(0);
    templates.copy(entry, RECORDS + 0x100);
    expect(i32[((RECORDS + 0x100) >> 2) + 2]).toBe(0x2027);
  });

  it("are not made where the address stands twice, or nowhere", () => {
    const { find, add } = setUp();
    const bytes = [0x48, 0x8b, 0x05, 0x10, 0, 0, 0];
    find(bytes, 0x100, 0x1000);
    add(End.Next, 7, 7, 0x1017, 7, 7, 7, 0x1017, 7);
    expect(find(bytes, 0x100, 0x1000)).toBe(0);
    add(End.Next, 7, 7, 5, 7);
    expect(find(bytes, 0x100, 0x1000)).toBe(0);
  });

  it("know direct jumps by opcode and condition, calls by their return address", () => {
    const { templates, i32, find, add } = setUp();
    expect(find([0x74, 0x10], 0x100, 0x1000)).toBe(0);
    templates.add(RECORDS, RECORDS, End.Branch, 4);
    expect(templates.conditionOf(find([0x74, 0x77], 0x200, 0x3000))).toBe(4);
    expect(find([0x75, 0x10], 0x100, 0x1000)).toBe(0);
    expect(find([0xe8, 1, 0, 0, 0], 0x100, 0x1000)).toBe(0);
    add(End.Jump, 7, 7, 0x1005, 7);
    const call = find([0xe8, 9, 9, 0, 0], 0x200, 0x4000);
    templates.copy(call, RECORDS + 0x100);
    expect(i32[((RECORDS + 0x100) >> 2) + 2]).toBe(0x4005);
  });

  it("stay within their pool", () => {
    const { find, add } = setUp();
    // More than fit: movabs rax with different constants.
    for (let n = 0; n < 60_000; n++) {
      const bytes = [0x48, 0xb8, n & 255, (n >> 8) & 255, 1, 2, 3, 4, 5, 6];
      if (find(bytes, 0x100, 0x1000) === 0) add(End.Next, 1, 2, 3, 4);
    }
    expect(find([0x48, 0xb8, 59_999 & 255, 59_999 >> 8, 1, 2, 3, 4, 5, 6], 0x100, 0x1000)).not.toBe(0);
  });
});
