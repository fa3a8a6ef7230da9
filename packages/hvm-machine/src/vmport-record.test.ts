import { decodeHvmSave, encodeHvmSave, hvmSaveTypes } from "hvm-domain";
import { describe, expect, it } from "vitest";
import { decodeVmportRecord, encodeVmportRecord, VMPORT_SAVE_CODE } from "vmport-guestrpc";
import { createMachine } from "./index.ts";

describe("[hvm-machine] the VMPORT record in Xen's HVM save format", () => {
  it("carries the message channels of one machine to another, in the middle of a message", () => {
    const [from, to] = [
      createMachine({ memory: 1, tier: 0, vmwareHw: 11 }),
      createMachine({ memory: 1, tier: 0, vmwareHw: 11 }),
    ];
    const frame = { eax: 0, ebx: 0x4943_5052, ecx: 0x1e, edx: 0x5658, esi: 0, edi: 0, ebp: 0, cpl: 3 };
    from.guestrpc.message(frame);
    from.guestrpc.message(Object.assign(frame, { ebx: 8, ecx: 0x1_001e, edx: 0x5658 }));
    from.guestrpc.message(Object.assign(frame, { ebx: 0x2067_6f6c, ecx: 0x2_001e, edx: 0x5658 }));
    from.guestrpc.guestinfo.set("name", "value");

    const payload = encodeVmportRecord(from.guestrpc.save());
    expect(VMPORT_SAVE_CODE).toBe(hvmSaveTypes.VMPORT);
    const stream = encodeHvmSave({ cpuid: 0x106a3, guestTscKhz: 2_600_000 }, [
      { type: VMPORT_SAVE_CODE, instance: 0, payload },
    ]);
    const decoded = decodeHvmSave(stream);
    if (!decoded.ok) throw new Error(decoded.message);
    const record = decodeVmportRecord(decoded.records[0]?.payload ?? new Uint8Array(0));
    if (!record.ok) throw new Error(record.message);
    to.guestrpc.load(record.state);
    expect(to.guestrpc.save()).toEqual(from.guestrpc.save());
    expect(to.guestrpc.save().channels).toMatchObject([{ state: "sending", receivedHex: "6c6f6720", expected: 8 }]);
    expect(to.guestrpc.guestinfo.get("name")).toBe("value");
  });
});
