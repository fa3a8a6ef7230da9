/**
 * VMware's backdoor behind the two instruction hooks of Unicorn: `uc_hook_add(…, UC_HOOK_INSN, …, UC_X86_INS_IN)` and `…_OUT`.
 *
 * Source: Unicorn `include/unicorn/unicorn.h` (uc_cb_insn_in_t: engine, port, size → value; uc_cb_insn_out_t: engine, port, size,
 * value). Unicorn calls the hooks of REP INSB and REP OUTSB once per byte.
 */
import { IoResult } from "portio-bus";
import { type Backdoor, BDOORHB_PORT } from "vmport-backdoor";
import { ByteTransfers } from "./byte-transfers.ts";
import { RegisterFile } from "./register-file.ts";

/** What is needed of the engine; bindings differ in how they spell it, so that two functions do. */
export interface UnicornRegisters {
  /** Low half of register 0 EAX, 1 ECX, 2 EDX, 3 EBX, 4 ESP, 5 EBP, 6 ESI, 7 EDI. */
  read(index: number): number;
  /** Replaces the low half. */
  write(index: number, value: number): void;
}

export interface UnicornHooks {
  /** The datum of the IN, cut to its width. Unclaimed ports read all ones. */
  readonly hookIn: (engine: unknown, port: number, size: number) => number;
  readonly hookOut: (engine: unknown, port: number, size: number, value: number) => void;
}

/**
 * Hooks of one engine. Its ports that are not the backdoor's are the caller's: ask `owns` first, or let them read all ones.
 * @param ring what the guest runs at; Unicorn itself checks no I/O permission. Default 0.
 */
export function createUnicornHooks(
  registers: UnicornRegisters,
  backdoor: Backdoor,
  ring: 0 | 1 | 2 | 3 = 0,
): UnicornHooks & { readonly owns: (port: number) => boolean } {
  const file = new RegisterFile(
    { get: (index) => registers.read(index), set: (index, value) => registers.write(index, value) },
    () => ring,
  );
  const transfers = new ByteTransfers(backdoor, file);
  const owns = (port: number): boolean => backdoor.ports.some(({ base, size }) => port >= base && port < base + size);
  const isHigh = (port: number, size: number): boolean =>
    port === BDOORHB_PORT && size === 1 && backdoor.personality.highBandwidth;
  const ones = (size: number): number => (size === 4 ? 0xffff_ffff : 2 ** (8 * size) - 1);
  return {
    owns,
    hookIn(_, port, size) {
      if (isHigh(port, size)) return transfers.read();
      if (owns(port)) {
        transfers.abandon();
        if (backdoor.access("in", port, size as 1 | 2 | 4, file) === IoResult.Okay)
          return (file.readRegister32(0) & ones(size)) >>> 0;
      }
      return ones(size);
    },
    hookOut(_, port, size, value) {
      if (isHigh(port, size)) transfers.write(value & 0xff);
      else if (owns(port)) {
        transfers.abandon();
        backdoor.access("out", port, size as 1 | 2 | 4, file);
      }
    },
  };
}
