import { describe, expect, it } from "vitest";
import { type XenGuest, xenGuest } from "../../test/xen-guest.ts";

const [SCHED_OP, EVENT_OP, MEMORY_OP] = [29, 32, 12];
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

  /** struct sched_poll: ports at 0, nr_ports at 8, timeout at 16. */
  function poll(guest: XenGuest, ports: readonly number[], timeoutNs = 0n, vcpuId = 0): number {
    const { view } = guest;
    view.setBigUint64(AT, 0x600n, true);
    view.setUint32(AT + 8, ports.length, true);
    view.setBigUint64(AT + 16, timeoutNs, true);
    ports.forEach((port, index) => void view.setUint32(0x600 + index * 4, port, true));
    return guest.callFrom(vcpuId, SCHED_OP, 3, AT);
  }
  /** An IPI port of vCPU 0. */
  function ipi(guest: XenGuest): number {
    guest.view.setUint32(AT, 0, true);
    guest.call(EVENT_OP, 7, AT);
    return guest.view.getUint32(AT + 4, true);
  }

  it("poll waits, with interrupts off, until its timeout", () => {
    const guest = xenGuest();
    expect(poll(guest, [ipi(guest)], 40_000n)).toBe(0);
    const { retired } = guest.vcpu;
    expect(guest.domain.run({ untilNs: 39_999n }).kind).toBe("time");
    expect(guest.vcpu.retired).toBe(retired);
    expect(guest.domain.run({ maxInstructions: 10 }).kind).toBe("instructions");
    expect([guest.vcpu.retired - retired, guest.clock.nowNs()]).toEqual([10, 40_010n]);
  });

  it("poll without a timeout and without an event waits for ever", () => {
    const guest = xenGuest();
    poll(guest, [ipi(guest)]);
    expect(guest.domain.run({ maxInstructions: 10 }).kind).toBe("halted");
  });

  it("poll ends when one of its ports becomes pending, masked or not; another port does not end it", () => {
    const guest = xenGuest({ vcpus: 2 });
    // The shared page at 0x3000, and everything masked: no upcall wakes the vCPU.
    guest.view.setUint16(AT, 0x7ff0, true);
    guest.view.setBigUint64(AT + 16, 3n, true);
    guest.call(MEMORY_OP, 7, AT);
    guest.view.setUint32(0x3000 + 2560, 0xffff_ffff, true);
    const [polled, other] = [ipi(guest), ipi(guest)];
    poll(guest, [polled]);
    const { retired } = guest.vcpus[0]!;
    const send = (port: number): void => {
      guest.view.setUint32(AT, port, true);
      guest.domain.setOnline(1, true);
      const [, second] = guest.vcpus;
      second!.rip = 0n;
      [EVENT_OP, 4, AT].forEach((value, index) => {
        second!.writeRegister([0, 7, 6][index]!, BigInt(value));
      });
      guest.domain.run({ maxSteps: 1 });
      guest.domain.setOnline(1, false);
    };
    send(other);
    expect(guest.domain.run({ maxInstructions: 10 }).kind).toBe("halted");
    send(polled);
    expect(guest.domain.run({ maxInstructions: 10 }).kind).toBe("instructions");
    expect(guest.vcpus[0]!.retired).toBe(retired + 10);
  });

  it("poll returns at once when a port is pending already", () => {
    const guest = xenGuest();
    const port = ipi(guest);
    guest.view.setUint32(AT, port, true);
    guest.call(EVENT_OP, 4, AT);
    expect(poll(guest, [port])).toBe(0);
    expect(guest.domain.run({ maxInstructions: 10 }).kind).toBe("instructions");
  });

  it("poll: at most 128 ports, all of them possible, all of them readable", () => {
    const guest = xenGuest();
    expect(poll(guest, [4096])).toBe(-22);
    expect(poll(guest, new Array(129).fill(1))).toBe(-22);
    guest.vcpu.missing.add(3);
    guest.view.setBigUint64(AT, 0x3000n, true);
    guest.view.setUint32(AT + 8, 1, true);
    expect(guest.call(SCHED_OP, 3, AT)).toBe(-14);
  });

  it("a poll saved goes on in the domain that it is loaded into", () => {
    const [from, to] = [xenGuest(), xenGuest()];
    poll(from, [ipi(from)], 40_000n);
    const [domain, xen, clock] = [from.domain.save(), from.xen.save(), from.clock.save()];
    to.domain.load(structuredClone(domain));
    to.xen.load(structuredClone(xen));
    to.clock.load(structuredClone(clock));
    expect(to.domain.run({ untilNs: 39_999n }).kind).toBe("time");
    expect(to.domain.run({ maxInstructions: 10 }).kind).toBe("instructions");
    expect(to.clock.nowNs()).toBe(40_010n);
  });

  it("remote_shutdown is the toolstack's; shutdown_code takes a reason", () => {
    const { call, view, domain } = xenGuest();
    view.setUint16(AT, 0x7ff0, true);
    expect(call(SCHED_OP, 4, AT)).toBe(-1);
    expect([call(SCHED_OP, 5, 3), call(SCHED_OP, 5, 9), call(SCHED_OP, 7)]).toEqual([0, -22, -38]);
    expect(domain.shutdownInfo).toBeUndefined();
  });

  describe("watchdog", () => {
    /** struct sched_watchdog: id, timeout in seconds. */
    const watchdog = ({ call, view }: XenGuest, id: number, seconds: number): number => {
      view.setUint32(AT, id, true);
      view.setUint32(AT + 4, seconds, true);
      return call(SCHED_OP, 6, AT);
    };
    const SECOND = 1_000_000_000n;

    it("there are two; one that expires ends the domain, one that is kicked does not", () => {
      const guest = xenGuest();
      expect([watchdog(guest, 0, 10), watchdog(guest, 0, 20), watchdog(guest, 0, 1)]).toEqual([1, 2, -28]);
      guest.clock.advanceTo(9n * SECOND);
      expect(watchdog(guest, 1, 10)).toBe(0);
      guest.clock.advanceTo(18n * SECOND);
      expect(guest.domain.shutdownInfo).toBeUndefined();
      guest.clock.advanceTo(20n * SECOND);
      expect(guest.domain.shutdownInfo).toMatchObject({ reason: "watchdog", cause: "request" });
    });

    it("0 seconds stops and frees it; numbers that are not there are -EINVAL", () => {
      const guest = xenGuest();
      expect([watchdog(guest, 1, 5), watchdog(guest, 3, 5), watchdog(guest, 0xffff_ffff, 5)]).toEqual([-22, -22, -22]);
      watchdog(guest, 0, 5);
      expect(watchdog(guest, 1, 0)).toBe(0);
      guest.clock.advanceTo(10n * SECOND);
      expect(guest.domain.shutdownInfo).toBeUndefined();
      expect(watchdog(guest, 1, 5)).toBe(-22);
    });
  });
});
