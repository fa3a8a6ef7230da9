import { describe, expect, it } from "vitest";
import { CapturedBytes, CapturedLines, droppedField, MAX_CAPTURED_BYTES, MAX_CAPTURED_LINES } from "./capture.ts";

describe("[hvm] what a report holds", () => {
  it("bytes up to the limit, the rest counted", () => {
    const captured = new CapturedBytes();
    captured.add(new Uint8Array(MAX_CAPTURED_BYTES - 3).fill(0x61));
    captured.add(new TextEncoder().encode("bcdef"));
    captured.add(new TextEncoder().encode("gh"));
    expect(captured.text("utf8").slice(-4)).toBe("abcd");
    expect(captured.dropped).toBe(4);
    expect(droppedField("stdoutDropped", captured)).toEqual({ stdoutDropped: 4 });
    expect(droppedField("stdoutDropped", new CapturedBytes())).toEqual({});
  });

  it("bytes are copies: the guest's buffer may change", () => {
    const captured = new CapturedBytes();
    const buffer = new TextEncoder().encode("hello");
    captured.add(buffer);
    buffer.fill(0);
    expect(captured.text("latin1")).toBe("hello");
  });

  it("lines up to the limit, the rest counted", () => {
    const captured = new CapturedLines();
    for (let i = 0; i < MAX_CAPTURED_LINES + 2; i++) captured.add(String(i));
    expect([captured.lines.length, captured.lines.at(-1), captured.dropped]).toEqual([10_000, "9999", 2]);
  });
});
