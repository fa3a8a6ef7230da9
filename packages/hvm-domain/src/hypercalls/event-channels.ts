/**
 * Event channels of one domain, two-level ABI: ports 1 and up, each free or bound to something.
 *
 * Sources: Xen `xen/include/public/event_channel.h`, `xen/common/event_channel.c`, `event_2l.c`; `xen/include/public/xen.h` (VIRQs).
 */
import type { XenErrnoName } from "../errors.ts";
import type { SharedInfo } from "./shared-info.ts";

export type Port =
  | { readonly kind: "unbound"; readonly remote: number; vcpuId: number }
  /** Both ends are this domain's. */
  | { readonly kind: "interdomain"; readonly peer: number; vcpuId: number }
  | { readonly kind: "virq"; readonly virq: number; vcpuId: number }
  | { readonly kind: "ipi"; vcpuId: number }
  /** The other end is the host's: the console daemon. */
  | { readonly kind: "host"; vcpuId: number };

export interface EventChannelsState {
  readonly ports: readonly { readonly port: number; readonly bound: Port }[];
}

/** NR_VIRQS. */
const VIRQS = 24;
export const VIRQ_TIMER = 0;
/** TIMER, DEBUG, XENOPROF and XENPMU are every vCPU's own; the others are vCPU 0's. */
const PER_VCPU = new Set([0, 1, 7, 13]);

/** Requests give a port or an errno's name. */
export type Outcome = number | XenErrnoName;

export interface EventChannelsOptions {
  readonly sharedInfo: SharedInfo;
  readonly vcpus: number;
  /** A port has become pending. */
  readonly pended: (port: number) => void;
  /** The guest sent to a port whose other end is the host's. */
  readonly sentToHost: (port: number) => void;
}

export class EventChannels {
  readonly #ports = new Map<number, Port>();
  readonly #sharedInfo: SharedInfo;
  readonly #vcpus: number;
  readonly #pended: (port: number) => void;
  readonly #sentToHost: (port: number) => void;

  constructor({ sharedInfo, vcpus, pended, sentToHost }: EventChannelsOptions) {
    this.#sharedInfo = sharedInfo;
    this.#vcpus = vcpus;
    this.#pended = pended;
    this.#sentToHost = sentToHost;
  }

  isPort(port: number): boolean {
    return port < this.#sharedInfo.ports;
  }

  at(port: number): Port | undefined {
    return this.#ports.get(port);
  }

  isPending(port: number): boolean {
    return this.#sharedInfo.isPending(port);
  }

  allocUnbound(remote: number): Outcome {
    return this.#allocate({ kind: "unbound", remote, vcpuId: 0 });
  }

  /** To an unbound port of this domain; the new one is pending at once. */
  bindLoopback(remotePort: number, isSelf: (domid: number) => boolean): Outcome {
    const remote = this.#ports.get(remotePort);
    if (remote?.kind !== "unbound" || !isSelf(remote.remote)) return "EINVAL";
    const port = this.#allocate({ kind: "interdomain", peer: remotePort, vcpuId: 0 });
    if (typeof port === "string") return port;
    this.#ports.set(remotePort, { kind: "interdomain", peer: port, vcpuId: remote.vcpuId });
    this.#raise(port);
    return port;
  }

  bindVirq(virq: number, vcpuId: number): Outcome {
    if (virq >= VIRQS) return "EINVAL";
    if (!PER_VCPU.has(virq) && vcpuId !== 0) return "EINVAL";
    if (vcpuId >= this.#vcpus) return "ENOENT";
    if (this.#portOfVirq(virq, vcpuId) !== undefined) return "EEXIST";
    return this.#allocate({ kind: "virq", virq, vcpuId });
  }

  bindIpi(vcpuId: number): Outcome {
    return vcpuId < this.#vcpus ? this.#allocate({ kind: "ipi", vcpuId }) : "ENOENT";
  }

  /** As the toolstack makes it before the guest starts. */
  bindHost(): Outcome {
    return this.#allocate({ kind: "host", vcpuId: 0 });
  }

  /** From the host's end. A port that the guest has closed, or bound to something else, is not the host's any more. */
  raiseHost(port: number): void {
    if (this.#ports.get(port)?.kind === "host") this.#raise(port);
  }

  /** VIRQs and IPIs of a vCPU stay with it. */
  bindVcpu(port: number, vcpuId: number): XenErrnoName | undefined {
    if (vcpuId >= this.#vcpus) return "ENOENT";
    const bound = this.#ports.get(port);
    if (bound === undefined || bound.kind === "ipi") return "EINVAL";
    if (bound.kind === "virq" && PER_VCPU.has(bound.virq)) return "EINVAL";
    bound.vcpuId = vcpuId;
    return undefined;
  }

  close(port: number): XenErrnoName | undefined {
    const bound = this.#ports.get(port);
    if (bound === undefined) return "EINVAL";
    this.#ports.delete(port);
    this.#sharedInfo.clearPending(port);
    if (bound.kind === "interdomain" && bound.peer !== port) {
      const { vcpuId = 0 } = this.#ports.get(bound.peer) ?? {};
      this.#ports.set(bound.peer, { kind: "unbound", remote: DOMID_SELF, vcpuId });
    }
    return undefined;
  }

  reset(): void {
    for (const port of [...this.#ports.keys()]) this.close(port);
  }

  /** What is sent to nobody is lost. */
  send(port: number): XenErrnoName | undefined {
    const bound = this.#ports.get(port);
    if (bound?.kind === "interdomain") {
      this.#raise(bound.peer);
      return undefined;
    }
    if (bound?.kind === "ipi") this.#raise(port);
    if (bound?.kind === "host") this.#sentToHost(port);
    return bound === undefined || bound.kind === "virq" ? "EINVAL" : undefined;
  }

  unmask(port: number): XenErrnoName | undefined {
    const bound = this.#ports.get(port);
    if (bound === undefined) return "EINVAL";
    this.#sharedInfo.unmask(port, bound.vcpuId);
    return undefined;
  }

  raiseVirq(virq: number, vcpuId: number): void {
    const port = this.#portOfVirq(virq, vcpuId);
    if (port !== undefined) this.#raise(port);
  }

  save(): EventChannelsState {
    return { ports: [...this.#ports].map(([port, bound]) => ({ port, bound: { ...bound } })) };
  }

  load({ ports }: EventChannelsState): void {
    this.#ports.clear();
    for (const { port, bound } of ports) this.#ports.set(port, { ...bound });
  }

  #raise(port: number): void {
    const bound = this.#ports.get(port);
    if (bound === undefined) return;
    this.#sharedInfo.setPending(port, bound.vcpuId);
    this.#pended(port);
  }

  #portOfVirq(virq: number, vcpuId: number): number | undefined {
    for (const [port, bound] of this.#ports)
      if (bound.kind === "virq" && bound.virq === virq && bound.vcpuId === vcpuId) return port;
    return undefined;
  }

  #allocate(bound: Port): Outcome {
    const { ports } = this.#sharedInfo;
    // Port 0 is nobody's.
    for (let port = 1; port < ports; port++) {
      if (this.#ports.has(port)) continue;
      this.#ports.set(port, bound);
      this.#sharedInfo.clearPending(port);
      return port;
    }
    return "ENOSPC";
  }
}

const DOMID_SELF = 0x7ff0;
