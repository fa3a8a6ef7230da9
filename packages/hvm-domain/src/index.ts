/** An HVM domain: creation flags, HVM parameters, CPUID policy, exception bitmap, VM-exit dispatch, scheduling, records. */
export { type CpuidCaller, defaultIdentity, type ProcessorIdentity } from "./cpuid/base-leaves.ts";
export { type CpuidOptions, type CpuidPolicy, type CpuidPolicyInput, createCpuidPolicy } from "./cpuid/cpuid-policy.ts";
export { featureRows, impliedFeatures, x86_64V2Features } from "./cpuid/features.ts";
export type { CpuidLeaf } from "./cpuid/leaf.ts";
export { type HypervisorLeaves, VmwareHypercallFlag, vmwareLeaves } from "./cpuid/vmware-leaves.ts";
export {
  type CreateFlag,
  type CreateFlags,
  createFlagRows,
  decodeCreateFlags,
  defaultCreateFlags,
  encodeCreateFlags,
} from "./create-flags.ts";
export {
  createDomain,
  type Domain,
  type DomainClock,
  type DomainInterrupts,
  type DomainOptions,
  type DomainState,
  type ExitObserver,
  type RunLimits,
  type RunStop,
} from "./domain.ts";
export { DomainError, XenErrno, type XenErrnoName } from "./errors.ts";
export { type ExceptionBitmapInput, exceptionBitmap, HVM_TRAP_MASK, Vector } from "./exception-bitmap.ts";
export type { ExceptionInterceptor, HypercallHook, PerformanceCounter } from "./exit-handlers.ts";
export { forcedEmulation } from "./forced-emulation.ts";
export {
  createHvmParams,
  HVM_NR_PARAMS,
  type HvmParamName,
  type HvmParams,
  hvmParams,
  type ParamCaller,
} from "./hvm-params.ts";
export type { XenMemory, XenMemoryRange } from "./hypercalls/hypercall.ts";
export type { XenTimer } from "./hypercalls/vcpu-timers.ts";
export {
  connectXenInterface,
  hypercalls,
  type XenInterface,
  type XenInterfaceOptions,
  type XenInterfaceState,
} from "./hypercalls/xen-interface.ts";
export type { MmioHandler } from "./mmio.ts";
export { type MsrHandler, type MsrState, msrRows } from "./msr.ts";
export type {
  DomainIo,
  IoDirection,
  IoSize,
  PortInstruction,
  PortOutcome,
  PortResult,
  StringMemory,
} from "./port-io.ts";
export {
  decodeHvmSave,
  encodeHvmSave,
  HVM_SAVE_CODE_MAX,
  type HvmSaveHeader,
  type HvmSaveRecord,
  type HvmSaveResult,
  hvmSaveTypes,
} from "./save-stream.ts";
export { type ShutdownCause, ShutdownCode, type ShutdownInfo, type ShutdownReason } from "./shutdown.ts";
export { digestOf } from "./trace-hash.ts";
export type {
  HvmVcpu,
  LinearOptions,
  LinearRead,
  LinearWrite,
  SegmentName,
  SegmentRegister,
  VmExit,
  VmExitReason,
} from "./vcpu.ts";
