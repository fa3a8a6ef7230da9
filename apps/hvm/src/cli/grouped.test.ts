import { expect, it } from "vitest";
import { grouped } from "./grouped.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [-1000, "-1,000"],
  [-100, "-100"],
  [1_234_567, "1,234,567"],
  [12_345_678_901_234_567_890n, "12,345,678,901,234,567,890"],
])("[hvm] %s is written %s", (value, text) => {
  expect(grouped(value)).toBe(text);
});
