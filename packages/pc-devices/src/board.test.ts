import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../test/fake-environment.ts";
import { VirtioDriver } from "../test/virtio-driver.ts";
import type { DeviceEnvironment } from "./device.ts";
import { hpet } from "./devices/hpet.ts";
import { ioApic } from "./devices/io-apic.ts";
import { localApic } from "./devices/local-apic.ts";
import { pciHost } from "./devices/pci-host.ts";
import { pic8259 } from "./devices/pic-8259.ts";
import { pit8254 } from "./devices/pit-8254.ts";
import { virtioRng } from "./devices/virtio-rng.ts";
import { createInterruptBus } from "./interrupt-bus.ts";

const EVENT_IDX = 1 << 29;
const EOI = 0xb0;
const SVR = 0xf0;

/** The interrupt side of a PC, wired as PCs are: ISA interrupt 0 is pin 2 of the I/O APIC, the 8259s' output is LINT0. */
class Wired extends FakeEnvironment {
  readonly driver: VirtioDriver = new VirtioDriver();
  readonly bus = createInterruptBus();
  readonly pic = pic8259.create(this.#pins({ intr: (level) => this.apic.setPin(0, level) }));
  readonly apic = localApic.create(this, {
    bus: this.bus,
    virtualWire: true,
    acknowledgeExternal: () => this.pic.acknowledge(),
  });
  readonly io = ioApic.create(this, { bus: this.bus });
  readonly hpet = hpet.create(this.#pins({ irq0: (level) => this.irq(0, level) }));
  readonly pit = pit8254.create(this.#pins({ irq0: (level) => this.hpet.setInput(0, level) }));
  readonly pci = pciHost.create(
    this.#pins(Object.fromEntries([16, 17, 18, 19].map((gsi) => [`gsi${gsi}`, (level) => this.io.setPin(gsi, level)]))),
  );
  readonly rng = virtioRng.create(this, {
    memory: this.driver.memory,
    sendMsi: (address, data) => this.bus.sendMsi(address, data),
  });

  constructor() {
    super();
    this.pci.add(2, 0, "rng", this.rng);
    this.driver.device = this.rng;
  }

  /** This board to a device whose pins lead somewhere. */
  #pins(wires: Record<string, (level: boolean) => void>): DeviceEnvironment {
    return {
      setLine: (pin, level) => wires[pin]?.(level),
      nowNs: () => this.nowNs(),
      unixTimeNs: () => this.unixTimeNs(),
      createTimer: (name, callback) => this.createTimer(name, callback),
      output: (bytes) => this.output(bytes),
      request: (request) => this.request(request),
    };
  }
  irq(irq: number, level: boolean): void {
    this.pic.setIrq(irq, level);
    this.io.setPin(irq === 0 ? 2 : irq, level);
  }
  route(pin: number, low: number): void {
    this.io.write(0, 4, 0x10 + 2 * pin, 0);
    this.io.write(0x10, 4, low, 0);
  }
  /** Serves everything that is pending; returns the vectors. */
  serve(): string[] {
    const served: string[] = [];
    while (this.apic.interruptPending && served.length < 100) {
      const vector = this.apic.acknowledge();
      served.push(vector.toString(16));
      if (vector < 0x30) this.pic.write(0, 1, 0x20, 0);
      else this.apic.write(EOI, 4, 0, 0);
    }
    return served;
  }
  setUpPic(): void {
    for (const [port, value] of [
      [0, 0x11],
      [1, 0x20],
      [1, 4],
      [1, 1],
    ] as const)
      this.pic.write(port, 1, value, 0);
  }
  startPit(counts: number): void {
    this.pit.write(3, 1, 0x34, 0);
    this.pit.write(0, 1, counts & 0xff, 0);
    this.pit.write(0, 1, counts >> 8, 0);
  }
}

describe("[pc-devices] wired as a PC", () => {
  it("without firmware or APIC driver the timer comes through 8259 and LINT0: virtual wire", () => {
    const board = new Wired();
    board.setUpPic();
    board.startPit(1193);
    const served: string[] = [];
    for (let ms = 0; ms < 5; ms++) {
      board.advance(1_000_000n);
      served.push(...board.serve());
    }
    expect(served).toEqual(["20", "20", "20", "20", "20"]);
  });

  it("with the I/O APIC in use the 8259s are masked and pin 2 is the timer's", () => {
    const board = new Wired();
    board.setUpPic();
    board.pic.write(1, 1, 0xff, 0);
    board.route(2, 0x30);
    board.startPit(1193);
    board.advance(1_000_000n);
    expect(board.serve()).toEqual(["30"]);
    board.advance(1_000_000n);
    expect(board.serve()).toEqual(["30"]);
  });

  it("the HPET's legacy replacement takes the timer's place", () => {
    const board = new Wired();
    board.route(2, 0x30);
    board.startPit(1193);
    board.hpet.write(0x100, 4, 0x14c, 0);
    board.hpet.write(0x108, 4, 50_000, 0);
    board.hpet.write(0x108, 4, 50_000, 0);
    board.hpet.write(0x10, 4, 3, 0);
    board.advance(499_999n);
    expect(board.serve()).toEqual([]);
    board.advance(1n);
    expect(board.serve(), "the first match").toEqual(["30"]);
    board.advance(1_100_000n);
    expect(board.serve(), "two matches, nobody served in between: one request").toEqual(["30"]);
  });

  it("a PCI function's INTx is a level: it comes again after EOI until the function is content", () => {
    const board = new Wired();
    board.driver.start(1, EVENT_IDX);
    board.route(17, 0x8041);
    board.driver.add(0, [{ at: 0x1_0000, length: 4, write: true }]);
    board.driver.kick(0);
    expect(board.apic.acknowledge()).toBe(0x41);
    board.apic.write(EOI, 4, 0, 0);
    expect(board.apic.acknowledge(), "ISR not read yet").toBe(0x41);
    expect(board.driver.isr).toBe(1);
    board.apic.write(EOI, 4, 0, 0);
    expect(board.apic.interruptPending).toBe(false);
  });

  it("MSI-X goes past the I/O APIC; a masked APIC timer and a disabled APIC stay silent", () => {
    const board = new Wired();
    board.driver.start(1, EVENT_IDX);
    board.rng.config.write(board.rng.config.capabilityOffset(4) + 2, 2, 0x8000);
    for (const [register, value] of [
      [0x10, 0xfee0_0000],
      [0x18, 0x52],
      [0x1c, 0],
    ] as const)
      board.rng.write(register, 4, value, 1);
    board.driver.write(0x1a, 1, 2);
    const request = (): void => {
      board.driver.add(0, [{ at: 0x1_0000, length: 4, write: true }]);
      board.driver.kick(0);
    };
    request();
    expect(board.serve()).toEqual(["52"]);
    board.apic.write(SVR, 4, 0xff, 0);
    request();
    expect(board.serve()).toEqual([]);
  });
});
