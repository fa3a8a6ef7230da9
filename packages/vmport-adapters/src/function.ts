/** The backdoor as a plain function: registers in, registers out. For test suites, and emulators that decode port I/O themselves. */
import { IoResult } from "portio-bus";
import { type Backdoor, Register } from "vmport-backdoor";
import { RegisterFile } from "./register-file.ts";

/** Low halves, unsigned 32-bit numbers. */
export interface FunctionRegisters {
  readonly eax: number;
  readonly ecx: number;
  readonly edx: number;
  readonly ebx: number;
  readonly ebp: number;
  readonly esi: number;
  readonly edi: number;
}

export interface FunctionAccess {
  /** `port`: IN or OUT; `string`: REP INSB or REP OUTSB; `rdpmc`: RDPMC, index in ECX. */
  readonly kind: "port" | "string" | "rdpmc";
  readonly direction: "in" | "out";
  readonly size: 1 | 2 | 4;
  readonly port: number;
  /** Ring of the guest; its I/O permission is taken to forbid every port to ring 3, and CR4.PCE to be 0. */
  readonly ring: 0 | 3;
  readonly registers: FunctionRegisters;
  /** String instructions: the bytes at ESI, or room for those at EDI. */
  readonly memory?: Uint8Array;
}

export interface FunctionResult {
  /** The accumulator of an IN included. */
  readonly registers: FunctionRegisters;
  /** Vector of the exception the guest gets instead, with error code 0; the registers are as they were. */
  readonly fault?: number;
}

const VECTOR_GP = 13;
const names = ["eax", "ecx", "edx", "ebx", "", "ebp", "esi", "edi"] as const;
const OPCODES = {
  in: { 1: [0xec], 2: [0x66, 0xed], 4: [0xed] },
  out: { 1: [0xee], 2: [0x66, 0xef], 4: [0xef] },
} as const;
const STRING_OPCODES = { in: [0xf3, 0x6c], out: [0xf3, 0x6e] } as const;

/** Ring 3 gets in where the personality lets it in, through the same check that a hypervisor makes on #GP. */
export function createAccessFunction(backdoor: Backdoor): (access: FunctionAccess) => FunctionResult {
  return (access) => {
    const { kind, direction, size, port, ring, registers: given, memory = new Uint8Array() } = access;
    const values = names.map((name) => (name === "" ? 0 : given[name] >>> 0));
    const registers = new RegisterFile(
      { get: (index) => values[index] ?? 0, set: (index, value) => void (values[index] = value) },
      () => ring,
    );
    const fault: FunctionResult = { registers: given, fault: VECTOR_GP };
    const done = (): FunctionResult => ({
      registers: Object.fromEntries(
        names.flatMap((name, index) => (name === "" ? [] : [[name, values[index] ?? 0]])),
      ) as unknown as FunctionRegisters,
    });

    if (kind === "rdpmc") {
      const counter = backdoor.rdpmc(given.ecx >>> 0);
      if (counter === undefined) return fault;
      values[Register.Eax] = Number(BigInt.asUintN(32, counter));
      values[Register.Edx] = Number(BigInt.asUintN(32, counter >> 32n));
      return done();
    }
    if (ring === 3) {
      const code = Uint8Array.from(kind === "string" ? STRING_OPCODES[direction] : OPCODES[direction][size]);
      const check = backdoor.gpCheck({
        enabled: true,
        errorCode: 0,
        registers,
        rip: 0n,
        csBase: 0n,
        codeBits: 32,
        fetch: (linear, length) => {
          const bytes = new Uint8Array(length);
          bytes.set(code.subarray(Number(linear), Number(linear) + length));
          return bytes;
        },
      });
      if (check.code !== "handled") return fault;
    }
    if (kind === "string") {
      const { result } = backdoor.highBandwidth({
        direction,
        size: 1,
        rep: true,
        addressBits: 32,
        df: false,
        registers,
        memory: {
          canWrite: (index) => index < memory.length,
          write: (index, value) => void (memory[index] = value),
          read: (index) => memory[index],
        },
      });
      if (result !== IoResult.Okay) {
        if (ring === 3) return fault;
        const pointer = direction === "in" ? Register.Edi : Register.Esi;
        values[pointer] = ((values[pointer] ?? 0) + given.ecx) >>> 0;
        values[Register.Ecx] = 0;
        if (direction === "in") memory.fill(0xff);
      }
      return done();
    }
    if (backdoor.access(direction, port, size, registers) !== IoResult.Okay) {
      if (ring === 3) return fault;
      if (direction === "in") {
        const ones = size === 4 ? 0xffff_ffff : 2 ** (8 * size) - 1;
        values[Register.Eax] = ((values[Register.Eax] ?? 0) | ones) >>> 0;
      }
    }
    return done();
  };
}
