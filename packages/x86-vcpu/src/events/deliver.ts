/** Delivery of one event in whatever mode the processor is in. */
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import type { Event } from "./event.ts";
import { deliverLong } from "./long.ts";
import { deliverProtected } from "./protected.ts";
import { deliverReal } from "./real.ts";

/** Continue: the handler's first instruction is at RIP, the mode key is up to date. Fault: raised, nothing has changed. */
export function deliverEvent(cpu: Cpu, event: Event): HelperStatus {
  const deliver = cpu.longMode ? deliverLong : cpu.protectedMode ? deliverProtected : deliverReal;
  const status = deliver(cpu, event);
  if (status === HelperStatus.Continue) cpu.updateModeKey();
  return status;
}
