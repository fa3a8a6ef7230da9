/**
 * Which exceptions of the guest leave to the hypervisor. One pure function, used when a domain is created and whenever
 * something it depends on changes, for VMX and SVM alike.
 *
 * Sources: Xen of September 2014: `asm-x86/hvm/hvm.h` (HVM_TRAP_MASK), `vmx/vmcs.c` construct_vmcs, `vmx/vmx.c`
 * vmx_update_guest_cr, vmx_fpu_enter/leave, vmx_update_debug_state, `svm/vmcb.c` construct_vmcb; D. Slutz, "Xen VMware tools
 * support" v6 patch 04 (bit 13 only with vmware_port) and its review (one function).
 */

export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
} as const;

export interface ExceptionBitmapInput {
  readonly flavour: "vmx" | "svm";
  readonly vmwarePort: boolean;
  /** `hap`: hardware-assisted paging. `shadow` needs every #PF. */
  readonly paging: "hap" | "shadow";
  /** VMX without unrestricted guest, CR0.PE clear: the guest runs in virtual-8086 mode and everything is intercepted. */
  readonly emulatedRealMode: boolean;
  /** The guest's FPU state is in the processor; otherwise the first #NM loads it. */
  readonly fpuLoaded: boolean;
  readonly debugger: {
    /** A debugger wants the guest's breakpoints. */
    readonly attached: boolean;
    /** VMX has the monitor trap flag and needs no #DB for stepping. */
    readonly monitorTrapFlag: boolean;
  };
}

/** #MC, and #UD for instructions that the hypervisor completes. */
export const HVM_TRAP_MASK = (1 << Vector.MC) | (1 << Vector.UD);

/** One bit a vector, as an unsigned 32-bit number. */
export function exceptionBitmap(input: ExceptionBitmapInput): number {
  if (input.flavour === "vmx" && input.emulatedRealMode) return 0xffff_ffff;
  let bitmap = HVM_TRAP_MASK;
  if (input.paging === "shadow") bitmap |= 1 << Vector.PF;
  if (!input.fpuLoaded) bitmap |= 1 << Vector.NM;
  if (input.vmwarePort) bitmap |= 1 << Vector.GP;
  if (input.debugger.attached) {
    bitmap |= 1 << Vector.BP;
    if (input.flavour === "svm" || !input.debugger.monitorTrapFlag) bitmap |= 1 << Vector.DB;
  }
  return bitmap >>> 0;
}
