/** A guest that writes all its code anew, round by round, does not make the host grow; nor does one with more code than any cache. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createTier1 } from "../src/tier1/tier1.ts";
import { flatMachine } from "./tier1/flat-machine.ts";

setFlagsFromString("--expose_gc");
const collect = runInNewContext("gc") as () => void;

const CODE = 0x20_0000;
const FIRST = 0x40_0000;
const STRIDE = 0x1008;
const PAGES = 128;

const dword = (value: number): readonly number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** For every page: writes `mov eax, <round>; ret` and calls it. ESI counts rounds down. */
const program = [
  [0xbf, ...dword(FIRST)], // outer: mov edi, FIRST
  [0xc6, 0x07, 0xb8], // inner: mov byte [rdi], 0xb8
  [0x89, 0x77, 0x01], // mov [rdi + 1], esi
  [0xc6, 0x47, 0x05, 0xc3], // mov byte [rdi + 5], 0xc3
  [0xff, 0xd7], // call rdi
  [0x81, 0xc7, ...dword(STRIDE)], // add edi, STRIDE
  [0x81, 0xff, ...dword(FIRST + PAGES * STRIDE)], // cmp edi, FIRST + PAGES * STRIDE
  [0x72, 0xe6], // jb inner
  [0xff, 0xce], // dec esi
  [0x75, 0xdd], // jnz outer
  [0xf4], // hlt
].flat();

test("[x86-vcpu] tier 1: code that is written again and again leaves nothing behind", () => {
  const { vcpu, memory } = flatMachine((cpu) => createTier1(cpu, { codeBytes: 1 << 18 }));
  const rounds = (count: number): number => {
    memory.write(CODE, Uint8Array.from(program));
    vcpu.rip = BigInt(CODE);
    vcpu.writeRegister(4, 0x1f_0000n);
    vcpu.writeRegister(6, BigInt(count));
    expect(vcpu.run(100_000_000).reason).toBe("hlt");
    vcpu.advanceRip(1);
    expect(vcpu.readRegister(0)).toBe(1n);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // A full cache is emptied as a whole: what counts is the peak.
  const peak = (): number => Math.max(...Array.from({ length: 6 }, () => rounds(25)));
  peak();
  const before = peak();
  // Sixteen bytes left of every piece of code would be too much.
  const written = 6 * 25 * PAGES;
  expect(peak() - before).toBeLessThan(written * 16);
});
