/**
 * VMware's guest interface in a domain: ports on the bus, the #GP interceptor, pseudo counters, guestinfo. The domain knows
 * none of them; here they meet.
 */
import type { Domain, DomainIo, HvmVcpu, PortInstruction } from "hvm-domain";
import type { IoDirection, IoSize, PortioBus, StringMemory } from "portio-bus";
import type { SimClock } from "sim-clock";
import {
  type Backdoor,
  type BackdoorContext,
  createBackdoor,
  createHost,
  findPersonality,
  type GpCheckHandled,
  type GpCheckRequest,
  type GpCheckResult,
  MAX_INST_LEN,
  type Personality,
  Register,
  vmware,
} from "vmport-backdoor";
import type { DebugLog } from "vmport-debug-log";
import { createGuestinfoStore, createGuestrpc, dialects, type Guestrpc, vmwareDialect } from "vmport-guestrpc";
import { APIC_BUS_HZ } from "./board-constants.ts";
import { type CompleteConfig, ConfigError, type VmwareHypercall } from "./machine-config.ts";

const VECTOR_GP = 13;
/** Access-rights bits of CS (SDM vol. 3, guest-state area): L and D/B. */
const ATTRIBUTE_L = 0x2000;
const ATTRIBUTE_DB = 0x4000;

export interface BackdoorParts {
  readonly backdoor: Backdoor;
  readonly guestrpc: Guestrpc;
}

export interface BackdoorSurroundings {
  readonly config: CompleteConfig;
  readonly domain: Domain;
  readonly bus: PortioBus<BackdoorContext>;
  readonly clock: SimClock;
  readonly log: DebugLog;
  readonly uptimeNs: () => bigint;
  readonly uptimeNumber: () => number;
  readonly unixTimeNs: () => bigint;
}

/** 64, 32 or 16: what the code segment makes of an instruction without prefixes. */
export function codeBits(vcpu: HvmVcpu): 16 | 32 | 64 {
  return vcpu.codeBits ?? codeBitsOfSegment(vcpu);
}

function codeBitsOfSegment(vcpu: HvmVcpu): 16 | 32 | 64 {
  const EFER_LMA = 0x400n;
  const { attributes } = vcpu.segment("cs");
  if (attributes & ATTRIBUTE_L && vcpu.efer & EFER_LMA) return 64;
  return attributes & ATTRIBUTE_DB ? 32 : 16;
}

/** The configuration has been checked: the name exists. */
export function personalityOf(name: string): Personality {
  const found = findPersonality(name);
  return found.ok ? found.personality : vmware;
}

export function connectBackdoor({
  config,
  domain,
  bus,
  clock,
  log,
  uptimeNs,
  uptimeNumber,
  unixTimeNs,
}: BackdoorSurroundings): BackdoorParts {
  const guestinfo = createGuestinfoStore();
  for (const [key, value] of Object.entries(config.guestinfo)) {
    const error = guestinfo.set(key, value);
    if (error) throw new ConfigError(`guestinfo.${key}`, error.message);
  }
  const personality = personalityOf(config.personality);
  const hypercall = config.vmwareHypercall !== "none";
  // One setting with two ways to it: command 14 and the RPCI verb.
  const timeSync = { enabled: false };
  const alarm = clock.createAlarm("vmport-guestrpc", () => guestrpc.tick());
  const dialect = dialects.find(({ name }) => name === personality.quirks.messageDialect) ?? vmwareDialect;
  const guestrpc: Guestrpc = createGuestrpc({
    dialect,
    onSchedule: (atNs) => (atNs === undefined ? alarm.disarm() : alarm.arm(atNs)),
    guestinfo,
    seed: config.seed,
    nowNs: uptimeNs,
    log,
    domainId: domain.domid,
    tclo: config.toolsPingNs === undefined ? {} : { pingIntervalNs: config.toolsPingNs },
    host: {
      timeSync,
      statistics: {
        sessionId: (BigInt(config.seed) << 32n) | 1n,
        hostMhz: Math.floor(config.tscKhz / 1000),
        memoryMb: config.memory,
        elapsedNs: uptimeNs,
      },
      ...(config.machineId === undefined ? {} : { machineId: config.machineId }),
      ...(config.guestLog === undefined ? {} : { log: config.guestLog }),
    },
  });
  const backdoor = createBackdoor({
    personality: hypercall ? { ...personality, hypercall } : personality,
    message: guestrpc,
    log,
    domainId: domain.domid,
    host: createHost({
      tscKhz: config.tscKhz,
      apicBusHz: APIC_BUS_HZ,
      hardwareVersion: config.vmwareHw,
      memoryMb: config.memory,
      uuid: config.uuid,
      buildNumber: config.buildNumber,
      timeOffsetSeconds: config.timeOffsetSeconds,
      epochNs: unixTimeNs,
      uptimeNs,
      uptimeNumber,
      timeSync,
      legacyX2apic: config.legacyX2apic,
      devices: config.removableDevices,
      ...(config.screen ? { screen: config.screen } : {}),
    }),
  });
  if (!config.vmwarePort) return { backdoor, guestrpc };

  for (const range of backdoor.ports) bus.register(range, backdoor.handler);
  const request = new GpRequest();
  // KVM lifts the permission alone: there an empty port reads as ones. Elsewhere the fault is still the guest's.
  const claimedOnly = personality.ring3Accepts === "magic";
  // SVM reports no length on #GP: the check decodes from the bytes alone.
  const reportsLength = config.flavour === "vmx";
  // The check has one answer for what nearly every caller does.
  let asked: GpCheckHandled | undefined;
  let instruction: PortInstruction | undefined;
  const take = (found: GpCheckResult): boolean => {
    if (found.code !== "handled") return false;
    asked = found;
    instruction = portInstruction(found, claimedOnly);
    return true;
  };
  domain.registerExceptionInterceptor(VECTOR_GP, (vcpu, exit) => {
    const instructionLength = reportsLength && exit.instructionLength > 0 ? exit.instructionLength : undefined;
    request.start(vcpu, exit.errorCode ?? 0, instructionLength);
    const mayBeRdpmc = request.firstByte === RDPMC_FIRST || request.firstByte < 0;
    if (mayBeRdpmc && readPseudoCounter(vcpu, backdoor, request)) return "handled";
    const found = backdoor.gpCheck(request);
    if (found !== asked && !take(found)) return "reinject";
    const { outcome } = domain.performPortInstruction(vcpu, instruction as PortInstruction);
    return outcome === "wait" || outcome === "unclaimed" ? "reinject" : "handled";
  });
  if (hypercall) registerHypercall(domain, backdoor, config.vmwareHypercall);
  domain.registerPerformanceCounter((_, index) => backdoor.rdpmc(index));
  return { backdoor, guestrpc };
}

const portInstruction = (
  { length, direction, port, size, string }: GpCheckHandled,
  claimedOnly: boolean,
): PortInstruction => ({
  instructionLength: length,
  port,
  size,
  direction,
  string: string !== undefined,
  rep: string?.rep ?? false,
  addressSize: string?.addressBits ?? 64,
  segment: string === undefined ? DS : SEGMENTS.indexOf(string.segment ?? "ds"),
  claimedOnly,
});

type Fetch = (linear: bigint, length: number) => Uint8Array | undefined;

/**
 * One #GP at a time, as the check wants to know it; what takes a bigint is made when it is asked for. Who asks again for an address gets the bytes
 * of the first time. An instruction lies in two pages at most, so there are two pieces.
 */
class GpRequest implements GpCheckRequest {
  readonly enabled = true;
  errorCode = 0;
  instructionLength: number | undefined = undefined;
  words: Uint32Array | undefined = undefined;
  /** −1: not at hand. */
  firstByte = -1;
  readonly code = new Uint8Array(MAX_INST_LEN);
  /** −1: nobody has asked yet. */
  #codeLength = -1;
  #vcpu: HvmVcpu | undefined;
  #count = 0;
  readonly #addresses = [0n, 0n];
  readonly #lengths = [0, 0];
  readonly #pieces = [new Uint8Array(MAX_INST_LEN), new Uint8Array(MAX_INST_LEN)] as const;

  /** Of the instruction at which `vcpu` is now. */
  start(vcpu: HvmVcpu, errorCode: number, instructionLength: number | undefined): void {
    if (this.#vcpu !== vcpu) {
      this.#vcpu = vcpu;
      this.words = vcpu.registerViews?.general;
    }
    this.#count = 0;
    this.errorCode = errorCode;
    this.instructionLength = instructionLength;
    this.firstByte = vcpu.fetchCodeByte === undefined ? -1 : vcpu.fetchCodeByte();
    this.#codeLength = -1;
  }

  get codeLength(): number {
    if (this.#codeLength < 0) {
      this.#codeLength = this.registers.fetchCode?.(this.code, this.instructionLength ?? MAX_INST_LEN) ?? 0;
    }
    return this.#codeLength;
  }

  get registers(): HvmVcpu {
    return this.#vcpu as HvmVcpu;
  }

  get rip(): bigint {
    return this.registers.rip;
  }

  get vcpuId(): number {
    return this.registers.id;
  }

  get csBase(): bigint {
    return this.registers.segment("cs").base;
  }

  get codeBits(): 16 | 32 | 64 {
    return codeBits(this.registers);
  }

  readonly fetch: Fetch = (linear, length) => {
    for (let n = 0; n < this.#count; n++) {
      if (this.#addresses[n] === linear) return this.#piece(n, length);
    }
    const n = this.#count === 0 ? 0 : 1;
    this.#count = n + 1;
    this.#addresses[n] = linear;
    this.#lengths[n] = this.#read(linear, length, this.#pieces[n] as Uint8Array);
    return this.#piece(n, length);
  };

  #piece(n: number, length: number): Uint8Array | undefined {
    return (this.#lengths[n] as number) < length ? undefined : this.#pieces[n];
  }

  #read(linear: bigint, length: number, into: Uint8Array): number {
    const vcpu = this.registers;
    if (vcpu.fetchLinear !== undefined) return vcpu.fetchLinear(linear, length, into);
    const { bytes } = vcpu.readLinear(linear, length, { fetch: true });
    into.set(bytes);
    return bytes.length;
  }
}

const RDPMC_FIRST = 0x0f;
const RDPMC_SECOND = 0x33;
const RDPMC_LENGTH = 2;
const PAGE_BYTES = 0x1000;

/**
 * RDPMC of a pseudo counter that ring 3 may not read while CR4.PCE is 0: done all the same, as VMware and KVM do. The processor's own #GP
 * comes before the exit for RDPMC. Source: kvm-unit-tests `x86/vmware_backdoors.c` (rdpmc_test, user).
 */
function readPseudoCounter(vcpu: HvmVcpu, backdoor: Backdoor, request: GpRequest): boolean {
  if (request.errorCode !== 0) return false;
  const { fetch, instructionLength: limit = MAX_INST_LEN } = request;
  const value = backdoor.rdpmc(vcpu.readRegister32(Register.Ecx));
  if (value === undefined || limit < RDPMC_LENGTH) return false;
  const bits = codeBits(vcpu);
  const start = bits === 64 ? vcpu.rip : BigInt.asUintN(32, vcpu.segment("cs").base + vcpu.rip);
  const toPageEnd = PAGE_BYTES - Number(start & 0xfffn);
  const first = fetch(start, Math.min(limit, toPageEnd));
  const second = toPageEnd > 1 ? first?.[1] : fetch(start + 1n, limit - 1)?.[0];
  if (first?.[0] !== RDPMC_FIRST || second !== RDPMC_SECOND) return false;
  vcpu.writeRegister(Register.Eax, BigInt.asUintN(32, value));
  vcpu.writeRegister(Register.Edx, value >> 32n);
  vcpu.advanceRip(RDPMC_LENGTH);
  return true;
}

const DS = 3;
const HYPERCALL_BYTES = 3;

/** VMCALL or VMMCALL as the port access it stands for; the instruction that was not announced stays what it is. */
function registerHypercall(domain: Domain, backdoor: Backdoor, which: VmwareHypercall): void {
  domain.registerHypercallHook((vcpu, exit) => {
    if (which !== "both" && exit.reason !== which) return "pass";
    const call = backdoor.decodeHypercall(vcpu);
    if (call === undefined) return "pass";
    const { outcome } = domain.performPortInstruction(vcpu, {
      instructionLength: HYPERCALL_BYTES,
      port: call.port,
      size: call.size,
      direction: call.direction,
      string: call.highBandwidth,
      rep: call.highBandwidth,
      addressSize: codeBits(vcpu),
      segment: DS,
      claimedOnly: true,
    });
    return outcome === "unclaimed" ? "pass" : "jumped";
  });
}

const SEGMENTS: readonly string[] = ["es", "cs", "ss", "ds", "fs", "gs"];

/** A vCPU's registers as the backdoor names them. */
class VcpuRegisters implements BackdoorContext {
  readonly words: Uint32Array | undefined;
  readonly ripWords: Uint32Array | undefined;
  readonly #vcpu: HvmVcpu;

  constructor(vcpu: HvmVcpu) {
    this.#vcpu = vcpu;
    this.words = vcpu.registerViews?.general;
    this.ripWords = vcpu.registerViews?.rip;
  }

  readRegister32(index: number): number {
    return this.#vcpu.readRegister32(index);
  }

  writeRegister32(index: number, value: number): void {
    this.#vcpu.writeRegister32(index, value);
  }

  readRegister64(index: number): bigint {
    return this.#vcpu.readRegister(index);
  }

  writeRegister64(index: number, value: bigint): void {
    this.#vcpu.writeRegister(index, value);
  }

  get cpl(): number {
    return this.#vcpu.cpl;
  }

  get rip(): bigint {
    return this.#vcpu.rip;
  }

  get vcpuId(): number {
    return this.#vcpu.id;
  }
}

/** The bus as the domain's I/O. */
export function busAsDomainIo(bus: PortioBus<BackdoorContext>): DomainIo {
  return new BusIo(bus);
}

/** A class, for an object literal with accessors is slow in V8. */
class BusIo implements DomainIo {
  readonly #bus: PortioBus<BackdoorContext>;
  readonly #contexts: (VcpuRegisters | undefined)[] = [];
  /** The latest, whose vCPU is as a rule the next one, too. */
  #vcpu: HvmVcpu | undefined;
  #context: VcpuRegisters | undefined;

  constructor(bus: PortioBus<BackdoorContext>) {
    this.#bus = bus;
  }

  access(direction: IoDirection, port: number, size: IoSize, value: number, vcpu: HvmVcpu): number {
    return this.#bus.access(direction, port, size, value, this.#contextOf(vcpu));
  }

  accessString(
    direction: IoDirection,
    port: number,
    size: IoSize,
    count: number,
    df: boolean,
    memory: StringMemory,
    vcpu: HvmVcpu,
  ): number {
    return this.#bus.accessString(direction, port, size, count, df, memory, this.#contextOf(vcpu));
  }

  get result(): number {
    return this.#bus.result;
  }

  get fault(): boolean {
    return this.#bus.fault;
  }

  #contextOf(vcpu: HvmVcpu): VcpuRegisters {
    return vcpu === this.#vcpu ? (this.#context as VcpuRegisters) : this.#turnTo(vcpu);
  }

  #turnTo(vcpu: HvmVcpu): VcpuRegisters {
    const context = this.#contexts[vcpu.id] ?? (this.#contexts[vcpu.id] = new VcpuRegisters(vcpu));
    this.#vcpu = vcpu;
    this.#context = context;
    return context;
  }
}
