import { describe, expect, it } from "vitest";
import { type ExceptionBitmapInput, exceptionBitmap } from "./exception-bitmap.ts";

const created: ExceptionBitmapInput = {
  flavour: "vmx",
  vmwarePort: false,
  paging: "hap",
  emulatedRealMode: false,
  fpuLoaded: false,
  debugger: { attached: false, monitorTrapFlag: true },
};

describe("[hvm-domain] exception bitmap", () => {
  it.each<[string, number, Partial<ExceptionBitmapInput>]>([
    ["construct_vmcs, HAP: #MC #UD #NM", 0x0004_00c0, {}],
    ["construct_vmcs, shadow: and #PF", 0x0004_40c0, { paging: "shadow" }],
    ["vmware_port: and #GP", 0x0004_20c0, { vmwarePort: true }],
    ["shadow with vmware_port", 0x0004_60c0, { paging: "shadow", vmwarePort: true }],
    ["the FPU is loaded: no #NM", 0x0004_0040, { fpuLoaded: true }],
    ["real mode without unrestricted guest: everything", 0xffff_ffff, { emulatedRealMode: true }],
    ["the same on SVM, which runs real mode as it is", 0x0004_00c0, { emulatedRealMode: true, flavour: "svm" }],
    ["construct_vmcb with vmware_port", 0x0004_20c0, { vmwarePort: true, flavour: "svm" }],
    ["debugger: #BP", 0x0004_00c8, { debugger: { attached: true, monitorTrapFlag: true } }],
    [
      "debugger without monitor trap flag: #BP #DB",
      0x0004_00ca,
      { debugger: { attached: true, monitorTrapFlag: false } },
    ],
    ["debugger on SVM: #BP #DB", 0x0004_00ca, { flavour: "svm", debugger: { attached: true, monitorTrapFlag: true } }],
  ])("%s", (_, bitmap, input) => {
    expect(exceptionBitmap({ ...created, ...input })).toBe(bitmap);
  });

  it("bit 13 is there with vmware_port and never without", () => {
    for (const flavour of ["vmx", "svm"] as const)
      for (const paging of ["hap", "shadow"] as const)
        for (const fpuLoaded of [false, true])
          for (const vmwarePort of [false, true]) {
            const bitmap = exceptionBitmap({ ...created, flavour, paging, fpuLoaded, vmwarePort });
            expect((bitmap & 0x2000) !== 0).toBe(vmwarePort);
          }
  });

  it("leaving real mode gives the bitmap of creation again", () => {
    const input = { ...created, vmwarePort: true };
    const before = exceptionBitmap(input);
    expect(exceptionBitmap({ ...input, emulatedRealMode: true })).not.toBe(before);
    expect(exceptionBitmap({ ...input, emulatedRealMode: false })).toBe(before);
  });
});
