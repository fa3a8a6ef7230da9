/**
 * Port 0x5670 in its quiet form: the balloon driver may start, with the basic protocol, and is told a target of no pages, so that it
 * never inflates.
 *
 * Sources: Linux `drivers/misc/vmw_balloon.c`; open-vm-tools `modules/shared/vmmemctl/balloon_def.h`.
 */
import type { BackdoorFrame, FrameRegister } from "./frame.ts";
import { ALL_ONES } from "./protocol/constants.ts";

export const balloonCommandNames: readonly (string | undefined)[] = [
  "START",
  "GET_TARGET",
  "LOCK",
  "UNLOCK",
  "GUEST_ID",
  undefined,
  "BATCHED_LOCK",
  "BATCHED_UNLOCK",
  "BATCHED_2M_LOCK",
  "BATCHED_2M_UNLOCK",
  "VMCI_DOORBELL_SET",
];

const OKAY = 0;
const OKAY_WITH_CAPABILITIES = 0x0300_0000;
const ERROR_BAD_COMMAND = 1;
const ERROR_PPN_INVALID = 2;
const CAPABILITY_BASIC = 1 << 1;

export const balloonOutputs: readonly FrameRegister[] = ["eax", "ebx", "ecx"];

const commands: Readonly<Record<number, (frame: BackdoorFrame) => void>> = {
  0: (frame) => {
    if ((frame.ebx & CAPABILITY_BASIC) === 0) {
      frame.eax = ALL_ONES;
      return;
    }
    frame.eax = OKAY_WITH_CAPABILITIES;
    frame.ecx = CAPABILITY_BASIC;
  },
  1: (frame) => {
    frame.eax = OKAY;
    frame.ebx = 0;
  },
  // Nobody asked for a page, so none is taken; giving one back is always fine.
  2: (frame) => void (frame.eax = ERROR_PPN_INVALID),
  3: (frame) => void (frame.eax = OKAY),
  4: (frame) => void (frame.eax = OKAY),
};

/** One call; ECX is the command, EAX gets the status. */
export function runBalloon(frame: BackdoorFrame): void {
  const run = commands[frame.ecx];
  if (run === undefined) frame.eax = ERROR_BAD_COMMAND;
  else run(frame);
}
