/** The assembly: a domain, its processors, devices and VMware's backdoor from one typed configuration. */
export type { DevicesState, MachineDevices, NetworkPort, OutputStream, SerialPort } from "./devices.ts";
export { type BootEnvironment, bootEnvironment } from "./firmware/firmware-tables.ts";
export {
  createMachine,
  type Machine,
  type MachineState,
  type MachineStop,
  type ProcessSetup,
  type Screen,
} from "./machine.ts";
export {
  BOOT_LETTERS,
  type CompleteConfig,
  type CompleteFirmware,
  ConfigError,
  completeConfig,
  type MachineConfig,
  type MachineDisk,
  type MachineFirmware,
  type MachineNetwork,
  personalityNames,
  type VmwareHypercall,
} from "./machine-config.ts";
export { type TriggerAction, type TriggerName, triggers } from "./triggers.ts";
