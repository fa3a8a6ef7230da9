/**
 * Where hypervisors differ, as data. A command looks at the structural properties here and never at a name.
 *
 * Sources are named in each file of `personalities/`.
 */
export interface Personality {
  readonly name: string;
  readonly title: string;
  /** Ports to claim on the bus. Claims are four wide because an access must lie wholly inside; only exact ports answer. */
  readonly ports: readonly { readonly base: number; readonly size: number }[];
  /** `exact`: 0x5658 alone answers; `window`: each of the claimed ports does (Xen before v9). */
  readonly portMatch: "exact" | "window";
  /** Numbers of the commands it answers. */
  readonly answers: readonly number[];
  /** Bits of ECX that make the command number. */
  readonly commandMask: number;
  /** Commands refused at CPL 1–3. */
  readonly cpl0Only: readonly number[];
  /** `ones`: EAX all ones. `keep`: EAX stays, which is the magic. `not-ours`: as if the port were not there. */
  readonly unknownCommand: "ones" | "keep" | "not-ours";
  /** EAX is not the magic. `not-ours`: the access falls through to the next layer of the bus, which floats as a rule. */
  readonly wrongMagic: "ones" | "keep" | "not-ours";
  /** OUT stores the result in EAX; real VMware leaves EAX alone. */
  readonly outWritesEax: boolean;
  /** Registers are written whole, so that their upper halves become zero (QEMU, Xen before v7). VMware keeps bits 63:32. */
  readonly wideWrites: boolean;
  /**
   * What a 1- or 2-byte IN does to the rest of RAX. `merge`: nothing, as for every IN; `clear-high`: bits 63:32 become zero (Xen
   * v6); `whole`: the result replaces all of RAX (QEMU).
   */
  readonly narrowIn: "merge" | "clear-high" | "whole";
  /** Ring 3 may use the port whatever IOPL and TSS say: an intercepted #GP leads to the command. */
  readonly ring3: boolean;
  /**
   * `magic`: of those #GPs, only a well-formed backdoor call is taken. `any`: every IN, OUT, INS or OUTS on 0x5658 and 0x5659 is, as KVM
   * only lifts the permission check.
   */
  readonly ring3Accepts: "magic" | "any";
  /** Answers at CPL 3 alone; other rings find no port. */
  readonly ring3Only: boolean;
  /** RDPMC of the pseudo counters works at any privilege. */
  readonly pseudoPmc: boolean;
  /** `served`: command 30 goes to the message handler. `refused`: the success bit is cleared. `unknown`: no such command. */
  readonly message: "served" | "refused" | "unknown";
  /** The high-bandwidth port is served and offered. */
  readonly highBandwidth: boolean;
  /** Port 0x5670 answers the balloon driver. */
  readonly balloon: boolean;
  /** The backdoor answers VMCALL and VMMCALL, too. */
  readonly hypercall: boolean;
  /** Product in ECX of GETVERSION; `undefined` leaves ECX alone. */
  readonly vmxType: number | undefined;
  /** CPUID leaf 0x40000000 and above. */
  readonly cpuid: {
    /** 12 characters in EBX, ECX, EDX; `undefined`: no hypervisor leaves of its own. */
    readonly signature: string | undefined;
    /** Hardware version from which the leaves appear. */
    readonly fromHardwareVersion: number;
    /** Highest leaf, with 0x40000010 carrying TSC and bus kHz where it reaches that far. */
    readonly maxLeaf: number;
  };
  readonly quirks: {
    /** GETMHZ sets EBX to the magic. */
    readonly mhzEchoesMagic: boolean;
    /** GETHWVERSION sets EBX to the magic. */
    readonly hardwareVersionEchoesMagic: boolean;
    /** Time commands answer in UTC or in the domain's local time. */
    readonly time: "utc" | "local";
    /** ECX of the time commands, in µs. */
    readonly maxTimeLagUs: number;
    /** GETTIME puts the time zone in EDX, minutes east of UTC. */
    readonly timeZone: boolean;
    /** GETMEMSIZE in megabytes, or in bytes cut to 32 bits with EBX = 0x1177. */
    readonly memorySize: "megabytes" | "bytes";
    /** GUI options at start. */
    readonly guiOptions: number;
    /** SETGUIOPTIONS is remembered, or answered with 0 and forgotten. */
    readonly guiOptionsStored: boolean;
    /** GETSCREENSIZE always answers 0. */
    readonly noScreen: boolean;
    /** The absolute pointer drops its backlog when it is enabled or disabled. */
    readonly pointerClears: boolean;
    /** Its commands store all six registers, changed or not, which matters where whole registers are written. */
    readonly pointerStoresAll: boolean;
    /** Whose rules the message channel follows, for whoever serves it: `dialects` of package `vmport-guestrpc`. */
    readonly messageDialect: "vmware" | "xen-v6";
  };
}
