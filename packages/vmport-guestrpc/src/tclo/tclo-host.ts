/**
 * The host's half of TCLO: commands for the guest's tools. The guest polls; the host answers a poll with a command, and the guest's next
 * message is the result. One command is out at a time on a channel.
 *
 * Sources: open-vm-tools `lib/rpcIn/rpcin.c`, `services/vmtoolsd`; govmomi `toolbox/service.go`; OpenBSD `sys/dev/pv/vmt.c` (whole
 * messages compared, empty poll after a reset).
 */
import type { Channel } from "../channel.ts";
import { cutAtNul, decodeText, encodeText } from "../text.ts";

/** How a command ended. */
export type TcloOutcome =
  /** "OK …" */
  | "ok"
  /** "ERROR …", or anything else that is not OK. */
  | "error"
  /** The guest polled again without an answer: its loop was restarted. */
  | "no-answer"
  /** The channel was closed or reset before the answer came. */
  | "closed"
  /** The guest did not answer in time. */
  | "timeout"
  /** Nobody listens, or too many commands wait. */
  | "not-sent";

export interface TcloResult {
  readonly outcome: TcloOutcome;
  /** Name of the program that answered, if it told. */
  readonly app: string | undefined;
  /** What followed "OK " or "ERROR ". */
  readonly text: string;
}

export interface TcloCallOptions {
  /** Program to address; default: the first that lives, "toolbox" before others. */
  readonly app?: string;
  /** Virtual time until the call ends as `timeout`, checked on every guest step and on `tick`. Default: never. */
  readonly timeoutNs?: bigint;
  /** Told of the result at once, in the guest's own step; the promise follows in a microtask. */
  readonly onResult?: (result: TcloResult) => void;
}

export interface TcloEvent {
  readonly kind: "tclo";
  /** `silent`: no answer to a ping in time; the program is asked to begin anew. */
  readonly event: "attached" | "sent" | "result" | "detached" | "duplicate" | "silent";
  readonly channel: number;
  readonly app: string | undefined;
  readonly command: string;
  readonly result?: TcloResult;
}

export interface TcloOptions {
  /**
   * Commands sent once a program has attached, in this order; default: Capabilities_Register, Set_Option broadcastIP 1. If time
   * synchronisation is on, Set_Option synctime 1 follows.
   */
  readonly greeting?: readonly string[];
  /** Virtual time between pings to an idle program; `undefined`: none. */
  readonly pingIntervalNs?: bigint | undefined;
  /** Virtual time until an unanswered ping makes the program `silent`; default 14 s. */
  readonly pingTimeoutNs?: bigint | undefined;
}

interface TcloSettings {
  readonly greeting: () => readonly string[];
  readonly pingIntervalNs: bigint | undefined;
  readonly pingTimeoutNs: bigint | undefined;
}

interface PendingCall {
  readonly command: string;
  readonly deadlineNs: bigint | undefined;
  /** A ping of ours, whose silence means something. */
  readonly ping: boolean;
  readonly resolve: ((result: TcloResult) => void) | undefined;
}

interface Session {
  readonly channel: Channel;
  app: string | undefined;
  /** The greeting has been queued. */
  greeted: boolean;
  /** In front of the guest, not yet taken. */
  offered: PendingCall | undefined;
  /** Taken by the guest; its next message is the result. */
  outstanding: PendingCall | undefined;
  queue: PendingCall[];
  lastTrafficNs: bigint;
}

export interface TcloCallSave {
  readonly command: string;
  readonly deadlineNs: string | null;
  readonly ping: boolean;
}

export interface TcloSessionSave {
  readonly channel: number;
  readonly app: string | null;
  readonly greeted: boolean;
  readonly offered: TcloCallSave | null;
  readonly outstanding: TcloCallSave | null;
  readonly queue: readonly TcloCallSave[];
  readonly lastTrafficNs: string;
}

/** Most commands waiting on one channel. */
export const MAX_TCLO_QUEUE = 32;
/**
 * A program that has been silent this long gives way to another of the same name, and one that owes the answer to a ping this long is asked to
 * begin anew (as D. Slutz's reset time).
 */
export const TCLO_STALE_NS = 14_000_000_000n;
const MAX_APP_CHARACTERS = 64;

export class TcloHost {
  readonly #nowNs: () => bigint;
  readonly #emit: (event: TcloEvent) => void;
  readonly #greeting: () => readonly string[];
  readonly #pingIntervalNs: bigint | undefined;
  readonly #pingTimeoutNs: bigint;
  readonly #sessions = new Map<number, Session>();

  constructor(nowNs: () => bigint, emit: (event: TcloEvent) => void, settings: TcloSettings) {
    this.#nowNs = nowNs;
    this.#emit = emit;
    this.#greeting = settings.greeting;
    this.#pingIntervalNs = settings.pingIntervalNs;
    this.#pingTimeoutNs = settings.pingTimeoutNs ?? TCLO_STALE_NS;
  }

  /** Programs that have attached. */
  get apps(): readonly string[] {
    return [...this.#sessions.values()].flatMap((session) => (session.app === undefined ? [] : [session.app]));
  }

  /** The program behind a channel, once it has told its name. */
  appOf(channel: number): string | undefined {
    return this.#sessions.get(channel)?.app;
  }

  /** Sends a command and waits, in virtual time, for what the guest says. Never rejects. */
  call(command: string, options: TcloCallOptions = {}): Promise<TcloResult> {
    return new Promise((resolve) => {
      const done = (result: TcloResult): void => {
        options.onResult?.(result);
        resolve(result);
      };
      const session = this.#find(options.app);
      if (session === undefined || session.queue.length >= MAX_TCLO_QUEUE) {
        done({
          outcome: "not-sent",
          app: options.app,
          text: session === undefined ? "no program listens" : "too many commands wait",
        });
        return;
      }
      const deadlineNs = options.timeoutNs === undefined ? undefined : this.#nowNs() + options.timeoutNs;
      this.#enqueue(session, { command, deadlineNs, ping: false, resolve: done });
    });
  }

  /** Queues a command for every program, without asking for results. */
  broadcast(command: string): void {
    for (const session of this.#sessions.values()) {
      if (session.app !== undefined) this.#enqueue(session, plainCall(command));
    }
  }

  /** Asks every program to begin anew: name, capabilities, options. */
  restart(): void {
    for (const session of this.#sessions.values()) {
      session.greeted = false;
      this.#enqueue(session, plainCall("reset"));
    }
  }

  /** When `tick` has something to do next, as far as is known now. */
  get nextTickNs(): bigint | undefined {
    let next: bigint | undefined;
    const consider = (atNs: bigint | undefined): void => {
      if (atNs !== undefined && (next === undefined || atNs < next)) next = atNs;
    };
    for (const session of this.#sessions.values()) {
      consider(session.outstanding?.deadlineNs);
      consider(session.offered?.deadlineNs);
      for (const call of session.queue) consider(call.deadlineNs);
      if (this.#pingIntervalNs !== undefined && session.app !== undefined && isIdle(session))
        consider(session.lastTrafficNs + this.#pingIntervalNs);
    }
    return next;
  }

  /** Ends calls whose time is up, and pings. */
  tick(): void {
    const now = this.#nowNs();
    for (const session of this.#sessions.values()) {
      const late = (call: PendingCall | undefined): call is PendingCall =>
        call?.deadlineNs !== undefined && now >= call.deadlineNs;
      if (late(session.outstanding)) {
        const call = session.outstanding;
        // The slot stays taken, so that a late answer is not mistaken for that of the next command.
        session.outstanding = { ...call, deadlineNs: undefined, resolve: undefined };
        this.#finish(session, call, "timeout", "");
      }
      if (late(session.offered)) {
        const call = session.offered;
        session.offered = undefined;
        session.channel.dropOutgoing();
        this.#finish(session, call, "timeout", "");
      }
      const expired = session.queue.filter(late);
      session.queue = session.queue.filter((call) => !expired.includes(call));
      for (const call of expired) this.#finish(session, call, "timeout", "");
      this.#ping(session, now);
      this.#offer(session);
    }
  }

  /** A TCLO channel was opened: the first command is always `reset`. */
  attach(channel: Channel): void {
    const session: Session = {
      channel,
      app: undefined,
      greeted: false,
      offered: undefined,
      outstanding: undefined,
      queue: [],
      lastTrafficNs: this.#nowNs(),
    };
    this.#sessions.set(channel.id, session);
    this.#enqueue(session, plainCall("reset"));
  }

  detach(channel: Channel): void {
    const session = this.#sessions.get(channel.id);
    if (session === undefined) return;
    this.#sessions.delete(channel.id);
    const calls = [session.outstanding, session.offered, ...session.queue];
    for (const call of calls) if (call !== undefined) this.#finish(session, call, "closed", "");
    this.#emit({ kind: "tclo", event: "detached", channel: channel.id, app: session.app, command: "" });
  }

  /** The guest has taken the command it was offered (or given it up). */
  taken(channel: Channel, received: boolean): void {
    const session = this.#sessions.get(channel.id);
    const call = session?.offered;
    if (session === undefined || call === undefined) return;
    session.offered = undefined;
    if (received) {
      session.outstanding = call;
      this.#emit({ kind: "tclo", event: "sent", channel: channel.id, app: session.app, command: call.command });
    } else {
      this.#finish(session, call, "no-answer", "");
      this.#offer(session);
    }
  }

  /** A message from the guest: the result of what it took, or a bare poll. */
  receive(channel: Channel, message: Uint8Array): void {
    const session = this.#sessions.get(channel.id);
    if (session === undefined) return;
    const now = this.#nowNs();
    const text = decodeText(cutAtNul(message));
    const call = session.outstanding;
    session.outstanding = undefined;
    if (message.length > 0) session.lastTrafficNs = now;
    const ready = /^OK ATR ([^ ]+)/.exec(text)?.[1];
    if (ready !== undefined) this.#attached(session, ready.slice(0, MAX_APP_CHARACTERS));
    if (call !== undefined) {
      if (message.length === 0) this.#finish(session, call, "no-answer", "");
      else if (/^OK\b/.test(text)) this.#finish(session, call, "ok", text.slice(3));
      else this.#finish(session, call, "error", text.replace(/^(ERROR|ERR) /, ""));
    }
    this.#ping(session, now);
    this.#offer(session);
  }

  save(): readonly TcloSessionSave[] {
    return [...this.#sessions.values()].map((session) => ({
      channel: session.channel.id,
      app: session.app ?? null,
      greeted: session.greeted,
      offered: session.offered === undefined ? null : saveCall(session.offered),
      outstanding: session.outstanding === undefined ? null : saveCall(session.outstanding),
      queue: session.queue.map(saveCall),
      lastTrafficNs: String(session.lastTrafficNs),
    }));
  }

  /** Calls restored this way run on, but nobody waits for their results; those waiting here end as `closed`. */
  load(saved: readonly TcloSessionSave[], channels: ReadonlyMap<number, Channel>): void {
    for (const session of [...this.#sessions.values()]) this.detach(session.channel);
    for (const one of saved) {
      const channel = channels.get(one.channel);
      if (channel === undefined) continue;
      this.#sessions.set(one.channel, {
        channel,
        app: one.app ?? undefined,
        greeted: one.greeted,
        offered: one.offered === null ? undefined : loadCall(one.offered),
        outstanding: one.outstanding === null ? undefined : loadCall(one.outstanding),
        queue: one.queue.map(loadCall),
        lastTrafficNs: BigInt(one.lastTrafficNs),
      });
    }
  }

  #find(app: string | undefined): Session | undefined {
    const attached = [...this.#sessions.values()].filter((session) => session.app !== undefined);
    if (app !== undefined) return attached.find((session) => session.app === app);
    return attached.find((session) => session.app === "toolbox") ?? attached[0];
  }

  #attached(session: Session, app: string): void {
    const other = [...this.#sessions.values()].find((one) => one !== session && one.app === app);
    if (other !== undefined && this.#nowNs() - other.channel.lastUsedNs < TCLO_STALE_NS) {
      this.#emit({ kind: "tclo", event: "duplicate", channel: session.channel.id, app, command: "" });
      return;
    }
    if (other !== undefined) other.app = undefined;
    session.app = app;
    this.#emit({ kind: "tclo", event: "attached", channel: session.channel.id, app, command: "" });
    if (session.greeted) return;
    session.greeted = true;
    for (const command of this.#greeting()) this.#enqueue(session, plainCall(command));
  }

  #ping(session: Session, now: bigint): void {
    if (this.#pingIntervalNs === undefined || session.app === undefined) return;
    if (!isIdle(session) || now - session.lastTrafficNs < this.#pingIntervalNs) return;
    this.#enqueue(session, { command: "ping", deadlineNs: now + this.#pingTimeoutNs, ping: true, resolve: undefined });
  }

  #enqueue(session: Session, call: PendingCall): void {
    if (session.queue.length >= MAX_TCLO_QUEUE) {
      this.#finish(session, call, "not-sent", "too many commands wait");
      return;
    }
    session.queue.push(call);
    this.#offer(session);
  }

  #offer(session: Session): void {
    if (session.outstanding !== undefined || session.offered !== undefined) return;
    const next = session.queue.shift();
    if (next === undefined) return;
    session.offered = next;
    session.channel.offer(encodeText(next.command));
  }

  #finish(session: Session, call: PendingCall, outcome: TcloOutcome, text: string): void {
    const result: TcloResult = { outcome, app: session.app, text };
    this.#emit({
      kind: "tclo",
      event: "result",
      channel: session.channel.id,
      app: session.app,
      command: call.command,
      result,
    });
    call.resolve?.(result);
    if (call.ping && outcome === "timeout") this.#silent(session);
  }

  /** The program may be hung, or gone with its channel open: whatever it says next, it shall say who it is. */
  #silent(session: Session): void {
    this.#emit({ kind: "tclo", event: "silent", channel: session.channel.id, app: session.app, command: "" });
    session.app = undefined;
    session.greeted = false;
    this.#enqueue(session, plainCall("reset"));
  }
}

const plainCall = (command: string): PendingCall => ({
  command,
  deadlineNs: undefined,
  ping: false,
  resolve: undefined,
});

const isIdle = (session: Session): boolean =>
  session.outstanding === undefined && session.offered === undefined && session.queue.length === 0;

const saveCall = ({ command, deadlineNs, ping }: PendingCall): TcloCallSave => ({
  command,
  deadlineNs: deadlineNs === undefined ? null : String(deadlineNs),
  ping,
});

const loadCall = ({ command, deadlineNs, ping }: TcloCallSave): PendingCall => ({
  command,
  deadlineNs: deadlineNs === null ? undefined : BigInt(deadlineNs),
  ping,
  resolve: undefined,
});
