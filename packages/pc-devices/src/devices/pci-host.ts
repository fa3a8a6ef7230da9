/**
 * The PCI host bridge with configuration mechanism 1, and the ISA bridge behind it that routes PCI interrupts: enough of a 440FX
 * and a PIIX3 for guests that look for them.
 */
import { type AccessSize, checkVersion, type Device, type DeviceModel } from "../device.ts";
import { createPciConfig, type PciConfig, type PciConfigState } from "../pci/pci-config.ts";

/** What can be plugged into the bus: a device with a configuration space. */
export interface PciFunction {
  readonly config: PciConfig;
  read(offset: number, size: AccessSize, range: number): number | undefined;
  write(offset: number, size: AccessSize, value: number, range: number): boolean;
}

/** A base address register that begins to decode. */
export interface BarMapping {
  readonly name: string;
  readonly function: PciFunction;
  /** Range number for `function.read` and `write`. */
  readonly range: number;
  readonly space: "io" | "memory";
  readonly base: number;
  readonly size: number;
}

export interface PciHostOptions {
  /**
   * Makes accesses to the mapped addresses reach the function; returns what undoes it, or undefined if the place is taken. Never
   * throws. Default: nothing is mapped.
   */
  readonly map?: (mapping: BarMapping) => (() => void) | undefined;
  /** The programmable attribute map of 0xc0000–0xfffff (registers 0x59–0x5f) was written: which parts read and write RAM. */
  readonly shadowChanged?: (attributes: readonly number[]) => void;
}

export interface PciHostState {
  readonly version: 1;
  readonly address: number;
  readonly bridge: PciConfigState;
  readonly isa: PciConfigState;
}

export interface PciHost extends Device<PciHostState> {
  /** Plugs a function in at bus 0, device 2–31. @throws RangeError if the place is taken or there is none */
  add(slot: number, number: number, name: string, pciFunction: PciFunction): void;
}

const ENABLE = 0x8000_0000;
const FIRST_SHADOW = 0x59;
const LAST_SHADOW = 0x5f;
const FIRST_ROUTE = 0x60;
const ROUTES = 4;
const ROUTE_DISABLED = 0x80;
/** ISA interrupts that PIRQs may be routed to (PIIX3, PIRQRC). */
const ISA_IRQS: readonly number[] = [3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15];
const FIRST_GSI = 16;

interface Plugged {
  readonly name: string;
  readonly slot: number;
  readonly pciFunction: PciFunction;
  /** What is mapped, by base address register. */
  readonly mapped: Map<number, { readonly base: number; readonly undo: (() => void) | undefined }>;
}

export const pciHost: DeviceModel<PciHostOptions, PciHost> = {
  name: "pci-host",
  ranges: [
    // Dwords at 0xcf8 only: the byte at 0xcf9 is the reset control register.
    { base: 0xcf8, size: 4, overlay: true },
    { base: 0xcfc, size: 4 },
  ],
  /** PIRQA–D: to I/O APIC pins 16–19, and to the 8259s' pins that the router chooses. */
  pins: [
    ...Array.from({ length: ROUTES }, (_, index) => `gsi${FIRST_GSI + index}`),
    ...ISA_IRQS.map((irq) => `irq${irq}`),
  ],
  sources: [
    "PCI Local Bus Specification 3.0 §3.2.2.3.2 software generation of configuration transactions (mechanism 1)",
    "Intel 82441FX (440FX) data sheet (290549-001) §3.2.18 programmable attribute map",
    "Intel 82371SB (PIIX3) data sheet (290550-002): PIRQRC[A:D] PIRQx route control registers, function 0 offset 0x60–0x63",
  ],
  create(environment, options = {}) {
    const shadow = Object.fromEntries(
      Array.from({ length: LAST_SHADOW - FIRST_SHADOW + 1 }, (_, index) => [
        FIRST_SHADOW + index,
        // The first register's lower half is reserved.
        { value: 0, writable: index === 0 ? 0x30 : 0x33 },
      ]),
    );
    const routes = Object.fromEntries(
      Array.from({ length: ROUTES }, (_, index) => [
        FIRST_ROUTE + index,
        { value: ROUTE_DISABLED, writable: ROUTE_DISABLED | 0x0f },
      ]),
    );
    const bridge = createPciConfig({
      ...{ vendor: 0x8086, device: 0x1237, revision: 2, classCode: 0x06_00_00 },
      registers: shadow,
    });
    const isa = createPciConfig({
      ...{ vendor: 0x8086, device: 0x7000, revision: 0, classCode: 0x06_01_00 },
      registers: routes,
    });
    const functions = new Map<number, Plugged>();
    let address = 0;
    let lines = 0;

    const update = (): void => {
      let pirqs = 0;
      for (const { slot, pciFunction } of functions.values()) {
        const { interruptLevel, interruptPin } = pciFunction.config;
        // INTA of device 1 is PIRQA, as 440FX boards are wired and their firmware assumes.
        if (interruptLevel) pirqs |= 1 << ((slot + interruptPin - 2) & 3);
      }
      let next = pirqs;
      for (let pirq = 0; pirq < ROUTES; pirq++) {
        const route = isa.read(FIRST_ROUTE + pirq, 1);
        const index = ISA_IRQS.indexOf(route & 0x0f);
        if ((pirqs & (1 << pirq)) !== 0 && (route & ROUTE_DISABLED) === 0 && index >= 0) next |= 1 << (ROUTES + index);
      }
      const changed = lines ^ next;
      lines = next;
      pciHost.pins.forEach((pin, index) => {
        if ((changed & (1 << index)) !== 0) environment.setLine(pin, (next & (1 << index)) !== 0);
      });
    };
    const remap = ({ name, pciFunction, mapped }: Plugged): void => {
      const bars = pciFunction.config.bars;
      // All that goes away goes first, so that two registers can change places.
      for (const { index, base } of bars) {
        const present = mapped.get(index);
        if (present === undefined || present.base === base) continue;
        present.undo?.();
        mapped.delete(index);
      }
      for (const { index, base, size, space, range = index } of bars) {
        if (base === undefined || mapped.has(index)) continue;
        const undo = options.map?.({ name, function: pciFunction, range, space, base, size });
        mapped.set(index, { base, undo });
      }
    };
    const plug = (slot: number, number: number, name: string, pciFunction: PciFunction): void => {
      const key = (slot << 3) | number;
      if (!(slot >= 0 && slot < 32 && number >= 0 && number < 8)) {
        throw new RangeError(`PCI function "${name}" at ${slot}.${number}: expected a device 0–31 and a function 0–7`);
      }
      const other = functions.get(key);
      if (other !== undefined) {
        throw new RangeError(`PCI function "${name}" at ${slot}.${number}: "${other.name}" is already there`);
      }
      const plugged: Plugged = { name, slot, pciFunction, mapped: new Map() };
      functions.set(key, plugged);
      pciFunction.config.listener = { decodeChanged: () => remap(plugged), interruptChanged: update };
      if (number !== 0) functions.get(slot << 3)?.pciFunction.config.markMultifunction();
      else if ([1, 2, 3, 4, 5, 6, 7].some((later) => functions.has(key | later))) {
        pciFunction.config.markMultifunction();
      }
      remap(plugged);
      update();
    };
    const silent = { read: () => undefined, write: () => false };
    plug(0, 0, "host bridge", { config: bridge, ...silent });
    plug(1, 0, "ISA bridge", { config: isa, ...silent });

    const selected = (): PciConfig | undefined =>
      // Bus 0 is all there is.
      (address & 0x00ff_0000) === 0 ? functions.get((address >>> 8) & 0xff)?.pciFunction.config : undefined;
    return {
      add: plug,
      read(offset, size, range) {
        if (range === 0) return offset === 0 && size === 4 ? address : undefined;
        if ((address & ENABLE) === 0 || offset + size > 4) return undefined;
        return selected()?.read((address & 0xfc) | offset, size);
      },
      write(offset, size, value, range) {
        if (range === 0) {
          if (offset !== 0 || size !== 4) return false;
          // Bits 30:24 and 1:0 are reserved and read as zero.
          address = (value & 0x80ff_fffc) >>> 0;
          return true;
        }
        if ((address & ENABLE) === 0 || offset + size > 4) return false;
        const config = selected();
        if (config === undefined) return false;
        const register = (address & 0xfc) | offset;
        config.write(register, size, value);
        if (config === bridge && register <= LAST_SHADOW && register + size > FIRST_SHADOW) tellShadow();
        if (config === isa) update();
        return true;
      },
      reset() {
        address = 0;
        bridge.reset();
        isa.reset();
        update();
        tellShadow();
      },
      save: () => ({ version: 1, address, bridge: bridge.save(), isa: isa.save() }),
      load(state) {
        checkVersion("pci-host", state, 1);
        address = state.address;
        bridge.load(state.bridge);
        isa.load(state.isa);
        update();
        tellShadow();
      },
    };

    function tellShadow(): void {
      const attributes = Array.from({ length: LAST_SHADOW - FIRST_SHADOW + 1 }, (_, index) =>
        bridge.read(FIRST_SHADOW + index, 1),
      );
      options.shadowChanged?.(attributes);
    }
  },
};
