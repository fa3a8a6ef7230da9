import { describe, expect, it } from "vitest";
import { PauseLoop } from "./pause-loop.ts";

describe("[hvm-domain] PAUSE in a loop", () => {
  const turns = (loop: PauseLoop, count: number, from = 0): number[] =>
    Array.from({ length: count }, (_, turn) => loop.ticks(0x1000n, from + turn * 10));

  it("costs 50 at first, twice as much after each 32 turns, 5,000 at most", () => {
    const costs = turns(new PauseLoop(), 300);
    expect([0, 31, 32, 63, 64, 299].map((turn) => costs[turn])).toEqual([50, 50, 100, 100, 200, 5000]);
  });

  it("begins anew elsewhere, and after a while", () => {
    const loop = new PauseLoop();
    turns(loop, 100);
    expect(loop.ticks(0x2000n, 1000)).toBe(50);
    turns(loop, 100, 2000);
    expect(loop.ticks(0x1000n, 2990 + 101)).toBe(50);
  });

  it("is saved in the middle", () => {
    const [whole, first, second] = [new PauseLoop(), new PauseLoop(), new PauseLoop()];
    const wanted = turns(whole, 200).slice(100);
    turns(first, 100);
    second.load(structuredClone(first.save()));
    expect(turns(second, 100, 1000)).toEqual(wanted);
  });
});
