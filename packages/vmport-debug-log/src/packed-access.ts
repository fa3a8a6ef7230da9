import type { AccessEntry } from "./record-ring.ts";

/** Words of an access: class, reason, direction, size and CPL; port; vCPU; domain; command; six registers; time; RIP. */
export const PACKED_WORDS = 15;

const classes = ["trace", "after", "error"] as const;
const reasons = [undefined, "not-vmware", "unknown-command"] as const;
const classBits = (value: AccessEntry["class"]): number => (value === "trace" ? 0 : value === "after" ? 1 : 2);
const reasonBits = (value: AccessEntry["reason"]): number => (value === undefined ? 0 : value === "not-vmware" ? 1 : 2);
const EAX = 5;
const TIME = 11;
const RIP = 13;

/**
 * An entry that is packed as the ring buffer keeps it, so that `writeAccess` copies words. Its members are accessors, and time and RIP can be
 * given without a bigint.
 */
export class PackedAccess implements AccessEntry {
  readonly words: Int32Array = new Int32Array(PACKED_WORDS);
  commandName: string | undefined = undefined;
  note: string | undefined = undefined;
  /** Time and RIP where they were given as bigints: to take those apart costs more than to keep them. Else the words count. */
  givenTime: bigint | undefined = undefined;
  givenRip: bigint | undefined = undefined;

  get class(): AccessEntry["class"] {
    return classes[(this.words[0] as number) & 3] ?? "trace";
  }
  set class(value: AccessEntry["class"]) {
    this.#setBits(0, 3, classBits(value));
  }
  get reason(): AccessEntry["reason"] {
    return reasons[((this.words[0] as number) >> 2) & 3];
  }
  set reason(value: AccessEntry["reason"]) {
    this.#setBits(2, 3, reasonBits(value));
  }
  get direction(): AccessEntry["direction"] {
    return ((this.words[0] as number) & 16) === 0 ? "in" : "out";
  }
  set direction(value: AccessEntry["direction"]) {
    this.#setBits(4, 1, value === "in" ? 0 : 1);
  }
  get size(): number {
    return ((this.words[0] as number) >> 8) & 0xff;
  }
  set size(value: number) {
    this.#setBits(8, 0xff, value);
  }
  get cpl(): number {
    return ((this.words[0] as number) >> 16) & 0xff;
  }
  set cpl(value: number) {
    this.#setBits(16, 0xff, value);
  }
  get port(): number {
    return (this.words[1] as number) >>> 0;
  }
  set port(value: number) {
    this.words[1] = value;
  }
  get vcpuId(): number {
    return (this.words[2] as number) >>> 0;
  }
  set vcpuId(value: number) {
    this.words[2] = value;
  }
  get domainId(): number {
    return (this.words[3] as number) >>> 0;
  }
  set domainId(value: number) {
    this.words[3] = value;
  }
  get command(): number {
    return (this.words[4] as number) >>> 0;
  }
  set command(value: number) {
    this.words[4] = value;
  }
  get eax(): number {
    return (this.words[EAX] as number) >>> 0;
  }
  set eax(value: number) {
    this.words[EAX] = value;
  }
  get ebx(): number {
    return (this.words[EAX + 1] as number) >>> 0;
  }
  set ebx(value: number) {
    this.words[EAX + 1] = value;
  }
  get ecx(): number {
    return (this.words[EAX + 2] as number) >>> 0;
  }
  set ecx(value: number) {
    this.words[EAX + 2] = value;
  }
  get edx(): number {
    return (this.words[EAX + 3] as number) >>> 0;
  }
  set edx(value: number) {
    this.words[EAX + 3] = value;
  }
  get esi(): number {
    return (this.words[EAX + 4] as number) >>> 0;
  }
  set esi(value: number) {
    this.words[EAX + 4] = value;
  }
  get edi(): number {
    return (this.words[EAX + 5] as number) >>> 0;
  }
  set edi(value: number) {
    this.words[EAX + 5] = value;
  }
  get atNs(): bigint {
    return this.givenTime ?? this.#wordsAt(TIME);
  }
  set atNs(value: bigint) {
    this.givenTime = value;
  }
  get rip(): bigint {
    return this.givenRip ?? this.#wordsAt(RIP);
  }
  set rip(value: bigint) {
    this.givenRip = value;
  }

  /** As `atNs`, for a whole number from 0 to 2^53. */
  setTime(ns: number): void {
    this.words[TIME] = ns;
    this.words[TIME + 1] = ns / 0x1_0000_0000;
    if (this.givenTime !== undefined) this.givenTime = undefined;
  }

  /** As `rip`, from its low and its high half. */
  setRip(low: number, high: number): void {
    this.words[RIP] = low;
    this.words[RIP + 1] = high;
    if (this.givenRip !== undefined) this.givenRip = undefined;
  }

  /** An access on entry: class `trace`, no reason. */
  start(direction: AccessEntry["direction"], port: number, size: number, cpl: number): void {
    this.words[0] = (direction === "in" ? 0 : 16) | (size << 8) | (cpl << 16);
    this.words[1] = port;
  }

  /** Class and reason at once. */
  setKind(logClass: AccessEntry["class"], reason: AccessEntry["reason"]): void {
    this.#setBits(0, 15, classBits(logClass) | (reasonBits(reason) << 2));
  }

  #setBits(at: number, mask: number, value: number): void {
    this.words[0] = ((this.words[0] as number) & ~(mask << at)) | ((value & mask) << at);
  }

  #wordsAt(at: number): bigint {
    return (BigInt((this.words[at + 1] as number) >>> 0) << 32n) | BigInt((this.words[at] as number) >>> 0);
  }
}

export function createPackedAccess(): PackedAccess {
  return new PackedAccess();
}
