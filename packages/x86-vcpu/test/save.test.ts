/**
 * A processor that is saved and loaded elsewhere does what one does that goes on: page tables, memory and counts say the same at the end.
 * A TLB may keep what the tables no longer say until it is told (SDM vol. 3 §5.10.2.3, §5.10.4.2), so what it keeps is state.
 */
import fc from "fast-check";
import type { GuestMemoryState } from "guest-memory";
import { expect, test } from "vitest";
import { TLB_ENTRIES, TLB_TABLES } from "../src/tlb.ts";
import type { VcpuState } from "../src/vcpu.ts";
import { bytesOf, createMachine, describeTiers, type Machine, Place } from "./machine.ts";

const PRESENT = 7n;
const ACCESSED = 0x20n;
const DIRTY = 0x40n;
const GLOBAL = 0x100n;

const hex32 = (value: number): string =>
  [0, 8, 16, 24].map((shift) => ((value >>> shift) & 0xff).toString(16).padStart(2, "0")).join("");
const read = (address: number): string => `8b0425${hex32(address)}`; // mov eax, [address]
const write = (address: number): string => `890425${hex32(address)}`; // mov [address], eax
const set = (address: number, value: number): string => `48c70425${hex32(address)}${hex32(value)}`; // mov qword [address], value
const call = (address: number): string => `b9${hex32(address)}ffd1`; // mov ecx, address; call rcx
const invlpg = (address: number): string => `0f013c25${hex32(address)}`;
const reloadCr3 = "0f20da0f22da"; // mov rdx, cr3; mov cr3, rdx
const hlt = "f4";

const page = 0x20_0000;
const other = 0x20_1000;
/** Of the first two tables of 4 KiB pages. */
const pteOf = (address: number): number => Place.pageTables + 0x3000 + (address >>> 12) * 8;
const pte = (machine: Machine, address: number): bigint | undefined => machine.memory.readU64(pteOf(address));

interface Saved {
  readonly memory: GuestMemoryState;
  readonly vcpu: VcpuState;
}

const save = (machine: Machine): Saved => ({ memory: machine.memory.save(), vcpu: machine.vcpu.save() });
function load(machine: Machine, state: Saved): Machine {
  machine.memory.load(state.memory);
  machine.vcpu.load(state.vcpu);
  return machine;
}
/** As into a new process: nothing but plain data goes from one machine to the other. */
const moved = (machine: Machine): Machine => load(createMachine("long"), structuredClone(save(machine)));

const onLongMode = (): Machine => {
  const machine = createMachine("long");
  machine.memory.writeU32(page, 0x1111);
  machine.memory.writeU32(other, 0x2222);
  return machine;
};

describeTiers("[x86-vcpu] save and load", () => {
  test.each([
    { what: "accessed, by a read", before: read(page), after: read(page), expected: PRESENT },
    { what: "accessed, by a fetch", before: set(page, 0xc3) + call(page), after: call(page), expected: PRESENT },
    { what: "accessed and dirty, by a write", before: write(page), after: write(page), expected: PRESENT },
    { what: "control: a page not used before", before: "", after: read(page), expected: PRESENT | ACCESSED },
    {
      what: "control: a write where only a read was",
      before: read(page),
      after: write(page),
      expected: PRESENT | ACCESSED | DIRTY,
    },
    {
      what: "control: invalidated after",
      before: read(page),
      after: invlpg(page) + read(page),
      expected: PRESENT | ACCESSED,
    },
  ])("$what: bits that the guest cleared without invalidating are set again by a walk only", (row) => {
    const machine = onLongMode();
    machine.run(row.before + set(pteOf(page), page | Number(PRESENT)) + hlt);
    const loaded = moved(machine);
    for (const one of [machine, loaded]) {
      one.run(row.after + hlt);
      expect(pte(one, page)).toBe(BigInt(page) | row.expected);
    }
    expect(loaded.vcpu.save()).toEqual(machine.vcpu.save());
  });

  test.each([
    { what: "stale", entry: 0n, between: "", expected: 0x1111 },
    { what: "global, behind a load of CR3", entry: GLOBAL, between: reloadCr3, expected: 0x1111 },
    { what: "control: local, behind a load of CR3", entry: 0n, between: reloadCr3, expected: 0x2222 },
    { what: "control: global, behind INVLPG", entry: GLOBAL, between: invlpg(page), expected: 0x2222 },
  ])("a page that is somewhere else now is read where it was: $what", ({ entry, between, expected }) => {
    const machine = onLongMode();
    machine.vcpu.writeControl("cr4", machine.vcpu.cr4 | 0x80n);
    machine.setPte(page, BigInt(page) | PRESENT | entry);
    machine.run(read(page) + set(pteOf(page), other | Number(PRESENT)) + hlt);
    const loaded = moved(machine);
    for (const one of [machine, loaded]) {
      one.run(between + read(page) + hlt);
      expect(one.vcpu.readRegister32(0)).toBe(expected);
    }
  });

  test("parts of a large page go together", () => {
    const machine = onLongMode();
    machine.memory.writeU64(Place.pageTables + 0x2008, BigInt(page) | PRESENT | 0x80n);
    machine.vcpu.flushTlb();
    machine.run(read(page) + read(other) + hlt);
    const loaded = moved(machine);
    for (const one of [machine, loaded]) {
      one.memory.writeU64(Place.pageTables + 0x2008, 0n);
      expect(one.run(read(other) + hlt).vector).toBeUndefined();
      expect(one.run(invlpg(page) + read(other) + hlt).vector).toBe(14);
    }
  });

  test("code found where a translation for writing leads is still seen to change", () => {
    const machine = onLongMode();
    // The page is written first, so that its translation comes without a guard, and holds code in the loaded machine only.
    machine.run(set(page, 0xc3) + hlt);
    const loaded = moved(machine);
    for (const one of [machine, loaded]) {
      // mov eax, 5; ret, then mov eax, 6; ret
      one.run(set(page, 0x0000_05b8) + set(page + 4, 0xc300) + call(page) + hlt);
      expect(one.vcpu.readRegister32(0)).toBe(5);
      one.run(set(page, 0x0000_06b8) + set(page + 4, 0xc300) + call(page) + hlt);
      expect(one.vcpu.readRegister32(0)).toBe(6);
    }
  });

  test("a load over code and translations of before leaves none of them", () => {
    const machine = onLongMode();
    const first = save(machine);
    machine.run(write(page) + call(page + 0x100) + hlt, 2);
    load(machine, first);
    expect(machine.vcpu.save()).toEqual(first.vcpu);
    expect(machine.memory.readU32(page)).toBe(0x1111);
  });

  test("pages with a watchpoint get no translations", () => {
    const machine = onLongMode();
    machine.run(write(page) + hlt);
    const loaded = createMachine("long");
    loaded.vcpu.watch([{ kind: "write", address: BigInt(page), bytes: 4 }]);
    load(loaded, save(machine));
    expect(loaded.run(write(page) + hlt).exit.breakpoint).toMatchObject({ kind: "write" });
  });

  test("a state of before, without translations, begins with none", () => {
    const machine = onLongMode();
    machine.run(read(page) + set(pteOf(page), page | Number(PRESENT)) + hlt);
    const { translations: _, ...cpu } = machine.vcpu.save().cpu;
    machine.vcpu.load({ ...machine.vcpu.save(), cpu });
    machine.run(read(page) + hlt);
    expect(pte(machine, page)).toBe(BigInt(page) | PRESENT | ACCESSED);
  });

  const pages = fc.nat({ max: 5 }).map((n) => page + n * 0x1000);
  const step = fc.oneof(
    // The second page of the program, used but not said to be.
    fc.constant(set(pteOf(0x10_1000), 0x10_1007)),
    pages.map((at) => read(at + 8)),
    pages.map((at) => write(at + 16)),
    // Across two pages.
    pages.map((at) => write(at + 0xffe)),
    // mov eax, n; ret
    fc.tuple(pages, fc.nat({ max: 0xff })).map(([at, n]) => set(at, (n << 8) | 0xb8) + set(at + 4, 0xc300) + call(at)),
    fc.tuple(pages, pages, fc.boolean()).map(([at, to, isGlobal]) => set(pteOf(at), to | (isGlobal ? 0x107 : 7))),
    pages.map(invlpg),
    fc.constant(reloadCr3),
    // mov ecx, 0x900; mov edi, page + 0x800; mov esi, page; rep movsb
    fc.tuple(pages, pages).map(([to, from]) => `b900090000bf${hex32(to + 0x800)}be${hex32(from)}f3a4`),
  );

  test("any program: saved and loaded wherever, it ends as if never saved", () => {
    // Memories are dear, and so are their unused parts.
    const [whole, first, second] = [0, 1, 2].map(() => createMachine("long")) as [Machine, Machine, Machine];
    // Across two pages.
    const program = 0x10_0f80;
    const used = [
      [0, 0x1_a000],
      [0x10_0000, 0x2000],
      [page, 0x8000],
    ] as const;
    const contents = ({ memory }: Machine) => used.map(([at, length]) => memory.read(at, length)!);
    const put = (machine: Machine, bytes: readonly Uint8Array[], vcpu: VcpuState): void => {
      for (const [n, [at]] of used.entries()) machine.memory.write(at, bytes[n]!);
      machine.vcpu.load(vcpu);
    };
    whole.vcpu.writeControl("cr4", whole.vcpu.cr4 | 0x80n);
    const power = [contents(whole), whole.vcpu.save()] as const;
    const budget = 2000;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(fc.nat({ max: 40 }), { maxLength: 6 }), (steps, cuts) => {
        const code = bytesOf(steps.join("") + hlt);
        for (const machine of [whole, first]) {
          put(machine, ...power);
          machine.memory.write(program, code);
          machine.vcpu.rip = BigInt(program);
        }
        whole.vcpu.run(budget);
        let [machine, next] = [first, second];
        let left = budget;
        for (const cut of cuts) {
          const { reason } = machine.vcpu.run(cut);
          put(next, contents(machine), machine.vcpu.save());
          [machine, next] = [next, machine];
          left = reason === "budget" ? left - cut : 0;
          if (left === 0) break;
        }
        machine.vcpu.run(left);
        expect(machine.vcpu.save()).toEqual(whole.vcpu.save());
        const [found, expected] = [machine, whole].map((one) => Buffer.concat(contents(one)));
        expect(found!.equals(expected!), "memory").toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describeTiers("[x86-vcpu] a state that lies", () => {
  const words = (...each: readonly (readonly [linear: number, table: number, gpa: number])[]): Uint32Array =>
    Uint32Array.from(each.flatMap(([linear, table, gpa]) => [linear | table, 0, gpa, Math.floor(gpa / 2 ** 32)]));
  const readSupervisor = 0;
  const writeSupervisor = 3;

  test.each([
    { what: "behind the RAM", translations: words([page, readSupervisor, 0x40_0000]) },
    { what: "far behind it", translations: words([page, readSupervisor, 2 ** 51]) },
    { what: "beyond all addresses", translations: Uint32Array.of(page, 0, 0xffff_f000, 0xffff_ffff) },
    { what: "not a page", translations: words([page, readSupervisor, 0x5008]) },
    { what: "unknown bits", translations: words([page | 0x800, readSupervisor, 0x5000]) },
    { what: "the second", translations: words([page, readSupervisor, 0x5000], [page, writeSupervisor, 0x40_0000]) },
    { what: "half of one", translations: new Uint32Array(3) },
    { what: "too many", translations: new Uint32Array((TLB_TABLES * TLB_ENTRIES + 1) * 4) },
  ])("translations $what: refused, and the processor stays as it was", ({ translations }) => {
    const machine = createMachine("long");
    machine.run(write(page) + hlt);
    const before = machine.vcpu.save();
    const lie: VcpuState = { ...before, cpu: { ...before.cpu, translations } };
    expect(() => machine.vcpu.load(lie)).toThrow(/^translations/);
    expect(machine.vcpu.save()).toEqual(before);
  });
});
