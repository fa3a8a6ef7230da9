import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { uart16550a } from "./uart-16550a.ts";

const setUp = (inputLimit?: number) => {
  const board = new FakeEnvironment();
  const uart = uart16550a.create(board, inputLimit === undefined ? {} : { inputLimit });
  const read = (register: number): number => uart.read(register, 1, 0) ?? -1;
  const write = (register: number, value: number) => uart.write(register, 1, value, 0);
  return { board, uart, read, write, irq: () => board.lines.get("irq") ?? false };
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("[pc-devices] 16550A (PC16550D §8 registers, §8.11 FIFO interrupt and polled operation)", () => {
  it("sends what is written, and is always ready to send", () => {
    const { board, read, write } = setUp();
    expect(read(5)).toBe(0x60);
    for (const byte of bytes("Hi")) write(0, byte);
    expect(String.fromCharCode(...board.outputs)).toBe("Hi");
  });

  it("DLAB shows the divisor instead of data and IER", () => {
    const { board, read, write } = setUp();
    write(3, 0x83);
    write(0, 0x01);
    write(1, 0x02);
    expect([read(0), read(1)]).toEqual([1, 2]);
    write(3, 0x03);
    expect(read(1)).toBe(0);
    expect(board.outputs).toEqual([]);
  });

  it("the FIFO is found by IIR bits 7:6", () => {
    const { read, write } = setUp();
    expect(read(2)).toBe(0x01);
    write(2, 0x01);
    expect(read(2)).toBe(0xc1);
  });

  it("receives in order; LSR.0 and the interrupt follow the data", () => {
    const { uart, read, write, irq } = setUp();
    write(2, 0x01);
    write(1, 0x01);
    expect(uart.receive(bytes("ab"))).toBe(2);
    expect(irq()).toBe(true);
    expect(read(2)).toBe(0xc4);
    expect([read(5), read(0), read(0), read(5)]).toEqual([0x61, 0x61, 0x62, 0x60]);
    expect(irq()).toBe(false);
  });

  it("below the trigger level the cause is the character timeout", () => {
    const { uart, read, write } = setUp();
    write(2, 0xc1);
    write(1, 0x01);
    uart.receive(bytes("x"));
    expect(read(2)).toBe(0xcc);
    uart.receive(new Uint8Array(13));
    expect(read(2)).toBe(0xc4);
  });

  it("enabling the transmitter's interrupt raises it; reading IIR clears it; sending raises it again", () => {
    const { read, write, irq } = setUp();
    write(1, 0x02);
    expect(irq()).toBe(true);
    expect(read(2)).toBe(0x02);
    expect([irq(), read(2)]).toEqual([false, 0x01]);
    write(0, 0x41);
    expect(irq()).toBe(true);
  });

  it("loopback: nothing leaves, modem control shows as modem status", () => {
    const { board, read, write } = setUp();
    write(4, 0x10);
    read(6);
    write(4, 0x1a);
    expect(read(6)! & 0xf0, "RTS and OUT2 as CTS and DCD").toBe(0x90);
    write(0, 0x55);
    expect([read(5) & 1, read(0)]).toEqual([1, 0x55]);
    expect(board.outputs).toEqual([]);
  });

  it("the scratch register tells it from an 8250", () => {
    const { read, write } = setUp();
    write(7, 0xa5);
    expect(read(7)).toBe(0xa5);
  });

  it("keeps so much input and no more", () => {
    const { uart } = setUp(100);
    // One byte is in the receiver already.
    expect(uart.receive(new Uint8Array(1000))).toBe(100);
    expect(uart.receive(new Uint8Array(1000))).toBe(1);
    expect(uart.receive(new Uint8Array(1000))).toBe(0);
  });

  it.each([
    [0, 1],
    [1, 4],
    [2, 8],
    [3, 14],
  ])(
    'FCR bits 7:6 = %d: the interrupt says "received data" from %d bytes on (table of RCVR triggers)',
    (bits, level) => {
      const { uart, read, write } = setUp();
      write(1, 0x01);
      write(2, (bits << 6) | 1);
      uart.receive(new Uint8Array(level).fill(0x61));
      expect(read(2)).toBe(0xc4);
      read(0);
      // Below the level there is the character timeout, unless nothing is left.
      expect(read(2)).toBe(level === 1 ? 0xc1 : 0xcc);
    },
  );

  it("priorities of IIR: line status, data, transmitter, modem (table of interrupt control functions)", () => {
    const { read, write } = setUp();
    // Loopback without FIFO: the second byte overruns the first.
    write(4, 0x10);
    write(1, 0x0f);
    write(0, 0x41);
    write(0, 0x42);
    write(4, 0x11);
    expect(read(2) & 0x0f, "line status").toBe(0x06);
    expect(read(5) & 0x02).toBe(0x02);
    expect(read(2) & 0x0f, "received data").toBe(0x04);
    expect(read(0)).toBe(0x41);
    expect(read(2) & 0x0f, "transmitter").toBe(0x02);
    expect(read(2) & 0x0f, "modem status").toBe(0x00);
    expect(read(6) & 0x0f).not.toBe(0);
    expect(read(2) & 0x0f, "nothing").toBe(0x01);
  });

  it("overrun is told once, and the byte that was there stays (LSR bit 1)", () => {
    const { read, write } = setUp();
    write(4, 0x10);
    write(2, 1);
    for (let byte = 0; byte < 17; byte++) write(0, byte);
    expect([read(5) & 2, read(5) & 2]).toEqual([2, 0]);
    expect(Array.from({ length: 16 }, () => read(0))).toEqual(Array.from({ length: 16 }, (_, byte) => byte));
    expect(read(5) & 1).toBe(0);
  });

  it("FCR bit 1 empties the receiver; switching the FIFOs on or off does, too (FCR)", () => {
    const { read, write } = setUp();
    write(4, 0x10);
    for (const change of [0x03, 0x00, 0x01]) {
      write(0, 0x55);
      expect(read(5) & 1).toBe(1);
      write(2, change);
      expect(read(5) & 1, `FCR ${change}`).toBe(0);
    }
  });

  it("loopback: DTR, RTS, OUT1, OUT2 are DSR, CTS, RI, DCD; RI only at its trailing edge (MCR bit 4, MSR)", () => {
    const { read, write } = setUp();
    write(4, 0x10);
    read(6);
    for (const [mcr, msr] of [
      [0x11, 0x22],
      [0x10, 0x02],
      [0x12, 0x11],
      [0x10, 0x01],
      [0x14, 0x40],
      [0x10, 0x04],
      [0x18, 0x88],
      [0x10, 0x08],
    ] as const) {
      write(4, mcr);
      expect(read(6), `MCR ${mcr.toString(16)}`).toBe(msr);
    }
  });
});
