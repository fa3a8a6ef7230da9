import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../test/fake-environment.ts";
import type { AccessSize, Device, DeviceModel } from "./device.ts";
import { deviceModels } from "./index.gen.ts";

type AnyModel = DeviceModel<undefined, Device<unknown>>;

interface Step {
  readonly write: boolean;
  readonly range: number;
  readonly at: number;
  readonly size: AccessSize;
  readonly value: number;
  readonly passNs: bigint;
}

const steps = fc.array(
  fc.record({
    write: fc.boolean(),
    range: fc.nat(2),
    at: fc.nat(15),
    size: fc.constantFrom<AccessSize>(1, 2, 4),
    value: fc.oneof(fc.nat(0xff), fc.nat(0xffff_ffff)),
    passNs: fc.bigInt({ min: 0n, max: 100_000n }),
  }),
  { maxLength: 60 },
);

function play(model: AnyModel, device: Device<unknown>, board: FakeEnvironment, script: readonly Step[]): unknown[] {
  return script.map(({ write, range, at, size, value, passNs }) => {
    board.advance(passNs);
    const number = range % model.ranges.length;
    const width = model.ranges[number]?.size ?? 1;
    const fitting = (width >= size ? size : 1) as AccessSize;
    const offset = at % (width - fitting + 1);
    return write ? device.write(offset, fitting, value, number) : device.read(offset, fitting, number);
  });
}

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
            else if (answer !== undefined) expect(Number.isInteger(answer) && (answer as number) >= 0).toBe(true);
          });
          script.forEach(({ size }, index) => {
            const answer = answers[index];
            if (typeof answer === "number") expect(answer).toBeLessThan(2 ** (size * 8));
          });
          expect([...board.lines.keys()].every((pin) => model.pins.includes(pin))).toBe(true);
        }),
        { numRuns: 100 },
      );
    });

    it("drives a pin only when its level changes", () => {
      fc.assert(
        fc.property(steps, (script) => {
          const board = new FakeEnvironment();
          play(model, model.create(board), board, script);
          for (const pin of model.pins) {
            const levels = board.edges.filter((edge) => edge.startsWith(pin)).map((edge) => edge[pin.length]);
            expect(levels.every((level, index) => index === 0 || level !== levels[index - 1])).toBe(true);
          }
        }),
        { numRuns: 50 },
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
        { numRuns: 50 },
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
        { numRuns: 100 },
      );
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
  it("no two devices have a port in common", () => {
    const owner = new Map<number, string>();
    for (const { name, ranges } of deviceModels) {
      for (const { base, size } of ranges) {
        for (let port = base; port < base + size; port++) {
          expect(owner.get(port), `port 0x${port.toString(16)}`).toBeUndefined();
          owner.set(port, name);
        }
      }
    }
  });

  it("the index is what the generator makes of the folder", () => {
    const script = fileURLToPath(new URL("../scripts/generate-index.mjs", import.meta.url));
    const index = readFileSync(new URL("./index.gen.ts", import.meta.url), "utf8");
    expect(execFileSync(process.execPath, [script, "--print"], { encoding: "utf8" })).toBe(index);
  });
});
