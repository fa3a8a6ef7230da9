/** Small guests that end by themselves, for runs that are cut in the middle. */
import { loadFlat } from "guest-loader";
import { createMachine, type Machine, type MachineConfig, type MachineState } from "hvm-machine";
import { wildGuest } from "./wild-guest.ts";

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
const poke = (address: number, value: number): number[] => [0xc7, 0x05, ...dword(address), ...dword(value)];
const sectors = 16;
const disk = {
  sectors,
  readSectors: (_: number, count: number) => new Uint8Array(count * 512),
  writeSectors: () => true,
};
const everything: MachineConfig = {
  ...{
    memory: 4,
    vga: true,
    videoRam: 1,
    virtioConsole: true,
    networks: [{}],
    disks: [{ backend: disk }],
    vmwareHw: 11,
  },
};

/**
 * Every processor takes its own APIC timer's interrupts, and writes its ticks to COM1 and the screen; after twenty of the first one's the machine
 * is switched off by ACPI.
 */
function ticking(config: MachineConfig): Machine {
  const machine = createMachine({ ...everything, ...config });
  const timer = [
    ...poke(0xfee0_00f0, 0x1ff),
    ...poke(0xfee0_03e0, 0xb),
    ...poke(0xfee0_0320, 0x2_0040),
    ...poke(0xfee0_0380, 3_000),
  ];
  // lidt [0x7000]; esp = 0xf000; INIT and STARTUP to all others; timer; wait: sti; hlt; cmp dword [0x8000], 20; jb wait; ACPI soft off
  const first = [
    ...[0x0f, 0x01, 0x1d, ...dword(0x7000), 0xbc, ...dword(0xf000)],
    ...[...poke(0xfee0_0300, 0xc_4500), ...poke(0xfee0_0300, 0xc_4609), ...timer],
    ...[0xfb, 0xf4, 0x83, 0x3d, ...dword(0x8000), 20, 0x72, 0xf5],
    ...[0xfa, 0x66, 0xba, 0x04, 0xb0, 0x66, 0xb8, 0x00, 0x34, 0x66, 0xef, 0xeb, 0xfe],
  ];
  // inc dword [0x8000]; mov eax, [0x8000]; mov [0xb8000], al; mov dx, 0x3f8; out dx, al; EOI; iret
  const handler = [
    ...[0x50, 0x52, 0xff, 0x05, ...dword(0x8000), 0xa1, ...dword(0x8000), 0xa2, ...dword(0xb_8000)],
    ...[0x66, 0xba, 0xf8, 0x03, 0xee, ...poke(0xfee0_00b0, 0), 0x5a, 0x58, 0xcf],
  ];
  // Real mode: count in [0x8010], with a pause; far from any interrupt.
  const others = [0x31, 0xc0, 0x8e, 0xd8, 0xff, 0x06, 0x10, 0x80, 0xf3, 0x90, 0xeb, 0xf8];
  machine.boot(loadFlat(Uint8Array.from(first), { address: 0x10_0000, mode: "protected" }));
  machine.memory.write(0x7000, Uint8Array.from([0xff, 0x03, ...dword(0x5000)]));
  machine.memory.write(0x5000 + 0x40 * 8, Uint8Array.from([0x00, 0x60, 0x08, 0, 0, 0x8e, 0, 0]));
  machine.memory.write(0x6000, Uint8Array.from(handler));
  machine.memory.write(0x9000, Uint8Array.from(others));
  return machine;
}

/** A guest that uses every device without sense; it never ends, so its budget does. */
function wild(config: MachineConfig, seed: number): Machine {
  const machine = createMachine({ ...everything, ...config });
  machine.boot(wildGuest(seed, 400, config.personality === "xen-v6"));
  return machine;
}

const guests: Readonly<Record<string, () => Machine>> = {
  "one processor": () => ticking({ vcpus: 1 }),
  "four processors under Xen": () => ticking({ vcpus: 4, personality: "xen-v6" }),
  "two processors in TypeScript": () => ticking({ vcpus: 2, tier: 0 }),
  "wild under Xen": () => wild({ vcpus: 4, personality: "xen-v6" }, 19),
};
export const guestNames: readonly string[] = Object.keys(guests);
export const startGuest = (name: string): Machine => guests[name]!();

const BUDGET = 3_000_000;
export interface End {
  readonly stop: string;
  readonly hash: string;
  readonly ticks: number;
  readonly ns: string;
}

/** From the beginning, or from where another machine was. */
export function finish(name: string, state?: MachineState): End {
  const machine = startGuest(name);
  if (state !== undefined) machine.load(state);
  const stop = machine.run({ maxInstructions: BUDGET - machine.domain.ticks, maxSteps: 100_000 });
  return {
    stop: stop.kind === "shutdown" ? stop.shutdown.text : stop.kind,
    hash: machine.traceHash(),
    ticks: machine.domain.ticks,
    ns: `${machine.clock.nowNs()}`,
  };
}
