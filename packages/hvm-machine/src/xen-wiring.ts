/**
 * Xen as this machine's guest sees it: where the hypercalls' needs come from, the page of the console ring, the forced emulation prefix.
 *
 * Sources: Xen `tools/libxc/xc_hvm_build_x86.c` (special pages end at page 0xff000, the console's is the last of them).
 */
import { pcMemoryMap } from "guest-loader";
import type { GuestMemory } from "guest-memory";
import {
  connectXenInterface,
  type Domain,
  type DomainInterrupts,
  forcedEmulation,
  Vector,
  type XenInterface,
} from "hvm-domain";
import type { SimClock } from "sim-clock";
import type { MachineDevices, SerialPort } from "./devices.ts";
import { Fanout } from "./fanout.ts";
import type { CompleteConfig } from "./machine-config.ts";

const MIB = 0x10_0000;

/** RAM for the console ring, in no memory map. */
export const XEN_CONSOLE_PAGE = { base: 0xfeff_f000, size: 0x1000 } as const;

export interface XenParts {
  readonly config: CompleteConfig;
  readonly domain: Domain;
  readonly memory: GuestMemory;
  readonly clock: SimClock;
  readonly devices: MachineDevices;
  readonly console: XenConsole;
}

/** Xen's console: text of console_io and of the guest's ring; input for the ring. A machine without Xen has one that is silent. */
export class XenConsole implements SerialPort {
  readonly #output = new Fanout();
  #xen: XenInterface | undefined;

  attach(xen: XenInterface): void {
    this.#xen = xen;
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    return this.#output.add(listener);
  }

  send(bytes: Uint8Array): void {
    this.#output.send(bytes);
  }

  input(bytes: Uint8Array): number {
    return this.#xen?.consoleInput(bytes) ?? 0;
  }
}

export function connectXen({ config, domain, memory, clock, devices, console: text }: XenParts): XenInterface {
  const xen = connectXenInterface({
    domain,
    memory,
    memoryMap: pcMemoryMap(config.memory * MIB),
    flavour: config.flavour,
    bootUnixNs: config.startTimeNs,
    createTimer: (name, callback) => clock.createAlarm(`xen.${name}`, callback),
    nowNs: () => clock.nowNs(),
    setGsi: (gsi, level) => devices.setGsi(gsi, level),
    consolePage: XEN_CONSOLE_PAGE.base,
    consoleOutput: (bytes) => text.send(bytes),
  });
  text.attach(xen);
  if (config.xenConsole !== undefined) text.onOutput(config.xenConsole);
  return xen;
}

/** Before the backdoor's own look at #UD, if it has one: the prefix is nobody else's. */
export function connectForcedEmulation(domain: Domain): void {
  domain.registerExceptionInterceptor(Vector.UD, forcedEmulation);
}

/** Xen's callback vector goes before what the interrupt controllers have, as in Xen. */
export const xenFirst = (xen: XenInterface, devices: DomainInterrupts): DomainInterrupts => ({
  isPending: (vcpuId) => xen.isPending(vcpuId) || devices.isPending(vcpuId),
  acknowledge: (vcpuId) => (xen.isPending(vcpuId) ? xen : devices).acknowledge(vcpuId),
});
