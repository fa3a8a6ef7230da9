import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";

const PHYSDEV_OP = 33;
const AT = 0x800;

// Expectations: xen/include/public/physdev.h; xen/arch/x86/physdev.c.
describe("[hypercalls] physdev_op", () => {
  it("irq_status_query: an emulated interrupt needs nothing; there are 24", () => {
    const { call, view } = xenGuest();
    view.setUint32(AT, 23, true);
    view.setUint32(AT + 4, 0xffff_ffff, true);
    expect(call(PHYSDEV_OP, 5, AT)).toBe(0);
    expect(view.getUint32(AT + 4, true)).toBe(0);
    view.setUint32(AT, 24, true);
    expect(call(PHYSDEV_OP, 5, AT)).toBe(-22);
  });

  it("eoi of an interrupt that is not bound is -EINVAL; what cannot be read -EFAULT", () => {
    const { call, vcpu } = xenGuest();
    expect(call(PHYSDEV_OP, 12, AT)).toBe(-22);
    vcpu.missing.add(0);
    expect([call(PHYSDEV_OP, 12, AT), call(PHYSDEV_OP, 5, AT)]).toEqual([-14, -14]);
  });

  it.each([0, 6, 13, 14, 15, 23, 25, 0xffff_ffff])("command %d: -ENOSYS", (command) => {
    expect(xenGuest().call(PHYSDEV_OP, command, AT)).toBe(-38);
  });
});

describe("[hypercalls] the toolstack's", () => {
  it.each([35, 36])("hypercall %d is -EPERM", (number) => {
    expect(xenGuest().call(number, AT)).toBe(-1);
  });
});
