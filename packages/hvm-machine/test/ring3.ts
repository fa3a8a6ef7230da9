import { createMachine, type MachineConfig } from "hvm-machine";
import { memoryFiles, type ProcessEnd } from "linux-process";

const LOAD = 0x40_0000n;
const HEADERS = 64 + 56;

/** A static ELF64 executable of these instructions (hexadecimal, blanks allowed). */
export function elf(hex: string): Uint8Array {
  const code = Uint8Array.from(hex.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const bytes = new Uint8Array(HEADERS + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, LOAD + BigInt(HEADERS), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD, read and execute
  view.setUint32(68, 5, true);
  view.setBigUint64(80, LOAD, true);
  view.setBigUint64(88, LOAD, true);
  view.setBigUint64(96, BigInt(bytes.length), true);
  view.setBigUint64(104, BigInt(bytes.length), true);
  view.setBigUint64(112, 0x1000n, true);
  bytes.set(code, HEADERS);
  return bytes;
}

export interface Ring3Run {
  readonly end: ProcessEnd | undefined;
  /** Backdoor accesses: name and ring. */
  readonly calls: readonly string[];
  readonly traceHash: string;
}

/** Runs instructions at ring 3, IOPL 0, I/O bitmap closed; `mov edi, eax; exit(edi)` follows them. */
export function runRing3(hex: string, config: MachineConfig): Ring3Run {
  const machine = createMachine({ memory: 8, ...config });
  const calls: string[] = [];
  machine.backdoor.observe(({ commandName, ring }) => calls.push(`${commandName} ring ${ring}`));
  const program = machine.startProcess({
    files: memoryFiles({ "/program": elf(`${hex} 89c7 b83c000000 0f05`) }),
    path: "/program",
    args: ["program"],
    streams: { stdin: () => new Uint8Array(0), stdout: () => undefined, stderr: () => undefined },
  });
  machine.run({ maxInstructions: 1_000_000 });
  return { end: program.end, calls, traceHash: machine.traceHash() };
}
