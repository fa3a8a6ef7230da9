/**
 * Xen's HVM save format: records of a type, an instance and a length, between a header and an end mark, all little-endian.
 *
 * Sources: Xen `xen/include/public/hvm/save.h` (descriptor), `public/arch-x86/hvm/save.h` (types, header), `xen/common/hvm/save.c` (order, what is
 * refused) of September 2014; D. Slutz, "Xen VMware tools support" v6 11/16 (type 21).
 */
import { DomainError } from "./errors.ts";

/** HVM_SAVE_CODE by name; the last is the series' own. */
export const hvmSaveTypes = {
  END: 0,
  HEADER: 1,
  CPU: 2,
  PIC: 3,
  IOAPIC: 4,
  LAPIC: 5,
  LAPIC_REGS: 6,
  PCI_IRQ: 7,
  ISA_IRQ: 8,
  PCI_LINK: 9,
  PIT: 10,
  RTC: 11,
  HPET: 12,
  PMTIMER: 13,
  MTRR: 14,
  VIRIDIAN_DOMAIN: 15,
  CPU_XSAVE: 16,
  VIRIDIAN_VCPU: 17,
  VMCE_VCPU: 18,
  TSC_ADJUST: 19,
  CPU_MSR: 20,
  VMPORT: 21,
} as const;

export const HVM_SAVE_CODE_MAX = 21;

export interface HvmSaveRecord {
  /** 2 to {@link HVM_SAVE_CODE_MAX}. */
  readonly type: number;
  /** A vCPU's number, or 0. */
  readonly instance: number;
  readonly payload: Uint8Array;
}

export interface HvmSaveHeader {
  /** Of the saving processor: CPUID leaf 1 EAX. */
  readonly cpuid: number;
  readonly guestTscKhz: number;
}

export type HvmSaveResult =
  | { readonly ok: true; readonly header: HvmSaveHeader; readonly records: readonly HvmSaveRecord[] }
  /** `offset`: where the stream stops making sense. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

const MAGIC = 0x5438_1286;
const VERSION = 1;
const DESCRIPTOR_BYTES = 8;
const HEADER_BYTES = 24;
/** No changeset is known. */
const NO_CHANGESET = 0xffff_ffff_ffff_ffffn;

/**
 * The stream: header, records by type and instance, end. Throws `EINVAL` for a type that is none, or a record given twice: mistakes of the host.
 */
export function encodeHvmSave(header: HvmSaveHeader, records: readonly HvmSaveRecord[]): Uint8Array {
  const sorted = [...records].sort((a, b) => a.type - b.type || a.instance - b.instance);
  const size = sorted.reduce((sum, { payload }) => sum + DESCRIPTOR_BYTES + payload.length, 0);
  const out = new Uint8Array(DESCRIPTOR_BYTES + HEADER_BYTES + size + DESCRIPTOR_BYTES);
  const view = new DataView(out.buffer);
  let at = 0;
  const descriptor = (type: number, instance: number, length: number): void => {
    view.setUint16(at, type, true);
    view.setUint16(at + 2, instance, true);
    view.setUint32(at + 4, length, true);
    at += DESCRIPTOR_BYTES;
  };
  descriptor(hvmSaveTypes.HEADER, 0, HEADER_BYTES);
  view.setUint32(at, MAGIC, true);
  view.setUint32(at + 4, VERSION, true);
  view.setBigUint64(at + 8, NO_CHANGESET, true);
  view.setUint32(at + 16, header.cpuid, true);
  view.setUint32(at + 20, header.guestTscKhz, true);
  at += HEADER_BYTES;
  for (const [index, { type, instance, payload }] of sorted.entries()) {
    if (type <= hvmSaveTypes.HEADER || type > HVM_SAVE_CODE_MAX)
      throw new DomainError("EINVAL", `save record type ${type}; expected 2 to ${HVM_SAVE_CODE_MAX}`);
    const before = sorted[index - 1];
    if (before?.type === type && before.instance === instance)
      throw new DomainError("EINVAL", `save record type ${type} instance ${instance} is given twice`);
    descriptor(type, instance, payload.length);
    out.set(payload, at);
    at += payload.length;
  }
  descriptor(hvmSaveTypes.END, 0, 0);
  return out;
}

/** Reads a stream back. As in Xen, unknown types and a missing end are refused; nothing throws. */
export function decodeHvmSave(bytes: Uint8Array): HvmSaveResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: HvmSaveRecord[] = [];
  let header: HvmSaveHeader | undefined;
  for (let at = 0; ; ) {
    const fail = (what: string): HvmSaveResult => ({
      ok: false,
      message: `HVM save: ${what} at byte ${at}`,
      offset: at,
    });
    if (at + DESCRIPTOR_BYTES > bytes.length) return fail("no end mark");
    const type = view.getUint16(at, true);
    const instance = view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    const start = at + DESCRIPTOR_BYTES;
    if (length > bytes.length - start) return fail(`a record of ${length} bytes in the last ${bytes.length - start}`);
    if (header === undefined) {
      if (type !== hvmSaveTypes.HEADER || length !== HEADER_BYTES) return fail("no header");
      if (view.getUint32(start, true) !== MAGIC) return fail("another magic number");
      if (view.getUint32(start + 4, true) !== VERSION) return fail(`version ${view.getUint32(start + 4, true)}`);
      header = { cpuid: view.getUint32(start + 16, true), guestTscKhz: view.getUint32(start + 20, true) };
    } else if (type === hvmSaveTypes.END) return { ok: true, header, records };
    else if (type === hvmSaveTypes.HEADER || type > HVM_SAVE_CODE_MAX) return fail(`record type ${type}`);
    else records.push({ type, instance, payload: bytes.slice(start, start + length) });
    at = start + length;
  }
}
