import { describe, expect, it } from "vitest";
import { type Harness, start } from "../../test/harness.ts";
import { PAGE } from "../address-space.ts";
import { Errno } from "../errno.ts";

const RW = 3;
const PRIVATE = 2;
const ANONYMOUS = 0x22;
const FIXED = 0x10;
const NOREPLACE = 0x10_0000;
const TOP = 0x7fff_f7ff_f000;
const map = (harness: Harness, pages: number, at = 0, flags = ANONYMOUS): number =>
  harness.sys("mmap", at, pages * PAGE, RW, flags, -1, 0);

describe("mmap", () => {
  it("places from the top down", () => {
    const harness = start();
    expect(map(harness, 1)).toBe(TOP - PAGE);
    expect(map(harness, 2)).toBe(TOP - 3 * PAGE);
  });

  it("rounds the length up and gives zeroed memory", () => {
    const { sys, bytes, process } = start();
    const at = sys("mmap", 0, 1, RW, ANONYMOUS, -1, 0);
    expect(bytes(at, PAGE)).toEqual(new Uint8Array(PAGE));
    expect(process.space.read(at, PAGE + 1)).toBe(undefined);
  });

  it("takes a hint where there is room, and another place where there is none", () => {
    const harness = start();
    expect(map(harness, 1, 0x2000_0123)).toBe(0x2000_0000);
    expect(map(harness, 1, 0x2000_0000)).toBe(TOP - PAGE);
    expect(map(harness, 1, -4096)).toBe(TOP - 2 * PAGE);
    expect(map(harness, 1, 0, ANONYMOUS | 0x40)).toBe(2 ** 31 - PAGE);
  });

  it("MAP_FIXED replaces, MAP_FIXED_NOREPLACE does not", () => {
    const harness = start();
    const at = map(harness, 3);
    harness.process.space.write(at, new Uint8Array([1]));
    expect(map(harness, 1, at, ANONYMOUS | NOREPLACE)).toBe(-Errno.EEXIST);
    expect(harness.bytes(at, 1)[0]).toBe(1);
    expect(map(harness, 1, at, ANONYMOUS | FIXED)).toBe(at);
    expect(harness.bytes(at, 1)[0]).toBe(0);
  });

  it("maps files, privately or to be read", () => {
    const { sys, put, bytes, process } = start();
    const fd = sys("open", put("/etc/hello"), 0, 0);
    const at = sys("mmap", 0, 100, RW, PRIVATE, fd, 0);
    expect(new TextDecoder().decode(bytes(at, 14))).toBe("hello, world\n\0");
    expect(process.space.write(at, new Uint8Array([0x48]))).toBe(true);
    expect(sys("mmap", 0, 100, 1, 1, fd, 0)).toBeGreaterThan(0);
    expect(sys("mmap", 0, 100, RW, 1, fd, 0)).toBe(-Errno.EACCES);
    sys("close", fd);
    expect(bytes(at, 1)[0]).toBe(0x48);
  });

  it.each([
    ["length 0", [0, 0, RW, ANONYMOUS, -1, 0], "EINVAL"],
    ["length −1", [0, -1, RW, ANONYMOUS, -1, 0], "ENOMEM"],
    ["length 2^47", [0, 2n ** 47n, RW, ANONYMOUS, -1, 0], "ENOMEM"],
    ["more than memory could ever hold", [0, 2 ** 41, RW, ANONYMOUS, -1, 0], "ENOMEM"],
    ["neither shared nor private", [0, PAGE, RW, 0x20, -1, 0], "EINVAL"],
    ["an offset off a page", [0, PAGE, RW, PRIVATE, 0, 5], "EINVAL"],
    ["a negative offset", [0, PAGE, RW, PRIVATE, 0, -4096], "EINVAL"],
    ["no such descriptor", [0, PAGE, RW, PRIVATE, 77, 0], "EBADF"],
    ["a stream", [0, PAGE, RW, PRIVATE, 0, 0], "ENODEV"],
    ["fixed off a page", [0x2000_0001, PAGE, RW, ANONYMOUS | FIXED, -1, 0], "EINVAL"],
    ["fixed at 0", [0, PAGE, RW, ANONYMOUS | FIXED, -1, 0], "EPERM"],
    ["fixed in the kernel's half", [-4096, PAGE, RW, ANONYMOUS | FIXED, -1, 0], "ENOMEM"],
    ["fixed over the top", [0x7fff_ffff_e000, 2 * PAGE, RW, ANONYMOUS | FIXED, -1, 0], "ENOMEM"],
  ] as const)("%s", (_, args, errno) => {
    expect(start().sys("mmap", ...args)).toBe(-Errno[errno]);
  });

  it("a reservation without access may be larger than memory", () => {
    expect(start().sys("mmap", 0, 2 ** 40, 0, ANONYMOUS, -1, 0)).toBeGreaterThan(0);
  });
});

describe("munmap, mprotect, madvise", () => {
  it("munmap frees, mprotect forbids, madvise(DONTNEED) forgets", () => {
    const harness = start();
    const { sys, process } = harness;
    const at = map(harness, 2);
    process.space.write(at, new Uint8Array([1]));
    expect(sys("mprotect", at, 1, 1)).toBe(0);
    expect(process.space.write(at, new Uint8Array([2]))).toBe(false);
    expect(sys("madvise", at, PAGE, 4)).toBe(0);
    expect(harness.bytes(at, 1)[0]).toBe(0);
    expect(sys("munmap", at, PAGE)).toBe(0);
    expect(process.space.read(at, 1)).toBe(undefined);
    expect(process.space.read(at + PAGE, 1)).toBeDefined();
  });

  it.each([
    ["munmap", [1, PAGE], "EINVAL"],
    ["munmap", [PAGE, 0], "EINVAL"],
    ["munmap", [PAGE, -1], "EINVAL"],
    ["munmap", [-4096, PAGE], "EINVAL"],
    ["munmap", [0, 2n ** 62n], "EINVAL"],
    ["mprotect", [1, PAGE, 1], "EINVAL"],
    ["mprotect", [0, -1, 1], "EINVAL"],
    ["mprotect", [0x9000_0000, PAGE, 1], "ENOMEM"],
    ["mprotect", [-4096, PAGE, 1], "ENOMEM"],
    ["madvise", [1, PAGE, 4], "EINVAL"],
    ["madvise", [PAGE, -PAGE, 4], "EINVAL"],
    ["mincore", [0, 0, 0], "ENOMEM"],
  ] as const)("%s, case %#", (name, args, errno) => {
    expect(start().sys(name, ...args)).toBe(-Errno[errno]);
  });

  it("mprotect of nothing, msync, mlock and munlock succeed", () => {
    const { sys } = start();
    expect([sys("mprotect", 0, 0, 0), sys("msync", 0, 0, 0), sys("mlock", 0, 0), sys("munlock", 0, 0)]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it("65,536 areas are the end, and the process survives it", () => {
    const { sys, process } = start();
    // Every second page, so that nothing joins.
    let result = 0;
    for (let at = 0x2000_0000; result >= 0; at += 2 * PAGE) result = sys("mmap", at, PAGE, 1, ANONYMOUS, -1, 0);
    expect(result).toBe(-Errno.ENOMEM);
    expect(process.space.list()).toHaveLength(65_536);
    expect(sys("getpid")).toBe(1000);
  });
});

describe("brk", () => {
  it("grows, shrinks, and stays where it is when it cannot", () => {
    const { sys, process } = start();
    const base = sys("brk", 0);
    expect(sys("brk", base + 10_000)).toBe(base + 10_000);
    expect(process.space.write(base + 9_999, new Uint8Array([1]))).toBe(true);
    expect(sys("brk", base + 5)).toBe(base + 5);
    expect(process.space.read(base + PAGE, 1)).toBe(undefined);
    for (const address of [base - 1, -1, TOP, 2 ** 46, 0x1000_0001]) expect(sys("brk", address)).toBe(base + 5);
  });
});

describe("mremap", () => {
  const MAYMOVE = 1;
  const REMAP_FIXED = 3;

  it("shrinks and grows in place, moves where it must, keeps the contents", () => {
    const harness = start();
    const { sys, process } = harness;
    map(harness, 1);
    const at = map(harness, 4);
    process.space.write(at, new Uint8Array([7]));
    expect(sys("mremap", at, 4 * PAGE, 2 * PAGE, 0)).toBe(at);
    expect(process.space.read(at + 2 * PAGE, 1)).toBe(undefined);
    expect(sys("mremap", at, 2 * PAGE, 4 * PAGE, 0)).toBe(at);
    expect(sys("mremap", at, 4 * PAGE, 5 * PAGE, 0)).toBe(-Errno.ENOMEM);
    const moved = sys("mremap", at, 4 * PAGE, 5 * PAGE, MAYMOVE);
    expect(moved).toBe(at - 5 * PAGE);
    expect(harness.bytes(moved, 1)[0]).toBe(7);
    expect(process.space.read(at, 1)).toBe(undefined);
  });

  it("moves to a given place, over what is there", () => {
    const harness = start();
    const { sys, process } = harness;
    const at = map(harness, 1);
    process.space.write(at, new Uint8Array([7]));
    expect(sys("mremap", at, PAGE, 2 * PAGE, REMAP_FIXED, 0x2000_0000)).toBe(0x2000_0000);
    expect(harness.bytes(0x2000_0000, 1)[0]).toBe(7);
  });

  it.each([
    ["off a page", (at: number) => [at + 1, PAGE, PAGE, 0, 0], "EINVAL"],
    ["to nothing", (at: number) => [at, PAGE, 0, 0, 0], "EINVAL"],
    ["to −1", (at: number) => [at, PAGE, -1, MAYMOVE, 0], "EINVAL"],
    ["from nothing", (at: number) => [at, 0, PAGE, MAYMOVE, 0], "EFAULT"],
    ["what is not mapped", () => [0x9000_0000, PAGE, PAGE, MAYMOVE, 0], "EFAULT"],
    ["more than is mapped", (at: number) => [at, 9 * PAGE, 10 * PAGE, MAYMOVE, 0], "EFAULT"],
    ["too large", (at: number) => [at, PAGE, 2 ** 41, MAYMOVE, 0], "ENOMEM"],
    ["fixed without leave to move", (at: number) => [at, PAGE, PAGE, 2, 0x2000_0000], "EINVAL"],
    ["fixed off a page", (at: number) => [at, PAGE, PAGE, REMAP_FIXED, 5], "EINVAL"],
    ["fixed at 0", (at: number) => [at, PAGE, PAGE, REMAP_FIXED, 0], "EPERM"],
    ["fixed onto itself", (at: number) => [at, PAGE, PAGE, REMAP_FIXED, at], "EINVAL"],
    ["fixed above user space", (at: number) => [at, PAGE, PAGE, REMAP_FIXED, 2 ** 47], "EINVAL"],
  ] as const)("%s", (_, args, errno) => {
    const harness = start();
    expect(harness.sys("mremap", ...args(map(harness, 1)))).toBe(-Errno[errno]);
  });
});
