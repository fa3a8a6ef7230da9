/**
 * QEMU as a second opinion on register sequences. Time stands still in it, so only what does not depend on time is compared. Run with
 * `PC_DEVICES_QEMU=1 npx vitest run test/qemu.test.ts` where `qemu-system-x86_64` is installed.
 */
import { spawn } from "node:child_process";
import {
  type AccessSize,
  type Device,
  type DeviceModel,
  fwCfg,
  hpet,
  i8042,
  ioApic,
  pciHost,
  pic8259,
  pit8254,
  readWide,
  rtcCmos,
  uart16550a,
  vga,
  writeWide,
} from "pc-devices";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "./fake-environment.ts";

/** 2014-09-24 13:45:58 UTC. */
const DATE = 1_411_566_358n * 1_000_000_000n;

/** One access: "outb 0x70 0x0a", "inb 0x71", "writel 0xfec00000 0x10", "readl 0xfec00010", as QEMU's qtest spells them. */
type Access = string;

function askQemu(accesses: readonly Access[], more: readonly string[] = []): Promise<string[]> {
  const qemu = spawn("qemu-system-x86_64", [
    ...more,
    ...["-qtest", "stdio", "-machine", "pc", "-accel", "tcg", "-S", "-display", "none", "-nodefaults", "-vga", "std"],
    ...["-rtc", "base=2014-09-24T13:45:58,clock=vm", "-qtest-log", "/dev/null"],
  ]);
  let text = "";
  qemu.stdin.write(accesses.map((line) => `${line}\n`).join(""));
  return new Promise((resolve, reject) => {
    qemu.on("error", reject);
    qemu.on("exit", () => reject(new Error(`QEMU went away after: ${text.slice(-200)}`)));
    qemu.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const answers = text.split("\n").filter((line) => line.startsWith("OK") || line.startsWith("FAIL"));
      if (answers.length < accesses.length) return;
      // It does not end by itself.
      qemu.removeAllListeners("exit");
      qemu.kill("SIGKILL");
      resolve(
        accesses.map((line, index) => {
          const value = answers[index]?.split(" ")[1];
          return value === undefined ? line : `${line} = ${BigInt(value).toString(16)}`;
        }),
      );
    });
  });
}

/** The devices at their usual places. */
class Board {
  readonly #claims: { model: DeviceModel<never, Device<unknown>>; device: Device<unknown>; range: number }[] = [];

  add<O, D extends Device<unknown>>(model: DeviceModel<O, D>, options?: O): this {
    const device = model.create(new FakeEnvironment(DATE), options);
    model.ranges.forEach((_, range) => {
      this.#claims.push({ model: model as unknown as DeviceModel<never, Device<unknown>>, device, range });
    });
    return this;
  }

  ask(accesses: readonly Access[]): string[] {
    return accesses.map((line) => {
      const [verb = "", where = "0", what] = line.split(" ");
      const size = { b: 1, w: 2, l: 4 }[verb.at(-1) as "b" | "w" | "l"] as AccessSize;
      const isPort = verb.startsWith("in") || verb.startsWith("out");
      const address = Number(where);
      for (const { model, device, range } of this.#claims) {
        const { base, size: width, space = "io" } = model.ranges[range]!;
        if ((space === "io") !== isPort || base === 0 || address < base || address + size > base + width) continue;
        const offset = address - base;
        if (what !== undefined) {
          const bytes = Uint8Array.from({ length: size }, (_, i) => Number(what) >>> (8 * i));
          if (!isPort) writeWide(device, offset, bytes, range, width);
          else if (!device.write(offset, size, Number(what), range)) continue;
          return line;
        }
        if (isPort) {
          const value = device.read(offset, size, range);
          if (value === undefined) continue;
          return `${line} = ${value.toString(16)}`;
        }
        const bytes = readWide(device, offset, size, range, width);
        return `${line} = ${bytes.reduceRight((sum, byte) => sum * 256 + byte, 0).toString(16)}`;
      }
      return what === undefined ? `${line} = ${(2 ** (8 * size) - 1).toString(16)}` : line;
    });
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const out = (port: number, ...values: number[]): Access[] => values.map((value) => `outb ${hex(port)} ${hex(value)}`);
const inb = (...ports: number[]): Access[] => ports.map((port) => `inb ${hex(port)}`);
const indexed = (port: number, ...indexes: number[]): Access[] =>
  indexes.flatMap((index) => [...out(port, index), ...inb(port + 1)]);
const setIndexed = (port: number, index: number, value: number): Access[] => [
  ...out(port, index),
  ...out(port + 1, value),
];
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.runIf(process.env["PC_DEVICES_QEMU"])("[pc-devices] against QEMU", () => {
  const same = async (
    board: Board,
    accesses: readonly Access[],
    visible: (answer: string) => string = (answer) => answer,
    more: readonly string[] = [],
  ): Promise<void> => {
    expect(board.ask(accesses).map(visible)).toEqual((await askQemu(accesses, more)).map(visible));
  };
  /** Bit 3 of the status, "the last write was a command", is always set in QEMU. */
  const withoutCommandBit = (answer: string): string =>
    answer.replace(/^(inb 0x64 = )(.*)$/, (_, head: string, value: string) => head + (Number.parseInt(value, 16) & ~8));

  it("8259 pair: initialisation, masks, ELCR, command words", async () => {
    await same(new Board().add(pic8259), [
      ...out(0x20, 0x11),
      ...out(0x21, 0x20, 4, 1),
      ...out(0xa0, 0x11),
      ...out(0xa1, 0x28, 2, 1),
      ...inb(0x21, 0xa1),
      ...out(0x21, 0xfb),
      ...out(0xa1, 0xff),
      ...inb(0x21, 0xa1),
      ...out(0x4d0, 0xff),
      ...out(0x4d1, 0xff),
      ...inb(0x4d0, 0x4d1),
      ...out(0x20, 0x0b),
      ...inb(0x20),
      ...out(0x20, 0x60, 0x68, 0x48, 0xc3, 0x20),
      ...inb(0x20, 0xa0),
    ]);
  });

  // QEMU's output in mode 2 is the other way round than in the data sheet, so the status byte is left out.
  it("8254: latches, byte order, BCD", async () => {
    await same(new Board().add(pit8254), [
      ...out(0x43, 0x34),
      ...out(0x40, 0x34, 0x12),
      ...inb(0x40, 0x40),
      ...out(0x43, 0x16),
      ...out(0x40, 0x80),
      ...inb(0x40, 0x40),
      ...out(0x43, 0xb0),
      ...out(0x42, 0x34, 0x12),
      ...out(0x43, 0x80),
      ...inb(0x42, 0x42),
      ...out(0x43, 0x31),
      ...out(0x40, 0x99, 0x99),
      ...inb(0x40, 0x40),
    ]);
  });

  it("RTC and CMOS: date, formats, alarms, status registers", async () => {
    const date = indexed(0x70, 0, 2, 4, 6, 7, 8, 9, 0x0a, 0x0b, 0x0d);
    await same(new Board().add(rtcCmos), [
      ...date,
      ...setIndexed(0x70, 0x0b, 0x06),
      ...date,
      ...setIndexed(0x70, 0x0b, 0x00),
      ...indexed(0x70, 4, 0x0b),
      ...setIndexed(0x70, 5, 0x81),
      ...indexed(0x70, 5),
      ...setIndexed(0x70, 0x40, 0xa5),
      ...indexed(0x70, 0x40, 0x0c),
    ]);
  });

  it("i8042: self tests, command byte, keyboard identity, echo, LEDs", async () => {
    await same(
      new Board().add(i8042),
      [
        ...out(0x64, 0xaa),
        ...inb(0x64, 0x60, 0x64),
        ...out(0x64, 0xab),
        ...inb(0x60),
        ...out(0x64, 0xa9),
        ...inb(0x60),
        ...out(0x64, 0x60),
        ...out(0x60, 0x45),
        ...out(0x64, 0x20),
        ...inb(0x60),
        ...out(0x60, 0xf2),
        ...inb(0x64, 0x60, 0x60, 0x60, 0x64),
        ...out(0x60, 0xee),
        ...inb(0x60),
        ...out(0x60, 0xed, 0x07),
        ...inb(0x60, 0x60, 0x64),
        ...out(0x60, 0xff),
        ...inb(0x60, 0x60, 0x64),
        ...out(0x64, 0xd0),
        ...inb(0x60),
      ],
      withoutCommandBit,
    );
  });

  it("i8042: mouse identity, status, wheel", async () => {
    const mouse = (...bytes: number[]): Access[] =>
      bytes.flatMap((byte) => [...out(0x64, 0xd4), ...out(0x60, byte), ...inb(0x64, 0x60)]);
    const drain = (count: number): Access[] => range(count).flatMap(() => inb(0x64, 0x60));
    await same(
      new Board().add(i8042),
      [
        ...out(0x64, 0xaa),
        ...inb(0x60),
        ...out(0x64, 0xa8),
        ...mouse(0xff),
        ...drain(2),
        ...mouse(0xf2),
        ...drain(1),
        ...mouse(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf2),
        ...drain(1),
        ...mouse(0xe8, 3, 0xe9),
        ...drain(3),
        ...mouse(0xf4, 0xe9),
        ...drain(3),
      ],
      withoutCommandBit,
    );
  });

  it("I/O APIC: identification and redirection entries", async () => {
    const select = (register: number): Access => `writel 0xfec00000 ${hex(register)}`;
    const read = (register: number): Access[] => [select(register), "readl 0xfec00010"];
    const write = (register: number, value: number): Access[] => [select(register), `writel 0xfec00010 ${hex(value)}`];
    await same(new Board().add(ioApic), [
      ...read(0),
      ...read(1),
      ...read(2),
      ...read(0x10),
      ...read(0x3e),
      ...write(0x12, 0x0001_afff),
      ...read(0x12),
      ...write(0x13, 0xff00_0000),
      ...read(0x13),
      ...write(0x12, 0x0001_0031),
      ...read(0x12),
      ...write(0, 0x0700_0000),
      ...read(0),
    ]);
  });

  it("HPET: identification, counter while halted, comparators", async () => {
    const write = (offset: number, value: number): Access => `writel ${hex(0xfed0_0000 + offset)} ${hex(value)}`;
    const read = (...offsets: number[]): Access[] => offsets.map((offset) => `readl ${hex(0xfed0_0000 + offset)}`);
    await same(new Board().add(hpet), [
      ...read(0, 4, 0x10, 0x20, 0xf0),
      write(0xf0, 0x1234_5678),
      write(0xf4, 0x9abc_def0),
      ...read(0xf0, 0xf4),
      write(0x108, 0x1111),
      ...read(0x108, 0x10c),
      write(0x100, 0x148),
      ...read(0x108),
      write(0x108, 0x2000),
      ...read(0x100, 0x108),
      write(0x108, 0x3000),
      ...read(0x108),
    ]);
  });

  it("PCI: mechanism 1, identities, header of the bridges", async () => {
    const config = (slot: number, register: number): Access =>
      `outl 0xcf8 ${hex(0x8000_0000 + slot * 0x800 + register)}`;
    await same(new Board().add(pciHost), [
      ...[0x00, 0x08].flatMap((register) => [config(0, register), "inl 0xcfc"]),
      config(0, 0),
      ...["inb 0xcfc", "inb 0xcff", "inw 0xcfe"],
      config(1, 0),
      "inl 0xcfc",
      config(1, 0x08),
      "inw 0xcfe",
      config(9, 0),
      "inl 0xcfc",
      "inl 0xcf8",
      "outl 0xcf8 0x0",
      "inl 0xcfc",
      config(1, 0x60),
      "outl 0xcfc 0x0b0a0580",
      "inl 0xcfc",
      config(0, 0x58),
      "outl 0xcfc 0x33333333",
      "inb 0xcfe",
    ]);
  });

  it("fw_cfg: signature, features, the DMA register", async () => {
    await same(new Board().add(fwCfg), [
      "outw 0x510 0x0",
      ...inb(0x511, 0x511, 0x511, 0x511, 0x511),
      "outw 0x510 0x1",
      ...inb(0x511, 0x511),
      "inl 0x514",
      "inl 0x518",
    ]);
  });

  it("VGA: registers, palette, planes", async () => {
    const window = (offset: number): string => hex(0xa_0000 + offset);
    await same(new Board().add(vga, { videoMemory: 0x100_0000 }), [
      ...out(0x3c2, 0x67),
      ...inb(0x3cc),
      ...setIndexed(0x3d4, 0x11, 0x00),
      ...range(0x19).flatMap((register) => setIndexed(0x3d4, register, register + 0x20)),
      ...indexed(0x3d4, ...range(0x19)),
      ...setIndexed(0x3d4, 0x11, 0x80),
      ...setIndexed(0x3d4, 0x00, 0xff),
      ...setIndexed(0x3d4, 0x07, 0xff),
      ...indexed(0x3d4, 0, 7),
      ...out(0x3c8, 5),
      ...out(0x3c9, 1, 2, 3, 4, 5, 6),
      ...out(0x3c7, 5),
      ...inb(0x3c9, 0x3c9, 0x3c9, 0x3c9, 0x3c9, 0x3c9),
      ...setIndexed(0x3c4, 2, 0x0f),
      ...setIndexed(0x3c4, 4, 0x06),
      ...setIndexed(0x3ce, 5, 0),
      ...setIndexed(0x3ce, 6, 5),
      ...setIndexed(0x3ce, 8, 0xff),
      ...setIndexed(0x3ce, 0, 0),
      ...setIndexed(0x3ce, 1, 0),
      ...setIndexed(0x3ce, 3, 0),
      `writeb ${window(0x10)} 0xa5`,
      `readb ${window(0x10)}`,
      ...setIndexed(0x3ce, 8, 0x0f),
      ...setIndexed(0x3ce, 3, 0x1a),
      `writeb ${window(0x10)} 0x3c`,
      ...range(4).flatMap((plane) => [...setIndexed(0x3ce, 4, plane), `readb ${window(0x10)}`]),
      ...setIndexed(0x3ce, 5, 2),
      `writeb ${window(0x10)} 0x06`,
      ...range(4).flatMap((plane) => [...setIndexed(0x3ce, 4, plane), `readb ${window(0x10)}`]),
      ...setIndexed(0x3ce, 5, 3),
      ...setIndexed(0x3ce, 0, 9),
      `writeb ${window(0x10)} 0x77`,
      ...range(4).flatMap((plane) => [...setIndexed(0x3ce, 4, plane), `readb ${window(0x10)}`]),
      ...setIndexed(0x3ce, 5, 8),
      ...setIndexed(0x3ce, 2, 9),
      ...setIndexed(0x3ce, 7, 0x0f),
      `readb ${window(0x10)}`,
      ...setIndexed(0x3ce, 5, 1),
      `readb ${window(0x10)}`,
      `writeb ${window(0x20)} 0x00`,
      ...setIndexed(0x3ce, 5, 0),
      ...range(4).flatMap((plane) => [...setIndexed(0x3ce, 4, plane), `readb ${window(0x20)}`]),
      "outw 0x1ce 0x0",
      "outw 0x1ce 0xa",
      "inw 0x1cf",
    ]);
  });

  it("8259 pair: other initialisations, polls of nothing, rotation and special mask without requests", async () => {
    const modes = [0x11, 0x13, 0x19, 0x10].flatMap((icw1) => [
      ...out(0x20, icw1),
      ...out(0x21, 0x40, ...((icw1 & 2) === 0 ? [4] : []), ...((icw1 & 1) === 0 ? [] : [0x13])),
      ...out(0x21, 0xa5),
      ...inb(0x21),
      // Poll; then IRR and ISR once more.
      ...out(0x20, 0x0c),
      ...inb(0x20),
      ...out(0x20, 0x0a),
      ...inb(0x20),
      ...out(0x20, 0x0b),
      ...inb(0x20),
      ...out(0x20, 0x80, 0x00, 0xa0, 0xc5, 0xe5, 0x68, 0x48),
      ...inb(0x20, 0x21),
    ]);
    await same(new Board().add(pic8259), modes);
  });

  it("8254: read-back of several channels, latches that wait, counters read byte by byte", async () => {
    await same(new Board().add(pit8254), [
      ...out(0x43, 0x38),
      ...out(0x40, 0x10, 0x27),
      ...out(0x43, 0x78),
      ...out(0x41, 0x20, 0x30),
      // Counts of channels 0 and 1 latched by one command; a second latch changes nothing.
      ...out(0x43, 0xd6),
      ...out(0x43, 0xd6),
      ...inb(0x40, 0x41, 0x40, 0x41),
      // Only the low, only the high byte.
      ...out(0x43, 0x18),
      ...out(0x40, 0x99),
      ...inb(0x40, 0x40),
      ...out(0x43, 0x28),
      ...out(0x40, 0x77),
      ...inb(0x40, 0x40),
    ]);
  });

  it("16550A: identity, divisor, loopback, modem status, FIFO", async () => {
    const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7].map((register) => 0x3f8 + register) as [
      ...[number, number, number, number, number, number, number, number],
    ];
    await same(
      new Board().add(uart16550a),
      [
        ...inb(IER, IIR, LCR, LSR, MSR),
        ...out(SCR, 0xa5),
        ...inb(SCR),
        ...out(LCR, 0x83),
        ...inb(DATA, IER),
        ...out(DATA, 0x01),
        ...out(IER, 0x02),
        ...inb(DATA, IER),
        ...out(LCR, 0x03),
        ...out(MCR, 0x10),
        ...inb(MSR),
        ...range(16).flatMap((bits) => [...out(MCR, 0x10 | bits), ...inb(MSR, MSR)]),
        ...out(IIR, 0xc7),
        ...inb(IIR),
        ...out(IER, 0xf0),
        ...inb(IER),
        ...out(IER, 0x01),
        ...out(DATA, 0x41),
        ...inb(LSR, DATA, LSR),
        ...out(IER, 0x02),
        ...inb(IIR, IIR),
        ...out(MCR, 0xff),
        ...inb(MCR),
      ],
      // QEMU leaves out the changes of the inputs in loopback (PC16550D §8.6 has them: all four interrupts work in diagnostics).
      (answer) =>
        answer.replace(
          /^(inb 0x3fe = )(.*)$/,
          (_, head: string, bits: string) => head + (Number.parseInt(bits, 16) & 0xf0),
        ),
      ["-chardev", "null,id=line", "-device", "isa-serial,chardev=line"],
    );
  });
});
