import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteQueue } from "./byte-queue.ts";

describe("[pc-devices] byte queue", () => {
  it("behaves as an array with a limit", () => {
    const step = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => ({ push: bytes })),
      fc.constant({ shift: true as const }),
      fc.nat(100).map((count) => ({ drop: count })),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const queue = new ByteQueue(150);
        let model: number[] = [];
        for (const action of steps) {
          if ("push" in action) {
            const room = 150 - model.length;
            expect(queue.push(action.push)).toBe(Math.min(room, action.push.length));
            model = [...model, ...action.push].slice(0, 150);
          } else if ("drop" in action) {
            queue.drop(action.drop);
            model = model.slice(action.drop);
          } else expect(queue.shift()).toBe(model.shift());
          expect([queue.length, [...queue.peek(1000)]]).toEqual([model.length, model]);
        }
        queue.clear();
        expect([queue.length, queue.shift()]).toEqual([0, undefined]);
      }),
    );
  });
});
