import { describe, expect, it } from "vitest";
import { type XenGuest, xenGuest } from "../../test/xen-guest.ts";

const [EVENT_OP, HVM_OP] = [32, 34];
const AT = 0x700;
const RING = 0x8000;
/** struct xencons_interface: in[1024], out[2048], in_cons, in_prod, out_cons, out_prod. */
const [OUT, IN_CONS, IN_PROD, OUT_CONS, OUT_PROD] = [1024, 3072, 3076, 3080, 3084].map((offset) => RING + offset) as [
  number,
  number,
  number,
  number,
  number,
];
const [CONSOLE_PFN, CONSOLE_EVTCHN] = [17, 18];

const withRing = (): XenGuest => xenGuest({ consolePage: RING });
function param({ call, view }: XenGuest, index: number): number {
  view.setUint16(AT, 0x7ff0, true);
  view.setUint32(AT + 4, index, true);
  call(HVM_OP, 1, AT);
  return Number(view.getBigUint64(AT + 8, true));
}
function send({ call, view }: XenGuest, port: number): number {
  view.setUint32(AT, port, true);
  return call(EVENT_OP, 4, AT);
}
const put = ({ view }: XenGuest, at: number, text: string): void =>
  [...text].forEach((char, index) => void view.setUint8(at + index, char.charCodeAt(0)));

// Expectations: xen/include/public/io/console.h, hvm/params.h, event_channel.h.
describe("[hypercalls] console ring", () => {
  it("the parameters say where it is; without one they are 0", () => {
    const guest = withRing();
    expect(param(guest, CONSOLE_PFN)).toBe(RING >> 12);
    const port = param(guest, CONSOLE_EVTCHN);
    expect(port).toBeGreaterThan(0);
    // EVTCHNSTAT_interdomain (2) with domain 0.
    guest.view.setUint16(AT, 0x7ff0, true);
    guest.view.setUint32(AT + 4, port, true);
    guest.call(EVENT_OP, 5, AT);
    expect([guest.view.getUint32(AT + 8, true), guest.view.getUint16(AT + 16, true)]).toEqual([2, 0]);
    const without = xenGuest();
    expect([param(without, CONSOLE_PFN), param(without, CONSOLE_EVTCHN)]).toEqual([0, 0]);
  });

  it("text in the ring comes out when the guest notifies, around its end; the guest is told", () => {
    const guest = withRing();
    const port = param(guest, CONSOLE_EVTCHN);
    guest.view.setUint32(OUT_CONS, 2045, true);
    guest.view.setUint32(OUT_PROD, 2051, true);
    put(guest, OUT + 2045, "abc");
    put(guest, OUT, "def");
    expect(guest.console).toEqual([]);
    expect(send(guest, port)).toBe(0);
    expect(String.fromCharCode(...guest.console)).toBe("abcdef");
    expect(guest.view.getUint32(OUT_CONS, true)).toBe(2051);
    // Nothing new: nothing comes.
    send(guest, port);
    expect(guest.console).toHaveLength(6);
  });

  it("input goes into the ring as far as there is room, and raises the port", () => {
    const guest = withRing();
    const port = param(guest, CONSOLE_EVTCHN);
    expect(guest.xen.consoleInput(new TextEncoder().encode("hi"))).toBe(2);
    expect([guest.view.getUint8(RING), guest.view.getUint8(RING + 1), guest.view.getUint32(IN_PROD, true)]).toEqual([
      0x68, 0x69, 2,
    ]);
    // Polling the port finds it pending.
    guest.view.setBigUint64(AT, 0x600n, true);
    guest.view.setUint32(AT + 8, 1, true);
    guest.view.setUint32(0x600, port, true);
    guest.call(29, 3, AT);
    expect(guest.domain.run({ maxInstructions: 5 }).kind).toBe("instructions");
    expect(guest.xen.consoleInput(new Uint8Array(2000))).toBe(1022);
    expect(guest.xen.consoleInput(Uint8Array.of(1))).toBe(0);
    guest.view.setUint32(IN_CONS, 4, true);
    expect(guest.xen.consoleInput(new Uint8Array(9))).toBe(4);
  });

  it.each([
    ["more than the ring holds", 0, 2049],
    ["a consumer ahead of its producer", 5, 4],
  ])("indices that cannot be (%s): nothing comes out", (_, consumer, producer) => {
    const guest = withRing();
    guest.view.setUint32(OUT_CONS, consumer, true);
    guest.view.setUint32(OUT_PROD, producer, true);
    expect(send(guest, param(guest, CONSOLE_EVTCHN))).toBe(0);
    expect(guest.console).toEqual([]);
  });

  it("a port that the guest has closed is not the console's any more", () => {
    const guest = withRing();
    const port = param(guest, CONSOLE_EVTCHN);
    guest.view.setUint32(AT, port, true);
    expect(guest.call(EVENT_OP, 3, AT)).toBe(0);
    guest.view.setUint32(OUT_PROD, 3, true);
    expect(send(guest, port)).toBe(-22);
    expect(guest.console).toEqual([]);
    // The same number, bound to an IPI: input does not raise it.
    guest.view.setUint32(AT, 0, true);
    guest.call(EVENT_OP, 7, AT);
    expect(guest.view.getUint32(AT + 4, true)).toBe(port);
    guest.xen.consoleInput(Uint8Array.of(1));
    guest.view.setBigUint64(AT, 0x600n, true);
    guest.view.setUint32(AT + 8, 1, true);
    guest.view.setUint32(0x600, port, true);
    guest.call(29, 3, AT);
    expect(guest.domain.run({ maxInstructions: 5 }).kind).toBe("halted");
  });

  it("without a ring there is no input, and nothing throws", () => {
    expect(xenGuest().xen.consoleInput(Uint8Array.of(1))).toBe(0);
  });
});
