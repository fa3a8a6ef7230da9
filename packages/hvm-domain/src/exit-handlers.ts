/**
 * What the hypervisor does for each exit reason: one small function a row. A handler either completes the instruction (RIP
 * has moved), injects an exception, or leaves the vCPU as it is to try again.
 *
 * Sources: Xen `xen/arch/x86/hvm/vmx/vmx.c` vmx_vmexit_handler (which reasons do what), `hvm.c` hvm_cpuid, hvm_hlt,
 * hvm_triple_fault; Intel SDM vol. 3 appendix C (reasons) and vol. 2 (exceptions of the instructions).
 */
import type { CpuidPolicy } from "./cpuid/cpuid-policy.ts";
import { Vector } from "./exception-bitmap.ts";
import type { MmioMap } from "./mmio.ts";
import type { MsrTable } from "./msr.ts";
import type { DomainIo, PortInstruction, PortResult } from "./port-io.ts";
import { executePortInstruction, executeSingle } from "./port-io.ts";
import { type ShutdownInfo, shutdownReasonOf } from "./shutdown.ts";
import type { HvmVcpu, VmExit, VmExitReason } from "./vcpu.ts";

/** `handled`: RIP and all else are as they shall be. `reinject`: ask the next one, in the end the guest gets its exception. */
export type ExceptionInterceptor = (vcpu: HvmVcpu, exit: VmExit) => "handled" | "reinject";
/**
 * `handled`, `yield`, `block`, `wait`: the domain moves RIP past the instruction, and then lets others run (`yield`), waits for an
 * interrupt (`block`), or for an interrupt or `Domain.wake` (`wait`). `jumped`: the hook has set RIP itself. `pass`: not mine.
 */
export type HypercallHook = (vcpu: HvmVcpu, exit: VmExit) => "handled" | "yield" | "block" | "wait" | "jumped" | "pass";
/** The counter's value, or undefined for one that does not exist. */
export type PerformanceCounter = (vcpu: HvmVcpu, index: number) => bigint | undefined;

/** What the scheduler does next with the vCPU: go on, let others run, wait for an interrupt or also for `wake`, or end the domain's run. */
export type NextStep = "run" | "yield" | "block" | "wait" | "stop";

export interface ExitEnvironment {
  readonly cpuid: CpuidPolicy;
  readonly io: DomainIo;
  readonly mmio: MmioMap;
  readonly msrs: MsrTable;
  /** By vector; no entry for one that nobody intercepts. */
  readonly interceptors: readonly (readonly ExceptionInterceptor[] | undefined)[];
  readonly hypercalls: readonly HypercallHook[];
  readonly counters: readonly PerformanceCounter[];
  /** In real mode exceptions leave only because the mode is emulated: nobody is asked. */
  readonly emulatesRealMode: boolean;
  /** The guest used its FPU: from now on #NM is its own. */
  fpuUsed(vcpu: HvmVcpu): void;
  /** Virtual time that an exit takes beside the instruction, in instructions. */
  charge(count: number): void;
  /** What a PAUSE of this vCPU takes now. */
  pauseTicks(vcpu: HvmVcpu): number;
  tripleFaultReason(): bigint;
  shutdown(info: ShutdownInfo): void;
}

export type ExitHandler = (vcpu: HvmVcpu, exit: VmExit, environment: ExitEnvironment) => NextStep;

const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const CR0_PE = 1n;
const CR4_OSXSAVE = 1n << 18n;
/** Time, in instructions, of an access to a device behind memory: about a microsecond. */
const MMIO_TICKS = 1000;
const LOW = 0xffff_ffffn;

const generalProtection = (vcpu: HvmVcpu): NextStep => {
  vcpu.injectException(Vector.GP, 0);
  return "run";
};
const undefinedOpcode = (vcpu: HvmVcpu): NextStep => {
  vcpu.injectException(Vector.UD);
  return "run";
};
const skip = (vcpu: HvmVcpu, exit: VmExit): NextStep => {
  vcpu.advanceRip(exit.instructionLength);
  return "run";
};
const writeEdxEax = (vcpu: HvmVcpu, value: bigint): void => {
  vcpu.writeRegister(RAX, value & LOW);
  vcpu.writeRegister(RDX, (value >> 32n) & LOW);
};

/** The exception is the guest's own. */
const giveBack = (vcpu: HvmVcpu, exit: VmExit): NextStep => {
  vcpu.injectException(exit.vector, exit.errorCode, exit.vector === Vector.PF ? exit.faultAddress : undefined);
  return "run";
};

const hypercall: ExitHandler = (vcpu, exit, { hypercalls }) => {
  for (const hook of hypercalls) {
    const answer = hook(vcpu, exit);
    if (answer === "handled") return skip(vcpu, exit);
    if (answer === "jumped") return "run";
    if (answer === "pass") continue;
    vcpu.advanceRip(exit.instructionLength);
    return answer;
  }
  return undefinedOpcode(vcpu);
};

export const exitHandlers: Readonly<Partial<Record<VmExitReason, ExitHandler>>> = {
  exception(vcpu, exit, environment) {
    if (exit.vector === Vector.NM) environment.fpuUsed(vcpu);
    const interceptors = environment.interceptors[exit.vector];
    if (interceptors === undefined || (environment.emulatesRealMode && (vcpu.cr0 & CR0_PE) === 0n)) {
      return giveBack(vcpu, exit);
    }
    // Not `for … of`, whose way out of the loop makes the function too large for V8 to take it into its caller.
    for (let n = 0; n < interceptors.length; n++) {
      if ((interceptors[n] as ExceptionInterceptor)(vcpu, exit) === "handled") return "run";
    }
    return giveBack(vcpu, exit);
  },

  "io-instruction": (vcpu, exit, environment) =>
    portStep(exit.string ? performPortInstruction(vcpu, exit, environment) : executeSingle(vcpu, exit, environment.io)),

  cpuid(vcpu, exit, { cpuid }) {
    const caller = { apicId: vcpu.id, osxsave: (vcpu.cr4 & CR4_OSXSAVE) !== 0n };
    const { eax, ebx, ecx, edx } = cpuid.lookup(vcpu.readRegister32(RAX), vcpu.readRegister32(RCX), caller);
    vcpu.writeRegister(RAX, BigInt(eax));
    vcpu.writeRegister(RBX, BigInt(ebx));
    vcpu.writeRegister(RCX, BigInt(ecx));
    vcpu.writeRegister(RDX, BigInt(edx));
    return skip(vcpu, exit);
  },

  hlt(vcpu, exit) {
    vcpu.advanceRip(exit.instructionLength);
    return "block";
  },

  rdmsr(vcpu, exit, { msrs }) {
    const value = msrs.read(vcpu, vcpu.readRegister32(RCX));
    if (value === undefined) return generalProtection(vcpu);
    writeEdxEax(vcpu, value);
    return skip(vcpu, exit);
  },

  wrmsr(vcpu, exit, { msrs }) {
    const value = (BigInt(vcpu.readRegister32(RDX)) << 32n) | BigInt(vcpu.readRegister32(RAX));
    return msrs.write(vcpu, vcpu.readRegister32(RCX), value) ? skip(vcpu, exit) : generalProtection(vcpu);
  },

  rdpmc(vcpu, exit, { counters }) {
    for (const counter of counters) {
      const value = counter(vcpu, vcpu.readRegister32(RCX));
      if (value === undefined) continue;
      writeEdxEax(vcpu, value);
      return skip(vcpu, exit);
    }
    return generalProtection(vcpu);
  },

  vmcall: hypercall,
  vmmcall: hypercall,
  // Caches that are always coherent, and hints.
  invd: skip,
  wbinvd: skip,
  monitor: skip,
  mwait: skip,
  pause(vcpu, exit, { charge, pauseTicks }) {
    charge(pauseTicks(vcpu));
    vcpu.advanceRip(exit.instructionLength);
    return "yield";
  },
  // There is no extended control register but 0 (SDM vol. 2, XSETBV).
  xsetbv(vcpu, exit) {
    const value = (BigInt(vcpu.readRegister32(RDX)) << 32n) | BigInt(vcpu.readRegister32(RAX));
    const isWritten = vcpu.readRegister32(RCX) === 0 && (vcpu.writeControl?.("xcr0", value) ?? false);
    return isWritten ? skip(vcpu, exit) : generalProtection(vcpu);
  },

  "ept-violation"(vcpu, exit, { mmio, charge, shutdown }) {
    if (exit.access === "fetch") {
      shutdown({
        reason: "crash",
        cause: "fetch-from-mmio",
        vcpuId: vcpu.id,
        rip: vcpu.rip,
        text: `instruction fetch from guest-physical 0x${exit.guestPhysical.toString(16)}, where neither RAM nor ROM is`,
      });
      return "stop";
    }
    charge(MMIO_TICKS);
    if (exit.access === "write") {
      mmio.write(exit.guestPhysical, exit.data.slice(0, exit.accessSize), vcpu);
      vcpu.completeMmio();
    } else vcpu.completeMmio(mmio.read(exit.guestPhysical, exit.accessSize, vcpu));
    return "run";
  },

  "triple-fault"(vcpu, _, environment) {
    environment.shutdown({
      reason: shutdownReasonOf(environment.tripleFaultReason()),
      cause: "triple-fault",
      vcpuId: vcpu.id,
      rip: vcpu.rip,
      text: `triple fault at RIP 0x${vcpu.rip.toString(16)}`,
    });
    return "stop";
  },

  "external-interrupt-window": () => "run",

  unimplemented(vcpu, exit, { shutdown }) {
    const bytes = [...(exit.bytes ?? [])].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    shutdown({
      reason: "crash",
      cause: "unimplemented-instruction",
      vcpuId: vcpu.id,
      rip: vcpu.rip,
      text: `instruction not implemented: ${exit.text} (${bytes}) at RIP 0x${vcpu.rip.toString(16)}`,
    });
    return "stop";
  },
};

/** A port instruction for an exit or an interceptor, its time accounted for. */
export function performPortInstruction(
  vcpu: HvmVcpu,
  instruction: PortInstruction,
  { io, charge }: Pick<ExitEnvironment, "io" | "charge">,
): PortResult {
  const result = executePortInstruction(vcpu, instruction, io);
  return instruction.string ? chargeElements(result, charge) : result;
}

function chargeElements(result: PortResult, charge: (count: number) => void): PortResult {
  // RIP's move counts the last element.
  const extra = result.outcome === "done" ? result.elements - 1 : result.elements;
  if (extra > 0) charge(extra);
  return result;
}

const portStep = ({ outcome }: PortResult): NextStep => (outcome === "wait" ? "yield" : "run");
