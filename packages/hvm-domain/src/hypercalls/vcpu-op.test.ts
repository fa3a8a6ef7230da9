import { describe, expect, it } from "vitest";
import { type XenGuest, xenGuest } from "../../test/xen-guest.ts";
import { tscScale } from "./shared-info.ts";

const [SET_TIMER_OP, VCPU_OP, EVENT_OP] = [15, 24, 32];
const AT = 0x900;

/** Binds VIRQ_TIMER of vCPU 0; returns whether its port is pending. */
function timerPort(guest: XenGuest): () => boolean {
  const { call, view } = guest;
  // vCPU information in a page of its own makes the upcall visible.
  view.setBigUint64(AT, 6n, true);
  view.setUint32(AT + 8, 0x40, true);
  call(VCPU_OP, 10, 0, AT);
  view.setBigUint64(AT, 0n, true);
  call(EVENT_OP, 1, AT);
  view.setUint8(0x6040, 0);
  view.setBigUint64(0x6048, 0n, true);
  return () => view.getUint8(0x6040) === 1;
}

// Expectations: xen/include/public/vcpu.h; struct vcpu_time_info of xen.h.
describe("[hypercalls] vcpu_op and set_timer_op", () => {
  it("is_up; a vCPU that is not there is -ENOENT; APIC's business is -ENOSYS", () => {
    const { call } = xenGuest({ vcpus: 2 });
    expect(call(VCPU_OP, 3, 0)).toBe(1);
    expect(call(VCPU_OP, 3, 1)).toBe(0);
    expect(call(VCPU_OP, 3, 2)).toBe(-2);
    expect(call(VCPU_OP, 3, 0xffff_ffff)).toBe(-2);
    expect(call(VCPU_OP, 1, 1)).toBe(-38);
  });

  it("register_vcpu_info: once, in RAM, within a page; everything is pending then", () => {
    const { call, view } = xenGuest();
    const register = (gfn: bigint, offset: number): number => {
      view.setBigUint64(AT, gfn, true);
      view.setUint32(AT + 8, offset, true);
      return call(VCPU_OP, 10, 0, AT);
    };
    expect(register(6n, 0xfc4)).toBe(-22);
    expect(register(6n, 2)).toBe(-22);
    expect(register(16n, 0)).toBe(-22);
    expect(register(6n, 0xfc0)).toBe(0);
    expect(view.getUint8(0x6fc0)).toBe(1);
    expect(view.getBigUint64(0x6fc8, true)).toBe(0xffff_ffff_ffff_ffffn);
    // vcpu_time_info: version even, scale at 24, shift at 28, PVCLOCK_TSC_STABLE at 29.
    expect(view.getUint32(0x6fe0, true) % 2).toBe(0);
    expect(view.getUint32(0x6fe0 + 24, true)).not.toBe(0);
    expect(view.getUint8(0x6fe0 + 29)).toBe(1);
    expect(register(7n, 0)).toBe(-22);
  });

  it.each([1_000_000, 2_600_000, 999, 0xffff_ffff])("a second of a %d kHz counter is a second", (khz) => {
    const { multiplier, shift } = tscScale(khz);
    const ticks = BigInt(khz) * 1000n;
    const ns = ((shift < 0 ? ticks >> BigInt(-shift) : ticks << BigInt(shift)) * BigInt(multiplier)) >> 32n;
    expect(Number(1_000_000_000n - ns)).toBeLessThan(3);
    expect(multiplier).toBeGreaterThanOrEqual(2 ** 31);
  });

  it("beside other vCPUs the counter is not called stable", () => {
    const { call, view } = xenGuest({ vcpus: 2 });
    view.setBigUint64(AT, 6n, true);
    expect(call(VCPU_OP, 10, 0, AT)).toBe(0);
    expect(view.getUint32(0x6020 + 24, true)).not.toBe(0);
    expect(view.getUint8(0x6020 + 29)).toBe(0);
  });

  it("register_vcpu_time_memory_area: struct vcpu_time_info where the guest wants it", () => {
    const { call, view, clock, vcpu } = xenGuest();
    clock.advanceTo(5_000n);
    view.setBigUint64(AT, 0x1008n, true);
    expect(call(VCPU_OP, 13, 0, AT)).toBe(0);
    expect(view.getUint32(0x1008, true)).toBe(2);
    expect(view.getBigUint64(0x1008 + 16, true)).toBeGreaterThanOrEqual(5_000n);
    expect(view.getUint32(0x1008 + 24, true)).not.toBe(0);
    vcpu.missing.add(0);
    expect(call(VCPU_OP, 13, 0, AT)).toBe(-14);
  });

  it("runstate: running, all the time so far", () => {
    const { call, view, clock } = xenGuest();
    clock.advanceTo(7_000n);
    expect(call(VCPU_OP, 4, 0, AT)).toBe(0);
    expect([view.getUint32(AT, true), view.getBigUint64(AT + 16, true)]).toEqual([0, 7_000n]);
    expect([24, 32, 40].map((offset) => view.getBigUint64(AT + offset, true))).toEqual([0n, 0n, 0n]);
    view.setBigUint64(AT, 0x1000n, true);
    expect(call(VCPU_OP, 5, 0, AT)).toBe(0);
    expect(view.getBigUint64(0x1010, true)).toBeGreaterThan(7_000n);
  });

  it("a one-shot timer raises VIRQ_TIMER once, at its time", () => {
    const guest = xenGuest();
    const isPending = timerPort(guest);
    const { call, view, clock } = guest;
    view.setBigUint64(AT, 50_000n, true);
    expect(call(VCPU_OP, 8, 0, AT)).toBe(0);
    clock.advanceTo(49_999n);
    expect(isPending()).toBe(false);
    clock.advanceTo(50_000n);
    expect(isPending()).toBe(true);
    expect(clock.nextAlarmNs).toBeUndefined();
  });

  it("VCPU_SSHOTTMR_future and a time that is past: -ETIME; without, it fires at once", () => {
    const guest = xenGuest();
    const isPending = timerPort(guest);
    const { call, view, clock } = guest;
    clock.advanceTo(1000n);
    view.setBigUint64(AT, 500n, true);
    view.setUint32(AT + 8, 1, true);
    expect(call(VCPU_OP, 8, 0, AT)).toBe(-62);
    expect(clock.nextAlarmNs).toBeUndefined();
    view.setUint32(AT + 8, 0, true);
    expect(call(VCPU_OP, 8, 0, AT)).toBe(0);
    clock.advanceTo(clock.nowNs() + 1n);
    expect(isPending()).toBe(true);
  });

  it("a periodic timer has a millisecond at least, and can be stopped", () => {
    const { call, view, clock } = xenGuest();
    view.setBigUint64(AT, 999_999n, true);
    expect(call(VCPU_OP, 6, 0, AT)).toBe(-22);
    view.setBigUint64(AT, 1_000_000n, true);
    expect(call(VCPU_OP, 6, 0, AT)).toBe(0);
    clock.advanceTo(5_000_000n);
    expect(clock.nextAlarmNs).toBeGreaterThan(5_000_000n);
    expect(call(VCPU_OP, 7, 0)).toBe(0);
    expect(clock.nextAlarmNs).toBeUndefined();
  });

  it("set_timer_op: 0 stops; 32-bit code passes two halves", () => {
    const wide = xenGuest();
    wide.call(SET_TIMER_OP, 0x1_0000_0000n);
    expect(wide.clock.nextAlarmNs).toBe(0x1_0000_0000n);
    wide.call(SET_TIMER_OP, 0);
    expect(wide.clock.nextAlarmNs).toBeUndefined();
    const narrow = xenGuest({ narrow: true });
    narrow.call(SET_TIMER_OP, 5, 1);
    expect(narrow.clock.nextAlarmNs).toBe(0x1_0000_0005n);
  });

  it("a time at the end of the world is bounded", () => {
    const { call, clock } = xenGuest();
    expect(call(SET_TIMER_OP, 0xffff_ffff_ffff_ffffn)).toBe(0);
    expect(clock.nextAlarmNs).toBeLessThan(2n ** 62n);
  });
});
