/** PC devices as plain objects: interrupt controllers, timers, PCI, virtio, VGA and the old chips. No bus, no clock, no CPU. */
export {
  type AccessSize,
  type Device,
  type DeviceEnvironment,
  type DeviceModel,
  type DeviceRange,
  type DeviceTimer,
  type MachineRequest,
  readWide,
  writeWide,
} from "./device.ts";
export {
  ACPI_DISABLE,
  ACPI_ENABLE,
  type AcpiPm,
  type AcpiPmOptions,
  type AcpiPmState,
  acpiPm,
} from "./devices/acpi-pm.ts";
export { type DebugconOptions, debugcon } from "./devices/debugcon.ts";
export {
  FW_CFG_FILE_DIR,
  FW_CFG_FILE_FIRST,
  FW_CFG_ID,
  FW_CFG_SIGNATURE,
  type FwCfgOptions,
  type FwCfgState,
  fwCfg,
} from "./devices/fw-cfg.ts";
export { HPET_PERIOD_FS, HPET_TIMERS, type Hpet, type HpetState, hpet } from "./devices/hpet.ts";
export { type I8042, type I8042State, i8042 } from "./devices/i8042.ts";
export { IO_APIC_PINS, type IoApic, type IoApicOptions, type IoApicState, ioApic } from "./devices/io-apic.ts";
export { isaDebugExit } from "./devices/isa-debug-exit.ts";
export {
  type LocalApic,
  type LocalApicOptions,
  type LocalApicProcessor,
  type LocalApicState,
  localApic,
} from "./devices/local-apic.ts";
export {
  type BarMapping,
  type PciFunction,
  type PciHost,
  type PciHostOptions,
  type PciHostState,
  pciHost,
} from "./devices/pci-host.ts";
export { type Pic, type PicState, pic8259 } from "./devices/pic-8259.ts";
export { PIT_HZ, type PitState, pit8254 } from "./devices/pit-8254.ts";
export { PM_TIMER_HZ, type PmTimerOptions, pmTimer } from "./devices/pm-timer.ts";
export { port92 } from "./devices/port92.ts";
export { resetControl } from "./devices/reset-control.ts";
export { type RtcOptions, type RtcState, rtcCmos } from "./devices/rtc-cmos.ts";
export { type Uart, type UartOptions, type UartState, uart16550a } from "./devices/uart-16550a.ts";
export { type Vga, type VgaOptions, type VgaState, vga } from "./devices/vga.ts";
export { type BlockBackend, type VirtioBlk, type VirtioBlkOptions, virtioBlk } from "./devices/virtio-blk.ts";
export {
  type VirtioConsole,
  type VirtioConsoleOptions,
  type VirtioConsoleState,
  virtioConsole,
} from "./devices/virtio-console.ts";
export { type VirtioNet, type VirtioNetOptions, type VirtioNetState, virtioNet } from "./devices/virtio-net.ts";
export {
  type VirtioRng,
  type VirtioRngOptions,
  type VirtioRngSource,
  type VirtioRngState,
  virtioRng,
} from "./devices/virtio-rng.ts";
export type { DmaMemory } from "./dma.ts";
export { deviceModels } from "./index.gen.ts";
export {
  BROADCAST,
  BROADCAST_X2,
  createInterruptBus,
  DeliveryMode,
  type InterruptBus,
  type IoApicPort,
  type LocalApicPort,
} from "./interrupt-bus.ts";
export { createMsix, MSIX_RANGE, type Msix, type MsixState } from "./pci/msix.ts";
export {
  createPciConfig,
  type PciBar,
  type PciBarOptions,
  type PciCapability,
  type PciConfig,
  type PciConfigListener,
  type PciConfigOptions,
  type PciConfigState,
} from "./pci/pci-config.ts";
export { keyCodes } from "./ps2/scancodes.ts";
export type { Picture } from "./vga/render.ts";
export type { VirtioOptions, VirtioPciState } from "./virtio/virtio-pci.ts";
