/**
 * One table per personality, written from the sources named in `src/personalities/`. Every register starts with 0xa5a5a5a5 in bits 63:32, so
 * that a row also says whether the upper half survives; the bus form and the direct form must agree.
 */
import { readFileSync } from "node:fs";
import { createPortioBus, type IoDirection, IoResult, type IoSize } from "portio-bus";
import { describe, expect, it } from "vitest";
import { createBackdoor, createHost, findPersonality, type Personality, personalities } from "../src/index.ts";
import { PlainRegisters } from "./plain-registers.ts";

const HIGH = 0xa5a5_a5a5n << 32n;
const names = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"] as const;
const defaults: Record<string, bigint> = {
  ax: 0x564d_5868n,
  bx: 0xbbbb_bbbbn,
  si: 0x5151_5151n,
  di: 0xd1d1_d1d1n,
  bp: 0xb0b0_b0b0n,
};

const host = () =>
  createHost({
    tscKhz: 5_000_000,
    apicBusHz: 100_000_000,
    hardwareVersion: 11,
    memoryMb: 512,
    uuid: Uint8Array.from({ length: 16 }, (_, i) => i),
    buildNumber: 0x1234567,
    legacyX2apic: true,
    screen: { width: 1024, height: 768 },
    timeOffsetSeconds: -5 * 3600,
    epochNs: () => 1_600_000_000_123_456_789n,
    devices: [{ name: "ccd-rom", uniqueId: 0xabc, connected: true }],
  });

interface Row {
  readonly line: number;
  readonly name: string;
  readonly direction: IoDirection;
  readonly size: IoSize;
  readonly port: number;
  readonly cpl: number;
  readonly before: bigint[];
  readonly after: bigint[] | "not-ours";
}

function parse(personality: string): Row[] {
  const text = readFileSync(new URL(`golden/${personality}.txt`, import.meta.url), "utf8");
  return text.split("\n").flatMap((raw, index) => {
    if (raw.startsWith("#") || raw.trim() === "") return [];
    const [name = "", access = "", input = "", output = ""] = raw.split("|").map((cell) => cell.trim());
    const [, direction, size, port, cpl] = /^(in|out)([124]) ([0-9a-f]{4})(?: ([0-3]))?$/.exec(access) ?? [];
    if (direction === undefined) throw new Error(`${personality}.txt:${index + 1}: access "${access}"`);
    const values: Record<string, bigint> = { ...defaults, dx: BigInt(`0xdddd${port}`) };
    for (const [, register = "", value] of input.matchAll(/e(\w\w)=([0-9a-f]+)/g))
      values[register] = BigInt(`0x${value}`);
    const before = names.map((register) => HIGH | (values[register] ?? 0n));
    const after = [...before];
    for (const [, width, register, value] of output.matchAll(/\b([er])(\w\w)=([0-9a-f]+)/g)) {
      const at = names.indexOf(register as (typeof names)[number]);
      after[at] = width === "r" ? BigInt(`0x${value}`) : HIGH | BigInt(`0x${value}`);
    }
    const row = { line: index + 1, name, direction: direction as IoDirection, size: Number(size) as IoSize };
    return [
      {
        ...row,
        port: Number.parseInt(port as string, 16),
        cpl: Number(cpl ?? 0),
        before,
        after: output === "not-ours" ? output : after,
      },
    ];
  });
}

const file = (row: Row): PlainRegisters => {
  const registers = new PlainRegisters({}, row.cpl);
  registers.values.splice(0, 8, ...row.before);
  return registers;
};

const show = (values: readonly bigint[]): string =>
  names.map((name, i) => `r${name}=${values[i]?.toString(16)}`).join(" ");

/** What the CPU does with the datum of an IN that came over a bus. */
function merge(registers: PlainRegisters, size: IoSize, datum: number): void {
  if (size === 4) registers.writeRegister64(0, BigInt(datum));
  else {
    const mask = size === 1 ? 0xffn : 0xffffn;
    registers.values[0] = ((registers.values[0] as bigint) & ~mask) | BigInt(datum);
  }
}

describe.each(personalities.map((personality) => personality.name))("[vmport-backdoor] golden table of %s", (name) => {
  const found = findPersonality(name);
  const personality = (found.ok ? found.personality : undefined) as Personality;

  it.each(parse(name))("line $line: $name", (row) => {
    const registers = file(row);
    const result = createBackdoor({ personality, host: host() }).access(row.direction, row.port, row.size, registers);
    expect(result).toBe(row.after === "not-ours" ? IoResult.Unhandled : IoResult.Okay);
    expect(show(registers.values)).toBe(show(row.after === "not-ours" ? row.before : row.after));
  });

  it("has a row for every command the personality answers, and rows for what it refuses", () => {
    const rows = parse(name).filter((row) => row.port === 0x5658);
    const numbers = new Set(rows.map((row) => Number((row.before[1] as bigint) & BigInt(personality.commandMask))));
    expect(personality.answers.filter((number) => !numbers.has(number))).toEqual([]);
    expect([...numbers].some((number) => !personality.answers.includes(number))).toBe(true);
    expect(rows.some((row) => ((row.before[0] as bigint) & 0xffff_ffffn) !== 0x564d_5868n)).toBe(true);
  });

  if (personality.ports.length > 0) {
    it.each(parse(name))("over the bus, line $line: $name", (row) => {
      const backdoor = createBackdoor({ personality, host: host() });
      const bus = createPortioBus<PlainRegisters>();
      for (const range of backdoor.ports) bus.register(range, backdoor.handler);
      const registers = file(row);
      const datum = bus.access(row.direction, row.port, row.size, registers.readRegister32(0), registers);
      if (row.after === "not-ours") {
        expect(bus.result).toBe(IoResult.Unhandled);
        if (row.direction === "in") expect(datum).toBe(2 ** (8 * row.size) - 1);
        expect(show(registers.values)).toBe(show(row.before));
        return;
      }
      if (row.direction === "in") merge(registers, row.size, datum);
      expect(show(registers.values)).toBe(show(row.after));
    });
  }
});
