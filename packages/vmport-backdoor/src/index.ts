/** VMware's backdoor from the host's side: commands, register contract, personalities, the ring-3 #GP check. */
export {
  type Backdoor,
  type BackdoorOptions,
  type BackdoorSave,
  createBackdoor,
  type HighBandwidthResult,
  type HypercallAccess,
} from "./backdoor.ts";
export { type BackdoorCommand, type CommandEnvironment, refuse } from "./command.ts";
export { defaultCommands } from "./commands/index.gen.ts";
export { describeEvent, type EventDescription } from "./describe-event.ts";
export type { BackdoorEvent, BackdoorObserver, BackdoorOutcome } from "./events.ts";
export { type BackdoorFrame, createFrame, type FrameRegister, type FrameSnapshot } from "./frame.ts";
export {
  type GpCheckCode,
  type GpCheckHandled,
  type GpCheckRefused,
  type GpCheckRequest,
  type GpCheckResult,
  gpCheck,
  gpCheckNumbers,
  MAX_INST_LEN,
} from "./gp-check.ts";
export { GUI_OPTION_MASK, GuiOption } from "./gui-options.ts";
export type { HighBandwidthRequest } from "./high-bandwidth.ts";
export { type BackdoorHost, createHost, type HostOptions, type RemovableDevice } from "./host.ts";
export type { ByteTransfer, MessageHandler } from "./message-handler.ts";
export { bareMetal } from "./personalities/bare-metal.ts";
export { findPersonality, personalities } from "./personalities/index.ts";
export { kvm } from "./personalities/kvm.ts";
export { qemu } from "./personalities/qemu.ts";
export { qemuOld } from "./personalities/qemu-old.ts";
export { virtualbox } from "./personalities/virtualbox.ts";
export { vmware } from "./personalities/vmware.ts";
export { xenV6 } from "./personalities/xen-v6.ts";
export { xenV14 } from "./personalities/xen-v14.ts";
export type { Personality } from "./personality.ts";
export {
  type AbsolutePointer,
  type AbsolutePointerState,
  createAbsolutePointer,
  POINTER_VERSION,
  PointerButton,
  PointerCommand,
  type PointerEvent,
} from "./pointer/absolute-pointer.ts";
export { BDOOR_CMD_MAX, type CommandRow, commandName, commandNote, commandTable } from "./protocol/commands.ts";
export {
  ALL_ONES,
  BALLOON_MAGIC,
  BALLOON_PORT,
  BDOOR_MAGIC,
  BDOOR_PMC_APPARENT_NS,
  BDOOR_PMC_HW_TSC,
  BDOOR_PMC_REAL_NS,
  BDOOR_PORT,
  BDOOR_VERSION,
  BDOORHB_CMD_MESSAGE,
  BDOORHB_MAX_BYTES,
  BDOORHB_PORT,
  VMCALL_FLAG_HIGH_BANDWIDTH,
  VMCALL_FLAG_OUT,
  VmxType,
} from "./protocol/constants.ts";
export { rdpmc } from "./rdpmc.ts";
export { type BackdoorContext, type BackdoorRegisters, Register } from "./registers.ts";
export type { BackdoorState } from "./state.ts";
