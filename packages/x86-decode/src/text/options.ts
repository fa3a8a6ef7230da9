import type { Instruction } from "../instruction.ts";

/** How text looks. Every field has a default, named with it; both formatters read the same options. */
export interface TextOptions {
  /** `MOV` instead of `mov`; default false. */
  readonly uppercaseMnemonics?: boolean;
  /** `RAX`; default false. */
  readonly uppercaseRegisters?: boolean;
  /** `DWORD PTR`; default false. */
  readonly uppercaseKeywords?: boolean;
  /** `0FFh` instead of `0ffh`; default true. */
  readonly uppercaseHex?: boolean;
  /** Before and after hexadecimal digits. Intel default `""` and `"h"`, GNU `"0x"` and `""`. */
  readonly hexPrefix?: string;
  readonly hexSuffix?: string;
  /** 0–9 without prefix and suffix; default true. */
  readonly smallNumbersInDecimal?: boolean;
  /** All digits in branch targets; default true. */
  readonly branchLeadingZeros?: boolean;
  /** `-1` instead of `0FFFFFFFFh` for immediates; default false. */
  readonly signedImmediates?: boolean;
  /** `[rip+10h]` instead of the absolute address; default false. */
  readonly ripRelative?: boolean;
  /** `, ` between operands instead of `,`; default false. */
  readonly spaceAfterSeparator?: boolean;
  /** Intel: `dword ptr` only where nothing else gives the size, always, or never; default `"needed"`. */
  readonly memorySize?: "needed" | "always" | "never";
  /** `cmpltps` instead of `cmpps …,1`; default true. */
  readonly pseudoOps?: boolean;
  /**
   * Name of an address (branch target, RIP-relative or absolute memory) or immediate, or undefined for a number.
   * `operand` is the operand's index.
   */
  readonly symbol?: (address: bigint, instruction: Instruction, operand: number) => string | undefined;
}

export interface Style {
  readonly upperMnemonic: boolean;
  readonly upperRegister: boolean;
  readonly upperKeyword: boolean;
  readonly upperHex: boolean;
  readonly prefix: string;
  readonly suffix: string;
  /** A digit comes first, as MASM wants it. */
  readonly leadingZero: boolean;
  readonly small: boolean;
  readonly branchZeros: boolean;
  readonly signed: boolean;
  readonly ripRelative: boolean;
  readonly separator: string;
  readonly memorySize: "needed" | "always" | "never";
  readonly pseudoOps: boolean;
  readonly symbol: TextOptions["symbol"];
}

export function styleOf(options: TextOptions, gnu: boolean): Style {
  const prefix = options.hexPrefix ?? (gnu ? "0x" : "");
  return {
    upperMnemonic: options.uppercaseMnemonics ?? false,
    upperRegister: options.uppercaseRegisters ?? false,
    upperKeyword: options.uppercaseKeywords ?? false,
    upperHex: options.uppercaseHex ?? true,
    prefix,
    suffix: options.hexSuffix ?? (gnu ? "" : "h"),
    leadingZero: prefix === "",
    small: options.smallNumbersInDecimal ?? true,
    branchZeros: options.branchLeadingZeros ?? true,
    signed: options.signedImmediates ?? false,
    ripRelative: options.ripRelative ?? false,
    separator: options.spaceAfterSeparator ? ", " : ",",
    memorySize: options.memorySize ?? "needed",
    pseudoOps: options.pseudoOps ?? true,
    symbol: options.symbol,
  };
}
