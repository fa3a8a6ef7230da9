/**
 * A guest of chance whose ring 3 does what ring 0 may: port instructions with and without the backdoor's registers, HLT, CLI, single steps,
 * code that changes itself. Its handlers step over each faulting byte, so it goes on for ever.
 */
import { type GuestImage, loadFlat } from "guest-loader";
import type { Machine } from "hvm-machine";
import { Dice } from "./wild-guest.ts";

const CODE = 0x10_0000;
const GDT = 0x9_0000;
const TSS = 0x9_0100;
const IDT = 0x9_1000;
const HANDLERS = 0x9_2000;
const RING0_STACK = 0x9_4000;
const RING3_STACK = 0x9_6000;

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)];

const PORTS = [
  0x5658, 0x5658, 0x5658, 0x5658, 0x5659, 0x565a, 0x40, 0x43, 0x61, 0x70, 0x71, 0x80, 0x3f8, 0x3fd, 0xcf8, 0x1234,
];

function step(dice: Dice, at: number): number[] {
  const port = dice.of(PORTS);
  const ins = dice.of([
    [0xed],
    [0xed],
    [0xed],
    [0xec],
    [0x66, 0xed],
    [0xef],
    [0xee],
    [0x66, 0xef],
    [0x66, 0x66, 0xed],
    [0x3e, 0xed],
  ]);
  const eax = dice.oneIn(4) ? dice.next() : 0x564d_5868;
  const call = [
    0xb8,
    ...dword(eax),
    0xb9,
    ...dword(dice.of([10, 10, 17, 23, 41, 45, 0x1234])),
    0xba,
    ...dword(port),
    ...ins,
  ];
  return dice.of([
    () => call,
    () => call,
    () => call,
    () => call,
    () => [0xba, ...dword(dice.of([0x5659, 0x3f8])), 0xb9, ...dword(dice.below(20)), 0xf3, dice.of([0x6c, 0x6e])],
    () => [dice.of([0xf4, 0xfa, 0xfb, 0x9b, 0xcc])],
    () => [0xe4, dice.of([0x40, 0x61, 0x80])],
    () => [0x31, 0xc9, 0x0f, 0x33],
    () => [0xb9, ...dword(0x1_0000), 0x0f, 0x33],
    // pushf; or byte [esp + 1], 1; popf: TF for one instruction and those behind it
    () => (dice.oneIn(4) ? [0x9c, 0x80, 0x4c, 0x24, 1, 1, 0x9d] : [0x40]),
    // The next instruction but one becomes another IN.
    () => [0xc6, 0x05, ...dword(CODE + at + 8), dice.of([0xec, 0xed]), 0x90, 0xed],
    () => [0x01, 0xc6, 0x43, 0x4e],
    () => [0xf0, 0x0f, 0xb1, 0x1d, ...dword(RING3_STACK)],
  ])();
}

/** Vectors whose frames have an error code (SDM vol. 3 table 6-1). */
const withErrorCode = (vector: number): boolean => [8, 10, 11, 12, 13, 14, 17].includes(vector);

export function ring3Guest(seed: number, steps: number): GuestImage {
  const dice = new Dice(seed);
  // Ring 0 first: a timer (PIT channel 0), the 8259 with vectors 0x20; patched below to leave by IRET.
  const body: number[] = [];
  for (let n = 0; n < steps; n++) body.push(...step(dice, body.length));
  body.push(0xe9, ...dword(-(body.length + 5)));
  const low = new Uint8Array(0x3000);
  const put = (address: number, bytes: readonly number[]): void => low.set(bytes, address - GDT);
  const descriptor = (access: number): number[] => [0xff, 0xff, 0, 0, 0, access, 0xcf, 0];
  put(GDT, [
    ...dword(0),
    ...dword(0),
    ...descriptor(0x9b),
    ...descriptor(0x93),
    ...descriptor(0xfb),
    ...descriptor(0xf3),
  ]);
  put(TSS, [...dword(0), ...dword(RING0_STACK), ...dword(0x10)]);
  put(TSS + 0x64, [...word(0), ...word(dice.oneIn(3) ? 0x60 : 0x68)]);
  // No error code: #BP, #DB and others end their step; interrupts get an EOI. With one: it goes, and one byte is stepped over.
  put(HANDLERS, [0x81, 0x64, 0x24, 8, ...dword(~0x100), 0xcf]);
  put(HANDLERS + 0x40, [0x83, 0xc4, 4, 0x81, 0x64, 0x24, 8, ...dword(~0x100), 0xff, 0x04, 0x24, 0xcf]);
  put(HANDLERS + 0x80, [0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf]);
  put(HANDLERS + 0xc0, [0xff, 0x04, 0x24, 0xcf]);
  for (let vector = 0; vector < 48; vector++) {
    const handler = vector >= 32 ? 0x80 : withErrorCode(vector) ? 0x40 : vector === 6 || vector === 7 ? 0xc0 : 0;
    const gate = [
      ...word((HANDLERS + handler) & 0xffff),
      ...word(8),
      0,
      vector === 3 ? 0xee : 0x8e,
      ...word(HANDLERS >>> 16),
    ];
    put(IDT + vector * 8, gate);
  }
  const flat = loadFlat(Uint8Array.from(body), { address: CODE, mode: "protected" });
  return {
    ...flat,
    segments: [...flat.segments, { name: "tables", address: GDT, bytes: low, memorySize: low.length }],
  };
}

/** After `boot`: the first processor goes on in ring 3, with a timer that interrupts it. */
export function enterRing3(machine: Machine, rate: number): void {
  const [vcpu] = machine.vcpus;
  if (vcpu === undefined) return;
  const flat = { base: 0n, limit: 0xffff_ffff };
  vcpu.setTable("gdtr", { base: BigInt(GDT), limit: 0x27 });
  vcpu.setTable("idtr", { base: BigInt(IDT), limit: 48 * 8 - 1 });
  vcpu.setSegment("cs", { ...flat, selector: 0x1b, attributes: 0xc0fb });
  for (const name of ["ss", "ds", "es"] as const)
    vcpu.setSegment(name, { ...flat, selector: 0x23, attributes: 0xc0f3 });
  vcpu.setSegment("tr", { selector: 0x28, base: BigInt(TSS), limit: 0x6f, attributes: 0x8b });
  vcpu.writeRegister(4, BigInt(RING3_STACK));
  vcpu.writeRegister(6, BigInt(RING3_STACK));
  vcpu.writeRegister(7, BigInt(RING3_STACK));
  vcpu.rflags = 0x202n;
  for (const [port, value] of [
    ...[
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0xfe],
    ],
    ...[
      [0x43, 0x34],
      [0x40, rate & 0xff],
      [0x40, rate >>> 8],
    ],
  ] as [number, number][]) {
    // Devices have no use for a context.
    machine.bus.access("out", port, 1, value, undefined as never);
  }
}
