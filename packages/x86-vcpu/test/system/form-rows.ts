import type { Mode } from "../machine.ts";

export interface FormRow {
  readonly what: string;
  readonly mode: Mode;
  /** Hexadecimal; HLT follows. */
  readonly code: string;
  /** At 0x5020, HLT behind it. */
  readonly target?: string;
  /** RAX in the end. */
  readonly rax?: bigint | ((eax: number) => boolean);
  /** The exit on the way, or the exception; else it ends with HLT alone. */
  readonly ends?: string;
  /** Bits to set. */
  readonly cr4?: bigint;
  readonly msrs?: readonly (readonly [index: number, value: bigint])[];
}

const OSXSAVE = 1n << 18n;
const FSGSBASE = 1n << 16n;
const PKE = 1n << 22n;

const long = (what: string, code: string, rest: Omit<FormRow, "what" | "mode" | "code">): FormRow => ({
  what,
  mode: "long",
  code,
  ...rest,
});
const protectedMode = (what: string, code: string, rest: Omit<FormRow, "what" | "mode" | "code">): FormRow => ({
  what,
  mode: "protected",
  code,
  ...rest,
});

/** mov dword [0x6000], value; in 64-bit code by an absolute address. */
const at6000 = (dword: string): string => `c7042500600000 ${dword}`;
/** mov word [address], 0x10 */
const selectorAt = (address: string): string => `66c70425${address}0000 1000`;
/** setc al or sete al; movzx eax, al */
const carry = "0f92c0 0fb6c0";
const zero = "0f94c0 0fb6c0";
/** Within the relative error of 1.5 × 2^−12 around 0.5. */
const nearHalf = (eax: number): boolean => {
  const value = new Float32Array(Uint32Array.of(eax).buffer)[0]!;
  return Math.abs(value / 0.5 - 1) <= 1.5 * 2 ** -12;
};

/** Saves a state with 1.0 on the x87 stack, forgets it, restores it: 1.0 is there again. */
const xsave = (what: string, save: string, restore: string): FormRow =>
  long(what, `dbe3 b807000000 31d2 d9e8 ${save}2500600000 dbe3 ${restore}2500600000 d91c2500650000 8b042500650000`, {
    rax: 0x3f80_0000n,
    cr4: OSXSAVE,
  });

const farLoads = (["lss b2", "lfs b4", "lgs b5"] as const).flatMap((text) => {
  const [name, opcode] = text.split(" ") as [string, string];
  return [
    long(`${name} ax`, `${at6000("78561000")} 660f${opcode}042500600000`, { rax: 0x5678n }),
    long(`${name} eax`, `${at6000("78563412")} ${selectorAt("0460")} 0f${opcode}042500600000`, { rax: 0x1234_5678n }),
    long(`${name} rax`, `${at6000("78563412")} ${selectorAt("0860")} 480f${opcode}042500600000`, { rax: 0x1234_5678n }),
  ];
});

const random = (["rdrand f0", "rdseed f8"] as const).flatMap((text) => {
  const [name, modrm] = text.split(" ") as [string, string];
  return (["66", "", "48"] as const).map((prefix) =>
    long(`${name} ${prefix}`, `${prefix}0fc7${modrm} ${carry}`, { rax: 1n }),
  );
});

const svm = (["vmrun d8", "vmload da", "vmsave db", "invlpga df"] as const).flatMap((text) => {
  const [name, modrm] = text.split(" ") as [string, string];
  return [
    long(`${name} rax`, `0f01${modrm}`, { ends: "#6" }),
    long(`${name} eax`, `670f01${modrm}`, { ends: "#6" }),
    protectedMode(`${name} ax`, `670f01${modrm}`, { ends: "#6" }),
  ];
});

export const systemFormRows: readonly FormRow[] = [
  long("sgdt", "0f01042500600000 8b042502600000", { rax: 0x1000n }),
  long("sidt", "0f010c2500600000 8b042502600000", { rax: 0x2000n }),
  long("vmcall", "0f01c1", { ends: "vmcall" }),
  long("vmmcall", "0f01d9", { ends: "vmmcall" }),
  long("monitor", "48c7c000600000 0f01c8", { ends: "monitor" }),
  long("mwait", "0f01c9", { ends: "mwait" }),
  long("cpuid", "0fa2", { ends: "cpuid" }),
  long("pause", "f390", { ends: "pause" }),
  long("rdpmc", "0f33", { ends: "rdpmc" }),
  long("xsetbv", "0f01d1", { ends: "xsetbv", cr4: OSXSAVE }),
  long("xgetbv", "0f01d0", { rax: 3n, cr4: OSXSAVE }),
  long("serialize", "b807000000 0f01e8", { rax: 7n }),
  long("wrpkru, rdpkru", "b80c000000 0f01ef 31c0 0f01ee", { rax: 12n, cr4: PKE }),
  long("sysret", "b920500000 41bb02000000 0f07", {
    target: "8cc8 cd81",
    rax: 0x2bn,
    msrs: [[0xc000_0081, 0x28n << 48n]],
  }),
  long("sysexit, 64-bit", "ba20500000 b900800000 480f35", { target: "8cc8 cd81", rax: 0x33n, msrs: [[0x174, 0x10n]] }),
  long("reserved nop 0f 0d, 16-bit", "b807000000 660f0dc0", { rax: 7n }),
  long("reserved nop 0f 0d, 32-bit", "b807000000 0f0dc0", { rax: 7n }),
  long("reserved nop 0f 0d, 64-bit", "b807000000 480f0dc0", { rax: 7n }),
  long("movdiri 32", "b878563412 0f38f9042500600000 31c0 8b042500600000", { rax: 0x1234_5678n }),
  long("movdiri 64", "48b8efcdab9078563412 480f38f9042500600000 31c0 488b042500600000", {
    rax: 0x1234_5678_90ab_cdefn,
  }),
  long("rsqrtps", `${at6000("00008040")} 0f52042500600000 660f7ec0`, { rax: nearHalf }),
  long("rsqrtss", `${at6000("00008040")} f30f52042500600000 660f7ec0`, { rax: nearHalf }),
  long("rcpps", `${at6000("00000040")} 0f53042500600000 660f7ec0`, { rax: nearHalf }),
  long("rcpss", `${at6000("00000040")} f30f53042500600000 660f7ec0`, { rax: nearHalf }),
  long("pop fs", "6a10 0fa1 8ce0", { rax: 0x10n }),
  long("pop gs", "6a10 0fa9 8ce8", { rax: 0x10n }),
  long("pop fs, 16-bit", "666a10 660fa1 8ce0", { rax: 0x10n }),
  long("pop gs, 16-bit", "666a10 660fa9 8ce8", { rax: 0x10n }),
  long("mov ds, rax", "b810000000 488ed8 31c0 8cd8", { rax: 0x10n }),
  xsave("xsave, xrstor", "0fae24", "0fae2c"),
  xsave("xsave64, xrstor64", "480fae24", "480fae2c"),
  xsave("xsaveopt", "0fae34", "0fae2c"),
  xsave("xsaveopt64", "480fae34", "480fae2c"),
  xsave("xsavec", "0fc724", "0fae2c"),
  xsave("xsavec64", "480fc724", "480fae2c"),
  xsave("xsaves, xrstors", "0fc72c", "0fc71c"),
  xsave("xsaves64, xrstors64", "480fc72c", "480fc71c"),
  ...farLoads,
  ...random,
  ...svm,
  long("stgi", "0f01dc", { ends: "#6" }),
  long("clgi", "0f01dd", { ends: "#6" }),
  long("skinit", "0f01de", { ends: "#6" }),
  long("retf, 16-bit", "666a18 66682050 66cb", { target: "4889e0", rax: 0x8000n }),
  long("retf 8, 16-bit", "666a18 66682050 66ca0800", { target: "4889e0", rax: 0x8008n }),
  long("retf 8, 64-bit", "6a18 6820500000 48ca0800", { target: "4889e0", rax: 0x8008n }),
  long("call m16:16", `${at6000("20501800")} 66ff1c2500600000`, { target: "4889e0", rax: 0x7ffcn }),
  long("jmp m16:16", `${at6000("20501800")} 66ff2c2500600000`, { target: "4889e0", rax: 0x8000n }),
  long("jmp m16:64", `${at6000("20500000")} 66c7042508600000 1800 48ff2c2500600000`, {
    target: "4889e0",
    rax: 0x8000n,
  }),
  long("sldt ax", "48c7c0ffffffff 660f00c0", { rax: 0xffff_ffff_ffff_0000n }),
  long("sldt rax", "48c7c0ffffffff 480f00c0", { rax: 0n }),
  long("str ax", "48c7c0ffffffff 660f00c8", { rax: 0xffff_ffff_ffff_0048n }),
  long("str rax", "48c7c0ffffffff 480f00c8", { rax: 0x48n }),
  long("smsw rax", "480f01e0", { rax: 0x8000_0031n }),
  long("verr ax", `b810000000 660f00e0 ${zero}`, { rax: 1n }),
  long("verr rax", `b810000000 480f00e0 ${zero}`, { rax: 1n }),
  long("verw ax: code", `b818000000 660f00e8 ${zero}`, { rax: 0n }),
  long("verw rax", `b810000000 480f00e8 ${zero}`, { rax: 1n }),
  long("lar ax", "b910000000 660f02c1", { rax: 0x9300n }),
  long("lar rax", "b910000000 480f02c1", { rax: (eax) => (eax & 0xf0_ff00) === 0xc0_9300 }),
  long("lsl ax", "b910000000 660f03c1", { rax: 0xffffn }),
  long("lsl rax", "b910000000 480f03c1", { rax: 0xffff_ffffn }),
  long("wrfsbase, rdfsbase, 32-bit", "b834120000 f30faed0 31c0 f30faec0", { rax: 0x1234n, cr4: FSGSBASE }),
  long("wrgsbase, rdgsbase, 32-bit", "b834120000 f30faed8 31c0 f30faec8", { rax: 0x1234n, cr4: FSGSBASE }),
  protectedMode("pop es", "6a10 07 8cc0", { rax: 0x10n }),
  protectedMode("pop es, 16-bit", "666a10 6607 8cc0", { rax: 0x10n }),
  protectedMode("pop ss, 16-bit", "666a10 6617 8cd0", { rax: 0x10n }),
  protectedMode("pop ds, 16-bit", "666a10 661f 8cd8", { rax: 0x10n }),
  protectedMode("pop gs", "6a10 0fa9 8ce8", { rax: 0x10n }),
  protectedMode("les eax", "c70500600000 78563412 66c70504600000 1000 c40500600000", { rax: 0x1234_5678n }),
  protectedMode("lds eax", "c70500600000 78563412 66c70504600000 1000 c50500600000", { rax: 0x1234_5678n }),
  protectedMode("les ax", "c70500600000 78561000 66c40500600000", { rax: 0x5678n }),
  protectedMode("lds ax", "c70500600000 78561000 66c50500600000", { rax: 0x5678n }),
  protectedMode("sidt", "0f010d00600000 a102600000", { rax: 0x2000n }),
  protectedMode("sidt, 16-bit", "660f010d00600000 a102600000", { rax: 0x2000n }),
  protectedMode("arpl ax, cx", "b810000000 b903000000 6663c8", { rax: 0x13n }),
  protectedMode("call ptr16:16", "669a20500800", { target: "89e0", rax: 0x7ffcn }),
  protectedMode("rdpid eax", "f30fc7f8", { rax: 0x55n, msrs: [[0xc000_0103, 0x55n]] }),
  protectedMode("monitor, 16-bit address", "b800600000 670f01c8", { ends: "monitor" }),
];
