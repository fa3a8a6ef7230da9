/** MMX and the x87 registers it borrows. Source: Intel SDM vol. 1 §9.5, §9.6. */
import { type Helper, HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";
import { checkPending } from "../x87/pending.ts";

const TOP = 7 << 11;

const mmxEnter: Helper = (cpu) => {
  const status = checkPending(cpu);
  if (status !== HelperStatus.Continue) return status;
  cpu.set16(StateOffset.fsw, cpu.get16(StateOffset.fsw) & ~TOP);
  cpu.set16(StateOffset.ftw, 0);
  return status;
};

export const mmx = { mmxEnter } as const satisfies Record<string, Helper>;
