import type { BackdoorHost } from "./host.ts";
import type { Personality } from "./personality.ts";
import { BDOOR_PMC_APPARENT_NS, BDOOR_PMC_HW_TSC, BDOOR_PMC_REAL_NS } from "./protocol/constants.ts";

const counters: ReadonlyMap<number, (host: BackdoorHost) => bigint> = new Map([
  [BDOOR_PMC_HW_TSC, (host) => host.hostTsc()],
  [BDOOR_PMC_REAL_NS, (host) => host.uptimeNs()],
  [BDOOR_PMC_APPARENT_NS, (host) => host.uptimeNs()],
]);

/**
 * RDPMC with ECX = `index`: the pseudo performance counters 0x10000 host TSC, 0x10001 real and 0x10002 apparent time in ns, at any
 * privilege and whatever CR4.PCE says. The value belongs in EDX:EAX. `undefined`: not one of these, do what RDPMC does.
 *
 * Sources: open-vm-tools `lib/include/backdoor_def.h`; Linux `arch/x86/kvm/pmu.c`; kvm-unit-tests `x86/vmware_backdoors.c`.
 */
export function rdpmc(
  index: number,
  host: BackdoorHost,
  personality: Pick<Personality, "pseudoPmc"> = { pseudoPmc: true },
): bigint | undefined {
  if (!personality.pseudoPmc) return undefined;
  const read = counters.get(index >>> 0);
  return read === undefined ? undefined : BigInt.asUintN(64, read(host));
}
