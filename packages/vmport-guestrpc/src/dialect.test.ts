import { describe, expect, it } from "vitest";
import { xenV6 } from "vmport-backdoor";
import { bytesOf, GuestPort, RPCI, textOf } from "../test/guest.ts";
import { createGuestinfoStore, createGuestrpc, xenV6Dialect } from "./index.ts";

const SUCCESS = 0x0001_001e;
const make = () => {
  const rpc = createGuestrpc({ dialect: xenV6Dialect, guestinfo: createGuestinfoStore({ initial: { a: "va" } }) });
  return { rpc, port: new GuestPort(rpc, xenV6) };
};

/** A guest of 2014: command in the low half of ECX, four bytes a call, cookie in the low halves of ESI and EDI. */
function call(port: GuestPort, request: string): Uint8Array {
  const open = port.low(0, { ebx: RPCI });
  const at = { edx: open.edx & 0xffff_0000, esi: open.esi, edi: open.edi };
  const bytes = bytesOf(request);
  port.low(1, { ...at, ebx: bytes.length });
  for (let i = 0; i < bytes.length; i += 4) {
    const word = [0, 1, 2, 3].reduce((sum, n) => sum + (bytes[i + n] ?? 0) * 256 ** n, 0);
    expect(port.low(2, { ...at, ebx: word }).ecx).toBe(SUCCESS);
  }
  const size = port.low(3, at);
  expect([size.ecx, size.edx >>> 16]).toEqual([0x0003_001e, 1]);
  const reply = new Uint8Array(size.ebx);
  for (let i = 0; i < reply.length; i += 4) {
    const piece = port.low(4, { ...at, ebx: 1 });
    expect([piece.ecx, piece.edx >>> 16]).toEqual([SUCCESS, 2]);
    for (let n = 0; n < 4 && i + n < reply.length; n++) reply[i + n] = (piece.ebx >>> (8 * n)) & 0xff;
  }
  expect(port.low(5, { ...at, ebx: 1 }).ecx).toBe(SUCCESS);
  expect(port.low(6, at).ecx).toBe(SUCCESS);
  return reply;
}

describe("[vmport-guestrpc] the dialect of the Xen series", () => {
  it("cookies count the opens, 16 bits a register, whether asked for or not; the low half of EDX stays", () => {
    const { port } = make();
    for (const count of [0, 1, 2]) {
      const { ecx, edx, esi, edi } = port.low(0, { ebx: RPCI });
      expect([ecx, edx, esi, edi]).toEqual([SUCCESS, count * 0x1_0000 + 0x5658, 0, count]);
    }
  });

  it("the cookie counter goes on after save and load", () => {
    const { port, rpc } = make();
    for (let i = 0; i < 3; i++) port.low(0, { ebx: RPCI });
    const other = make();
    other.rpc.load(rpc.save());
    expect(other.port.low(0, { ebx: RPCI }).edi).toBe(3);
  });

  it("there are 8 channels; the ninth open has status 0", () => {
    const { port } = make();
    for (let i = 0; i < 8; i++) expect(port.low(0, { ebx: RPCI }).ecx).toBe(SUCCESS);
    expect(port.low(0, { ebx: RPCI }).ecx).toBe(0x1e);
  });

  it.each([
    ["info-get guestinfo.a", "1 va"],
    ["info-get guestinfo.b", "0 No value found\0"],
    ["info-set guestinfo.b x", "1 \0"],
    ["info-set guestinfo.b", "0 Two and exactly two arguments expected\0"],
    ["log toolbox: Version: build-17", "1 \0"],
    ["tools.set.version 1", "1 \0"],
    ["whatever", "1 \0"],
  ])("%s answers %j: fixed replies count their NUL, unknown verbs succeed", (request, reply) => {
    expect(textOf(call(make().port, request))).toBe(reply);
  });

  it("a wrong cookie or a closed channel leaves ECX as it was: a request of an odd type looks like success", () => {
    const { port } = make();
    port.low(0, { ebx: RPCI });
    expect(port.low(1, { ebx: 4, edi: 99 }).ecx).toBe(0x0001_001e);
    expect(port.low(2, { ebx: 4, edx: 0x7_0000 }).ecx).toBe(0x0002_001e);
    expect(port.low(1, { ebx: 4, edx: 0x8_0000 }).ecx, "no such slot").toBe(0x1e);
  });

  it("another message type on an open channel clears ECX", () => {
    const { port } = make();
    const { edi } = port.low(0, { ebx: RPCI });
    expect(port.low(9, { edi }).ecx).toBe(0);
  });

  it("there is no high-bandwidth port, and none is offered", () => {
    const { port } = make();
    const { edi } = port.low(0, { ebx: RPCI });
    expect(port.low(1, { ebx: 4, edi }).ecx).toBe(SUCCESS);
  });
});
