/** The assembly: a domain, its processors, devices and VMware's backdoor from one typed configuration. */
export type { MachineDevices, MachinePort } from "./devices.ts";
export { createMachine, type Machine, type MachineStop, type ProcessSetup } from "./machine.ts";
export {
  type CompleteConfig,
  ConfigError,
  completeConfig,
  type MachineConfig,
  personalityNames,
} from "./machine-config.ts";
