/**
 * Threads on one processor: they take turns. A thread runs until it waits, gives way, ends, or has run for a quantum of
 * virtual time while another could run; then the next in order of creation comes. Nothing else decides, so runs repeat.
 */
import { Errno } from "./errno.ts";
import { type KernelArea, TLS_ENTRIES } from "./kernel-area.ts";
import { loadUserState, saveUserState, Thread, type UserState, type Wait } from "./thread.ts";
import { Gpr, type ProcessVcpu } from "./vcpu.ts";

/** More get EAGAIN: a program that makes threads for ever must not fill the host's memory. */
export const MAX_THREADS = 1024;
/**
 * Virtual time that a thread runs while another could. Less than Linux gives, since a thread that is woken has to wait for
 * its turn here; a switch costs little beside the hundred thousand instructions.
 */
export const QUANTUM_NS = 100_000n;
/** What a system call takes of the caller's turn; virtual time does not go by in it. */
const CALL_NS = 1000n;

export interface ThreadsOptions {
  readonly vcpu: ProcessVcpu;
  readonly kernel: KernelArea;
  readonly firstTid: number;
  readonly nowNs: () => bigint;
  /** Lets time pass while nobody can run. False: it is too long to wait for. */
  readonly sleepUntil: (atNs: bigint) => boolean;
}

export class Threads {
  current: Thread;
  private readonly options: ThreadsOptions;
  private readonly all: Thread[];
  private nextTid: number;
  /** When the running thread took its turn; system calls set it back. */
  private turnNs = 0n;

  constructor(options: ThreadsOptions) {
    this.options = options;
    this.current = new Thread(options.firstTid, 0n);
    this.all = [this.current];
    this.nextTid = options.firstTid + 1;
  }

  get count(): number {
    return this.all.length;
  }

  list(): readonly Thread[] {
    return this.all;
  }

  byTid(tid: number): Thread | undefined {
    return this.all.find((thread) => thread.tid === tid);
  }

  /** A thread that starts with this state; undefined: there are too many. */
  create(state: UserState): Thread | undefined {
    if (this.all.length >= MAX_THREADS) return undefined;
    // While there is one thread nobody looks at its turn.
    if (this.all.length === 1) this.turnNs = this.options.nowNs();
    const thread = new Thread(this.nextTid++, this.current.blocked);
    thread.state = state;
    thread.tls = this.readTls();
    this.all.push(thread);
    return thread;
  }

  /** Takes the running thread out; it must not be the last one. */
  remove(): void {
    this.all.splice(this.all.indexOf(this.current), 1);
  }

  /** The running thread waits; `schedule` says who runs next. */
  wait(wait: Wait): void {
    this.current.wait = wait;
  }

  /** Ends a wait with a system call's result. */
  wake(thread: Thread, result: number): void {
    if (!thread.wait) return;
    thread.wait = undefined;
    const value = BigInt.asUintN(64, BigInt(result));
    if (thread.state) thread.state.registers[Gpr.RAX] = value;
    else this.options.vcpu.writeRegister(Gpr.RAX, value);
    thread.finishTrace?.(result);
    thread.finishTrace = undefined;
  }

  /** Wakes up to `count` waiters at a futex in order of creation; moves up to `requeue` others to `target`. How many in all. */
  wakeFutex(address: number, count: number, mask: number, requeue = 0, target = 0): number {
    let woken = 0;
    let moved = 0;
    for (const thread of this.all) {
      const { wait } = thread;
      if (wait?.futex !== address || !((wait.futexMask ?? -1) & mask)) continue;
      if (woken < count) {
        this.wake(thread, 0);
        woken++;
      } else if (moved < requeue) {
        wait.futex = target;
        moved++;
      } else break;
    }
    return woken + moved;
  }

  /** Ends the wait of a thread that a signal reaches. */
  interrupt(thread: Thread): void {
    thread.wait?.interrupted?.();
    this.wake(thread, -Errno.EINTR);
  }

  /** The running thread made a system call. */
  countCall(): void {
    this.turnNs -= CALL_NS;
  }

  /** Has the running thread had its turn while another could run? */
  get isTurnOver(): boolean {
    return (
      this.all.length > 1 &&
      this.options.nowNs() - this.turnNs >= QUANTUM_NS &&
      this.all.some((thread) => thread !== this.current && this.isReady(thread))
    );
  }

  private isReady({ wait }: Thread): boolean {
    return !wait || (wait.untilNs !== undefined && wait.untilNs <= this.options.nowNs());
  }

  /**
   * Brings a thread that can run to the processor: the running one if it can and need not give way, else the next in
   * order, else the one whose wait ends first. The result says what all wait for, if nothing can end it.
   */
  schedule(giveWay: boolean): string | undefined {
    if (this.all.length === 1 && this.all[0] === this.current && !this.current.wait) return undefined;
    const index = this.all.indexOf(this.current);
    // A thread that has ended stands nowhere: the search starts at the first.
    const order = [...this.all.slice(index + 1), ...this.all.slice(0, index + 1)];
    const stays = index >= 0 && !giveWay && this.isReady(this.current);
    const next = stays ? this.current : (order.find((thread) => this.isReady(thread)) ?? this.sleepForFirst(order));
    if (!next) return order[0]!.wait?.what ?? "";
    if (next.wait) this.wake(next, next.wait.timeoutResult);
    if (next !== this.current || giveWay) this.turnNs = this.options.nowNs();
    this.switchTo(next);
    return undefined;
  }

  private sleepForFirst(order: readonly Thread[]): Thread | undefined {
    let first: Thread | undefined;
    for (const thread of order) {
      const until = thread.wait?.untilNs;
      if (until !== undefined && (first?.wait?.untilNs === undefined || until < first.wait.untilNs)) first = thread;
    }
    return first?.wait?.untilNs !== undefined && this.options.sleepUntil(first.wait.untilNs) ? first : undefined;
  }

  private readTls(): bigint[] {
    return Array.from({ length: TLS_ENTRIES.count }, (_, i) => this.options.kernel.readGdtEntry(TLS_ENTRIES.first + i));
  }

  private switchTo(next: Thread): void {
    if (next === this.current) return;
    const { vcpu, kernel } = this.options;
    this.current.tls = this.readTls();
    this.current.state = saveUserState(vcpu);
    this.current = next;
    next.tls.forEach((descriptor, i) => void kernel.writeGdtEntry(TLS_ENTRIES.first + i, descriptor));
    loadUserState(vcpu, next.state!);
    next.state = undefined;
  }
}
