import type { BackdoorFrame, FrameRegister } from "./frame.ts";
import type { BackdoorHost } from "./host.ts";
import type { MessageHandler } from "./message-handler.ts";
import type { Personality } from "./personality.ts";
import type { AbsolutePointer } from "./pointer/absolute-pointer.ts";
import { ALL_ONES } from "./protocol/constants.ts";
import type { BackdoorState } from "./state.ts";

/** What a command may use. */
export interface CommandEnvironment {
  readonly host: BackdoorHost;
  readonly personality: Personality;
  readonly pointer: AbsolutePointer;
  /** Undefined: nobody serves messages, command 30 fails. */
  readonly message: MessageHandler | undefined;
  readonly state: BackdoorState;
}

/** One backdoor command. Name, privilege and status are in the row of `protocol/commands.ts` with the same number. */
export interface BackdoorCommand {
  /** ECX bits 15:0. */
  readonly number: number;
  /** Registers `handle` may write; no others are stored. */
  readonly outputs: readonly FrameRegister[];
  /**
   * Runs with EAX = magic in the frame, and that is what the guest gets back unless EAX is written. Must not throw,
   * whatever the registers hold.
   */
  handle(frame: BackdoorFrame, environment: CommandEnvironment): void;
}

/** EAX all ones, everything else as it was: how a command refuses. */
export function refuse(frame: BackdoorFrame): void {
  frame.eax = ALL_ONES;
}
