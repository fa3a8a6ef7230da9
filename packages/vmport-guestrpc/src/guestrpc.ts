/**
 * GuestRPC of one machine: command 30 and the high-bandwidth port over up to 128 channels, RPCI verbs, TCLO.
 *
 * Sources: open-vm-tools `lib/message/message.c`, `lib/include/guest_msg_def.h`; iPXE `src/arch/x86/interface/vmware/guestrpc.c` and
 * FreeBSD `sys/dev/vmware/guestrpc` (ECX compared for equality, channels without cookie); afterburn's `vmw_backdoor` (zero
 * registers mean failure, bulk transfers without asking).
 */
import type { BackdoorFrame, ByteTransfer, MessageHandler } from "vmport-backdoor";
import { type DebugLog, LogMask } from "vmport-debug-log";
import { Channel, type ChannelSave, type Cookie } from "./channel.ts";
import { type GuestrpcDialect, vmwareDialect, withNul } from "./dialect.ts";
import { createGuestinfoStore, type GuestinfoSave, type GuestinfoStore } from "./guestinfo-store.ts";
import {
  MessageStatus,
  MessageType,
  OPEN_FLAG_COOKIE,
  PROTOCOL_RPCI,
  PROTOCOL_TCLO,
  type Protocol,
} from "./protocol.ts";
import { createRandom, type RandomSource } from "./random.ts";
import { defaultRpciCommands } from "./rpci/index.gen.ts";
import {
  type GuestrpcHost,
  PERMISSION_DENIED,
  RpciCall,
  type RpciCommand,
  type RpciEnvironment,
  type RpciReply,
} from "./rpci.ts";
import {
  type TcloCallOptions,
  type TcloEvent,
  TcloHost,
  type TcloOptions,
  type TcloResult,
  type TcloSessionSave,
} from "./tclo/tclo-host.ts";
import { concatBytes, cutAtNul, decodeText, encodeText } from "./text.ts";
import { createToolsState, loadToolsState, saveToolsState, type ToolsSave, type ToolsState } from "./tools-state.ts";

export interface ChannelEvent {
  readonly kind: "channel";
  readonly event: "open" | "refused" | "close" | "swept" | "bad-cookie" | "checkpoint";
  readonly channel: number;
  readonly protocol: Protocol | undefined;
  readonly detail: string;
}

export interface RpciEvent {
  readonly kind: "rpci";
  readonly channel: number;
  readonly verb: string;
  readonly argument: Uint8Array;
  readonly ok: boolean;
  readonly payload: Uint8Array;
  /** Nobody implements the verb. */
  readonly unknown: boolean;
}

export type GuestrpcEvent = ChannelEvent | RpciEvent | TcloEvent;

export interface GuestrpcOptions {
  /** Default: an empty store. */
  readonly guestinfo?: GuestinfoStore;
  readonly host?: GuestrpcHost;
  /** Verbs; default: all of this package. Later ones replace earlier ones of the same name. */
  readonly commands?: readonly RpciCommand[];
  /** False denies a verb: the guest reads "Permission denied". */
  readonly allow?: (verb: string) => boolean;
  /** Where cookies come from; default: `createRandom(seed)`. */
  readonly random?: RandomSource;
  /** Default 0x564d5868. */
  readonly seed?: number;
  /** Virtual time in ns; default: stands still. */
  readonly nowNs?: () => bigint;
  /** Default: the dialect's. Old VMware products had 8. */
  readonly maxChannels?: number;
  /** Offer the high-bandwidth port in the answer to a size; default true. It works either way. */
  readonly offerHighBandwidth?: boolean;
  /** A channel unused this long may be taken away when all are in use; default 80 s. */
  readonly idleLimitNs?: bigint;
  readonly tclo?: TcloOptions;
  /**
   * Told when the time of the next useful `tick` changes, `undefined` for none: arm a timer of virtual time with it. Without one, time-outs and
   * pings happen when the guest comes by, or when somebody calls `tick`.
   */
  readonly onSchedule?: (atNs: bigint | undefined) => void;
  /** Whose channel protocol it is; default `vmwareDialect`. */
  readonly dialect?: GuestrpcDialect;
  readonly log?: DebugLog;
  /** For log records. */
  readonly domainId?: number;
}

export interface GuestrpcSave {
  readonly version: 2;
  /** Channels opened so far, for cookies that count them. */
  readonly opens: number;
  readonly channels: readonly ChannelSave[];
  readonly tclo: readonly TcloSessionSave[];
  readonly guestinfo: GuestinfoSave;
  readonly tools: ToolsSave;
  readonly random: number;
}

export interface Guestrpc extends MessageHandler {
  readonly guestinfo: GuestinfoStore;
  readonly tools: Readonly<ToolsState>;
  /** Channels open now, by id. */
  channels(): readonly { readonly id: number; readonly protocol: Protocol; readonly app: string | undefined }[];
  /** Programs of the guest that take commands: "toolbox" is vmtoolsd's service. */
  readonly apps: readonly string[];
  /** Sends a TCLO command and awaits what the guest says. Never rejects. */
  call(command: string, options?: TcloCallOptions): Promise<TcloResult>;
  /** Asks the tools to shut the guest down. */
  halt(options?: TcloCallOptions): Promise<TcloResult>;
  reboot(options?: TcloCallOptions): Promise<TcloResult>;
  suspend(options?: TcloCallOptions): Promise<TcloResult>;
  resume(options?: TcloCallOptions): Promise<TcloResult>;
  /** Tells the tools that the machine was switched on: they run their power-on script. */
  powerOn(options?: TcloCallOptions): Promise<TcloResult>;
  ping(options?: TcloCallOptions): Promise<TcloResult>;
  /** Sends `reset`, as hosts do after a snapshot was restored: the tools tell their name and capabilities once more. */
  restartTools(): void;
  /** Lets time pass: ends calls whose time is up, pings idle programs. Guest steps do it as well. */
  tick(): void;
  /** When `tick` has something to do next, as far as is known now. */
  readonly nextTickNs: bigint | undefined;
  /** Invalidates messages that are half-way, as VMware does around a snapshot; the guest is told and starts them over. */
  checkpoint(): void;
  /** Told of every channel, call and TCLO command; returns the function that ends it. */
  observe(observer: (event: GuestrpcEvent) => void): () => void;
  /** As after power-on: no channels, no tools. Guestinfo stays. */
  reset(): void;
  save(): GuestrpcSave;
  load(state: GuestrpcSave): void;
}

export function createGuestrpc(options: GuestrpcOptions = {}): Guestrpc {
  return new Rpc(options);
}

const SUCCESS = (MessageStatus.Success << 16) >>> 0;
const DORECV = (MessageStatus.DoRecv << 16) >>> 0;
const HIGH_BANDWIDTH = (MessageStatus.HighBandwidth << 16) >>> 0;
const CHECKPOINT = (MessageStatus.Checkpoint << 16) >>> 0;

const protocols: ReadonlyMap<number, Protocol> = new Map([
  [PROTOCOL_RPCI, "RPCI"],
  [PROTOCOL_TCLO, "TCLO"],
]);

/** What hosts send once a program has told its name. */
const DEFAULT_GREETING: readonly string[] = ["Capabilities_Register", "Set_Option broadcastIP 1"];

const BLANK = 0x20;
const DEFAULT_IDLE_LIMIT_NS = 80_000_000_000n;

type Step = (frame: BackdoorFrame, channel: Channel) => void;

class Rpc implements Guestrpc {
  readonly guestinfo: GuestinfoStore;

  readonly #host: RpciEnvironment["host"];
  readonly #verbs = new Map<string, RpciCommand>();
  readonly #families: RpciCommand[] = [];
  readonly #allow: ((verb: string) => boolean) | undefined;
  readonly #random: RandomSource;
  readonly #nowNs: () => bigint;
  readonly #maxChannels: number;
  /** HIGH_BANDWIDTH or 0, as it goes into the answer to a size. */
  readonly #offer: number;
  readonly #idleLimitNs: bigint;
  readonly #dialect: GuestrpcDialect;
  readonly #onSchedule: ((atNs: bigint | undefined) => void) | undefined;
  #scheduledNs: bigint | undefined;
  #opens = 0;
  readonly #log: DebugLog | undefined;
  readonly #domainId: number;
  readonly #tclo: TcloHost;
  readonly #channels = new Map<number, Channel>();
  #tools = createToolsState();
  #observers: readonly ((event: GuestrpcEvent) => void)[] = [];

  /** Steps on an open channel, by message type. */
  readonly #steps: Readonly<Record<number, Step>> = {
    [MessageType.SendSize]: (frame, channel) => this.#sendSize(frame, channel),
    [MessageType.SendPayload]: (frame, channel) =>
      this.#answer(frame, this.#sent(channel, channel.sendWord(frame.ebx))),
    [MessageType.RecvSize]: (frame, channel) => this.#recvSize(frame, channel),
    [MessageType.RecvPayload]: (frame, channel) => this.#recvPayload(frame, channel),
    [MessageType.RecvStatus]: (frame, channel) => this.#endReceive(frame, channel, (frame.ebx & 1) !== 0),
    [MessageType.Close]: (frame, channel) => {
      this.#close(channel, "close");
      frame.ecx = SUCCESS;
    },
  };

  constructor(options: GuestrpcOptions) {
    this.guestinfo = options.guestinfo ?? createGuestinfoStore();
    const host: GuestrpcHost = options.host ?? {};
    this.#host = {
      ...(host.machineId === undefined ? {} : { machineId: host.machineId }),
      log: (text) => host.log?.(text),
      timeSync: host.timeSync ?? { enabled: false },
      ...(host.statistics === undefined ? {} : { statistics: host.statistics }),
    };
    for (const command of options.commands ?? defaultRpciCommands) {
      if (command.verb.endsWith("*")) this.#families.unshift(command);
      else this.#verbs.set(command.verb, command);
    }
    this.#allow = options.allow;
    this.#random = options.random ?? createRandom(options.seed ?? 0x564d_5868);
    this.#nowNs = options.nowNs ?? (() => 0n);
    const dialect = options.dialect ?? vmwareDialect;
    this.#dialect = dialect;
    this.#maxChannels = Math.min(options.maxChannels ?? dialect.maxChannels, 0x1_0000);
    this.#offer = dialect.highBandwidth && (options.offerHighBandwidth ?? true) ? HIGH_BANDWIDTH : 0;
    this.#onSchedule = options.onSchedule;
    this.#idleLimitNs = options.idleLimitNs ?? DEFAULT_IDLE_LIMIT_NS;
    this.#log = options.log;
    this.#domainId = options.domainId ?? 0;
    const tclo = options.tclo ?? {};
    this.#tclo = new TcloHost(this.#nowNs, (event) => this.#emitTclo(event), {
      greeting: () => [
        ...(tclo.greeting ?? DEFAULT_GREETING),
        ...(this.#host.timeSync.enabled ? ["Set_Option synctime 1"] : []),
      ],
      pingIntervalNs: tclo.pingIntervalNs,
      pingTimeoutNs: tclo.pingTimeoutNs,
    });
  }

  get tools(): Readonly<ToolsState> {
    return this.#tools;
  }

  get apps(): readonly string[] {
    return this.#tclo.apps;
  }

  channels(): readonly { readonly id: number; readonly protocol: Protocol; readonly app: string | undefined }[] {
    return [...this.#channels.values()]
      .sort((a, b) => a.id - b.id)
      .map(({ id, protocol }) => ({ id, protocol, app: this.#tclo.appOf(id) }));
  }

  message(frame: BackdoorFrame): void {
    const { ecx, edx } = frame;
    const type = ecx >>> 16;
    const step = type === MessageType.Open ? undefined : this.#steps[type];
    const channel = this.#channels.get(edx >>> 16);
    if (type === MessageType.Open) this.#open(frame);
    else if (channel === undefined || !this.#admits(channel, frame.esi, frame.edi)) {
      frame.ecx = this.#dialect.badChannel === "unchanged" && edx >>> 16 < this.#maxChannels ? ecx : 0;
    } else if (step === undefined) {
      frame.ecx = 0;
      return;
    } else {
      channel.lastUsedNs = this.#nowNs();
      step(frame, channel);
      if (channel.protocol === "TCLO") this.#schedule();
    }
    if (this.#dialect.keepsLowHalves) {
      frame.ecx = ((frame.ecx & 0xffff_0000) | (ecx & 0xffff)) >>> 0;
      if (frame.edx !== edx) frame.edx = ((frame.edx & 0xffff_0000) | (edx & 0xffff)) >>> 0;
    }
  }

  highBandwidth(direction: "in" | "out", frame: BackdoorFrame, transfer: ByteTransfer): boolean {
    const channel = this.#channels.get(frame.edx >>> 16);
    const [high, low] = direction === "out" ? [frame.ebp, frame.edi] : [frame.esi, frame.ebp];
    // EBX bit 16 is the success of the step before; without it the guest itself has failed and wants none of this.
    const refused = channel === undefined || !this.#dialect.highBandwidth || (frame.ebx & SUCCESS) === 0;
    if (refused || !this.#admits(channel, high, low)) {
      frame.ebx = 0;
      return true;
    }
    channel.lastUsedNs = this.#nowNs();
    const done =
      direction === "out" ? this.#bulkSend(frame, channel, transfer) : this.#bulkRecv(frame, channel, transfer);
    if (channel.protocol === "TCLO") this.#schedule();
    return done;
  }

  get nextTickNs(): bigint | undefined {
    return this.#tclo.nextTickNs;
  }

  call(command: string, options?: TcloCallOptions): Promise<TcloResult> {
    const result = this.#tclo.call(command, options);
    this.#schedule();
    return result;
  }

  halt(options?: TcloCallOptions): Promise<TcloResult> {
    return this.call("OS_Halt", options);
  }

  reboot(options?: TcloCallOptions): Promise<TcloResult> {
    return this.call("OS_Reboot", options);
  }

  suspend(options?: TcloCallOptions): Promise<TcloResult> {
    return this.call("OS_Suspend", options);
  }

  resume(options?: TcloCallOptions): Promise<TcloResult> {
    return this.call("OS_Resume", options);
  }

  powerOn(options?: TcloCallOptions): Promise<TcloResult> {
    return this.call("OS_PowerOn", options);
  }

  ping(options?: TcloCallOptions): Promise<TcloResult> {
    return this.call("ping", options);
  }

  restartTools(): void {
    this.#tclo.restart();
    this.#schedule();
  }

  tick(): void {
    this.#tclo.tick();
    this.#schedule();
  }

  checkpoint(): void {
    for (const channel of this.#channels.values()) {
      if (channel.interrupt()) this.#emitChannel("checkpoint", channel.id, channel.protocol, "");
    }
  }

  observe(observer: (event: GuestrpcEvent) => void): () => void {
    this.#observers = [...this.#observers, observer];
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
    };
  }

  reset(): void {
    for (const channel of [...this.#channels.values()]) this.#close(channel, "close");
    this.#tools = createToolsState();
  }

  save(): GuestrpcSave {
    return {
      version: 2,
      opens: this.#opens,
      channels: [...this.#channels.values()].map((channel) => channel.save()),
      tclo: this.#tclo.save(),
      guestinfo: this.guestinfo.save(),
      tools: saveToolsState(this.#tools),
      random: this.#random.save(),
    };
  }

  load(state: GuestrpcSave): void {
    if (state.version !== 2) throw new RangeError(`vmport-guestrpc: state version ${state.version}, expected 2`);
    // Everything is read before anything changes: a state that is refused leaves the host as it was.
    const channels = state.channels.map((saved) => Channel.load(saved));
    const tools = loadToolsState(state.tools);
    this.#channels.clear();
    for (const channel of channels) this.#channels.set(channel.id, channel);
    this.#tclo.load(state.tclo, this.#channels);
    this.guestinfo.load(state.guestinfo);
    this.#tools = tools;
    this.#random.load(state.random);
    this.#opens = state.opens >>> 0;
    this.#schedule();
  }

  #open(frame: BackdoorFrame): void {
    const wanted = (frame.ebx & ~OPEN_FLAG_COOKIE) >>> 0;
    const protocol = protocols.get(wanted);
    const id = protocol === undefined ? undefined : this.#freeId();
    if (protocol === undefined || id === undefined) {
      const detail =
        protocol === undefined ? `protocol 0x${wanted.toString(16)}` : `${this.#channels.size} channels open`;
      this.#emitChannel("refused", -1, protocol, detail);
      frame.ecx = 0;
      return;
    }
    const withCookie = this.#dialect.cookies === "counter" || frame.ebx >>> 31 === 1;
    const cookie = withCookie ? this.#newCookie() : undefined;
    const channel = new Channel(id, protocol, cookie, this.#nowNs());
    this.#channels.set(id, channel);
    frame.eax = 0;
    frame.ecx = SUCCESS;
    frame.edx = (id << 16) >>> 0;
    if (cookie !== undefined) {
      frame.esi = cookie.high;
      frame.edi = cookie.low;
    }
    this.#emitChannel("open", id, protocol, withCookie ? "cookie" : "");
    if (protocol === "TCLO") this.#tclo.attach(channel);
    this.#schedule();
  }

  #newCookie(): Cookie {
    const count = this.#opens;
    this.#opens = (count + 1) >>> 0;
    if (this.#dialect.cookies === "counter") return { high: count >>> 16, low: count & 0xffff };
    return { high: this.#random.next(), low: this.#random.next() };
  }

  /** The lowest free id; when all are taken, that of the channel idle longest, if it has been idle long enough. */
  #freeId(): number | undefined {
    if (this.#channels.size < this.#maxChannels) {
      let id = 0;
      while (this.#channels.has(id)) id++;
      return id;
    }
    let idlest: Channel | undefined;
    for (const channel of this.#channels.values()) {
      if (idlest === undefined || channel.lastUsedNs < idlest.lastUsedNs) idlest = channel;
    }
    if (idlest === undefined || this.#nowNs() - idlest.lastUsedNs < this.#idleLimitNs) return undefined;
    this.#close(idlest, "swept");
    return idlest.id;
  }

  #close(channel: Channel, event: "close" | "swept"): void {
    this.#channels.delete(channel.id);
    if (channel.protocol === "TCLO") this.#tclo.detach(channel);
    this.#schedule();
    this.#emitChannel(event, channel.id, channel.protocol, "");
  }

  #admits(channel: Channel, high: number, low: number): boolean {
    const { cookie } = channel;
    if (cookie === undefined || (cookie.high === high >>> 0 && cookie.low === low >>> 0)) return true;
    this.#emitChannel("bad-cookie", channel.id, channel.protocol, "");
    return false;
  }

  #answer(frame: BackdoorFrame, result: "okay" | "fail" | "checkpoint"): void {
    frame.ecx = result === "okay" ? SUCCESS : result === "checkpoint" ? CHECKPOINT : 0;
  }

  #sendSize(frame: BackdoorFrame, channel: Channel): void {
    if (channel.protocol === "RPCI") channel.dropOutgoing();
    else if (channel.taken) this.#tcloTaken(channel, true);
    const result = this.#sent(channel, channel.sendSize(frame.ebx >>> 0));
    frame.ecx = result === "okay" ? SUCCESS + this.#offer : 0;
  }

  /** Acts on a message that has become whole. */
  #sent(channel: Channel, result: "okay" | "complete" | "fail" | "checkpoint"): "okay" | "fail" | "checkpoint" {
    if (result !== "complete") return result;
    const message = channel.takeMessage();
    this.#logMessage("send", channel, message);
    if (channel.protocol === "RPCI") {
      channel.offer(this.#runRpci(channel.id, message));
    } else {
      this.#tclo.tick();
      this.#tclo.receive(channel, message);
    }
    return "okay";
  }

  #recvSize(frame: BackdoorFrame, channel: Channel): void {
    const length = channel.recvSize();
    if (length === "fail") {
      frame.ecx = 0;
      frame.ebx = 0;
    } else if (length === undefined) {
      frame.ecx = SUCCESS + this.#offer;
      frame.ebx = 0;
    } else {
      frame.ecx = SUCCESS + DORECV + this.#offer;
      frame.ebx = length;
      frame.edx = (MessageType.SendSize << 16) >>> 0;
    }
  }

  #recvPayload(frame: BackdoorFrame, channel: Channel): void {
    if ((frame.ebx & 1) === 0) {
      this.#endReceive(frame, channel, false);
      return;
    }
    const word = channel.recvWord();
    if (typeof word !== "number") {
      this.#answer(frame, word);
      return;
    }
    frame.ecx = SUCCESS;
    frame.ebx = word;
    frame.edx = (MessageType.SendPayload << 16) >>> 0;
  }

  #endReceive(frame: BackdoorFrame, channel: Channel, received: boolean): void {
    const message = channel.outgoing;
    const result = channel.recvEnd();
    if (result === "okay") {
      if (received && message !== undefined) this.#logMessage("recv", channel, message);
      if (channel.protocol === "TCLO") this.#tclo.taken(channel, received);
    }
    this.#answer(frame, result === "complete" ? "okay" : result);
  }

  #tcloTaken(channel: Channel, received: boolean): void {
    channel.recvEnd();
    this.#tclo.taken(channel, received);
  }

  #bulkSend(frame: BackdoorFrame, channel: Channel, transfer: ByteTransfer): boolean {
    const allowed = channel.maySend(transfer.length);
    if (allowed !== "okay") {
      frame.ebx = allowed === "checkpoint" ? CHECKPOINT : 0;
      return true;
    }
    const bytes = transfer.read();
    if (bytes === undefined) return false;
    this.#sent(channel, channel.sendBytes(bytes));
    frame.ebx = SUCCESS;
    return true;
  }

  #bulkRecv(frame: BackdoorFrame, channel: Channel, transfer: ByteTransfer): boolean {
    const bytes = channel.mayRecv(transfer.length);
    if (typeof bytes === "string") {
      frame.ebx = bytes === "checkpoint" ? CHECKPOINT : 0;
      return true;
    }
    if (!transfer.write(bytes)) return false;
    channel.tookBytes(bytes.length);
    frame.ebx = SUCCESS;
    return true;
  }

  #runRpci(channel: number, message: Uint8Array): Uint8Array {
    const end = message.findIndex((byte) => byte === BLANK || byte === 0);
    const verb = decodeText(end < 0 ? message : message.subarray(0, end));
    const blank = end >= 0 && message[end] === BLANK;
    const call = new RpciCall(channel, verb, blank ? message.subarray(end + 1) : message.subarray(0, 0));
    const command = this.#find(verb);
    const answer = command === undefined ? this.#dialect.unknownVerb : this.#handle(command, call);
    const reply = this.#dialect.countsNul ? withNul(answer) : answer;
    const payload = typeof reply.payload === "string" ? encodeText(reply.payload) : reply.payload;
    if (this.#observers.length > 0) {
      const argument = cutAtNul(call.rawArgument).slice();
      this.#emit({ kind: "rpci", channel, verb, argument, ok: reply.ok, payload, unknown: command === undefined });
    }
    if (this.#logs(LogMask.rpc)) {
      this.#log?.write({
        kind: "rpc",
        class: "rpc",
        ...this.#stamp(),
        channel,
        verb,
        argument: call.argument,
        ok: reply.ok,
        reply: decodeText(payload),
      });
    }
    return concatBytes(reply.ok ? OK_PREFIX : FAIL_PREFIX, payload);
  }

  #find(verb: string): RpciCommand | undefined {
    const { verbs } = this.#dialect;
    if (verbs !== undefined && !verbs.includes(verb)) return undefined;
    return this.#verbs.get(verb) ?? this.#families.find((family) => verb.startsWith(family.verb.slice(0, -1)));
  }

  /** Tells whoever keeps the timer, if the time has changed. */
  #schedule(): void {
    if (this.#onSchedule === undefined) return;
    const atNs = this.#tclo.nextTickNs;
    if (atNs === this.#scheduledNs) return;
    this.#scheduledNs = atNs;
    this.#onSchedule(atNs);
  }

  #handle(command: RpciCommand, call: RpciCall): RpciReply {
    if (this.#allow !== undefined && !this.#allow(call.verb)) return PERMISSION_DENIED;
    const environment: RpciEnvironment = {
      guestinfo: this.guestinfo,
      tools: this.#tools,
      host: this.#host,
      sendTclo: (text) => this.#tclo.broadcast(text),
    };
    return command.handle(call, environment);
  }

  #emit(event: GuestrpcEvent): void {
    for (const observer of this.#observers) observer(event);
  }

  #emitChannel(event: ChannelEvent["event"], channel: number, protocol: Protocol | undefined, detail: string): void {
    if (this.#observers.length > 0) this.#emit({ kind: "channel", event, channel, protocol, detail });
    if (!this.#logs(LogMask.channel)) return;
    const text = [protocol ?? "", detail].filter((part) => part !== "").join(" ");
    this.#log?.write({ kind: "channel", class: "channel", ...this.#stamp(), channel, event, detail: text });
  }

  #emitTclo(event: TcloEvent): void {
    if (this.#observers.length > 0) this.#emit(event);
    if (!this.#logs(LogMask.channel)) return;
    const parts = ["TCLO", event.app ?? "", event.command, event.result?.outcome ?? ""];
    const detail = parts.filter((part) => part !== "").join(" ");
    this.#log?.write({
      kind: "channel",
      class: "channel",
      ...this.#stamp(),
      channel: event.channel,
      event: event.event,
      detail,
    });
  }

  #logMessage(logClass: "send" | "recv", channel: Channel, message: Uint8Array): void {
    if (!this.#logs(LogMask[logClass])) return;
    this.#log?.write({
      kind: "message",
      class: logClass,
      ...this.#stamp(),
      channel: channel.id,
      protocol: channel.protocol,
      bytes: message,
    });
  }

  #logs(mask: number): boolean {
    return this.#log !== undefined && (this.#log.mask & mask) !== 0;
  }

  #stamp(): { atNs: bigint; domainId: number; vcpuId: number } {
    return { atNs: this.#nowNs(), domainId: this.#domainId, vcpuId: 0 };
  }
}

const OK_PREFIX: Uint8Array = /* @__PURE__ */ encodeText("1 ");
const FAIL_PREFIX: Uint8Array = /* @__PURE__ */ encodeText("0 ");
