import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";

const XEN_VERSION = 17;
const text = (view: DataView, at: number): string => {
  let value = "";
  for (let i = at; view.getUint8(i) !== 0; i++) value += String.fromCharCode(view.getUint8(i));
  return value;
};

// Expectations: xen/include/public/version.h, features.h, errno.h.
describe("[hypercalls] xen_version", () => {
  it("XENVER_version is CPUID's", () => {
    const guest = xenGuest();
    expect(guest.call(XEN_VERSION, 0)).toBe(0x4_0005);
    expect(guest.domain.cpuid.lookup(0x4000_0001, 0, { apicId: 0, osxsave: false }).eax).toBe(0x4_0005);
  });

  it("XENVER_get_features: submap 0 has auto_translated_physmap (2), hvm_callback_vector (8), hvm_safe_pvclock (9)", () => {
    const { call, view } = xenGuest();
    expect(call(XEN_VERSION, 6, 0x100)).toBe(0);
    expect(view.getUint32(0x104, true) & 0x704).toBe(0x304);
    view.setUint32(0x100, 1, true);
    expect(call(XEN_VERSION, 6, 0x100)).toBe(-22);
  });

  it("XENVER_extraversion, capabilities and changeset are text, of 16, 1024 and 64 bytes", () => {
    const { call, view } = xenGuest();
    for (const [command, length] of [
      [1, 16],
      [3, 1024],
      [4, 64],
    ] as const) {
      for (let i = 0; i <= length; i++) view.setUint8(0x1000 + i, 0xaa);
      expect(call(XEN_VERSION, command, 0x1000)).toBe(0);
      expect(view.getUint8(0x1000 + length - 1)).toBe(0);
      expect(view.getUint8(0x1000 + length)).toBe(0xaa);
    }
    call(XEN_VERSION, 3, 0x1000);
    expect(text(view, 0x1000)).toContain("hvm-3.0-x86_64");
  });

  it("XENVER_pagesize is 4096, an unknown command -ENOSYS, a pointer to nowhere -EFAULT", () => {
    const { call, vcpu } = xenGuest();
    expect(call(XEN_VERSION, 7)).toBe(4096);
    expect(call(XEN_VERSION, 99)).toBe(-38);
    vcpu.missing.add(2);
    expect(call(XEN_VERSION, 6, 0x2000)).toBe(-14);
    expect(call(XEN_VERSION, 3, 0x1f00)).toBe(-14);
  });
});
