import { expect, it } from "vitest";
import { release } from "../src/node/release.ts";

it("[hvm] large buffers are given back, small ones and Node's pool are left alone", () => {
  const large = new Uint8Array(2 << 20).fill(7);
  const [part, other] = [large.subarray(1 << 20), large.subarray(0, 4)];
  const small = Uint8Array.of(1, 2, 3);
  const pooled = Buffer.from("pool");
  release([part, other, small, pooled]);
  expect([large.length, part.length, other.length]).toEqual([0, 0, 0]);
  expect([small.length, pooled.toString()]).toEqual([3, "pool"]);
});
