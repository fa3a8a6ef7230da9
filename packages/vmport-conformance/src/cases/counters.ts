/** The pseudo performance counters. */
import { define, GP, guest, step } from "../author.ts";
import type { ConformanceCase } from "../case.ts";

const KUT = "kvm-unit-tests x86/vmware_backdoors.c";
const rdpmc = (index: number, fault?: number) =>
  step("in", {
    kind: "rdpmc",
    set: { ecx: index },
    ...(fault === undefined ? { expect: { eax: "any", edx: "any" } } : { fault }),
  });

export const counterCases: readonly ConformanceCase[] = [
  ...(
    [
      [0x1_0000, "the host's TSC"],
      [0x1_0001, "real time in nanoseconds"],
      [0x1_0002, "apparent time in nanoseconds"],
    ] as const
  ).flatMap(([index, what]) =>
    define({
      id: `rdpmc.${index.toString(16)}`,
      title: `RDPMC 0x${index.toString(16)}, ${what}: no fault, CR4.PCE being 0`,
      steps: [rdpmc(index)],
      passes: ["vmware", "kvm"],
      source: guest(KUT),
    }),
  ),
  ...define({
    id: "rdpmc.fff",
    title: "RDPMC 0xfff in ring 3, CR4.PCE being 0: #GP(0)",
    steps: [rdpmc(0xfff, GP)],
    // v86 does not know the instruction (#UD).
    passesRing3: ["vmware", "xen-v6", "xen-v14", "qemu", "qemu-old", "kvm", "virtualbox", "bare-metal"],
    rings: [3],
    source: guest(KUT),
  }),
];
