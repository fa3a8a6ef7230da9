/**
 * Xen as its guest sees it: the MSR of the hypercall page, the hypercalls, and how events reach a vCPU.
 *
 * Sources: Xen `xen/arch/x86/hvm/hvm.c` hvm_do_hypercall (who may call, -ENOSYS), `irq.c` hvm_set_callback_via and hvm_vcpu_has_pending_irq
 * (bits 63:56 of HVM_PARAM_CALLBACK_IRQ: 0 a GSI, 2 a vector); `xen/include/public/hvm/params.h`.
 */
import type { Domain } from "../domain.ts";
import type { HvmVcpu } from "../vcpu.ts";
import { BYTES_PER_TICK, callNumber, createCaller, isWide, mayCall, setResult } from "./caller.ts";
import { consoleIo } from "./console-io.ts";
import { eventChannelOp } from "./event-channel-op.ts";
import { EventChannels, type EventChannelsState, VIRQ_TIMER } from "./event-channels.ts";
import { grantTableOp } from "./grant-table-op.ts";
import { hvmOp } from "./hvm-op.ts";
import {
  failure,
  type Hypercall,
  PAGE_SIZE,
  type XenMemory,
  type XenMemoryRange,
  type XenServices,
} from "./hypercall.ts";
import { placeHypercallPage } from "./hypercall-page.ts";
import { memoryOp } from "./memory-op.ts";
import { physdevOp } from "./physdev-op.ts";
import { Polls, type PollsState } from "./polls.ts";
import { PvConsole } from "./pv-console.ts";
import { schedOp } from "./sched-op.ts";
import { setTimerOp } from "./set-timer-op.ts";
import { SharedInfo, type SharedInfoState } from "./shared-info.ts";
import { domctl, sysctl } from "./toolstack-calls.ts";
import { vcpuOp } from "./vcpu-op.ts";
import { VcpuTimers, type VcpuTimersState, type XenTimer } from "./vcpu-timers.ts";
import { Watchdogs, type WatchdogsState } from "./watchdogs.ts";
import { xenVersion } from "./xen-version.ts";

export interface XenInterfaceOptions {
  /** With all its vCPUs. */
  readonly domain: Domain;
  /** As that of the domain: VMCALL calls, or VMMCALL. Default `vmx`. */
  readonly flavour?: "vmx" | "svm";
  readonly memory: XenMemory;
  readonly memoryMap: readonly XenMemoryRange[];
  /** Default 4.5, as CPUID's. */
  readonly version?: { readonly major: number; readonly minor: number };
  /** ns since 1970-01-01 UTC at virtual time 0. */
  readonly bootUnixNs: bigint;
  /** Timers by unique names, in virtual time. */
  readonly createTimer: (name: string, callback: (atNs: bigint) => void) => XenTimer;
  readonly nowNs: () => bigint;
  /** Guest-physical address of a page of RAM for the console ring, which no memory map offers as RAM. Default: there is no console ring. */
  readonly consolePage?: number;
  /** Text of console_io and of the console ring. Default: nobody reads it. */
  readonly consoleOutput?: (bytes: Uint8Array) => void;
  /** Level of the line when events come by a GSI: vCPU 0's alone. Default: no such line. */
  readonly setGsi?: (gsi: number, level: boolean) => void;
}

export interface XenInterfaceState {
  readonly version: 1;
  readonly sharedInfo: SharedInfoState;
  readonly events: EventChannelsState;
  readonly timers: VcpuTimersState;
  readonly polls: PollsState;
  readonly watchdogs: WatchdogsState;
  readonly gsi: number | undefined;
}

export interface XenInterface {
  /** Is the callback vector due at this vCPU? Keeps the level of a callback by GSI as well. */
  isPending(vcpuId: number): boolean;
  /** The callback vector. It stays due until the guest clears evtchn_upcall_pending. */
  acknowledge(vcpuId: number): number;
  /** Input for the console ring; how many bytes it had room for. */
  consoleInput(bytes: Uint8Array): number;
  save(): XenInterfaceState;
  /** The clock has to be restored after it. Throws RangeError for another version. */
  load(state: XenInterfaceState): void;
}

/** In the order of their numbers. Others are -ENOSYS. */
export const hypercalls: readonly Hypercall[] = [
  memoryOp,
  setTimerOp,
  xenVersion,
  consoleIo,
  grantTableOp,
  vcpuOp,
  schedOp,
  eventChannelOp,
  physdevOp,
  hvmOp,
  sysctl,
  domctl,
];

const byNumber = new Map(hypercalls.map((hypercall) => [BigInt(hypercall.number), hypercall]));
/** Where the MSR can be. */
const MSRS = [0x4000_0000, 0x4000_0200];
const IA32_TSC = 0x10;
const VIA_GSI = 0n;
const VIA_VECTOR = 2n;
const MAX_GSI = 255;
/** Time of a hypercall beside its copies, in instructions: half a microsecond. */
const HYPERCALL_TICKS = 500;

/** Registers itself with the domain; hooks that were there before are asked first. */
export function connectXenInterface(options: XenInterfaceOptions): XenInterface {
  return new Interface(options);
}

class Interface implements XenInterface {
  readonly #domain: Domain;
  readonly #flavour: "vmx" | "svm";
  readonly #setGsi: (gsi: number, level: boolean) => void;
  readonly #services: XenServices;
  readonly #console: PvConsole | undefined;
  #consolePort = 0;
  /** The parameter as last looked at, and what it says. */
  #via = -1n;
  #vector: number | undefined;
  #viaGsi: number | undefined;
  /** The line that is high. */
  #gsi: number | undefined;

  constructor(options: XenInterfaceOptions) {
    const { domain, flavour = "vmx", memory, memoryMap, bootUnixNs, createTimer } = options;
    const vcpus = domain.vcpus.length;
    const all = domain.vcpus;
    this.#domain = domain;
    this.#flavour = flavour;
    this.#setGsi = options.setGsi ?? (() => {});
    const nowNs = (vcpuId: number): bigint => domain.nsAt(vcpuId, all[vcpuId]!.retired);
    const consoleOutput = options.consoleOutput ?? (() => {});
    const polls = new Polls({ vcpus, createTimer, wake: (vcpuId) => domain.wake(vcpuId) });
    const sharedInfo = new SharedInfo({
      memory,
      vcpus,
      tscKhz: domain.cpuid.tscKhz,
      bootUnixNs,
      clockOf: (vcpuId) => ({ tsc: all[vcpuId]!.readMsr(IA32_TSC), ns: nowNs(vcpuId) }),
      upcall: (vcpuId) => polls.upcall(vcpuId),
    });
    const events = new EventChannels({
      sharedInfo,
      vcpus,
      pended: (port) => polls.pended(port),
      sentToHost: (port) => {
        if (port === this.#consolePort) this.#drainConsole();
      },
    });
    this.#services = {
      domain,
      memory,
      memoryMap,
      version: options.version ?? { major: 4, minor: 5 },
      sharedInfo,
      events,
      timers: new VcpuTimers({
        vcpus,
        nowNs: options.nowNs,
        createTimer,
        expired: (vcpuId) => events.raiseVirq(VIRQ_TIMER, vcpuId),
      }),
      polls,
      watchdogs: new Watchdogs({
        nowNs: options.nowNs,
        createTimer,
        expired: () => domain.shutdown("watchdog", "SCHEDOP_watchdog: the guest's watchdog expired"),
      }),
      nowNs,
      consoleOutput,
    };
    this.#console = options.consolePage === undefined ? undefined : this.#connectConsole(options.consolePage);
    for (const index of MSRS) {
      const isThere = (): boolean => domain.cpuid.hypercallMsr === index;
      domain.registerMsr(index, {
        name: "XEN_HYPERCALL_PAGE",
        read: () => (isThere() ? 0n : undefined),
        write: (vcpu, value) => {
          if (!isThere() || !placeHypercallPage(memory, value, flavour)) return false;
          sharedInfo.latch(isWide(vcpu));
          return true;
        },
      });
    }
    domain.registerHypercallHook((vcpu, { reason }) => this.#call(vcpu, reason));
  }

  consoleInput(bytes: Uint8Array): number {
    const taken = this.#console?.input(bytes) ?? 0;
    if (taken > 0) this.#services.events.raiseHost(this.#consolePort);
    return taken;
  }

  isPending(vcpuId: number): boolean {
    this.#lookAtVia();
    const { sharedInfo } = this.#services;
    if (vcpuId === 0)
      this.#drive(this.#viaGsi !== undefined && sharedInfo.isUpcallPending(0) ? this.#viaGsi : undefined);
    return this.#vector !== undefined && sharedInfo.isUpcallPending(vcpuId);
  }

  acknowledge(_vcpuId: number): number {
    return this.#vector ?? 0;
  }

  save(): XenInterfaceState {
    const { sharedInfo, events, timers, polls, watchdogs } = this.#services;
    return {
      version: 1,
      sharedInfo: sharedInfo.save(),
      events: events.save(),
      timers: timers.save(),
      polls: polls.save(),
      watchdogs: watchdogs.save(),
      gsi: this.#gsi,
    };
  }

  load(state: XenInterfaceState): void {
    if (state.version !== 1)
      throw new RangeError(`state of Xen's interface has version ${String(state.version)}; expected 1`);
    const { sharedInfo, events, timers, polls, watchdogs } = this.#services;
    sharedInfo.load(state.sharedInfo);
    events.load(state.events);
    timers.load(state.timers);
    polls.load(state.polls);
    watchdogs.load(state.watchdogs);
    this.#gsi = state.gsi;
  }

  /** As the toolstack does it: a ring, a port, and parameters that say where they are. */
  #connectConsole(page: number): PvConsole {
    const { events, memory, consoleOutput } = this.#services;
    const port = events.bindHost();
    this.#consolePort = typeof port === "number" ? port : 0;
    this.#domain.params.set("CONSOLE_PFN", BigInt(page / PAGE_SIZE));
    this.#domain.params.set("CONSOLE_EVTCHN", BigInt(this.#consolePort));
    return new PvConsole({ memory, page, output: consoleOutput });
  }

  #drainConsole(): void {
    const taken = this.#console?.drain() ?? 0;
    if (taken === 0) return;
    this.#domain.spend(Math.ceil(taken / BYTES_PER_TICK));
    this.#services.events.raiseHost(this.#consolePort);
  }

  #call(vcpu: HvmVcpu, reason: string): "handled" | "yield" | "wait" | "pass" {
    if (reason !== (this.#flavour === "vmx" ? "vmcall" : "vmmcall")) return "pass";
    if (!mayCall(vcpu)) {
      setResult(vcpu, failure("EPERM"));
      return "handled";
    }
    this.#domain.spend(HYPERCALL_TICKS);
    const hypercall = byNumber.get(callNumber(vcpu));
    if (hypercall === undefined) {
      setResult(vcpu, failure("ENOSYS"));
      return "handled";
    }
    const caller = createCaller(vcpu, (ticks) => this.#domain.spend(ticks));
    setResult(vcpu, hypercall.call(caller, this.#services));
    return caller.next;
  }

  #lookAtVia(): void {
    const via = this.#domain.params.get("CALLBACK_IRQ");
    if (via === this.#via) return;
    this.#via = via;
    const kind = via >> 56n;
    const number = Number(via & 0xffff_ffffn);
    this.#vector = kind === VIA_VECTOR ? number & 0xff : undefined;
    this.#viaGsi = kind === VIA_GSI && number > 0 && number <= MAX_GSI ? number : undefined;
  }

  #drive(gsi: number | undefined): void {
    if (gsi === this.#gsi) return;
    if (this.#gsi !== undefined) this.#setGsi(this.#gsi, false);
    if (gsi !== undefined) this.#setGsi(gsi, true);
    this.#gsi = gsi;
  }
}
