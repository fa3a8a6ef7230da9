import { describe, expect, it } from "vitest";
import { runRing3 } from "../test/ring3.ts";

const VECTOR_UD = 6;
/** eax = magic, ecx = GETVERSION, edx = flags of the call. */
const call = (flags = "00", magic = "68584d56"): string => `b8${magic} b90a000000 ba${flags}000000`;
const VMCALL = "0f01c1";
const VMMCALL = "0f01d9";
/** CPUID 0x40000010, ECX to EAX. */
const ANNOUNCED = "b810000040 0fa2 89c8";
const base = { vmwareHw: 11, tier: 0 } as const;

describe("[hvm-machine] the backdoor by hypercall", () => {
  it.each([
    [undefined, 0],
    ["vmmcall", 1],
    ["vmcall", 2],
    ["both", 3],
  ] as const)("vmwareHypercall %s: CPUID 0x40000010 ECX is %d", (vmwareHypercall, status) => {
    const config = vmwareHypercall === undefined ? base : { ...base, vmwareHypercall };
    expect(runRing3(ANNOUNCED, config).end).toEqual({ kind: "exited", status });
  });

  it.each([
    ["vmcall", VMCALL],
    ["vmmcall", VMMCALL],
    ["both", VMCALL],
    ["both", VMMCALL],
  ] as const)("%s: %s answers, RIP moves on", (vmwareHypercall, instruction) => {
    const { end, calls } = runRing3(`${call()} ${instruction}`, { ...base, vmwareHypercall });
    expect(end).toEqual({ kind: "exited", status: 6 });
    expect(calls).toEqual(["GETVERSION ring 3"]);
  });

  it("flag 1 is OUT: EAX stays, ECX is the product", () => {
    const { end } = runRing3(`${call("02")} ${VMCALL} 89c8`, { ...base, vmwareHypercall: "vmcall" });
    expect(end).toEqual({ kind: "exited", status: 2 });
  });

  it("flag 0 is the high-bandwidth port: RCX bytes at RSI, and EBX says that no channel is open", () => {
    const regs = `${call("03")} bb00000100 b901000000 be00004000`;
    const { end, calls } = runRing3(`${regs} ${VMCALL} 89d8`, { ...base, vmwareHypercall: "vmcall" });
    expect(end).toEqual({ kind: "exited", status: 0 });
    expect(calls).toEqual(["MESSAGE ring 3"]);
  });

  it.each([
    ["not announced", `${call()} ${VMCALL}`, {}],
    ["the other instruction", `${call()} ${VMMCALL}`, { vmwareHypercall: "vmcall" }],
    ["wrong magic", `${call("00", "6958504d")} ${VMCALL}`, { vmwareHypercall: "vmcall" }],
    ["unknown flags", `${call("04")} ${VMCALL}`, { vmwareHypercall: "vmcall" }],
    ["no vmware_port", `${call()} ${VMCALL}`, { vmwareHypercall: "vmcall", vmwarePort: false }],
  ] as const)("%s: #UD", (_, code, extra) => {
    const { end, calls } = runRing3(code, { ...base, ...extra });
    expect(end).toMatchObject({ kind: "killed", signal: 4, fault: { vector: VECTOR_UD } });
    expect(calls).toEqual([]);
  });
});
