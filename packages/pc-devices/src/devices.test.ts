import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../test/fake-environment.ts";
import { type AccessSize, type Device, type DeviceModel, readWide, writeWide } from "./device.ts";
import { deviceModels } from "./index.gen.ts";

type AnyModel = DeviceModel<undefined, Device<unknown>>;

interface Step {
  readonly write: boolean;
  readonly range: number;
  readonly at: number;
  /** Accesses to memory ranges may be wider. */
  readonly size: number;
  readonly value: number;
  readonly passNs: bigint;
}

const steps = fc.array(
  fc.record({
    write: fc.boolean(),
    range: fc.nat(2),
    // The first registers, registers at multiples of four and of sixteen, and anywhere.
    at: fc.oneof(
      fc.nat(15),
      fc.nat(0x100).map((index) => index * 4),
      fc.nat(0x3f).map((index) => index * 16),
      fc.nat(0xff_ffff),
    ),
    size: fc.constantFrom(1, 2, 4, 4, 4, 8, 16),
    value: fc.oneof(fc.nat(0xff), fc.nat(0xffff_ffff)),
    passNs: fc.bigInt({ min: 0n, max: 100_000n }),
  }),
  { maxLength: 60 },
);

function play(model: AnyModel, device: Device<unknown>, board: FakeEnvironment, script: readonly Step[]): unknown[] {
  return script.map(({ write, range, at, size, value, passNs }) => {
    board.advance(passNs);
    const number = range % model.ranges.length;
    const { size: width = 1, space } = model.ranges[number] ?? {};
    if (space === "memory") {
      const offset = at % width;
      if (!write) return valueOf(readWide(device, offset, size, number, width));
      const bytes = Uint8Array.from({ length: size }, (_, index) => value >>> ((index & 3) * 8));
      writeWide(device, offset, bytes, number, width);
      return true;
    }
    const fitting = (width >= size && size <= 4 ? size : 1) as AccessSize;
    const offset = at % (width - fitting + 1);
    return write ? device.write(offset, fitting, value, number) : device.read(offset, fitting, number);
  });
}

const valueOf = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

describe.each(deviceModels.map((model) => [model.name, model as unknown as AnyModel]))(
  "[pc-devices] %s",
  (_, model) => {
    it("answers every access without throwing, within the width, using only its pins", () => {
      fc.assert(
        fc.property(steps, (script) => {
          const board = new FakeEnvironment();
          const answers = play(model, model.create(board), board, script);
          script.forEach(({ write }, index) => {
            const answer = answers[index];
            if (write) expect(typeof answer).toBe("boolean");
            else if (typeof answer === "number") expect(Number.isInteger(answer) && answer >= 0).toBe(true);
          });
          script.forEach(({ size }, index) => {
            const answer = answers[index];
            if (typeof answer === "number") expect(answer).toBeLessThan(2 ** (Math.min(size, 4) * 8));
          });
          expect([...board.lines.keys()].every((pin) => model.pins.includes(pin))).toBe(true);
        }),
        { numRuns: 60 },
      );
    });

    it("drives a pin only when its level changes", () => {
      fc.assert(
        fc.property(steps, (script) => {
          const board = new FakeEnvironment();
          play(model, model.create(board), board, script);
          for (const pin of model.pins) {
            const levels = board.edges.flatMap((edge) => (edge.split(/[+-]/)[0] === pin ? [edge[pin.length]] : []));
            expect(levels.every((level, index) => index === 0 || level !== levels[index - 1])).toBe(true);
          }
        }),
        { numRuns: 30 },
      );
    });

    it("reset twice is reset once", () => {
      fc.assert(
        fc.property(steps, (script) => {
          const board = new FakeEnvironment();
          const device = model.create(board);
          play(model, device, board, script);
          device.reset();
          const once = structuredClone(device.save());
          device.reset();
          expect(device.save()).toEqual(once);
        }),
        { numRuns: 30 },
      );
    });

    it("saved and loaded into a fresh one it goes on alike", () => {
      fc.assert(
        fc.property(steps, steps, (before, after) => {
          const board = new FakeEnvironment();
          const device = model.create(board);
          play(model, device, board, before);
          const state = structuredClone(device.save());
          const otherBoard = new FakeEnvironment();
          otherBoard.advance(board.nowNs());
          const other = model.create(otherBoard);
          other.load(state);
          expect(other.save()).toEqual(state);
          expect(play(model, other, otherBoard, after)).toEqual(play(model, device, board, after));
          for (const pin of model.pins) {
            const [level, otherLevel] = [board.lines.get(pin), otherBoard.lines.get(pin)];
            if (level !== undefined && otherLevel !== undefined) expect(otherLevel, pin).toBe(level);
          }
        }),
        { numRuns: 60 },
      );
    });

    it("keeps no more than its buffers hold, however often it is written and never read", () => {
      const board = new FakeEnvironment();
      const device = model.create(board);
      model.ranges.forEach(({ size, space }, range) => {
        for (let offset = 0; offset < Math.min(size, 64); offset++) {
          for (let round = 0; round < 100; round++) {
            const value = (round * 0x55) & 0xff;
            if (space === "memory") writeWide(device, offset, Uint8Array.of(value, 0xff, 0, value), range, size);
            else device.write(offset, 1, value, range);
          }
        }
      });
      const text = JSON.stringify(device.save(), (_, value) => (typeof value === "bigint" ? `${value}` : value));
      // A VGA's memory is 512 KiB as text.
      expect(text.length).toBeLessThan(600_000);
    });

    it("refuses a state of another version", () => {
      const device = model.create(new FakeEnvironment());
      expect(() => device.load({ ...(device.save() as object), version: 99 })).toThrow(
        `${model.name} state has version 99; expected 1`,
      );
    });

    it("names its sources", () => {
      expect(model.sources.length).toBeGreaterThan(0);
    });
  },
);

describe("[pc-devices] the set", () => {
  it("no two devices have a port or an address in common, but those that say so", () => {
    const ranges = (deviceModels as unknown as readonly AnyModel[])
      .flatMap(({ name, ranges }) => ranges.map((range) => ({ name, ...range })))
      .filter(({ base, overlay }) => base !== 0 && overlay === undefined);
    const clashes = ranges.flatMap((a, index) =>
      ranges
        .slice(index + 1)
        .filter((b) => (a.space ?? "io") === (b.space ?? "io") && a.base < b.base + b.size && b.base < a.base + a.size)
        .map((b) => `${a.name} and ${b.name} at 0x${b.base.toString(16)}`),
    );
    expect(clashes).toEqual([]);
  });

  it("wide accesses are aligned accesses, low addresses first; beyond the range there is nothing", () => {
    const seen: string[] = [];
    const device = {
      read: (offset: number, size: AccessSize) => {
        seen.push(`${offset}/${size}`);
        return offset === 4 ? undefined : 0x0403_0201 % 2 ** (size * 8);
      },
      write: (offset: number, size: AccessSize, value: number) => {
        seen.push(`${offset}/${size}=${value.toString(16)}`);
        return true;
      },
    };
    expect([...readWide(device, 1, 8, 0, 16)]).toEqual([1, 1, 2, 0xff, 0xff, 0xff, 0xff, 1]);
    expect([...readWide(device, 12, 8, 0, 16)]).toEqual([1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff]);
    writeWide(device, 6, Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88), 0, 16);
    expect(seen).toEqual([...["1/1", "2/2", "4/4", "8/1", "12/4"], ...["6/2=2211", "8/4=66554433", "12/2=8877"]]);
  });

  it("the index is what the generator makes of the folder", () => {
    const script = fileURLToPath(new URL("../scripts/generate-index.mjs", import.meta.url));
    const index = readFileSync(new URL("./index.gen.ts", import.meta.url), "utf8");
    expect(execFileSync(process.execPath, [script, "--print"], { encoding: "utf8" })).toBe(index);
  });
});
