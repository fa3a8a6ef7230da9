import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { pic8259 } from "./pic-8259.ts";

/** As a PC's firmware or Linux sets it up: vectors 0x20 and 0x28, slave on pin 2. */
const setUp = (icw4 = 0x01) => {
  const board = new FakeEnvironment();
  const pic = pic8259.create(board);
  const write = (port: number, value: number) => {
    const range = port >= 0x4d0 ? 2 : port >= 0xa0 ? 1 : 0;
    return pic.write(port & (range === 2 ? 1 : 1), 1, value, range);
  };
  const read = (port: number) => pic.read(port & 1, 1, port >= 0x4d0 ? 2 : port >= 0xa0 ? 1 : 0);
  for (const [port, value] of [
    [0x20, 0x11],
    [0xa0, 0x11],
    [0x21, 0x20],
    [0xa1, 0x28],
    [0x21, 0x04],
    [0xa1, 0x02],
    [0x21, icw4],
    [0xa1, icw4],
  ] as const)
    write(port, value);
  return { board, pic, write, read };
};
const EOI = 0x20;

describe("[pc-devices] 8259A pair (Intel 231468-003: initialization and operation command words, priorities, poll)", () => {
  it("is silent until somebody programs it", () => {
    const board = new FakeEnvironment();
    const pic = pic8259.create(board);
    pic.setIrq(0, true);
    pic.setIrq(12, true);
    expect([pic.interruptPending, board.edges]).toEqual([false, []]);
  });

  it("delivers an edge once, with the programmed vector", () => {
    const { board, pic, write } = setUp();
    pic.setIrq(0, true);
    expect(board.lines.get("intr")).toBe(true);
    expect(pic.acknowledge()).toBe(0x20);
    expect(pic.interruptPending).toBe(false);
    write(0x20, EOI);
    expect(pic.interruptPending, "still high is no new edge").toBe(false);
    pic.setIrq(0, false);
    pic.setIrq(0, true);
    expect(pic.interruptPending).toBe(true);
  });

  it("the slave comes through pin 2 and needs two EOIs", () => {
    const { pic, write, read } = setUp();
    pic.setIrq(8, true);
    expect(pic.acknowledge()).toBe(0x28);
    write(0x20, 0x0b);
    write(0xa0, 0x0b);
    expect([read(0x20), read(0xa0)]).toEqual([0x04, 0x01]);
    pic.setIrq(12, true);
    expect(pic.interruptPending, "12 is below 8").toBe(false);
    write(0xa0, EOI);
    write(0x20, EOI);
    expect(pic.acknowledge()).toBe(0x2c);
  });

  it("priority: 0 first, then 1, then 8–15, then 3–7; lower ones wait for EOI", () => {
    const { pic, write } = setUp();
    for (const irq of [7, 3, 9, 1, 0]) pic.setIrq(irq, true);
    const served: number[] = [];
    while (pic.interruptPending) {
      const vector = pic.acknowledge();
      served.push(vector);
      expect(pic.interruptPending, "nothing of lower priority interrupts").toBe(false);
      if (vector >= 0x28) write(0xa0, EOI);
      write(0x20, EOI);
    }
    expect(served).toEqual([0x20, 0x21, 0x29, 0x23, 0x27]);
  });

  it("masks by OCW1 and reads the mask back", () => {
    const { pic, write, read } = setUp();
    write(0x21, 0xfb);
    pic.setIrq(1, true);
    expect([read(0x21), pic.interruptPending]).toEqual([0xfb, false]);
    write(0x21, 0xf9);
    expect(pic.interruptPending).toBe(true);
  });

  it("a request that goes away before the acknowledge is spurious: vector of pin 7, nothing in service", () => {
    const { pic, write, read } = setUp();
    pic.setIrq(5, true);
    pic.setIrq(5, false);
    expect(pic.acknowledge()).toBe(0x27);
    write(0x20, 0x0b);
    expect(read(0x20)).toBe(0);
  });

  it("automatic EOI leaves nothing in service", () => {
    const { pic, write, read } = setUp(0x03);
    pic.setIrq(4, true);
    expect(pic.acknowledge()).toBe(0x24);
    write(0x20, 0x0b);
    expect(read(0x20)).toBe(0);
  });

  it("ELCR makes a pin level-triggered; the fixed ones stay edge-triggered", () => {
    const { pic, write, read } = setUp();
    pic.write(0, 1, 0xff, 2);
    pic.write(1, 1, 0xff, 2);
    expect([pic.read(0, 1, 2), pic.read(1, 1, 2), pic.read(0, 2, 2)]).toEqual([0xf8, 0xde, 0xdef8]);
    pic.setIrq(5, true);
    expect(pic.acknowledge()).toBe(0x25);
    write(0x20, EOI);
    expect(pic.interruptPending, "the level is still there").toBe(true);
    write(0x20, 0x0a);
    expect(read(0x20)).toBe(0x20);
  });

  it("rotation makes the served pin the lowest", () => {
    const { pic, write } = setUp();
    pic.setIrq(3, true);
    pic.acknowledge();
    write(0x20, 0xa0);
    pic.setIrq(1, true);
    pic.setIrq(5, true);
    expect(pic.acknowledge(), "after 3 comes 4, 5 …, then 0, 1").toBe(0x25);
  });

  it("specific EOI and special mask mode", () => {
    const { pic, write } = setUp();
    pic.setIrq(1, true);
    pic.acknowledge();
    pic.setIrq(4, true);
    expect(pic.interruptPending).toBe(false);
    write(0x21, 0x02);
    write(0x20, 0x68);
    expect(pic.interruptPending, "the masked one in service blocks nobody").toBe(true);
    write(0x20, 0x48);
    write(0x20, 0x61);
    expect(pic.acknowledge()).toBe(0x24);
  });

  it("poll acknowledges by reading", () => {
    const { pic, write, read } = setUp();
    write(0x20, 0x0c);
    expect(read(0x20)).toBe(0);
    pic.setIrq(6, true);
    write(0x20, 0x0c);
    expect(read(0x20)).toBe(0x86);
    expect(pic.interruptPending).toBe(false);
  });

  it("poll with nothing to serve reads 0; the poll ends with one read (OCW3, poll command)", () => {
    const { pic, write, read } = setUp();
    write(0x20, 0x0c);
    expect(read(0x20)).toBe(0);
    pic.setIrq(3, true);
    write(0x20, 0x0c);
    expect(read(0x20)).toBe(0x83);
    write(0x20, 0x0b);
    expect(read(0x20), "in service").toBe(0x08);
    write(0x20, 0x0a);
    expect(read(0x20), "no request is left").toBe(0);
  });

  it("IRR shows requests behind the mask, ISR what is served; OCW3 chooses once for all reads", () => {
    const { pic, write, read } = setUp();
    write(0x21, 0xff);
    pic.setIrq(5, true);
    write(0x20, 0x0a);
    expect([read(0x20), read(0x20), pic.interruptPending]).toEqual([0x20, 0x20, false]);
    write(0x21, 0);
    expect(pic.acknowledge()).toBe(0x25);
    write(0x20, 0x0b);
    expect([read(0x20), read(0x20)]).toEqual([0x20, 0x20]);
  });

  it("set priority: the named pin becomes the lowest (OCW2 with L2–L0, R = SL = 1, EOI = 0)", () => {
    const { pic, write } = setUp();
    write(0x20, 0xc3);
    pic.setIrq(3, true);
    pic.setIrq(4, true);
    pic.setIrq(0, true);
    expect([pic.acknowledge()]).toEqual([0x24]);
    write(0x20, EOI);
    expect(pic.acknowledge()).toBe(0x20);
    write(0x20, EOI);
    expect(pic.acknowledge()).toBe(0x23);
  });

  it("rotate on specific EOI; rotate in automatic EOI mode, set and cleared (OCW2)", () => {
    const { pic, write } = setUp();
    pic.setIrq(1, true);
    pic.acknowledge();
    write(0x20, 0xe1);
    for (const irq of [0, 3]) pic.setIrq(irq, true);
    // 1 is the lowest, so 3 goes before 0.
    expect(pic.acknowledge()).toBe(0x23);
    const automatic = setUp(0x03);
    automatic.write(0x20, 0x80);
    for (const irq of [1, 4]) automatic.pic.setIrq(irq, true);
    expect(automatic.pic.acknowledge()).toBe(0x21);
    automatic.pic.setIrq(0, true);
    expect(automatic.pic.acknowledge(), "1 is the lowest now").toBe(0x24);
    automatic.write(0x20, 0x00);
    expect(automatic.pic.acknowledge()).toBe(0x20);
    automatic.pic.setIrq(6, true);
    automatic.pic.setIrq(5, true);
    expect(automatic.pic.acknowledge(), "no rotation any more: 5 stays where 4 put it").toBe(0x25);
  });

  it("special fully nested mode: another request of the slave comes while one of its is served (ICW4 SFNM)", () => {
    const nested = setUp(0x11);
    nested.pic.setIrq(10, true);
    expect(nested.pic.acknowledge()).toBe(0x2a);
    nested.pic.setIrq(8, true);
    expect(nested.pic.interruptPending).toBe(true);
    expect(nested.pic.acknowledge()).toBe(0x28);
    const plain = setUp(0x01);
    plain.pic.setIrq(10, true);
    plain.pic.acknowledge();
    plain.pic.setIrq(8, true);
    expect(plain.pic.interruptPending, "negative control").toBe(false);
  });

  it("ICW1 with LTIM makes all pins level-triggered; ICW1 clears mask and special mask mode (initialization sequence)", () => {
    const { pic, write, read } = setUp();
    write(0x21, 0x55);
    write(0x20, 0x68);
    for (const value of [0x19]) write(0x20, value);
    for (const value of [0x20, 0x04, 0x01]) write(0x21, value);
    expect(read(0x21)).toBe(0);
    pic.setIrq(4, true);
    expect(pic.acknowledge()).toBe(0x24);
    write(0x20, EOI);
    expect(pic.interruptPending, "the level is still there").toBe(true);
    pic.setIrq(4, false);
    expect(pic.interruptPending).toBe(false);
  });
});
