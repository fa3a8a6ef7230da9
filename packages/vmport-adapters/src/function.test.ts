import { describe, expect, it } from "vitest";
import { createBackdoor, createHost, kvm, qemu, xenV14 } from "vmport-backdoor";
import { createGuestrpc } from "vmport-guestrpc";
import { createAccessFunction, type FunctionAccess } from "./function.ts";

const MAGIC = 0x564d_5868;
const registers = { eax: MAGIC, ecx: 10, edx: 0x5658, ebx: 0, ebp: 1, esi: 2, edi: 3 };
const access = (changes: Partial<FunctionAccess> = {}): FunctionAccess => ({
  kind: "port",
  direction: "in",
  size: 4,
  port: 0x5658,
  ring: 0,
  registers,
  ...changes,
});
const host = createHost({ uptimeNs: () => 0x2_0000_0005n });
const vmware = () => createAccessFunction(createBackdoor({ host, message: createGuestrpc({}) }));

describe("[vmport-adapters] the backdoor as a function", () => {
  it.each([
    ["in eax, dx", {}, { eax: 6, ebx: MAGIC, ecx: 2 }],
    ["in al, dx changes AL", { size: 1 }, { eax: 0x564d_5806, ebx: MAGIC, ecx: 2 }],
    ["out dx, ax leaves EAX", { direction: "out", size: 2 }, { ebx: MAGIC, ecx: 2 }],
    ["in eax, dx in ring 3", { ring: 3 }, { eax: 6, ebx: MAGIC, ecx: 2 }],
    ["another port reads all ones", { port: 0x565a, size: 2 }, { eax: 0x564d_ffff }],
    ["out to another port is lost", { port: 0x565a, direction: "out" }, {}],
    ["another magic", { registers: { ...registers, eax: 1 } }, { eax: 0xffff_ffff }],
  ] as const)("%s", (_, changes, after) => {
    const asked = access(changes);
    expect(vmware()(asked)).toEqual({ registers: { ...asked.registers, ...after } });
  });

  it.each([
    ["another port", access({ ring: 3, port: 0x1234, registers: { ...registers, edx: 0x1234 } })],
    ["another magic", access({ ring: 3, registers: { ...registers, eax: 1 } })],
    ["a counter that is none", access({ kind: "rdpmc", ring: 3, registers: { ...registers, ecx: 0xfff } })],
  ])("ring 3, %s: #GP, and the registers as they were", (_, asked) => {
    expect(vmware()(asked)).toEqual({ registers: asked.registers, fault: 13 });
  });

  it("who lets ring 3 in is the personality's word", () => {
    const ring3 = (personality: typeof kvm) =>
      createAccessFunction(createBackdoor({ personality, host }))(access({ ring: 3 }));
    expect(ring3(kvm).registers.eax).toBe(6);
    expect(ring3(qemu).fault).toBe(13);
    expect(ring3(xenV14).fault).toBe(13);
  });

  it("RDPMC of a pseudo counter: EDX:EAX", () => {
    const counter = access({ kind: "rdpmc", ring: 3, registers: { ...registers, ecx: 0x1_0001 } });
    expect(vmware()(counter)).toEqual({ registers: { ...counter.registers, eax: 5, edx: 2 } });
  });

  it("a message out and a reply in over high bandwidth", () => {
    const call = vmware();
    const message = (type: number, changes: object) =>
      call(access({ registers: { ...registers, ecx: (type << 16) | 30, ...changes } })).registers;
    const edx = message(0, { ebx: 0x4943_5052 }).edx;
    const text = new TextEncoder().encode("info-get guestinfo.none");
    expect(message(1, { ebx: text.length, edx: edx | 0x5658 }).ecx).toBe(0x0081_0000);
    const string = (direction: "in" | "out", memory: Uint8Array) =>
      call(
        access({
          kind: "string",
          direction,
          size: 1,
          port: 0x5659,
          ring: 3,
          memory,
          registers: { ...registers, ebx: 0x1_0000, ecx: memory.length, edx: edx | 0x5659, esi: 0x100, edi: 0x200 },
        }),
      ).registers;
    expect(string("out", text)).toMatchObject({ ebx: 0x1_0000, ecx: 0, esi: 0x100 + text.length });
    const reply = new Uint8Array(message(3, { edx: edx | 0x5658 }).ebx);
    expect(string("in", reply)).toMatchObject({ ebx: 0x1_0000, ecx: 0, edi: 0x200 + reply.length });
    expect(new TextDecoder().decode(reply)).toBe("0 No value found");
  });

  it("a string instruction that is no transfer is plain port I/O in ring 0, #GP in ring 3", () => {
    const memory = Uint8Array.of(1, 2);
    const asked = access({
      kind: "string",
      size: 1,
      port: 0x5659,
      memory,
      registers: { ...registers, eax: 0, ecx: 2 },
    });
    expect(vmware()(asked).registers).toMatchObject({ ecx: 0, edi: 5, ebx: 0 });
    expect([...memory]).toEqual([0xff, 0xff]);
    expect(vmware()({ ...asked, ring: 3 }).fault).toBe(13);
  });
});
