/**
 * Programs of chance that write the constants of their own instructions, in the same block and in others, by the address they run at
 * and by another one, beside counters in the same lines: tier 0 and tier 1 end in the same state, wherever they are stopped.
 * HVM_FUZZ_SEED, HVM_FUZZ_RUNS.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FlatMachine, flatMachine, mapTo, tiers } from "./flat-machine.ts";

const CODE = 0x20_0000;
const ALIAS = 0x50_0000;
/** Two pages, the code in their middle. */
const START = CODE + 0xf00;
const env = process.env;
const runs = Number(env["HVM_FUZZ_RUNS"] ?? 60);
const seed = env["HVM_FUZZ_SEED"] === undefined ? {} : { seed: Number(env["HVM_FUZZ_SEED"]) };

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

interface Piece {
  readonly kind: "constant" | "store" | "string" | "counter" | "jump" | "call" | "push";
  readonly value: number;
  readonly size: 1 | 2 | 4;
  readonly alias: boolean;
}
const piece: fc.Arbitrary<Piece> = fc.record({
  kind: fc.constantFrom("constant", "constant", "store", "store", "string", "counter", "jump", "call", "push"),
  value: fc.integer({ min: 0, max: 0xffff }),
  size: fc.constantFrom(1, 2, 4),
  alias: fc.boolean(),
});

/** Lengths do not depend on addresses, so a second pass knows where all constants are. */
function assemble(pieces: readonly Piece[], constants: readonly number[]): { bytes: number[]; constants: number[] } {
  const bytes: number[] = [];
  const found: number[] = [];
  for (const { kind, value, size, alias } of pieces) {
    const constant = constants[value % Math.max(1, constants.length)] ?? START;
    const target = (alias ? constant - CODE + ALIAS : constant) + (size === 4 ? 0 : (value >> 8) % (5 - size));
    switch (kind) {
      case "constant": // mov eax, imm32; add ebx, eax; rol ebx, 5
        found.push(START + bytes.length + 1);
        bytes.push(0xb8, ...dword(value), 0x01, 0xc3, 0xc1, 0xc3, 5);
        break;
      case "store": // mov [target], bl, bx or ebx
        bytes.push(...{ 1: [0x88], 2: [0x66, 0x89], 4: [0x89] }[size], 0x1c, 0x25, ...dword(target));
        break;
      case "string": // mov edi, target; mov eax, ebx; stosb, stosw or stosd
        bytes.push(0xbf, ...dword(target), 0x89, 0xd8, ...{ 1: [0xaa], 2: [0x66, 0xab], 4: [0xab] }[size]);
        break;
      case "counter": // inc dword [rip + 2]; jmp over it; dd 0
        bytes.push(0xff, 0x05, 2, 0, 0, 0, 0xeb, 4, 0, 0, 0, 0);
        break;
      case "jump":
        bytes.push(0xeb, value & 1, 0x90);
        break;
      case "call": // call over a byte; add rsp, 8
        bytes.push(0xe8, 1, 0, 0, 0, 0xcc, 0x48, 0x83, 0xc4, 8);
        break;
      default: // push rbx; lea rsp, [rsp + 8]
        bytes.push(0x53, 0x48, 0x8d, 0x64, 0x24, 8);
    }
  }
  // dec ecx; jnz to the start; hlt
  bytes.push(0xff, 0xc9, 0x0f, 0x85, ...dword(-(bytes.length + 8)), 0xf4);
  return { bytes, constants: found };
}

const machines = Object.values(tiers).map((createTier) => {
  const machine = flatMachine(createTier);
  mapTo(machine, ALIAS, CODE);
  mapTo(machine, ALIAS + 0x1000, CODE + 0x1000);
  return machine;
});

function execute({ vcpu, memory }: FlatMachine, bytes: readonly number[], stops: readonly number[]): unknown {
  memory.fill(CODE, 0x2000, 0xcc);
  memory.write(START, Uint8Array.from(bytes));
  vcpu.rip = BigInt(START);
  vcpu.rflags = 2n;
  for (const [register, value] of [1, 30, 0, 7, CODE + 0x40].entries()) vcpu.writeRegister(register, BigInt(value));
  vcpu.writeRegister(1, 30n);
  const before = vcpu.retired;
  const states: unknown[] = [];
  for (const budget of [...stops, 100_000]) {
    const { reason } = vcpu.run(budget);
    states.push([reason, vcpu.rip, vcpu.retired - before, [0, 1, 3, 4, 7].map((n) => vcpu.readRegister(n))]);
    if (reason !== "budget") break;
  }
  return [states, [...memory.read(CODE, 0x2000)!]];
}

test("[x86-vcpu] programs that write their own constants run alike on both tiers", { timeout: 600_000 }, () => {
  const program = fc.array(piece, { minLength: 4, maxLength: 40 });
  const stops = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 6 });
  fc.assert(
    fc.property(program, stops, (pieces, budgets) => {
      const { bytes } = assemble(pieces, assemble(pieces, []).constants);
      const [first, second] = machines.map((machine) => execute(machine, bytes, budgets));
      expect(second).toEqual(first);
    }),
    { numRuns: runs, ...seed },
  );
});
