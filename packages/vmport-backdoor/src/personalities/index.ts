import type { Personality } from "../personality.ts";
import { bareMetal } from "./bare-metal.ts";
import { kvm } from "./kvm.ts";
import { qemu } from "./qemu.ts";
import { qemuOld } from "./qemu-old.ts";
import { virtualbox } from "./virtualbox.ts";
import { vmware } from "./vmware.ts";
import { xenV6 } from "./xen-v6.ts";
import { xenV14 } from "./xen-v14.ts";

/** Every personality by name, the default first. */
export const personalities: readonly Personality[] = [vmware, xenV6, xenV14, qemu, qemuOld, kvm, virtualbox, bareMetal];

/** The personality of that name, or an error text that lists the names. */
export function findPersonality(
  name: string,
): { readonly ok: true; readonly personality: Personality } | { readonly ok: false; readonly message: string } {
  const personality = personalities.find((candidate) => candidate.name === name);
  if (personality !== undefined) return { ok: true, personality };
  const names = personalities.map((candidate) => candidate.name).join(", ");
  return { ok: false, message: `no personality "${name}"; there are ${names}` };
}
