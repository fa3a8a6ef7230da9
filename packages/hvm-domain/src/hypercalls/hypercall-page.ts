/**
 * The page of stubs through which guests call: 32 bytes for each number.
 *
 * Sources: Xen `xen/arch/x86/hvm/vmx/vmx.c` vmx_init_hypercall_page and `svm/svm.c` svm_init_hypercall_page (the stubs; IRET is not for HVM guests),
 * `xen/arch/x86/traps.c` wrmsr_hypervisor_regs (bits 11:0 choose the page, there is one; it must be RAM).
 */
import { PAGE_SIZE, ramPage, type XenMemory } from "./hypercall.ts";

const STUB_BYTES = 32;
const IRET = 23;
const MOV_EAX = 0xb8;
const RET = 0xc3;
const UD2 = [0x0f, 0x0b];
const instructions = { vmx: [0x0f, 0x01, 0xc1], svm: [0x0f, 0x01, 0xd9] } as const;

export function hypercallPage(flavour: "vmx" | "svm"): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE);
  for (let number = 0; number < PAGE_SIZE / STUB_BYTES; number++) {
    const stub = number === IRET ? UD2 : [MOV_EAX, number, 0, 0, 0, ...instructions[flavour], RET];
    page.set(stub, number * STUB_BYTES);
  }
  return page;
}

/** A write to the MSR. False raises #GP(0). */
export function placeHypercallPage(memory: XenMemory, value: bigint, flavour: "vmx" | "svm"): boolean {
  if ((value & 0xfffn) !== 0n) return false;
  const address = ramPage(memory, value >> 12n);
  return address !== undefined && memory.write(address, hypercallPage(flavour));
}
