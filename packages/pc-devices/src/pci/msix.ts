/**
 * MSI-X: a table of messages in one of the function's ranges, and the capability that turns it on.
 *
 * Sources: PCI Local Bus Specification 3.0 §6.8.2 MSI-X capability and table structures, §6.8.3.4 masking.
 */
import type { AccessSize } from "../device.ts";
import type { PciCapability } from "./pci-config.ts";

export interface MsixState {
  readonly control: number;
  readonly table: readonly number[];
  readonly pending: readonly number[];
}

export interface Msix {
  readonly capability: PciCapability;
  readonly isEnabled: boolean;
  /** The message control register was written. */
  setControl(value: number): void;
  /** Sends the message of this entry, or remembers it while masked. Entries that do not exist send nothing. */
  notify(entry: number): void;
  /** Table at offset 0, pending bits at 0x800. */
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
  reset(): void;
  save(): MsixState;
  load(state: MsixState): void;
}

const MSIX_ID = 0x11;
/** Size of the range that shows table and pending bits. */
export const MSIX_RANGE = 0x1000;
const MSIX_PENDING = 0x800;
const ENABLE = 1 << 15;
const FUNCTION_MASK = 1 << 14;
const ENTRY_WORDS = 4;
const MASKED = 1 << 0;

/** @param entries 1 to 64, @param bar the base address register whose range shows the table */
export function createMsix(entries: number, bar: number, sendMsi: (address: number, data: number) => void): Msix {
  let control = 0;
  const table = new Uint32Array(entries * ENTRY_WORDS);
  const pending = new Uint32Array(Math.ceil(entries / 32));
  const body = new Uint8Array(10);
  const view = new DataView(body.buffer);
  view.setUint16(0, entries - 1, true);
  view.setUint32(2, bar, true);
  view.setUint32(6, MSIX_PENDING | bar, true);
  const writable = new Uint8Array(10);
  writable[1] = (ENABLE | FUNCTION_MASK) >> 8;

  const isMasked = (entry: number): boolean =>
    (control & FUNCTION_MASK) !== 0 || ((table[entry * ENTRY_WORDS + 3] as number) & MASKED) !== 0;
  const setPending = (entry: number, value: boolean): void => {
    const word = pending[entry >> 5] as number;
    pending[entry >> 5] = value ? word | (1 << (entry & 31)) : word & ~(1 << (entry & 31));
  };
  const send = (entry: number): void => {
    const at = entry * ENTRY_WORDS;
    // Messages above 4 GiB would be plain memory writes; no interrupt controller is there.
    if (table[at + 1] === 0) sendMsi(table[at] as number, table[at + 2] as number);
  };
  const sendPending = (): void => {
    if ((control & ENABLE) === 0) return;
    for (let entry = 0; entry < entries; entry++) {
      if (((pending[entry >> 5] as number) & (1 << (entry & 31))) === 0 || isMasked(entry)) continue;
      setPending(entry, false);
      send(entry);
    }
  };
  const clear = (): void => {
    control = 0;
    table.fill(0);
    // Every entry wakes up masked (§6.8.2.9).
    for (let entry = 0; entry < entries; entry++) table[entry * ENTRY_WORDS + 3] = MASKED;
    pending.fill(0);
  };
  clear();

  return {
    capability: { id: MSIX_ID, body, writable },
    get isEnabled() {
      return (control & ENABLE) !== 0;
    },
    setControl(value) {
      control = value & (ENABLE | FUNCTION_MASK);
      sendPending();
    },
    notify(entry) {
      if ((control & ENABLE) === 0 || entry >= entries) return;
      if (isMasked(entry)) setPending(entry, true);
      else send(entry);
    },
    read(offset, size) {
      const index = offset >> 2;
      const word = offset >= MSIX_PENDING ? (pending[index - MSIX_PENDING / 4] ?? 0) : (table[index] ?? 0);
      return Math.floor(word / 2 ** ((offset & 3) * 8)) % 2 ** (size * 8);
    },
    write(offset, size, value) {
      const index = offset >> 2;
      // Software uses whole words only (§6.8.2).
      if (size !== 4 || (offset & 3) !== 0 || index >= table.length) return;
      const isControl = (index & 3) === 3;
      table[index] = isControl ? value & MASKED : (index & 3) === 0 ? value & ~3 : value;
      if (isControl) sendPending();
    },
    reset: clear,
    save: () => ({ control, table: [...table], pending: [...pending] }),
    load(state) {
      control = state.control & (ENABLE | FUNCTION_MASK);
      table.set(state.table.slice(0, table.length));
      pending.set(state.pending.slice(0, pending.length));
    },
  };
}
