/** The pair of 8259A interrupt controllers of a PC, master and slave on pin 2, with the ELCR of EISA and PCI machines. */
import { checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";

interface ChipState {
  /** Pin levels, requests, masks, in service: a bit a pin. */
  readonly levels: number;
  readonly irr: number;
  readonly imr: number;
  readonly isr: number;
  readonly elcr: number;
  readonly vectorBase: number;
  /** Pin of the lowest priority. */
  readonly lowest: number;
  /** Initialisation: 0 done, else the number of the next ICW. */
  readonly expect: number;
  readonly needsIcw4: boolean;
  readonly single: boolean;
  readonly levelTriggered: boolean;
  readonly autoEoi: boolean;
  readonly rotateAutoEoi: boolean;
  readonly specialMask: boolean;
  readonly specialFullyNested: boolean;
  readonly readIsr: boolean;
  readonly poll: boolean;
}

export interface PicState {
  readonly version: 1;
  readonly master: ChipState;
  readonly slave: ChipState;
}

export interface Pic extends Device<PicState> {
  /** Level of ISA interrupt 0–15. Pin 2 is the cascade and is ignored. */
  setIrq(irq: number, level: boolean): void;
  /** The INTR output. */
  readonly interruptPending: boolean;
  /** The processor's acknowledge cycle: the vector, that of pin 7 (spurious) if nothing is pending any more. */
  acknowledge(): number;
}

const CASCADE = 2;
const SPURIOUS = 7;
const ICW1 = 1 << 4;
const ICW1_NEED_ICW4 = 1 << 0;
const ICW1_SINGLE = 1 << 1;
const ICW1_LEVEL = 1 << 3;
const ICW4_AUTO_EOI = 1 << 1;
const ICW4_SPECIAL_FULLY_NESTED = 1 << 4;
const OCW3 = 1 << 3;
/** Pins that cannot be made level-triggered: timer, keyboard, cascade on the master; RTC and FPU on the slave. */
const ELCR_FIXED = { master: 0x07, slave: 0x21 } as const;

const atReset: ChipState = {
  levels: 0,
  irr: 0,
  imr: 0,
  isr: 0,
  elcr: 0,
  vectorBase: 0,
  lowest: 7,
  expect: 0,
  needsIcw4: false,
  single: false,
  levelTriggered: false,
  autoEoi: false,
  rotateAutoEoi: false,
  specialMask: false,
  specialFullyNested: false,
  readIsr: false,
  poll: false,
};

/** The chip has no reset pin and wakes up undefined: ours is silent until ICW1, which clears the mask (Intel 8259A, "Initialization"). */
const atPowerOn: ChipState = { ...atReset, imr: 0xff };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Chip {
  state: Mutable<ChipState> = { ...atPowerOn };
  readonly isMaster: boolean;

  constructor(isMaster: boolean) {
    this.isMaster = isMaster;
  }

  setLevel(pin: number, level: boolean): void {
    const { state } = this;
    const bit = 1 << pin;
    const isLevel = state.levelTriggered || (state.elcr & bit) !== 0;
    if (level) {
      if (isLevel || (state.levels & bit) === 0) state.irr |= bit;
      state.levels |= bit;
    } else {
      // An edge-triggered request must be held until it is acknowledged, so letting go withdraws it.
      state.irr &= ~bit;
      state.levels &= ~bit;
    }
  }

  /** The pin to be served, -1 for none. */
  get pending(): number {
    const { irr, imr, isr, specialMask, specialFullyNested, lowest } = this.state;
    const requests = irr & ~imr;
    if (requests === 0) return -1;
    const blocking = specialMask ? isr & ~imr : isr;
    for (let i = 1; i <= 8; i++) {
      const pin = (lowest + i) & 7;
      const bit = 1 << pin;
      if ((requests & bit) !== 0) {
        const sameMayNest = specialFullyNested && this.isMaster && pin === CASCADE;
        if ((blocking & bit) === 0 || sameMayNest) return pin;
      }
      if ((blocking & bit) !== 0 && !specialMask) return -1;
    }
    return -1;
  }

  acknowledge(pin: number): void {
    const { state } = this;
    const bit = 1 << pin;
    if (!(state.levelTriggered || (state.elcr & bit) !== 0)) state.irr &= ~bit;
    if (!state.autoEoi) state.isr |= bit;
    else if (state.rotateAutoEoi) state.lowest = pin;
  }

  writeCommand(value: number): void {
    const { state } = this;
    if ((value & ICW1) !== 0) {
      const { levels, elcr } = state;
      this.state = {
        ...atReset,
        levels,
        elcr,
        expect: 2,
        needsIcw4: (value & ICW1_NEED_ICW4) !== 0,
        single: (value & ICW1_SINGLE) !== 0,
        levelTriggered: (value & ICW1_LEVEL) !== 0,
        // Edge sense is reset: a line that is already high is no new request.
        irr: levels & elcr,
      };
    } else if ((value & OCW3) !== 0) {
      if ((value & 0x02) !== 0) state.readIsr = (value & 0x01) !== 0;
      if ((value & 0x40) !== 0) state.specialMask = (value & 0x20) !== 0;
      state.poll = (value & 0x04) !== 0;
    } else this.endOfInterrupt(value >> 5, value & 7);
  }

  /** OCW2: R, SL and EOI bits as one number. */
  endOfInterrupt(command: number, pin: number): void {
    const { state } = this;
    const highest = (): number => {
      for (let i = 1; i <= 8; i++) {
        const candidate = (state.lowest + i) & 7;
        if ((state.isr & (1 << candidate)) !== 0 && !(state.specialMask && (state.imr & (1 << candidate)) !== 0)) {
          return candidate;
        }
      }
      return -1;
    };
    const commands: readonly (() => void)[] = [
      () => void (state.rotateAutoEoi = false),
      () => {
        const served = highest();
        if (served >= 0) state.isr &= ~(1 << served);
      },
      () => undefined,
      () => void (state.isr &= ~(1 << pin)),
      () => void (state.rotateAutoEoi = true),
      () => {
        const served = highest();
        if (served < 0) return;
        state.isr &= ~(1 << served);
        state.lowest = served;
      },
      () => void (state.lowest = pin),
      () => {
        state.isr &= ~(1 << pin);
        state.lowest = pin;
      },
    ];
    commands[command & 7]?.();
  }

  writeData(value: number): void {
    const { state } = this;
    if (state.expect === 0) {
      state.imr = value;
      return;
    }
    if (state.expect === 2) {
      state.vectorBase = value & 0xf8;
      state.expect = state.single ? (state.needsIcw4 ? 4 : 0) : 3;
    } else if (state.expect === 3) state.expect = state.needsIcw4 ? 4 : 0;
    else {
      state.autoEoi = (value & ICW4_AUTO_EOI) !== 0;
      state.specialFullyNested = (value & ICW4_SPECIAL_FULLY_NESTED) !== 0;
      state.expect = 0;
    }
  }

  /** A read after OCW3's poll bit acknowledges: bit 7 says whether there was anything, bits 2:0 what. */
  readPoll(): number {
    this.state.poll = false;
    const pin = this.pending;
    if (pin < 0) return 0;
    this.acknowledge(pin);
    return 0x80 | pin;
  }

  read(offset: number): number {
    const { state } = this;
    if (state.poll) return this.readPoll();
    if (offset === 1) return state.imr;
    return state.readIsr ? state.isr : state.irr;
  }
}

export const pic8259: DeviceModel<undefined, Pic> = {
  name: "pic-8259",
  ranges: [
    { base: 0x20, size: 2 },
    { base: 0xa0, size: 2 },
    { base: 0x4d0, size: 2 },
  ],
  pins: ["intr"],
  sources: [
    "Intel 8259A data sheet (231468-003): initialisation and operation command words, priority, poll",
    "Intel 82371SB (PIIX3) data sheet, ELCR1 and ELCR2",
  ],
  create(environment) {
    const master = new Chip(true);
    const slave = new Chip(false);
    const chips = [master, slave] as const;
    let output = false;
    const update = (): void => {
      master.setLevel(CASCADE, slave.pending >= 0);
      const level = master.pending >= 0;
      if (level === output) return;
      output = level;
      environment.setLine("intr", level);
    };
    const writeElcr = (index: number, value: number): void => {
      const chip = chips[index];
      if (chip !== undefined) chip.state.elcr = value & ~ELCR_FIXED[chip.isMaster ? "master" : "slave"];
    };
    return {
      get interruptPending() {
        return output;
      },
      setIrq(irq, level) {
        const chip = irq < 8 ? master : slave;
        if (irq < 0 || irq > 15 || irq === CASCADE) return;
        chip.setLevel(irq & 7, level);
        update();
      },
      acknowledge() {
        let vector = master.state.vectorBase | SPURIOUS;
        const pin = master.pending;
        if (pin >= 0) {
          master.acknowledge(pin);
          vector = master.state.vectorBase | pin;
          if (pin === CASCADE) {
            const behind = slave.pending;
            if (behind >= 0) slave.acknowledge(behind);
            vector = slave.state.vectorBase | (behind < 0 ? SPURIOUS : behind);
          }
        }
        update();
        return vector;
      },
      read(offset, size, range) {
        const value =
          range === 2
            ? readBytes(offset, size, (at) => chips[at]?.state.elcr ?? 0xff)
            : readBytes(offset, size, (at) => (at > 1 ? 0xff : (chips[range] ?? master).read(at)));
        update();
        return value;
      },
      write(offset, size, value, range) {
        writeBytes(offset, size, value, (at, byte) => {
          const chip = chips[range];
          if (range === 2) writeElcr(at, byte);
          else if (at === 0) chip?.writeCommand(byte);
          else if (at === 1) chip?.writeData(byte);
        });
        update();
        return true;
      },
      reset() {
        for (const chip of chips) chip.state = { ...atPowerOn, levels: chip.state.levels };
        update();
      },
      save: () => ({ version: 1, master: { ...master.state }, slave: { ...slave.state } }),
      load(state) {
        checkVersion("pic-8259", state, 1);
        master.state = { ...state.master };
        slave.state = { ...state.slave };
        update();
      },
    };
  },
};
