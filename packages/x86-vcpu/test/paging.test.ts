/** #PF error codes, CR2, accessed and dirty bits. Source: SDM vol. 3 §5.6, §5.7. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, type Machine, type Mode, Place } from "./machine.ts";

/** Bits of an entry. */
const P = 1n;
const RW = 2n;
const US = 4n;
const A = 0x20n;
const D = 0x40n;
const XD = 1n << 63n;
const page = 0x20_0000n;

const read = "8b042500002000"; // mov eax, [0x200000]
const write = "89042500002000"; // mov [0x200000], eax
const fetch = "b800002000ffe0"; // mov eax, 0x200000; jmp rax
const writeReadModify = "01042500002000"; // add [0x200000], eax

interface Row {
  readonly what: string;
  readonly mode: Mode;
  readonly entry: bigint;
  readonly code: string;
  /** −1: no fault. */
  readonly errorCode: number;
  /** Bits ORed into CR0, CR4 and EFER; RFLAGS.AC. */
  readonly cr0?: bigint;
  readonly cr4?: bigint;
  readonly ac?: boolean;
}

const WP = 0x1_0000n;
const SMEP = 1n << 20n;
const SMAP = 1n << 21n;
const PKE = 1n << 22n;

const rows: readonly Row[] = [
  { what: "read, not present", mode: "long", entry: 0n, code: read, errorCode: 0 },
  { what: "write, not present", mode: "long", entry: 0n, code: write, errorCode: 2 },
  { what: "read-modify-write, not present, is a write", mode: "long", entry: 0n, code: writeReadModify, errorCode: 2 },
  { what: "fetch, not present, NX enabled", mode: "long", entry: 0n, code: fetch, errorCode: 0x10 },
  { what: "user read, not present", mode: "user64", entry: 0n, code: read, errorCode: 4 },
  { what: "user write, not present", mode: "user64", entry: 0n, code: write, errorCode: 6 },
  { what: "user read of a supervisor page", mode: "user64", entry: page | P | RW, code: read, errorCode: 5 },
  { what: "user write of a read-only page", mode: "user64", entry: page | P | US, code: write, errorCode: 7 },
  { what: "user read of a read-only page", mode: "user64", entry: page | P | US, code: read, errorCode: -1 },
  { what: "user fetch of an XD page", mode: "user64", entry: page | P | US | XD, code: fetch, errorCode: 0x15 },
  { what: "supervisor write of a read-only page, WP = 0", mode: "long", entry: page | P, code: write, errorCode: -1 },
  {
    what: "supervisor write of a read-only page, WP = 1",
    mode: "long",
    entry: page | P,
    code: write,
    cr0: WP,
    errorCode: 3,
  },
  {
    what: "reserved bit 51 with 40 address bits",
    mode: "long",
    entry: page | P | RW | (1n << 51n),
    code: read,
    errorCode: 9,
  },
  { what: "bit 52 is ignored", mode: "long", entry: page | P | RW | (1n << 52n), code: read, errorCode: -1 },
  {
    what: "SMEP: supervisor fetch of a user page",
    mode: "long",
    entry: page | P | US,
    code: fetch,
    cr4: SMEP,
    errorCode: 0x11,
  },
  {
    what: "SMAP: supervisor read of a user page",
    mode: "long",
    entry: page | P | US,
    code: read,
    cr4: SMAP,
    errorCode: 1,
  },
  { what: "SMAP with AC: allowed", mode: "long", entry: page | P | US, code: read, cr4: SMAP, ac: true, errorCode: -1 },
  {
    what: "SMAP: supervisor pages are not its business",
    mode: "long",
    entry: page | P,
    code: read,
    cr4: SMAP,
    errorCode: -1,
  },
  {
    what: "key 1 denies access",
    mode: "user64",
    entry: page | P | RW | US | (1n << 59n),
    code: read,
    cr4: PKE,
    errorCode: 0x25,
  },
  {
    what: "key 2 denies writes",
    mode: "user64",
    entry: page | P | RW | US | (2n << 59n),
    code: write,
    cr4: PKE,
    errorCode: 0x27,
  },
  {
    what: "key 2 allows reads",
    mode: "user64",
    entry: page | P | RW | US | (2n << 59n),
    code: read,
    cr4: PKE,
    errorCode: -1,
  },
];

/** SMAP and SMEP would stop the test's own kernel, which stands in user pages: they become supervisor pages. */
function protectKernel(machine: Machine): void {
  for (let at = 0; at < 0x20_0000; at += 0x1000) machine.setPte(at, BigInt(at) | P | RW);
}

describeTiers("[x86-vcpu] page faults", () => {
  for (const row of rows) {
    test(`${row.mode}: ${row.what} → ${row.errorCode < 0 ? "none" : `0x${row.errorCode.toString(16)}`}`, () => {
      const machine = createMachine(row.mode);
      const { vcpu } = machine;
      if (row.mode === "long") protectKernel(machine);
      machine.setPte(Number(page), row.entry);
      expect(vcpu.writeControl("cr0", vcpu.cr0 | (row.cr0 ?? 0n))).toBe(true);
      expect(vcpu.writeControl("cr4", vcpu.cr4 | (row.cr4 ?? 0n))).toBe(true);
      vcpu.cpu.set32(0x4c4, 0b10_01_00); // PKRU: key 1 AD, key 2 WD
      if (row.ac === true) vcpu.rflags |= 1n << 18n;
      const { vector, stack } = machine.run(`${row.code}${row.errorCode < 0 ? "0f0b" : ""}`);
      if (row.errorCode < 0) {
        expect(vector).toBe(6);
      } else {
        expect(vector).toBe(14);
        expect(stack[0]).toBe(BigInt(row.errorCode));
        expect(vcpu.cr2).toBe(page);
      }
    });
  }

  test("a fetch without NX and SMEP does not show in the error code", () => {
    const machine = createMachine("protected");
    machine.vcpu.writeControl("cr3", BigInt(Place.pageTables32));
    machine.vcpu.writeControl("cr0", machine.vcpu.cr0 | (1n << 31n));
    machine.memory.writeU32(Place.pageTables32 + 0x1000 + 0x200 * 4, 0);
    const { vector, stack } = machine.run("b800002000ffe0");
    expect(vector).toBe(14);
    expect(stack[0]).toBe(0n);
  });

  test("32-bit paging with a 4 MiB page", () => {
    const machine = createMachine("protected");
    machine.memory.writeU32(Place.pageTables32 + 4, 0x87); // linear 4 MiB → physical 0
    machine.vcpu.writeControl("cr4", machine.vcpu.cr4 | 0x10n);
    machine.vcpu.writeControl("cr3", BigInt(Place.pageTables32));
    machine.vcpu.writeControl("cr0", machine.vcpu.cr0 | (1n << 31n));
    machine.memory.writeU32(Place.data, 0x1234_5678);
    const { vector } = machine.run("a1006040000f0b"); // mov eax, [0x406000]; ud2
    expect(vector).toBe(6);
    expect(machine.vcpu.readRegister(0)).toBe(0x1234_5678n);
    expect(machine.memory.readU32(Place.pageTables32 + 4)).toBe(0xa7);
  });

  test("PAE paging through PDPTE registers", () => {
    const machine = createMachine("protected");
    const { vcpu, memory } = machine;
    memory.writeU64(0x1_f000, BigInt(Place.pageTables + 0x2000) | 1n);
    vcpu.writeControl("cr4", vcpu.cr4 | 0x20n);
    vcpu.writeControl("cr3", 0x1_f000n);
    expect(vcpu.writeControl("cr0", vcpu.cr0 | (1n << 31n))).toBe(true);
    memory.writeU64(0x1_f000, 0n); // too late: the registers hold
    memory.writeU32(Place.data, 77);
    expect(machine.run("a1006000000f0b").vector).toBe(6);
    expect(vcpu.readRegister(0)).toBe(77n);
    memory.writeU64(0x1_f000, 2n | 1n); // reserved bit 1: the next load is refused
    expect(machine.run("0f20d80f22d8").vector).toBe(13);
  });

  test("accessed on reads, dirty on writes only", () => {
    const machine = createMachine("long");
    const table = Place.pageTables + 0x4000;
    machine.setPte(0x20_0000, page | P | RW | US);
    machine.run(`${read}0f0b`);
    expect(machine.memory.readU64(table)).toBe(page | P | RW | US | A);
    machine.run(`${write}0f0b`);
    expect(machine.memory.readU64(table)).toBe(page | P | RW | US | A | D);
  });

  test("a store across two pages writes nothing when the second is missing", () => {
    const machine = createMachine("long");
    machine.setPte(0x20_1000, 0n);
    const { vector, stack } = machine.run("48b8112233445566778848890425fc0f2000"); // mov [0x200ffc], rax
    expect(vector).toBe(14);
    expect(stack[0]).toBe(2n);
    expect(machine.vcpu.cr2).toBe(0x20_1000n);
    expect(machine.memory.readU32(0x20_0ffc)).toBe(0);
  });

  test("an instruction across two pages faults at the second page's first byte", () => {
    const machine = createMachine("long");
    machine.memory.write(0x20_0ffe, Uint8Array.of(0x48, 0xb8));
    machine.setPte(0x20_1000, 0n);
    const { vector, stack } = machine.run("b8fe0f2000ffe0");
    expect(vector).toBe(14);
    expect(stack.slice(0, 2)).toEqual([0x10n, 0x20_0ffen]);
    expect(machine.vcpu.cr2).toBe(0x20_1000n);
  });

  test("a stale translation lives until INVLPG", () => {
    const machine = createMachine("long");
    machine.memory.writeU32(0x20_0000, 1);
    machine.memory.writeU32(0x20_1000, 2);
    const entry = 0x20_1007n;
    // mov eax,[0x200000]; mov rbx, pte; mov qword [rbx], entry; mov ecx,[0x200000]; invlpg [0x200000]; mov edx,[0x200000]; ud2
    const { vector } = machine.run(
      "8b0425000020 00 bb00400100 48c70307102000 8b0c2500002000 0f013c2500002000 8b142500002000 0f0b".replace(/ /g, ""),
    );
    expect(vector).toBe(6);
    expect(machine.memory.readU64(Place.pageTables + 0x4000)! & ~(A | D)).toBe(entry);
    expect([0, 1, 2].map((n) => machine.vcpu.readRegister(n))).toEqual([1n, 1n, 2n]);
  });

  test("readLinear stops where paging does, and says why", () => {
    const machine = createMachine("user64");
    machine.setPte(0x20_1000, 0n);
    const { bytes, faultAt, errorCode } = machine.vcpu.readLinear(0x20_0ff0n, 32);
    expect(bytes.length).toBe(16);
    expect({ faultAt, errorCode }).toEqual({ faultAt: 0x20_1000n, errorCode: 4 });
    expect(machine.vcpu.readLinear(0x20_0ff0n, 8).faultAt).toBeUndefined();
  });
});

describeTiers("[x86-vcpu] large addresses and global pages", () => {
  test("PSE-36: bits 20:13 of a 4 MiB entry are bits 39:32 of the address (SDM vol. 3, table 5-4)", () => {
    const machine = createMachine("protected");
    const { vcpu, memory } = machine;
    memory.writeU32(Place.pageTables32 + 4, 0x0080_0083 | (0xa5 << 13));
    vcpu.writeControl("cr3", BigInt(Place.pageTables32));
    vcpu.writeControl("cr4", 0x610n);
    vcpu.writeControl("cr0", 0x8000_0031n);
    const { exit } = machine.run("a178565400");
    expect(exit).toMatchObject({ reason: "ept-violation", guestPhysical: 0xa5_0080_0000 + 0x14_5678 });
  });

  test("global pages outlive MOV to CR3, but neither INVLPG nor a change of CR4.PGE (SDM vol. 3 §5.10.4.1)", () => {
    const at = 0x20_0000;
    const read = "8a042500002000 f4"; // mov al, [0x200000]; hlt
    for (const [name, forget, sees] of [
      ["mov cr3", "0f20d8 0f22d8", 1],
      ["invlpg", "0f013c2500002000", 2],
      ["cr4.pge off and on", "b820060000 0f22e0 b8a0060000 0f22e0", 2],
    ] as const) {
      for (const isGlobal of [true, false]) {
        const machine = createMachine("long");
        const { vcpu, memory } = machine;
        memory.writeU8(0x7000, 1);
        memory.writeU8(0x8000, 2);
        vcpu.writeControl("cr4", 0x6a0n);
        machine.setPte(at, BigInt(0x7007 | (isGlobal ? 0x100 : 0)));
        machine.run(read);
        expect(vcpu.readRegister32(0) & 0xff).toBe(1);
        // Behind the processor's back: no flush.
        memory.writeU64(Place.pageTables + 0x3000 + (at >>> 12) * 8, BigInt(0x8007 | (isGlobal ? 0x100 : 0)));
        machine.run(forget + read);
        expect(vcpu.readRegister32(0) & 0xff, `${name}, ${isGlobal}`).toBe(isGlobal ? sees : 2);
      }
    }
  });

  test("PCIDs: what INVPCID and MOV to CR3 make the processor forget (SDM vol. 2, INVPCID; vol. 3 §5.10.4.1)", () => {
    const at = 0x20_0000;
    const read = "8a042500002000 f4"; // mov al, [0x200000]; hlt
    // mov eax, type; invpcid rax, [0x6000] (PCID, address)
    const invpcid = (type: number): string => `b80${type}000000 660f38820425 00600000`;
    // What no processor need forget stays, so that it costs nothing.
    for (const [name, forget, pcid, local, global] of [
      ["nothing", "90", 0n, 1, 1],
      ["one address", invpcid(0), 0n, 2, undefined],
      ["one address of another PCID", invpcid(0), 5n, 1, 1],
      ["one PCID", invpcid(1), 0n, 2, 1],
      ["another PCID", invpcid(1), 5n, 1, 1],
      ["all and global pages", invpcid(2), 5n, 2, 2],
      ["all but global pages", invpcid(3), 5n, 2, 1],
      ["mov cr3", "0f20d8 0f22d8", 0n, 2, 1],
      ["mov cr3, bit 63", "0f20d8 480fbae83f 0f22d8", 0n, 1, 1],
      ["mov cr3, bit 63, another PCID", "0f20d8 480fbae83f 4883c805 0f22d8", 0n, 2, 1],
    ] as const) {
      for (const [isGlobal, sees] of [
        [false, local],
        [true, global],
      ] as const) {
        if (sees === undefined) continue;
        const machine = createMachine("long");
        const { vcpu, memory } = machine;
        memory.writeU8(0x7000, 1);
        memory.writeU8(0x8000, 2);
        memory.writeU64(0x6000, pcid);
        memory.writeU64(0x6008, BigInt(at));
        vcpu.writeControl("cr4", 0x2_06a0n);
        machine.setPte(at, BigInt(0x7007 | (isGlobal ? 0x100 : 0)));
        machine.run(read);
        expect(vcpu.readRegister32(0) & 0xff).toBe(1);
        // Behind the processor's back: no flush.
        memory.writeU64(Place.pageTables + 0x3000 + (at >>> 12) * 8, BigInt(0x8007 | (isGlobal ? 0x100 : 0)));
        machine.run(forget + read);
        expect(vcpu.readRegister32(0) & 0xff, `${name}, ${isGlobal ? "global" : "local"}`).toBe(sees);
      }
    }
  });
});
