import { describe, expect, it } from "vitest";
import { type XenGuest, xenGuest } from "../../test/xen-guest.ts";

const [MEMORY_OP, EVENT_OP, HVM_OP] = [12, 32, 34];
const AT = 0x700;
const SHARED = 0x3000;
const [PENDING, MASK] = [SHARED + 2048, SHARED + 2560];
const VECTOR = 0xf3;

/** A guest with its shared page at 0x3000 and its callback vector set. */
function ready(vcpus = 1): XenGuest {
  const guest = xenGuest({ vcpus });
  const { view, call } = guest;
  view.setUint16(AT, 0x7ff0, true);
  view.setBigUint64(AT + 16, BigInt(SHARED >> 12), true);
  call(MEMORY_OP, 7, AT);
  view.setUint32(AT + 4, 0, true);
  view.setBigUint64(AT + 8, (2n << 56n) | BigInt(VECTOR), true);
  call(HVM_OP, 0, AT);
  return guest;
}

function op(guest: XenGuest, command: number, ...words: readonly number[]): number {
  words.forEach((word, index) => void guest.view.setUint32(AT + index * 4, word, true));
  return guest.call(EVENT_OP, command, AT);
}
const portAt = ({ view }: XenGuest, offset: number): number => view.getUint32(AT + offset, true);
/** struct vcpu_info: upcall pending at 0, selector at 8. */
const upcall = ({ view }: XenGuest, vcpuId = 0): [number, bigint] => [
  view.getUint8(SHARED + vcpuId * 64),
  view.getBigUint64(SHARED + vcpuId * 64 + 8, true),
];

// Expectations: xen/include/public/event_channel.h, xen.h (struct shared_info, struct vcpu_info), errno.h.
describe("[hypercalls] event_channel_op", () => {
  it("bind_ipi and send: pending bit, selector, upcall; the callback vector is due until the guest clears the upcall", () => {
    const guest = ready(2);
    expect(op(guest, 7, 1)).toBe(0);
    const port = portAt(guest, 4);
    expect(port).toBeGreaterThan(0);
    expect(op(guest, 4, port)).toBe(0);
    expect(guest.view.getUint8(PENDING + (port >> 3)) & (1 << (port & 7))).not.toBe(0);
    expect(upcall(guest, 1)).toEqual([1, 1n]);
    expect(upcall(guest, 0)).toEqual([0, 0n]);
    expect([guest.xen.isPending(0), guest.xen.isPending(1), guest.xen.acknowledge(1)]).toEqual([false, true, VECTOR]);
    guest.view.setUint8(SHARED + 64, 0);
    expect(guest.xen.isPending(1)).toBe(false);
  });

  it("a masked port is pending and silent, until unmask", () => {
    const guest = ready();
    op(guest, 7, 0);
    const port = portAt(guest, 4);
    guest.view.setUint8(MASK + (port >> 3), 1 << (port & 7));
    op(guest, 4, port);
    expect(guest.xen.isPending(0)).toBe(false);
    expect(op(guest, 9, port)).toBe(0);
    expect(guest.xen.isPending(0)).toBe(true);
    expect(guest.view.getUint8(MASK + (port >> 3))).toBe(0);
  });

  it("bind_virq: once for each vCPU; global ones only at vCPU 0", () => {
    const guest = ready(2);
    expect(op(guest, 1, 0, 1)).toBe(0);
    expect(op(guest, 1, 0, 1)).toBe(-17);
    expect(op(guest, 1, 0, 0)).toBe(0);
    expect(op(guest, 1, 2, 1)).toBe(-22);
    expect(op(guest, 1, 24, 0)).toBe(-22);
    expect(op(guest, 1, 0, 2)).toBe(-2);
    expect(op(guest, 7, 2)).toBe(-2);
  });

  it("alloc_unbound, bind_interdomain to oneself, send both ways, close, status", () => {
    const guest = ready();
    guest.view.setUint16(AT + 2, 0x7ff0, true);
    expect(op(guest, 6, 0x7ff0_7ff0)).toBe(0);
    const server = portAt(guest, 4);
    expect(op(guest, 4, server)).toBe(0);
    expect(op(guest, 0, 0x7ff0, server)).toBe(0);
    const client = portAt(guest, 8);
    guest.view.setUint32(PENDING, 0, true);
    expect(op(guest, 4, client)).toBe(0);
    expect(guest.view.getUint32(PENDING, true)).toBe(1 << server);
    // struct evtchn_status: status at 8, peer's port at 20.
    expect(op(guest, 5, 0x7ff0, server)).toBe(0);
    expect([portAt(guest, 8), portAt(guest, 20)]).toEqual([2, client]);
    expect(op(guest, 3, client)).toBe(0);
    op(guest, 5, 0x7ff0, server);
    expect(portAt(guest, 8)).toBe(1);
    op(guest, 5, 0x7ff0, client);
    expect(portAt(guest, 8)).toBe(0);
    expect(op(guest, 3, client)).toBe(-22);
  });

  it("ports end at 4095, from 32-bit code at 1023: then -ENOSPC", () => {
    const wide = ready();
    let made = 0;
    while (made < 5000 && op(wide, 7, 0) === 0) made++;
    expect([made, op(wide, 7, 0)]).toEqual([4095, -28]);
    const narrow = xenGuest({ narrow: true });
    narrow.view.setUint16(AT, 0x7ff0, true);
    narrow.view.setUint32(AT + 12, 3, true);
    narrow.call(MEMORY_OP, 7, AT);
    made = 0;
    while (made < 5000 && op(narrow, 7, 0) === 0) made++;
    expect([made, op(narrow, 7, 0)]).toEqual([1023, -28]);
  });

  it.each([
    ["send to nothing", 4, [9], -22],
    ["send to a port that cannot be", 4, [0xffff_ffff], -22],
    ["close port 0", 3, [0], -22],
    ["unmask nothing", 9, [9], -22],
    ["bind to another domain", 0, [3, 1], -3],
    ["bind to a port that is not unbound", 0, [0x7ff0, 9], -22],
    ["physical interrupts", 2, [1, 0], -38],
    ["the FIFO ABI", 11, [0, 0], -38],
  ])("%s is refused", (_, command, words, error) => {
    expect(op(ready(), command, ...words)).toBe(error);
  });

  it("events by a GSI: the line follows vCPU 0's upcall", () => {
    const guest = ready();
    guest.domain.params.set("CALLBACK_IRQ", 9n);
    op(guest, 7, 0);
    op(guest, 4, portAt(guest, 4));
    expect(guest.xen.isPending(0)).toBe(false);
    guest.view.setUint8(SHARED, 0);
    guest.xen.isPending(0);
    expect(guest.gsis).toEqual([
      [9, true],
      [9, false],
    ]);
  });
});
