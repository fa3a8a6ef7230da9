/**
 * One message channel: collects what the guest sends and hands out what it receives, four bytes a call or in bulk. It knows no registers,
 * only steps and statuses, and nothing of what messages mean.
 *
 * Sources: open-vm-tools `lib/message/message.c` (the guest's half: what it does after each status).
 */
import { MAX_MESSAGE_BYTES, type Protocol } from "./protocol.ts";
import { fromHex, toHex } from "./text.ts";

export interface Cookie {
  /** In ESI. */
  readonly high: number;
  /** In EDI. */
  readonly low: number;
}

export interface ChannelSave {
  readonly id: number;
  readonly protocol: Protocol;
  readonly cookie: Cookie | null;
  readonly lastUsedNs: string;
  readonly state: "idle" | "sending" | "receiving";
  /** Sending: what has arrived; with `expected`, how much there will be. */
  readonly receivedHex: string;
  readonly expected: number;
  /** Message for the guest, or null; with `cursor`, how much of it the guest has. */
  readonly outgoingHex: string | null;
  readonly cursor: number;
  readonly interrupted: boolean;
}

/** What a step came to. `complete`: the guest's message is whole, take it with `takeMessage`. */
export type StepResult = "okay" | "complete" | "fail" | "checkpoint";

const EMPTY: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

export class Channel {
  readonly id: number;
  readonly protocol: Protocol;
  readonly cookie: Cookie | undefined;
  lastUsedNs: bigint;

  #state: "idle" | "sending" | "receiving" = "idle";
  #buffer: Uint8Array = EMPTY;
  #received = 0;
  #outgoing: Uint8Array | undefined;
  #cursor = 0;
  #interrupted = false;

  constructor(id: number, protocol: Protocol, cookie: Cookie | undefined, nowNs: bigint) {
    this.id = id;
    this.protocol = protocol;
    this.cookie = cookie;
    this.lastUsedNs = nowNs;
  }

  /** The guest's message after `complete`; the channel lets go of it. */
  takeMessage(): Uint8Array {
    const message = this.#buffer;
    this.#buffer = EMPTY;
    this.#received = 0;
    return message;
  }

  /** The message the guest may fetch, if there is one. */
  get outgoing(): Uint8Array | undefined {
    return this.#outgoing;
  }

  /** Puts a message in front of the guest, in place of one it has not taken. */
  offer(message: Uint8Array): void {
    this.#outgoing = message;
    this.#cursor = 0;
    if (this.#state === "receiving") this.#state = "idle";
  }

  /** Bytes still missing of the message being sent; 0 outside of one. */
  get missing(): number {
    return this.#state === "sending" ? this.#buffer.length - this.#received : 0;
  }

  /** Bytes not yet taken of the message being received; 0 outside of one. */
  get remaining(): number {
    return this.#state === "receiving" ? (this.#outgoing as Uint8Array).length - this.#cursor : 0;
  }

  get receiving(): boolean {
    return this.#state === "receiving";
  }

  /** The guest has every byte of the outgoing message, though it has not acknowledged it. */
  get taken(): boolean {
    return this.#state === "receiving" && this.#cursor === (this.#outgoing as Uint8Array).length;
  }

  /** Begins a message of `length` bytes; one half-way in either direction is forgotten. */
  sendSize(length: number): StepResult {
    this.#interrupted = false;
    this.#state = "idle";
    this.#cursor = 0;
    if (length > MAX_MESSAGE_BYTES) return "fail";
    this.#buffer = length === 0 ? EMPTY : new Uint8Array(length);
    this.#received = 0;
    if (length === 0) return "complete";
    this.#state = "sending";
    return "okay";
  }

  /** The next four bytes, the last ones padded. */
  sendWord(word: number): StepResult {
    if (this.#checkpoint()) return "checkpoint";
    if (this.#state !== "sending") return "fail";
    const count = Math.min(4, this.missing);
    for (let i = 0; i < count; i++) this.#buffer[this.#received + i] = (word >>> (8 * i)) & 0xff;
    return this.#advance(count);
  }

  /** Checks a bulk transfer of `count` bytes before any is read; a refusal ends the message. */
  maySend(count: number): StepResult {
    if (this.#checkpoint()) return "checkpoint";
    if (this.#state !== "sending") return "fail";
    if (count >= 1 && count <= this.missing) return "okay";
    this.#state = "idle";
    return "fail";
  }

  /** The bytes of a transfer that {@link maySend} allowed. */
  sendBytes(bytes: Uint8Array): StepResult {
    this.#buffer.set(bytes, this.#received);
    return this.#advance(bytes.length);
  }

  /** Begins to receive, from the first byte: length of the message, or `undefined` if there is none. */
  recvSize(): number | "fail" | undefined {
    this.#interrupted = false;
    if (this.#state === "sending") return "fail";
    this.#cursor = 0;
    if (this.#outgoing === undefined) {
      this.#state = "idle";
      return undefined;
    }
    this.#state = "receiving";
    return this.#outgoing.length;
  }

  /** The next four bytes, little-endian and zero-padded, or why not. */
  recvWord(): number | "fail" | "checkpoint" {
    if (this.#checkpoint()) return "checkpoint";
    if (this.remaining === 0) return "fail";
    const message = this.#outgoing as Uint8Array;
    let word = 0;
    for (let i = 0; i < 4; i++) word |= (message[this.#cursor + i] ?? 0) << (8 * i);
    this.#cursor = Math.min(message.length, this.#cursor + 4);
    return word >>> 0;
  }

  /** Checks a bulk transfer of `count` bytes to the guest; the bytes, or why not. {@link tookBytes} confirms it. */
  mayRecv(count: number): Uint8Array | "fail" | "checkpoint" {
    if (this.#checkpoint()) return "checkpoint";
    if (count < 1 || count > this.remaining) return "fail";
    return (this.#outgoing as Uint8Array).subarray(this.#cursor, this.#cursor + count);
  }

  tookBytes(count: number): void {
    this.#cursor += count;
  }

  /** Ends a message, taken or given up; it is dropped in both cases. */
  recvEnd(): StepResult {
    if (this.#checkpoint()) return "checkpoint";
    if (this.#state !== "receiving") return "fail";
    this.#state = "idle";
    this.#outgoing = undefined;
    this.#cursor = 0;
    return "okay";
  }

  /** Drops a message the guest has not acknowledged. */
  dropOutgoing(): void {
    this.#outgoing = undefined;
    this.#cursor = 0;
    if (this.#state === "receiving") this.#state = "idle";
  }

  /** A checkpoint: a message half-way is invalid, and the guest's next step on it will be told so. What waits, waits. True if there was one. */
  interrupt(): boolean {
    if (this.#state === "idle") return false;
    this.#state = "idle";
    this.#cursor = 0;
    this.#buffer = EMPTY;
    this.#received = 0;
    this.#interrupted = true;
    return true;
  }

  save(): ChannelSave {
    return {
      id: this.id,
      protocol: this.protocol,
      cookie: this.cookie ?? null,
      lastUsedNs: String(this.lastUsedNs),
      state: this.#state,
      receivedHex: this.#state === "sending" ? toHex(this.#buffer.subarray(0, this.#received)) : "",
      expected: this.#state === "sending" ? this.#buffer.length : 0,
      outgoingHex: this.#outgoing === undefined ? null : toHex(this.#outgoing),
      cursor: this.#cursor,
      interrupted: this.#interrupted,
    };
  }

  static load(saved: ChannelSave): Channel {
    const channel = new Channel(saved.id, saved.protocol, saved.cookie ?? undefined, BigInt(saved.lastUsedNs));
    const received = fromHex(saved.receivedHex);
    const outgoingBytes = (saved.outgoingHex ?? "").length / 2;
    const sane =
      saved.expected <= MAX_MESSAGE_BYTES &&
      (saved.state !== "sending" || received.length < saved.expected) &&
      received.length <= saved.expected &&
      saved.cursor <= outgoingBytes &&
      (saved.state !== "receiving" || saved.outgoingHex !== null);
    if (!sane) throw new RangeError(`vmport-guestrpc: saved channel ${saved.id} contradicts itself`);
    channel.#state = saved.state;
    channel.#buffer = new Uint8Array(saved.expected);
    channel.#buffer.set(received);
    channel.#received = received.length;
    channel.#outgoing = saved.outgoingHex === null ? undefined : fromHex(saved.outgoingHex);
    channel.#cursor = saved.cursor;
    channel.#interrupted = saved.interrupted;
    return channel;
  }

  #advance(count: number): StepResult {
    this.#received += count;
    if (this.#received < this.#buffer.length) return "okay";
    this.#state = "idle";
    return "complete";
  }

  #checkpoint(): boolean {
    const interrupted = this.#interrupted;
    this.#interrupted = false;
    return interrupted;
  }
}
