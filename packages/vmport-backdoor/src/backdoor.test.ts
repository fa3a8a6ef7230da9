import { createPortioBus, IoResult } from "portio-bus";
import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../test/plain-registers.ts";
import { createBackdoor, createHost, vmware } from "./index.ts";

describe("[vmport-backdoor] access", () => {
  it("GETVERSION", () => {
    const backdoor = createBackdoor({ personality: vmware, host: createHost() });
    const registers = new PlainRegisters({ rax: 0x564d_5868, rcx: 10, rdx: 0x5658 });
    expect(backdoor.access("in", 0x5658, 4, registers)).toBe(IoResult.Okay);
    expect(registers.toString()).toBe("rax=6 rcx=2 rdx=5658 rbx=564d5868 rsp=0 rbp=0 rsi=0 rdi=0");
    const bus = createPortioBus<PlainRegisters>();
    for (const range of backdoor.ports) bus.register(range, backdoor.handler);
    const other = new PlainRegisters({ rax: 0x564d_5868, rcx: 10, rdx: 0x5658 });
    expect(bus.access("in", 0x5658, 4, 0, other)).toBe(6);
  });
});
