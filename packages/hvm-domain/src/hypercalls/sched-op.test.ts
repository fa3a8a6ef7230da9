import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";

const SCHED_OP = 29;
const AT = 0x500;

// Expectations: xen/include/public/sched.h.
describe("[hypercalls] sched_op", () => {
  it.each([
    [0, "poweroff"],
    [1, "reboot"],
    [2, "suspend"],
    [3, "crash"],
    [4, "watchdog"],
  ])("shutdown with reason %d is %s", (reason, name) => {
    const { call, view, domain } = xenGuest();
    view.setUint32(AT, reason, true);
    call(SCHED_OP, 2, AT);
    expect(domain.shutdownInfo).toMatchObject({ reason: name, cause: "request" });
  });

  it("another reason is -EINVAL, and the domain runs on", () => {
    const { call, view, domain } = xenGuest();
    view.setUint32(AT, 6, true);
    expect(call(SCHED_OP, 2, AT)).toBe(-22);
    expect(domain.shutdownInfo).toBeUndefined();
  });

  it("block waits: nothing runs until an event", () => {
    const { call, domain, vcpu } = xenGuest();
    expect(call(SCHED_OP, 1)).toBe(0);
    const { retired } = vcpu;
    expect(domain.run({ maxInstructions: 10 }).kind).toBe("halted");
    expect(vcpu.retired).toBe(retired);
  });

  it("yield goes on", () => {
    const { call, domain } = xenGuest();
    expect(call(SCHED_OP, 0)).toBe(0);
    expect(domain.run({ maxInstructions: 10 }).kind).toBe("instructions");
  });

  it("poll: at most 128 ports, all of them possible", () => {
    const { call, view } = xenGuest();
    view.setBigUint64(AT, 0x600n, true);
    view.setUint32(AT + 8, 1, true);
    view.setUint32(0x600, 3, true);
    expect(call(SCHED_OP, 3, AT)).toBe(0);
    view.setUint32(0x600, 4096, true);
    expect(call(SCHED_OP, 3, AT)).toBe(-22);
    view.setUint32(AT + 8, 129, true);
    expect(call(SCHED_OP, 3, AT)).toBe(-22);
  });
});
