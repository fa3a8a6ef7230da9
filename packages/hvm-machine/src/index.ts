/** The assembly: a domain, its processors, devices and VMware's backdoor from one typed configuration. */
export type { DevicesState, MachineDevices, OutputStream, SerialPort } from "./devices.ts";
export { type BootEnvironment, bootEnvironment } from "./firmware/firmware-tables.ts";
export { createMachine, type Machine, type MachineState, type MachineStop, type ProcessSetup } from "./machine.ts";
export {
  type CompleteConfig,
  ConfigError,
  completeConfig,
  type MachineConfig,
  type MachineDisk,
  personalityNames,
  type VmwareHypercall,
} from "./machine-config.ts";
