import type { Instruction } from "x86-decode";
import type { Builder } from "./builder.ts";
import type { IrFragment } from "./ir.ts";
import type { LiftMode } from "./mode.ts";

/** Writes one instruction's meaning into the builder; ends with exactly one terminator. */
export type Semantics = (b: Builder, insn: Instruction, mode: LiftMode) => void;
export type { IrFragment, LiftMode };
