import { describe, expect, it } from "vitest";
import { runRing3 } from "../test/ring3.ts";

const VECTOR_GP = 13;
/** eax = magic, ecx = GETVERSION, edx = the port. */
const registers = (port: string, magic = "68584d56"): string => `b8${magic} b90a000000 ba${port}0000`;
const withPort = { vmwareHw: 11, tier: 0 } as const;

describe("[hvm-machine] the port from ring 3, IOPL 0, closed I/O bitmap", () => {
  it.each([
    ["in eax, dx", "ed", 6],
    ["in ax, dx: the low word of the version under the magic's high word", "66ed c1e810 2dfc550000", 0x51],
    ["in al, dx, and only AL changes", "ec 3c06 0f94c0 0fb6c0", 1],
    ["out dx, eax runs the command and leaves EAX: the product is in ECX", "ef 89c8", 2],
    ["two operand-size prefixes", "6666ed 0fb7c0", 6],
  ])("%s", (_, instruction, status) => {
    const { end, calls } = runRing3(`${registers("5856")} ${instruction}`, withPort);
    expect(calls).toEqual(["GETVERSION ring 3"]);
    expect(end).toEqual({ kind: "exited", status });
  });

  it.each([
    ["another port", `${registers("5c56")} ed`, withPort],
    ["a port of somebody else", `${registers("f803")} ec`, withPort],
    ["another magic", `${registers("5856", "6958504d")} ed`, withPort],
    ["the immediate form", `${registers("5856")} e558`, withPort],
    ["a domain without vmware_port", `${registers("5856")} ed`, { ...withPort, vmwarePort: false }],
    ["REX.W in eax, dx, a form that the check does not take", `${registers("5856")} 48ed`, withPort],
    ["HLT, which only looks like it to a bitmap", `${registers("5856")} f4`, withPort],
  ])("%s is the #GP it always was", (_, instructions, config) => {
    const { end, calls } = runRing3(instructions, config);
    expect(calls).toEqual([]);
    expect(end).toMatchObject({ kind: "killed", signal: 11, fault: { vector: VECTOR_GP, errorCode: 0n } });
  });

  it.each([
    ["RDPMC 0x10001, CR4.PCE being 0", "b901000100 0f33 89c8 0fb7c0", withPort, { kind: "exited", status: 1 }],
    ["on SVM too", "b902000100 0f33 89c8 0fb7c0", { ...withPort, flavour: "svm" }, { kind: "exited", status: 2 }],
    ["RDPMC 0xfff is the processor's", "b9ff0f0000 0f33", withPort, { kind: "killed", signal: 11 }],
    ["without vmware_port", "b901000100 0f33", { ...withPort, vmwarePort: false }, { kind: "killed", signal: 11 }],
    ["HLT with a counter's number in ECX", "b901000100 f4", withPort, { kind: "killed", signal: 11 }],
  ] as const)("pseudo counters: %s", (_, instructions, config, end) => {
    expect(runRing3(instructions, config).end).toMatchObject(end);
  });

  it("both flavours and both tiers agree", () => {
    const runs = [
      runRing3(`${registers("5856")} ed`, { ...withPort, flavour: "vmx" }),
      runRing3(`${registers("5856")} ed`, { ...withPort, flavour: "svm" }),
      runRing3(`${registers("5856")} ed`, { ...withPort, tier: 1 }),
    ];
    for (const run of runs) expect(run).toEqual(runs[0]);
  });

  it("an instruction across a page boundary is fetched once from each page", () => {
    // Fill up to the last byte of the page with NOPs, so that 66 and ED stand on two pages.
    const head = registers("5856");
    const bytes = 0x1000 - 1 - (64 + 56) - head.replaceAll(" ", "").length / 2;
    const { end, calls } = runRing3(`${head} ${"90".repeat(bytes)} 66ed 0fb7c0`, withPort);
    expect(calls).toEqual(["GETVERSION ring 3"]);
    expect(end).toEqual({ kind: "exited", status: 6 });
  });
});
