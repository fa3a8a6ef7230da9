/** A device the guest may see and disconnect (commands 11 and 12). */
export interface RemovableDevice {
  /** At most 31 bytes of ASCII. */
  readonly name: string;
  /** VMware's device identifier, unsigned 32 bits. */
  readonly uniqueId: number;
  connected: boolean;
}

/** Everything the commands ask of the machine around them. Values may change while it runs. */
export interface BackdoorHost {
  /** TSC frequency in kHz, 0 if unknown. May exceed 4,294,967: results are computed wide and cut at the end. */
  readonly tscKhz: number;
  /** APIC bus frequency in Hz, 0 if unknown. */
  readonly apicBusHz: number;
  /** Virtual hardware version (`virtualHW.version`, xl's `vmware_hw`), 0 if none was configured. */
  readonly hardwareVersion: number;
  readonly memoryMb: number;
  /** 16 bytes in the order SMBIOS stores them. */
  readonly uuid: Uint8Array;
  readonly buildNumber: number;
  /** Whether a guest may keep using x2APIC set up by the firmware without interrupt remapping. */
  readonly legacyX2apic: boolean;
  /** Size of the console in pixels; `undefined` without one. */
  readonly screen: { readonly width: number; readonly height: number } | undefined;
  /** Entries 0.. of the removable devices list. */
  readonly devices: readonly RemovableDevice[];
  /** Local time minus UTC, in seconds. */
  readonly timeOffsetSeconds: number;
  /** Virtual time: nanoseconds since 1970-01-01 UTC. */
  epochNs(): bigint;
  /** Virtual nanoseconds since the machine started. */
  uptimeNs(): bigint;
  /** The same as a number, NaN where that were not exact; for the log, which asks at every call. May be left out. */
  uptimeNumber?(): number;
  /** Time-stamp counter of the (simulated) host. */
  hostTsc(): bigint;
  /**
   * Starts publishing stolen time in the 64-byte area at the guest-physical address, or stops (`undefined`). False refuses
   * the address. Leave it out if the machine has no steal clock.
   */
  setStealClock?(gpa: bigint | undefined): boolean;
  /**
   * Whether the guest's tools should keep its clock in step. Shared with GuestRPC's `vmx.set_option synctime`, so that both ways to ask
   * and to set agree. Left out: a bit of the GUI options like any other.
   */
  readonly timeSync?: { enabled: boolean };
  /** Carries out an APM call of the firmware; false refuses. Left out: every one is refused. */
  power?(action: "suspend" | "power-off"): boolean;
  /** A line that VMware's firmware has for its host: no system to boot, an error of its own. */
  firmwareReport?(text: string): void;
  /** The firmware shall open its setup at the next start. Default false. */
  readonly forceFirmwareSetup?: boolean;
}

/** What {@link createHost} takes; each member defaults as noted. */
export interface HostOptions {
  /** Default 2,400,000. */
  readonly tscKhz?: number;
  /** Default 100,000,000, as Xen has it. */
  readonly apicBusHz?: number;
  /** Default 11. */
  readonly hardwareVersion?: number;
  /** Default 512. */
  readonly memoryMb?: number;
  /** Default 564d5868-… (sixteen bytes "VMXh" and zeros). */
  readonly uuid?: Uint8Array;
  readonly buildNumber?: number;
  readonly legacyX2apic?: boolean;
  readonly screen?: { readonly width: number; readonly height: number };
  readonly devices?: readonly RemovableDevice[];
  readonly timeOffsetSeconds?: number;
  /** Default: the epoch plus `uptimeNs`. */
  readonly epochNs?: () => bigint;
  /** Default: stands still at 0. */
  readonly uptimeNs?: () => bigint;
  readonly uptimeNumber?: () => number;
  /** Default: `uptimeNs` at the rate of `tscKhz`. */
  readonly hostTsc?: () => bigint;
  readonly setStealClock?: (gpa: bigint | undefined) => boolean;
  readonly timeSync?: { enabled: boolean };
  readonly power?: (action: "suspend" | "power-off") => boolean;
  readonly firmwareReport?: (text: string) => void;
  readonly forceFirmwareSetup?: boolean;
}

/** A host of plain values, for tests, small emulators and as a base to spread over. */
export function createHost(options: HostOptions = {}): BackdoorHost {
  const tscKhz = options.tscKhz ?? 2_400_000;
  const uptimeNs = options.uptimeNs ?? (() => 0n);
  const uuid = options.uuid ?? new Uint8Array([0x56, 0x4d, 0x58, 0x68, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (uuid.length !== 16) throw new RangeError(`uuid: 16 bytes expected, got ${uuid.length}`);
  return {
    tscKhz,
    apicBusHz: options.apicBusHz ?? 100_000_000,
    hardwareVersion: options.hardwareVersion ?? 11,
    memoryMb: options.memoryMb ?? 512,
    uuid,
    buildNumber: options.buildNumber ?? 0,
    legacyX2apic: options.legacyX2apic ?? false,
    screen: options.screen,
    devices: options.devices ?? [],
    timeOffsetSeconds: options.timeOffsetSeconds ?? 0,
    epochNs: options.epochNs ?? uptimeNs,
    uptimeNs,
    hostTsc: options.hostTsc ?? (() => (uptimeNs() * BigInt(tscKhz)) / 1_000_000n),
    ...(options.uptimeNumber === undefined ? {} : { uptimeNumber: options.uptimeNumber }),
    ...(options.timeSync === undefined ? {} : { timeSync: options.timeSync }),
    ...(options.power === undefined ? {} : { power: options.power }),
    ...(options.firmwareReport === undefined ? {} : { firmwareReport: options.firmwareReport }),
    ...(options.forceFirmwareSetup === undefined ? {} : { forceFirmwareSetup: options.forceFirmwareSetup }),
    ...(options.setStealClock === undefined ? {} : { setStealClock: options.setStealClock }),
  };
}
