/** Remarks from the review of the Xen series that need a whole machine, each as a test named after it. The whole list: `vmport-backdoor/REVIEW.md`. */
import { describe, expect, it } from "vitest";
import { runRing3 } from "../test/ring3.ts";
import { createMachine } from "./index.ts";

const MAGIC_TO_PORT = "b868584d56 b90a000000 ba58560000";
const base = { vmwareHw: 11, tier: 0 } as const;

describe("[hvm-machine] review remarks", () => {
  it("6 (Ian): the default of vmware_port follows vmware_hw", () => {
    const port = (config: object): boolean => createMachine({ memory: 1, tier: 0, ...config }).config.vmwarePort;
    expect([
      port({}),
      port({ vmwareHw: 7 }),
      port({ vmwareHw: 7, vmwarePort: false }),
      port({ vmwarePort: true }),
    ]).toEqual([false, true, false, true]);
  });

  it("13 (Boris): a fault that is none of ours reaches the guest with its own error code", () => {
    // mov ax, 0x2b; mov fs, ax is a selector beyond the table: #GP(0x28).
    for (const vmwarePort of [true, false]) {
      const { end } = runRing3("66b82b7f 8ee0", { ...base, vmwarePort });
      expect(end).toMatchObject({ kind: "killed", fault: { vector: 13, errorCode: 0x7f28n } });
    }
  });

  it("14 (Andrew): CPUID and GETHZ tell one bus frequency", () => {
    const machine = createMachine({ memory: 1, tier: 0, vmwareHw: 11 });
    const { ebx } = machine.domain.cpuid.lookup(0x4000_0010, 0, { apicId: 0, osxsave: false });
    expect(ebx * 1000).toBe(100_000_000);
  });

  it("20 (Jan): under v14 a program gets its #GP, under v6 its answer", () => {
    expect(runRing3(`${MAGIC_TO_PORT} ed`, { ...base, personality: "xen-v14" }).end).toMatchObject({ kind: "killed" });
    expect(runRing3(`${MAGIC_TO_PORT} ed`, { ...base, personality: "xen-v6" }).end).toEqual({
      kind: "exited",
      status: 6,
    });
  });

  it("24 (Jan 2020): the port's window meets no device of the board, and whoever overlaps is refused", () => {
    const machine = createMachine({ memory: 1, tier: 0, vmwareHw: 11 });
    const claims = machine.bus.list().filter(({ base: from, size }) => from < 0x565c && 0x5658 < from + size);
    expect(claims.map(({ name }) => name)).toEqual(["vmport"]);
    const handler = { name: "other", access: () => 0 as const };
    expect(() => machine.bus.register({ base: 0x565b, size: 1 }, handler)).toThrow();
  });
});
