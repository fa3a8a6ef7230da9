/** The I/O APIC: 24 pins, each with a redirection entry that makes its edges or levels messages on the interrupt bus. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";
import { createInterruptBus, DeliveryMode, type InterruptBus } from "../interrupt-bus.ts";

export interface IoApicOptions {
  /** Default: a bus of its own. */
  readonly bus?: InterruptBus;
  /** Default 0. */
  readonly id?: number;
  /** 0x11 as the 82093AA, 0x20 with the EOI register. Default 0x20. */
  readonly version?: 0x11 | 0x20;
}

export interface IoApicState {
  readonly version: 1;
  readonly id: number;
  readonly select: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Pin levels, a bit a pin. */
  readonly levels: number;
}

export interface IoApic extends Device<IoApicState> {
  /** Level of pin 0–23, electrically: asserted is true for active-high and active-low inputs alike. */
  setPin(pin: number, asserted: boolean): void;
}

export const IO_APIC_PINS = 24;
const IOREGSEL = 0x00;
const IOWIN = 0x10;
const EOIR = 0x40;
const IOAPICID = 0x00;
const IOAPICVER = 0x01;
const IOAPICARB = 0x02;
const REDIRECTION = 0x10;

const LOGICAL = 1 << 11;
const REMOTE_IRR = 1 << 14;
const LEVEL = 1 << 15;
const MASKED = 1 << 16;
/** Delivery status (12) and remote IRR (14) belong to the chip. */
const LOW_WRITABLE = 0x1_afff;

export const ioApic: DeviceModel<IoApicOptions, IoApic> = {
  name: "io-apic",
  ranges: [{ space: "memory", base: 0xfec0_0000, size: 0x1000 }],
  pins: [],
  sources: [
    "Intel 82093AA I/O APIC data sheet (290566-001) §3.1 memory-mapped registers, §3.2 IOAPIC registers",
    "Intel ICH9 data sheet (316972-004) §13.5.3 EOI register, §13.5.5 version 0x20",
  ],
  create(_, options = {}) {
    const bus = options.bus ?? createInterruptBus();
    const version = options.version ?? 0x20;
    const initialId = (options.id ?? 0) & 0xf;
    let id = initialId;
    let select = 0;
    const low = new Uint32Array(IO_APIC_PINS).fill(MASKED);
    const high = new Uint32Array(IO_APIC_PINS);
    let levels = 0;

    const send = (pin: number, entry: number, level: boolean): void => {
      bus.send((entry >>> 8) & 7, entry & 0xff, level, (high[pin] as number) >>> 24, (entry & LOGICAL) !== 0);
    };
    /** Modes other than fixed and lowest priority are edges, whatever the trigger bit says. */
    const isLevelTriggered = (entry: number): boolean =>
      (entry & LEVEL) !== 0 && ((entry >>> 8) & 7) <= DeliveryMode.LOWEST_PRIORITY;
    /** Sends a level that is there, unless it was sent and awaits its EOI. */
    const serviceLevel = (pin: number): void => {
      const entry = low[pin] as number;
      if (!isLevelTriggered(entry) || (entry & (MASKED | REMOTE_IRR)) !== 0 || (levels & (1 << pin)) === 0) return;
      low[pin] = entry | REMOTE_IRR;
      send(pin, entry, true);
    };
    const endOfInterrupt = (vector: number): void => {
      for (let pin = 0; pin < IO_APIC_PINS; pin++) {
        const entry = low[pin] as number;
        if ((entry & 0xff) !== vector || (entry & REMOTE_IRR) === 0) continue;
        low[pin] = entry & ~REMOTE_IRR;
        serviceLevel(pin);
      }
    };
    bus.addIoApic({ endOfInterrupt });

    const readSelected = (): number => {
      if (select >= REDIRECTION && select < REDIRECTION + 2 * IO_APIC_PINS) {
        const pin = (select - REDIRECTION) >> 1;
        return ((select & 1) === 0 ? low : high)[pin] as number;
      }
      if (select === IOAPICID || select === IOAPICARB) return (id << 24) >>> 0;
      if (select === IOAPICVER) return ((IO_APIC_PINS - 1) << 16) | version;
      return 0xffff_ffff;
    };
    const writeSelected = (value: number): void => {
      if (select === IOAPICID) id = (value >>> 24) & 0xf;
      if (select < REDIRECTION || select >= REDIRECTION + 2 * IO_APIC_PINS) return;
      const pin = (select - REDIRECTION) >> 1;
      if ((select & 1) !== 0) {
        high[pin] = value & 0xff00_0000;
        return;
      }
      let entry = (value & LOW_WRITABLE) | ((low[pin] as number) & REMOTE_IRR);
      // Made edge-triggered, a pin waits for no EOI: guests clear a stuck remote IRR this way.
      if ((entry & LEVEL) === 0) entry &= ~REMOTE_IRR;
      low[pin] = entry;
      serviceLevel(pin);
    };
    const clear = (): void => {
      id = initialId;
      select = 0;
      low.fill(MASKED);
      high.fill(0);
    };

    return {
      setPin(pin, asserted) {
        if (!(pin >= 0 && pin < IO_APIC_PINS)) return;
        const bit = 1 << pin;
        if (((levels & bit) !== 0) === asserted) return;
        levels = asserted ? levels | bit : levels & ~bit;
        if (!asserted) return;
        const entry = low[pin] as number;
        if (isLevelTriggered(entry)) serviceLevel(pin);
        // An edge while masked is not held (§3.2.4, interrupt mask).
        else if ((entry & MASKED) === 0) send(pin, entry, false);
      },
      read(offset, size) {
        const register = offset & ~3;
        const value =
          register === IOREGSEL ? select : register === IOWIN ? readSelected() : register === EOIR ? 0 : 0xffff_ffff;
        return Math.floor(value / 2 ** ((offset & 3) * 8)) % 2 ** (size * 8);
      },
      write(offset, size, value) {
        if (offset === IOREGSEL) select = value & 0xff;
        else if (offset === IOWIN && size === 4) writeSelected(value);
        else if (offset === EOIR && version >= 0x20) endOfInterrupt(value & 0xff);
        return true;
      },
      reset: clear,
      save: () => ({ version: 1, id, select, low: [...low], high: [...high], levels }),
      load(state) {
        checkVersion("io-apic", state, 1);
        low.set(state.low);
        high.set(state.high);
        ({ id, select, levels } = state);
      },
    };
  },
};
