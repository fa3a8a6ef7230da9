/**
 * A guest that does anything to any device: code from a seed, in 32-bit protected mode, with handlers that let it live through what it causes.
 * What it mostly leaves alone are the ways to end the machine at once (RESET, soft off, INIT of the first processor): a run would be over
 * before it began.
 */
import { type GuestImage, loadFlat } from "guest-loader";

export const CODE = 0x10_0000;
const STACK = 0xf000;
const IDT = 0x5000;
const HANDLERS = 0x4000;
/** Real-mode code of the other processors: STARTUP vector 9. */
const SECOND = 0x9000;
const DATA = 0xa000;
const BARS = 0xe000_0000;
const BAR_STRIDE = 0x10_0000;
const SLOTS = [2, 3, 4, 5, 6, 7, 8];
/** Vectors whose frames have an error code (SDM vol. 3 table 6-1). */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21]);

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)];

/** xorshift32. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed * 0x9e37_79b9 + 0x7f4a_7c15) | 1;
  }
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }
  below(limit: number): number {
    return this.next() % limit;
  }
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

const range = (from: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, index) => from + index * step);

const PORTS: readonly number[] = [
  ...[0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1],
  ...range(0x40, 4),
  ...[0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xb2, 0xb3, 0xe9, 0x402],
  ...range(0x3b0, 48),
  ...[0x1ce, 0x1cf, 0x1d0],
  ...range(0x3f8, 8),
  ...[0xcf8, 0xcfc, 0xcfd, 0xcfe, 0xcff],
  ...[0x510, 0x511, 0x514, 0x518],
  ...range(0xafe0, 4),
  ...[0xb000, 0xb002, 0xb008, 0xb009],
  ...[0x5658, 0x5659],
];

/** Registers of the chips behind memory, and of PCI functions. */
function mmioAddress(dice: Dice): number {
  const places = [
    () => 0xfee0_0000 + dice.below(0x40) * 16,
    () => 0xfee0_0000 + dice.of([0x80, 0xb0, 0xf0, 0x280, 0x300, 0x310, 0x320, 0x350, 0x360, 0x370, 0x380, 0x3e0]),
    () => 0xfec0_0000 + dice.of([0, 0, 0x10, 0x10, 0x40]),
    () => 0xfed0_0000 + dice.of([0, 4, 0x10, 0x20, 0xf0, 0xf4, ...range(0x100, 24, 4)]),
    () =>
      BARS +
      dice.below(SLOTS.length) * BAR_STRIDE +
      dice.of([...range(0, 16, 4), 0x1000, 0x2000, 0x3000, 0x3004, 0x8000]),
    () => BARS + dice.below(SLOTS.length * BAR_STRIDE),
    () => 0xa_0000 + dice.below(0x2_0000),
    () => 0xe000_0000 + dice.below(0x2000_0000),
    () => dice.next(),
  ];
  const address = dice.of(places)();
  // Its own code, stack and tables it leaves alone.
  return address < 0x20_0000 && !(address >= 0xa_0000 && address < 0xc_0000) ? DATA + (address & 0xfff) : address;
}

/** Values that registers like. */
function value(dice: Dice): number {
  return (
    dice.of([
      () => 0,
      () => 1,
      () => 0xffff_ffff,
      () => 1 << dice.below(32),
      () => dice.below(256),
      () => dice.below(0x1_0000),
      () => DATA + dice.below(0x1000),
      () => dice.next(),
      // A local vector, or an interrupt command: fixed mostly, vectors from 0x30.
      () => (dice.next() & 0x000e_f8ff) | 0x30,
    ])() >>> 0
  );
}

function out(dice: Dice, port: number, size: 1 | 2 | 4): number[] {
  let datum = value(dice);
  if (port === 0x92) datum &= ~1;
  if (port === 0x64) datum = datum >= 0xf0 ? 0x20 : datum & 0xef;
  if (port === 0x60) datum |= 1;
  if (port === 0xcf8 && size === 4) datum = (0x8000_0000 | (dice.below(9) << 11) | (dice.below(64) << 2)) >>> 0;
  const instruction = size === 1 ? [0xee] : size === 2 ? [0x66, 0xef] : [0xef];
  return [0x66, 0xba, ...word(port), 0xb8, ...dword(datum), ...instruction];
}

const FORBIDDEN = (port: number, size: number): boolean =>
  [0xcf9, 0xf4, 0xb004].some((bad) => port < bad + 4 && bad < port + size && !(port === 0xcf8 && size === 4));

function step(dice: Dice, xen: boolean): number[] {
  const size = dice.of([1, 1, 2, 4, 4] as const);
  const port = dice.oneIn(12) ? dice.below(0x1_0000 - 4) : dice.of(PORTS);
  const kinds: (() => number[])[] = [
    () => (FORBIDDEN(port, size) ? [] : out(dice, port, size)),
    () => (FORBIDDEN(port, size) ? [] : out(dice, port, size)),
    () => [0x66, 0xba, ...word(port), ...(size === 1 ? [0xec] : size === 2 ? [0x66, 0xed] : [0xed])],
    // REP INSB, REP OUTSB with a page of room
    () => [
      ...[0xfc, 0xb9, ...dword(dice.below(64)), 0xbf, ...dword(DATA), 0xbe, ...dword(DATA)],
      ...[0x66, 0xba, ...word(FORBIDDEN(port, 1) || port === 0x92 || port === 0x60 || port === 0x64 ? 0x3f8 : port)],
      ...[0xf3, dice.of([0x6c, 0x6e])],
    ],
    () => [
      0xb8,
      ...dword(value(dice)),
      ...(size === 2 ? [0x66] : []),
      size === 1 ? 0xa2 : 0xa3,
      ...dword(mmioAddress(dice)),
    ],
    () => [0xb8, ...dword(value(dice)), 0xa3, ...dword(mmioAddress(dice) & ~3)],
    () => [...(size === 2 ? [0x66] : []), size === 1 ? 0xa0 : 0xa1, ...dword(mmioAddress(dice))],
    () => {
      const index = dice.of([0x1b, 0x10, 0x6e0, 0x4000_0000, 0x4000_0200, 0x800 + dice.below(0x40)]);
      const write = [0xb8, ...dword(value(dice)), 0xba, ...dword(dice.oneIn(4) ? value(dice) : 0), 0x0f, 0x30];
      return [0xb9, ...dword(index), ...(index === 0x1b || dice.oneIn(2) ? [0x0f, 0x32] : write)];
    },
    () => [dice.of([0xfb, 0xfb, 0xfa])],
    () => [0xf3, 0x90],
    () => (dice.oneIn(6) ? [0xfb, 0xf4] : [0xfb, 0x90]),
    // A virtqueue somewhere in the data page: status, select, size, addresses, enable, DRIVER_OK, notify.
    () => {
      const bar = BARS + dice.below(SLOTS.length) * BAR_STRIDE;
      const poke = (offset: number, datum: number): number[] => [0xc7, 0x05, ...dword(bar + offset), ...dword(datum)];
      return [
        ...[...poke(0x14, 0), ...poke(0x14, 3), ...poke(8, 1), ...poke(12, 1), ...poke(0x14, 0xb)],
        ...[...poke(0x16, dice.below(2)), ...poke(0x18, 1 << dice.below(8))],
        ...[
          ...poke(0x20, DATA + dice.below(0x800)),
          ...poke(0x28, DATA + dice.below(0x800)),
          ...poke(0x30, DATA + dice.below(0x800)),
        ],
        ...[...poke(0x1c, 1), ...poke(0x14, 0xf), ...poke(0x3000, 0), ...poke(0x3004, 1)],
      ];
    },
    // INIT and STARTUP for everybody else.
    () => (dice.oneIn(4) ? [0xc7, 0x05, ...dword(0xfee0_0300), ...dword(dice.of([0xc_4500, 0xc_4609]))] : []),
  ];
  if (xen)
    kinds.push(() => [
      ...[0xb8, ...dword(dice.of([12, 15, 17, 18, 20, 24, 29, 32, 33, 34]))],
      ...[
        0xbb,
        ...dword(dice.below(14) === 2 ? 3 : dice.below(14)),
        0xb9,
        ...dword(dice.of([0, 1, DATA + dice.below(0x800)])),
      ],
      ...[0xba, ...dword(dice.of([0, 1, DATA + dice.below(0x800)])), 0x0f, 0x01, 0xc1],
    ]);
  return dice.of(kinds)();
}

/** Segments of the guest: code in a loop, handlers, descriptor table, random data. */
export function wildGuest(seed: number, steps: number, xen = false): GuestImage {
  const dice = new Dice(seed);
  const poke = (address: number, datum: number): number[] => [0xc7, 0x05, ...dword(address), ...dword(datum)];
  const config = (slot: number, register: number, datum: number): number[] => [
    ...[0x66, 0xba, ...word(0xcf8), 0xb8, ...dword(0x8000_0000 + slot * 0x800 + register), 0xef],
    ...[0x66, 0xba, ...word(0xcfc), 0xb8, ...dword(datum), 0xef],
  ];
  const setUp = [
    ...[0xfa, 0xbc, ...dword(STACK), 0x0f, 0x01, 0x1d, ...dword(HANDLERS + 0x800)],
    // Base addresses, then memory, I/O and bus mastering on.
    ...SLOTS.flatMap((slot, index) => [
      ...config(slot, 0x10, BARS + index * BAR_STRIDE),
      ...config(slot, 0x14, BARS + index * BAR_STRIDE + 0x8000),
      ...config(slot, 0x04, 7),
    ]),
    // The local APIC on, its timer periodic.
    ...[
      ...poke(0xfee0_00f0, 0x1ff),
      ...poke(0xfee0_03e0, 0xb),
      ...poke(0xfee0_0320, 0x2_0040),
      ...poke(0xfee0_0380, 20_000),
    ],
  ];
  const body = Array.from({ length: steps }, () => step(dice, xen)).flat();
  const jump = [0xe9, ...dword(-(body.length + 5))];
  const code = Uint8Array.from([...setUp, ...body, ...jump]);

  const low = new Uint8Array(0xb000 - HANDLERS);
  const put = (address: number, bytes: readonly number[]): void => low.set(bytes, address - HANDLERS);
  // push eax; EOI to APIC and 8259s; pop eax; iret
  put(HANDLERS, [0x50, ...poke(0xfee0_00b0, 0), 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf]);
  // A fault of a two-byte instruction: add dword [esp], 2; iret – and with an error code, which goes first
  put(HANDLERS + 0x100, [0x83, 0x04, 0x24, 2, 0xcf]);
  put(HANDLERS + 0x200, [0x83, 0xc4, 4, 0x83, 0x04, 0x24, 2, 0xcf]);
  put(HANDLERS + 0x300, [0xcf]);
  put(HANDLERS + 0x800, [...word(0x7ff), ...dword(IDT)]);
  for (let vector = 0; vector < 256; vector++) {
    const handler = vector >= 32 ? 0 : vector === 2 ? 0x300 : WITH_ERROR_CODE.has(vector) ? 0x200 : 0x100;
    put(IDT + vector * 8, [...word(HANDLERS + handler), ...word(8), 0, 0x8e, 0, 0]);
  }
  // 16 bits: mov dx, 0x3f8; in al, dx; pause; inc word [0x9080]; jmp
  put(SECOND, [0xba, 0xf8, 0x03, 0xec, 0xf3, 0x90, 0x2e, 0xff, 0x06, 0x80, 0x90, 0xeb, 0xf6]);
  for (let at = DATA; at < DATA + 0x1000; at += 4) put(at, dword(dice.oneIn(3) ? value(dice) : dice.below(8)));

  const flat = loadFlat(code, { address: CODE, mode: "protected" });
  return {
    ...flat,
    segments: [...flat.segments, { name: "tables", address: HANDLERS, bytes: low, memorySize: low.length }],
  };
}
