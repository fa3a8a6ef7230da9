import type { VmExit } from "./vm-exit.ts";

const accessTypes = { "mov-to": 0, "mov-from": 1, clts: 2, lmsw: 3 } as const;
const bit = (set: boolean, at: number): number => (set ? 1 << at : 0);

const qualifications: { readonly [reason in VmExit["reason"]]?: (exit: VmExit) => bigint } = {
  // #PF: the address; #DB: what DR6 is to show. Others have none.
  exception: (exit) => exit.faultAddress,
  "io-instruction": (exit) =>
    BigInt(
      (exit.size - 1) |
        bit(exit.direction === "in", 3) |
        bit(exit.string, 4) |
        bit(exit.rep, 5) |
        bit(exit.immediate, 6),
    ) |
    (BigInt(exit.port) << 16n),
  "cr-access": (exit) =>
    BigInt(
      exit.register |
        (accessTypes[exit.registerAccess] << 4) |
        bit(exit.memoryOperand, 6) |
        (exit.generalRegister << 8),
    ) |
    (BigInt(exit.sourceData) << 16n),
  "mov-dr": (exit) => BigInt(exit.register | bit(exit.registerAccess === "mov-from", 4) | (exit.generalRegister << 8)),
  // Linear address valid; the access itself, not a page walk.
  "ept-violation": (exit) => BigInt({ read: 1, write: 2, fetch: 4 }[exit.access] | (1 << 7) | (1 << 8)),
};

/**
 * The exit qualification that VMX reports for an exit; 0n for reasons without one (SDM vol. 3, VM Exits, "Basic VM-Exit
 * Information": the tables for debug exceptions, control-register accesses, MOV DR, I/O and EPT violations).
 */
export const exitQualification = (exit: VmExit): bigint => qualifications[exit.reason]?.(exit) ?? 0n;
