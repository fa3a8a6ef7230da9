/**
 * Where local APICs, I/O APICs and message-signalled interrupts meet: a message names a destination, the bus finds who is meant.
 *
 * Sources: Intel SDM vol. 3 §11.6 (issuing interprocessor interrupts, destination modes), §11.11 (message-signalled interrupts),
 * §11.12.10 (x2APIC logical IDs).
 */

/** Delivery modes, bits 10:8 of the ICR, of I/O APIC redirection entries and of MSI data. */
export const DeliveryMode = {
  FIXED: 0,
  LOWEST_PRIORITY: 1,
  SMI: 2,
  NMI: 4,
  INIT: 5,
  STARTUP: 6,
  EXTINT: 7,
} as const;

/** What the bus needs of a local APIC. */
export interface LocalApicPort {
  /** Is the physical ID the one meant? */
  matchesPhysical(destination: number): boolean;
  matchesLogical(destination: number): boolean;
  /** May it take part in the arbitration of lowest-priority messages? */
  readonly isEnabled: boolean;
  /** What that arbitration compares; the lowest wins. */
  readonly processorPriority: number;
  deliver(mode: number, vector: number, level: boolean): void;
}

/** What the bus needs of an I/O APIC. */
export interface IoApicPort {
  endOfInterrupt(vector: number): void;
}

/** Destination that means everybody, in xAPIC format and in x2APIC format. */
export const BROADCAST = 0xff;
export const BROADCAST_X2 = 0xffff_ffff;

export interface InterruptBus {
  /** Returns the function that takes it off the bus. */
  addLocalApic(apic: LocalApicPort): () => void;
  addIoApic(ioApic: IoApicPort): () => void;
  /**
   * Delivers to whom `destination` means; `except` is left out, as the shorthand "all excluding self" has it. Returns how many
   * local APICs took it.
   */
  send(
    mode: number,
    vector: number,
    level: boolean,
    destination: number,
    isLogical: boolean,
    except?: LocalApicPort,
  ): number;
  /** A message-signalled interrupt: a write of `data` to 0xfeex_xxxx. False if the address is not in that range. */
  sendMsi(address: number, data: number): boolean;
  /** The EOI message of a local APIC that served a level-triggered interrupt. */
  endOfInterrupt(vector: number): void;
}

const MSI_BASE = 0xfee0_0000;
const MSI_SIZE = 0x10_0000;
const MSI_LOGICAL = 1 << 2;
const MSI_LEVEL = 1 << 15;

export function createInterruptBus(): InterruptBus {
  let localApics: readonly LocalApicPort[] = [];
  let ioApics: readonly IoApicPort[] = [];

  const send: InterruptBus["send"] = (mode, vector, level, destination, isLogical, except) => {
    const everybody = destination === BROADCAST || destination === BROADCAST_X2;
    let taken = 0;
    let lowest: LocalApicPort | undefined;
    for (const apic of localApics) {
      if (apic === except) continue;
      if (!everybody && !(isLogical ? apic.matchesLogical(destination) : apic.matchesPhysical(destination))) continue;
      if (mode !== DeliveryMode.LOWEST_PRIORITY) {
        apic.deliver(mode, vector, level);
        taken++;
      } else if (apic.isEnabled && (lowest === undefined || apic.processorPriority < lowest.processorPriority)) {
        lowest = apic;
      }
    }
    if (lowest === undefined) return taken;
    lowest.deliver(DeliveryMode.FIXED, vector, level);
    return 1;
  };

  return {
    addLocalApic(apic) {
      localApics = [...localApics, apic];
      return () => {
        localApics = localApics.filter((other) => other !== apic);
      };
    },
    addIoApic(ioApic) {
      ioApics = [...ioApics, ioApic];
      return () => {
        ioApics = ioApics.filter((other) => other !== ioApic);
      };
    },
    send,
    sendMsi(address, data) {
      if (!(address >= MSI_BASE && address < MSI_BASE + MSI_SIZE)) return false;
      const level = (data & MSI_LEVEL) !== 0;
      send((data >>> 8) & 7, data & 0xff, level, (address >>> 12) & 0xff, (address & MSI_LOGICAL) !== 0);
      return true;
    },
    endOfInterrupt(vector) {
      for (const ioApic of ioApics) ioApic.endOfInterrupt(vector);
    },
  };
}
