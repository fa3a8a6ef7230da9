import { createGuestMemory } from "guest-memory";
import { Gpr, LinuxProcess, Msr, memoryFiles, type ProcessVcpu } from "linux-process";

// An ELF program of one page at 0x400000 with a text in it.
const file = new Uint8Array(0x200);
const view = new DataView(file.buffer);
file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
view.setUint32(16, 2 | (62 << 16), true); // executable, x86-64
view.setBigUint64(24, 0x400100n, true); // entry
view.setBigUint64(32, 64n, true);
view.setUint32(54, 56 | (1 << 16), true); // one program header
view.setUint32(64, 1, true); // PT_LOAD
view.setUint32(68, 5, true); // R-X
for (const [at, value] of [
  [80, 0x400000n],
  [96, 0x200n],
  [104, 0x200n],
] as const)
  view.setBigUint64(at, value, true);
file.set(new TextEncoder().encode("hello\n"), 0x180);

// A processor that executes nothing: x86-vcpu's class goes here. This one is driven by hand below.
const registers = new BigUint64Array(16);
const msrs = new Map<number, bigint>();
const vcpu: ProcessVcpu = {
  rip: 0n,
  rflags: 2n,
  cr2: 0n,
  readRegister: (index) => registers[index] ?? 0n,
  writeRegister: (index, value) => void registers.set([value], index),
  writeControl: () => true,
  setSegment: () => undefined,
  segment: () => ({ selector: 0, base: 0n, limit: 0, attributes: 0 }),
  setTable: () => undefined,
  readMsr: (index) => msrs.get(index) ?? 0n,
  writeMsr: (index, value) => msrs.set(index, value) === msrs,
  flushTlb: () => undefined,
  readFxState: () => new Uint8Array(512),
  writeFxState: () => undefined,
};

const process = new LinuxProcess({
  memory: createGuestMemory({ ram: [{ base: 0, size: 0x20_0000 }] }),
  vcpu,
  pool: { start: 0x10_0000, end: 0x20_0000 },
  files: memoryFiles({ "/bin/hello": file }),
  path: "/bin/hello",
  args: ["hello"],
  time: { wallNs: () => 0n, monotonicNs: () => 0n, advanceNs: () => undefined },
  streams: {
    stdin: () => new Uint8Array(0),
    stdout: (bytes) => console.log(`stdout: ${new TextDecoder().decode(bytes).trim()}`),
    stderr: () => undefined,
  },
  random: (length) => new Uint8Array(length),
  onSyscall: (line) => console.log(line),
});
console.log(`entry 0x${vcpu.rip.toString(16)}, RSP 0x${vcpu.readRegister(Gpr.RSP).toString(16)}`);

// SYSCALL goes to LSTAR, where a VMCALL exits; the machine hands that exit to handleTrap.
for (const [rax, rdi, rsi, rdx] of [
  [1n, 1n, 0x400180n, 6n],
  [231n, 0n, 0n, 0n],
] as const) {
  registers.set([rax], Gpr.RAX);
  registers.set([rdi], Gpr.RDI);
  registers.set([rsi], Gpr.RSI);
  registers.set([rdx], Gpr.RDX);
  vcpu.rip = msrs.get(Msr.LSTAR) ?? 0n;
  if (process.ownsTrap(vcpu.rip)) process.handleTrap();
}
console.log(JSON.stringify(process.end));
