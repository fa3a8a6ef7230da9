import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";

const HVM_OP = 34;
const [SET, GET] = [0, 1];
const AT = 0x400;

/** struct xen_hvm_param: domid u16, index u32 at 4, value u64 at 8. */
function param(view: DataView, index: number, value: bigint, domid = 0x7ff0): number {
  view.setUint16(AT, domid, true);
  view.setUint32(AT + 4, index, true);
  view.setBigUint64(AT + 8, value, true);
  return AT;
}

// Expectations: xen/include/public/hvm/hvm_op.h, hvm/params.h.
describe("[hypercalls] hvm_op", () => {
  it("set_param and get_param: CALLBACK_IRQ by DOMID_SELF and by the domain's own number", () => {
    const { call, view, domain } = xenGuest();
    expect(call(HVM_OP, SET, param(view, 0, 0x0200_0000_0000_00f3n))).toBe(0);
    expect(domain.params.get("CALLBACK_IRQ")).toBe(0x0200_0000_0000_00f3n);
    expect(call(HVM_OP, GET, param(view, 0, 0n, 1))).toBe(0);
    expect(view.getBigUint64(AT + 8, true)).toBe(0x0200_0000_0000_00f3n);
  });

  it.each([
    ["a number beyond the last", SET, 36, 0x7ff0, -22],
    ["a number far beyond", GET, 0xffff_ffff, 0x7ff0, -22],
    ["another domain", SET, 0, 7, -3],
    ["a parameter of the toolstack: IDENT_PT", SET, 12, 0x7ff0, -1],
    ["VMWARE_HW", SET, 35, 0x7ff0, -1],
  ])("%s is refused", (_, command, index, domid, error) => {
    const { call, view } = xenGuest();
    expect(call(HVM_OP, command, param(view, index, 11n, domid))).toBe(error);
  });

  it("get_time is virtual time; pagetable_dying, and what is the toolstack's, is -ENOSYS", () => {
    const { call, view, clock } = xenGuest();
    clock.advanceTo(5_000_000n);
    expect(call(HVM_OP, 10, AT)).toBe(0);
    expect(view.getBigUint64(AT, true)).toBe(5_000_000n);
    expect(call(HVM_OP, 9, AT)).toBe(-38);
    expect(call(HVM_OP, 17, AT)).toBe(-38);
  });

  it("a structure that is not all there is -EFAULT", () => {
    const { call, vcpu, view } = xenGuest();
    param(view, 0, 5n);
    vcpu.missing.add(1);
    expect(call(HVM_OP, SET, 0x0ff8)).toBe(-14);
  });

  it("flush_tlbs: of all vCPUs, with a null argument only", () => {
    const { call } = xenGuest();
    expect([call(HVM_OP, 5, 0), call(HVM_OP, 5, AT)]).toEqual([0, -38]);
  });
});
