// Runs the golden tables of the personalities `qemu` and `qemu-old` in the real thing: builds a guest whose every case is one IN or OUT with the
// table's registers, boots it, and compares what it prints. Needs qemu-system-x86_64, nasm and ld.
//
//   node scripts/check-qemu.mjs
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const targets = [
  { table: "qemu", machine: "pc" },
  { table: "qemu-old", machine: "pc-i440fx-5.0" },
];
/** Rows whose answer depends on frequencies and CPUID bits that TCG does not have. */
const hostDependent = new Set(["GETHZ", "GET_VCPU_INFO"]);

const names = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const HIGH = 0xa5a5_a5a5n << 32n;
const defaults = { ax: 0x564d_5868n, bx: 0xbbbb_bbbbn, si: 0x5151_5151n, di: 0xd1d1_d1d1n, bp: 0xb0b0_b0b0n };
const accumulator = { 1: "al", 2: "ax", 4: "eax" };

function readTable(table) {
  const text = readFileSync(new URL(`../test/golden/${table}.txt`, import.meta.url), "utf8");
  return text.split("\n").flatMap((raw, index) => {
    if (raw.startsWith("#") || raw.trim() === "") return [];
    const [name, access, input, output] = raw.split("|").map((cell) => cell.trim());
    const [, direction, size, port] = /^(in|out)([124]) ([0-9a-f]{4})/.exec(access);
    const values = { ...defaults, dx: BigInt(`0xdddd${port}`) };
    for (const [, register, value] of input.matchAll(/e(\w\w)=([0-9a-f]+)/g)) values[register] = BigInt(`0x${value}`);
    const before = names.map((register) => HIGH | (values[register] ?? 0n));
    const after = [...before];
    for (const [, width, register, value] of output.matchAll(/\b([er])(\w\w)=([0-9a-f]+)/g)) {
      after[names.indexOf(register)] = (width === "r" ? 0n : HIGH) | BigInt(`0x${value}`);
    }
    if (output === "not-ours" && direction === "in") {
      after[0] = size === "4" ? 0xffff_ffffn : before[0] | ((1n << BigInt(8 * size)) - 1n);
    }
    return [{ line: index + 1, name, direction, size, before, after }];
  });
}

/** A multiboot kernel that enters long mode, runs the cases and writes RAX RCX RDX RBX RSP RBP RSI RDI after each to port 0xe9. */
function guest(rows) {
  const cases = rows.map(({ direction, size, before }) => {
    const loads = names.flatMap((name, i) => (name === "sp" ? [] : [` mov r${name}, 0x${before[i].toString(16)}`]));
    const access = direction === "in" ? ` in ${accumulator[size]}, dx` : ` out dx, ${accumulator[size]}`;
    return [...loads, access, " call dump"].join("\n");
  });
  const dump = names.map((name, i) => (name === "sp" ? "" : ` mov [abs saved + ${8 * i}], r${name}\n`)).join("");
  return `bits 32
section .text
align 4
 dd 0x1badb002, 0, -0x1badb002
global _start
_start:
 mov esp, 0x90000
 mov edi, 0x1000
 mov ecx, 0xc00
 xor eax, eax
 rep stosd
 mov dword [0x1000], 0x2003
 mov dword [0x2000], 0x3003
 mov dword [0x3000], 0x83
 mov eax, cr4
 or eax, 0x20
 mov cr4, eax
 mov eax, 0x1000
 mov cr3, eax
 mov ecx, 0xc0000080
 rdmsr
 or eax, 0x100
 wrmsr
 mov eax, cr0
 or eax, 0x80000000
 mov cr0, eax
 lgdt [gdtr]
 jmp 8:entry64
gdt: dq 0, 0x00209a0000000000, 0x0000920000000000
gdtr: dw 23
 dd gdt
bits 64
entry64:
 mov ax, 16
 mov ss, ax
 mov ds, ax
 mov es, ax
${cases.join("\n")}
 mov al, 0
 mov dx, 0x501
 out dx, al
 hlt
saved: times 8 dq 0
dump:
${dump} mov esi, saved
 mov ecx, 64
 mov dx, 0xe9
 rep outsb
 ret
`;
}

let wrong = 0;
const folder = mkdtempSync(join(tmpdir(), "check-qemu-"));
try {
  for (const { table, machine } of targets) {
    const rows = readTable(table);
    const at = (name) => join(folder, name);
    writeFileSync(at("guest.asm"), guest(rows));
    execFileSync("nasm", ["-w-zext-reloc", "-f", "elf32", at("guest.asm"), "-o", at("guest.o")]);
    execFileSync("ld", ["-m", "elf_i386", "-Ttext", "0x100000", "-o", at("guest.elf"), at("guest.o")]);
    const uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";
    const devices = ["-device", "isa-debugcon,iobase=0xe9,chardev=out", "-device", "isa-debug-exit,iobase=0x501"];
    const output = ["-chardev", `file,id=out,path=${at("out.bin")}`, "-display", "none", "-nodefaults", "-no-reboot"];
    const rest = ["-cpu", "max", "-m", "512", "-uuid", uuid, "-kernel", at("guest.elf")];
    spawnSync("qemu-system-x86_64", ["-machine", `${machine},vmport=on,accel=tcg`, ...rest, ...output, ...devices], {
      timeout: 30_000,
    });
    const bytes = readFileSync(at("out.bin"));
    let compared = 0;
    for (const [i, row] of rows.entries()) {
      if (hostDependent.has(row.name)) continue;
      compared++;
      const differences = names.flatMap((name, r) => {
        const offset = 64 * i + 8 * r;
        const seen = name === "sp" ? row.after[r] : offset + 8 <= bytes.length ? bytes.readBigUInt64LE(offset) : -1n;
        return seen === row.after[r] ? [] : [`r${name}: QEMU ${seen.toString(16)}, table ${row.after[r].toString(16)}`];
      });
      if (differences.length === 0) continue;
      wrong++;
      console.log(`${table}.txt:${row.line}: ${row.name}: ${differences.join("; ")}`);
    }
    console.log(`${table}: ${compared} of ${rows.length} rows compared with ${machine}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = wrong === 0 ? 0 : 1;
