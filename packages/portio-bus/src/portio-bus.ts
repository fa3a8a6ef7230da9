/**
 * The 64 Ki I/O port space of one domain.
 *
 * Sources: Xen `xen/arch/x86/hvm/intercept.c` (an access must lie wholly inside a claim; claims are asked in order; string
 * loops stop at the first element that is not okay and report the count), Intel SDM vol. 1 ch. 19 (port space, widths).
 */
import type { IoAccess, IoDirection, IoSize, IoStringAccess, PortHandler, StringMemory } from "./access.ts";
import { type Claim, ClaimTable, PORT_COUNT } from "./claim-table.ts";
import { formatPortRange, PortioError } from "./errors.ts";
import { IoResult } from "./io-result.ts";

export interface PortRange {
  /** First port, 0..0xffff. */
  readonly base: number;
  /** Number of ports, at least 1. */
  readonly size: number;
}

export interface RegisterOptions {
  /** Higher is asked first; equal priorities are asked in the order of registration. Default 0. */
  readonly priority?: number;
  /** `refuse` (default): overlapping an existing claim is an error. `layer`: both are asked until one handles the access. */
  readonly overlap?: "refuse" | "layer";
}

export interface Registration {
  readonly name: string;
  readonly range: PortRange;
  /** Moves the claim to another base; refused (and unchanged) if that would overlap without layering. */
  relocate(base: number): void;
  /** Gives the ports back. A second call does nothing. */
  deregister(): void;
}

/** One line of {@link PortioBus.list}. */
export interface ClaimInfo {
  readonly base: number;
  readonly size: number;
  readonly name: string;
  readonly priority: number;
  readonly layered: boolean;
}

/**
 * Told of every access after it is done. The access object is the reused one: copy what you keep. `handler` is the name of
 * who answered, `undefined` when nobody did.
 */
export type PortioObserver<C> = (access: Readonly<IoAccess<C>>, result: IoResult, handler: string | undefined) => void;

export interface PortioBusOptions<C> {
  /**
   * An access that lies in no single claim, though its bytes may lie in several: `float` (default, what Xen does) leaves it
   * unclaimed; `split` halves it (4 → 2+2 → 1+1+1+1, low port first) as an ISA bus does. Only handlers that never answer
   * `Retry` belong behind `split`, because parts already done are done.
   */
  readonly spanning?: "float" | "split";
  /** Asked when no claim handled the access: a device model behind the bus, say. Default: IN all ones, OUT dropped. */
  readonly unclaimed?: PortHandler<C>;
  /**
   * Most elements one `accessString` transfers one by one before it returns, default 4096: a guest's REP with a count of
   * 2^64 - 1 must not keep the host busy. The vcpu executes the rest when it comes back to the instruction.
   */
  readonly maxStringElements?: number;
}

export interface PortioBus<C> {
  register(range: PortRange, handler: PortHandler<C>, options?: RegisterOptions): Registration;
  /**
   * One IN or OUT. Returns the datum: for IN what the guest reads, cut to `size` (all ones if nobody answered), for OUT the
   * datum written. How it went is in {@link result}. Never throws on account of the guest.
   */
  access(direction: IoDirection, port: number, size: IoSize, value: number, context: C): number;
  /** Result of the latest `access` or `accessString`; `Unhandled` means the unclaimed policy answered. */
  readonly result: IoResult;
  /**
   * One INS or OUTS, with or without REP. Returns the number of elements done, at most `count`; the caller advances RCX and
   * RSI/RDI by it. Fewer than `count`: `fault` says that the next element faulted, otherwise see `result` (`Retry`, or
   * `Okay` when the limit per call was reached).
   */
  accessString(
    direction: IoDirection,
    port: number,
    size: IoSize,
    count: number,
    df: boolean,
    memory: StringMemory,
    context: C,
  ): number;
  /** Whether the latest `accessString` stopped because memory faulted. */
  readonly fault: boolean;
  /** Which element faulted, counted from the first one transferred; -1 if none. Its address is the one of the #PF. */
  readonly faultIndex: number;
  /** Returns the function that ends the observation. With no observer the cost is one comparison. */
  observe(observer: PortioObserver<C>): () => void;
  /** All claims by port, then in asking order: what Xen's debug key 'V' of the series prints. */
  list(): readonly ClaimInfo[];
}

interface MutableAccess<C> {
  direction: IoDirection;
  port: number;
  size: IoSize;
  value: number;
  context: C;
}

const ONES: Readonly<Record<IoSize, number>> = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff };

const cut = (value: number, size: IoSize): number =>
  size === 4 ? value >>> 0 : size === 1 ? value & 0xff : value & 0xffff;

type DirectHandler<C> = PortHandler<C> & Required<Pick<PortHandler<C>, "accessDirect">>;

const isDirect = <C>(handler: PortHandler<C>): handler is DirectHandler<C> => handler.accessDirect !== undefined;

export function createPortioBus<C>(options: PortioBusOptions<C> = {}): PortioBus<C> {
  return new Bus(options);
}

class Bus<C> implements PortioBus<C> {
  result: IoResult = IoResult.Okay;
  faultIndex = -1;

  readonly #table = new ClaimTable<C>();
  readonly #split: boolean;
  readonly #unclaimed: PortHandler<C> | undefined;
  readonly #maxStringElements: number;
  #observers: readonly PortioObserver<C>[] = [];
  #observed = false;
  #order = 0;
  /** The reused access object; taken while a handler runs, so that a handler may itself use the bus. */
  #reused: MutableAccess<C> | undefined;
  #isTaken = false;
  /** The one handler for accesses of `#soloSize` bytes at this port while nobody observes; −1: for none. */
  #soloPort = -1;
  #soloSize: IoSize = 1;
  #soloHandler: PortHandler<C> | undefined;
  /** The same one, if it takes accesses without an object. */
  #soloDirect: DirectHandler<C> | undefined;

  constructor(options: PortioBusOptions<C>) {
    this.#split = options.spanning === "split";
    this.#unclaimed = options.unclaimed;
    this.#maxStringElements = options.maxStringElements ?? 4096;
  }

  get fault(): boolean {
    return this.faultIndex >= 0;
  }

  register(range: PortRange, handler: PortHandler<C>, options: RegisterOptions = {}): Registration {
    const table = this.#table;
    const claim: Claim<C> = {
      base: range.base,
      end: range.base + range.size,
      priority: options.priority ?? 0,
      layered: options.overlap === "layer",
      handler,
      order: this.#order++,
    };
    table.add(claim);
    this.#soloPort = -1;
    let live = true;
    return {
      name: handler.name,
      get range(): PortRange {
        return { base: claim.base, size: claim.end - claim.base };
      },
      relocate: (base) => {
        if (!live) throw new PortioError("deregistered", `${handler.name}: relocate after deregister`);
        table.move(claim, base);
        this.#soloPort = -1;
      },
      deregister: () => {
        if (live) table.remove(claim);
        this.#soloPort = -1;
        live = false;
      },
    };
  }

  access(direction: IoDirection, port: number, size: IoSize, value: number, context: C): number {
    const handler = this.#soloDirect;
    if (handler === undefined || port !== this.#soloPort || size !== this.#soloSize) {
      return this.#accessByObject(direction, port, size, value, context);
    }
    const datum = handler.accessDirect(direction, port, size, cut(value, size), context);
    if (datum < 0) return this.#accessOthers(direction, port, size, value, context, ~datum, handler);
    this.result = IoResult.Okay;
    return cut(direction === "in" ? datum : value, size);
  }

  #accessByObject(direction: IoDirection, port: number, size: IoSize, value: number, context: C): number {
    const access = this.#take(direction, port & 0xffff, size, value, context);
    return this.#finish(access, this.#dispatch(access));
  }

  /** The handler that was asked directly has answered `result`. */
  #accessOthers(
    direction: IoDirection,
    port: number,
    size: IoSize,
    value: number,
    context: C,
    result: number,
    handler: PortHandler<C>,
  ): number {
    const access = this.#take(direction, port, size, value, context);
    if (result === IoResult.Unhandled) return this.#finish(access, this.#askBehind(access));
    if (result === IoResult.Retry) return this.#finish(access, result);
    throw badResult(handler, result);
  }

  #finish(access: MutableAccess<C>, result: IoResult): number {
    const datum = cut(access.value, access.size);
    if (this.#reused !== access) this.#reused = access;
    this.#isTaken = false;
    this.result = result;
    return datum;
  }

  accessString(
    direction: IoDirection,
    port: number,
    size: IoSize,
    count: number,
    df: boolean,
    memory: StringMemory,
    context: C,
  ): number {
    this.faultIndex = -1;
    this.result = IoResult.Okay;
    if (!(count > 0)) return 0;
    const first = port & 0xffff;
    for (const claim of this.#table.at(first)) {
      const handler = claim.handler;
      if (handler.accessString === undefined || first + size > claim.end) continue;
      const access: IoStringAccess<C> = {
        direction,
        port: first,
        size,
        count,
        df,
        memory,
        context,
        done: 0,
        faultIndex: -1,
      };
      const result = handler.accessString(access);
      if (result === IoResult.Unhandled) continue;
      if (result !== IoResult.Okay && result !== IoResult.Retry) throw badResult(handler, result);
      this.result = result;
      this.faultIndex = access.faultIndex;
      return access.done;
    }
    return direction === "in"
      ? this.#insertString(first, size, count, memory, context)
      : this.#outputString(first, size, count, memory, context);
  }

  observe(observer: PortioObserver<C>): () => void {
    this.#observers = [...this.#observers, observer];
    this.#observed = true;
    this.#soloPort = -1;
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
      this.#observed = this.#observers.length > 0;
    };
  }

  list(): readonly ClaimInfo[] {
    return [...this.#table.claims]
      .sort((a, b) => a.base - b.base || b.priority - a.priority || a.order - b.order)
      .map((claim) => ({
        base: claim.base,
        size: claim.end - claim.base,
        name: claim.handler.name,
        priority: claim.priority,
        layered: claim.layered,
      }));
  }

  #insertString(port: number, size: IoSize, count: number, memory: StringMemory, context: C): number {
    const limit = Math.min(count, this.#maxStringElements);
    for (let index = 0; index < limit; index++) {
      if (!memory.canWrite(index)) return this.#stop(index, true);
      const value = this.access("in", port, size, ONES[size], context);
      if (this.result === IoResult.Retry) return this.#stop(index, false);
      memory.write(index, value);
    }
    return limit;
  }

  #outputString(port: number, size: IoSize, count: number, memory: StringMemory, context: C): number {
    const limit = Math.min(count, this.#maxStringElements);
    for (let index = 0; index < limit; index++) {
      const value = memory.read(index);
      if (value === undefined) return this.#stop(index, true);
      this.access("out", port, size, value, context);
      if (this.result === IoResult.Retry) return this.#stop(index, false);
    }
    return limit;
  }

  /** As in Xen, elements already done make the whole access okay; the rest is the vcpu's next attempt. */
  #stop(done: number, fault: boolean): number {
    this.faultIndex = fault ? done : -1;
    if (fault || done > 0) this.result = IoResult.Okay;
    return done;
  }

  #take(direction: IoDirection, port: number, size: IoSize, value: number, context: C): MutableAccess<C> {
    const datum = direction === "in" ? ONES[size] : cut(value, size);
    const access = this.#reused;
    if (access === undefined || this.#isTaken) return { direction, port, size, value: datum, context };
    this.#isTaken = true;
    access.direction = direction;
    access.port = port;
    access.size = size;
    access.value = datum;
    // The same as last time, nearly always; a store of an object costs more than a look.
    if (access.context !== context) access.context = context;
    return access;
  }

  #dispatch(access: MutableAccess<C>): IoResult {
    // Guests that poll a port, or call through one, do little else.
    if (access.port !== this.#soloPort || access.size !== this.#soloSize) return this.#askAll(access);
    const handler = this.#soloHandler as PortHandler<C>;
    const result = handler.access(access);
    if (result === IoResult.Okay) return result;
    return result === IoResult.Unhandled ? this.#askBehind(access) : this.#conclude(access, result, handler);
  }

  #askAll(access: MutableAccess<C>): IoResult {
    const end = access.port + access.size;
    const claims = this.#table.at(access.port);
    for (const claim of claims) {
      if (end > claim.end) continue;
      const result = claim.handler.access(access);
      if (result === IoResult.Unhandled) continue;
      // Unless the handler has changed the claims.
      if (claims.length === 1 && claims === this.#table.at(access.port) && !this.#observed) {
        this.#remember(access, claim.handler);
      }
      return this.#conclude(access, result, claim.handler);
    }
    return this.#askBehind(access);
  }

  #remember({ port, size }: MutableAccess<C>, handler: PortHandler<C>): void {
    this.#soloPort = port;
    this.#soloSize = size;
    this.#soloHandler = handler;
    this.#soloDirect = isDirect(handler) ? handler : undefined;
  }

  /** No claim handled the access. */
  #askBehind(access: MutableAccess<C>): IoResult {
    if (this.#split && access.size > 1 && this.#spans(access)) return this.#splitAccess(access);
    const fallback = this.#unclaimed;
    if (fallback !== undefined) {
      const result = fallback.access(access);
      if (result !== IoResult.Unhandled) return this.#conclude(access, result, fallback);
    }
    // A handler that declined may have touched the value; a floating bus reads as ones whatever it did.
    if (access.direction === "in") access.value = ONES[access.size];
    if (this.#observed) this.#notify(access, IoResult.Unhandled, undefined);
    return IoResult.Unhandled;
  }

  #conclude(access: MutableAccess<C>, result: IoResult, handler: PortHandler<C>): IoResult {
    if (result !== IoResult.Okay && result !== IoResult.Retry) throw badResult(handler, result);
    if (this.#observed) this.#notify(access, result, handler.name);
    return result;
  }

  /** Nobody claims the whole, but somebody claims a part. */
  #spans(access: MutableAccess<C>): boolean {
    const end = Math.min(access.port + access.size, PORT_COUNT);
    let covered = false;
    for (let port = access.port; port < end; port++) {
      for (const claim of this.#table.at(port)) {
        if (claim.base <= access.port && claim.end >= access.port + access.size) return false;
        covered = true;
      }
    }
    return covered;
  }

  #splitAccess(access: MutableAccess<C>): IoResult {
    const half = (access.size === 4 ? 2 : 1) as IoSize;
    const bits = half * 8;
    const { direction, port, size, value, context } = access;
    let okay = false;
    let data = 0;
    for (let part = 0; part < 2; part++) {
      const at = port + part * half;
      if (at >= PORT_COUNT) {
        data += ONES[half] * 2 ** (part * bits);
        continue;
      }
      access.port = at;
      access.size = half;
      access.value = direction === "in" ? ONES[half] : cut(value >>> (part * bits), half);
      access.context = context;
      const result = this.#dispatch(access);
      if (result === IoResult.Retry) return this.#restore(access, port, size, value, result);
      okay ||= result === IoResult.Okay;
      data += cut(access.value, half) * 2 ** (part * bits);
    }
    return this.#restore(access, port, size, data, okay ? IoResult.Okay : IoResult.Unhandled);
  }

  #restore(access: MutableAccess<C>, port: number, size: IoSize, value: number, result: IoResult): IoResult {
    access.port = port;
    access.size = size;
    access.value = value;
    return result;
  }

  #notify(access: MutableAccess<C>, result: IoResult, handler: string | undefined): void {
    if (access.direction === "in") access.value = cut(access.value, access.size);
    for (const observer of this.#observers) observer(access, result, handler);
  }
}

const badResult = (handler: { readonly name: string }, result: number): PortioError =>
  new PortioError("bad-result", `${handler.name} answered ${result}; a port handler answers Okay, Unhandled or Retry`);

/** {@link PortioBus.list} as text, one claim a line. */
export function formatClaims(claims: readonly ClaimInfo[]): string {
  return claims
    .map(({ base, size, name, priority, layered }) => {
      const notes = [priority === 0 ? "" : `priority ${priority}`, layered ? "layered" : ""].filter(
        (note) => note !== "",
      );
      return `${formatPortRange(base, size).padEnd(14)} ${name}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
    })
    .join("\n");
}
