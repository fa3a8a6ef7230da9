/**
 * The comparison of `oracle.ts` ten times as fast: reads iced's instruction as it lies in WebAssembly memory instead of
 * crossing the boundary for each property. Where the fields lie is no promise of iced's, so every 1,000th instruction goes
 * through the API as well, and a reading that the API does not confirm is an error.
 */
import * as iced from "iced-x86";
import { DecodeError, decodeInstruction, Instruction, mnemonicNames, OpKind, Prefix, Register } from "../src/index.ts";
import { describe, describeForm, kinds, Oracle, registers } from "./oracle.ts";

const { memory } = (iced as unknown as { __wasm: { memory: WebAssembly.Memory } }).__wasm;

/** Byte offsets in iced 1.21's instruction. */
const At = {
  nextIp: 8,
  displacement: 16,
  kinds: 24,
  flags: 28,
  immediate: 32,
  registers: 36,
  code: 40,
  scale: 42,
  base: 43,
  index: 44,
  length: 46,
  size: 48,
} as const;
const Bits = {
  segment: 5,
  rounding: 12,
  opmask: 15,
  broadcast: 1 << 26,
  sae: 1 << 27,
  zeroing: 1 << 28,
  rep: 1 << 29,
  repne: 1 << 30,
  lock: 1 << 31,
} as const;
const Kind = iced.OpKind;
const stackBases: ReadonlySet<number> = new Set(["BP", "EBP", "RBP", "ESP", "RSP"].map((n) => numberOf(n)));

function numberOf(name: string): number {
  return (iced.Register as unknown as Record<string, number>)[name]!;
}

/** What is the same of all instructions of a code. */
interface CodeFacts {
  readonly operands: number;
  readonly form: string;
  readonly mnemonic: string;
  readonly isReservedNop: boolean;
  readonly memorySize: number;
  readonly broadcastSize: number;
}

export class FastOracle {
  readonly mine: Instruction = new Instruction();
  readonly theirs: iced.Instruction = new iced.Instruction();
  readonly #slow = new Oracle();
  readonly #facts: (CodeFacts | undefined)[] = [];
  readonly #pointer: number = (this.theirs as unknown as { __wbg_ptr: number }).__wbg_ptr;
  #words = new Int32Array(0);
  #bytes = new Uint8Array(0);
  #decoder: iced.Decoder | undefined;
  #code: Uint8Array = new Uint8Array(0);
  #bitness: 16 | 32 | 64 = 64;
  #options = 0;
  #position = 0;
  /** Address of the next instruction, as iced counts it. */
  ipLow = 0;
  ipHigh = 0;
  #count = 0;

  /** What follows is in `code`, its first instruction at address `ip`. */
  start(code: Uint8Array, bitness: 16 | 32 | 64, ip: bigint, options = 0): void {
    this.#decoder?.free();
    this.#decoder = new iced.Decoder(bitness, code, options);
    this.#code = code;
    this.#bitness = bitness;
    this.#options = options;
    this.#position = 0;
    this.setIp(ip);
  }

  free(): void {
    this.#decoder?.free();
    this.theirs.free();
  }

  setIp(ip: bigint): void {
    this.#decoder!.ip = ip;
    this.ipLow = Number(BigInt.asIntN(32, ip));
    this.ipHigh = Number(BigInt.asIntN(32, ip >> 32n));
  }

  /** Decodes at `offset` of the code, both at the address behind the last instruction; what differs, or undefined. */
  compare(offset: number): string | undefined {
    const { mine, theirs } = this;
    const decoder = this.#decoder!;
    const code = this.#code;
    const { ipLow, ipHigh } = this;
    const length = decodeInstruction(code, offset, code.length, this.#bitness, ipLow, ipHigh, mine, this.#options);
    if (offset !== this.#position) decoder.position = offset;
    decoder.decodeOut(theirs);
    this.#look();
    this.ipLow = this.#words[At.nextIp / 4]!;
    this.ipHigh = this.#words[At.nextIp / 4 + 1]!;
    this.#position = offset + this.#bytes[At.length]!;
    const equal = this.#equal(length);
    if (equal && ++this.#count % 1000 !== 0) return undefined;
    const ip = (BigInt(ipHigh >>> 0) << 32n) | BigInt(ipLow >>> 0);
    const what = this.#slow.compare(code, offset, this.#bitness, ip, this.#options, decoder);
    this.#position = -1;
    this.setIp((BigInt(this.ipHigh >>> 0) << 32n) | BigInt(this.ipLow >>> 0));
    if (equal === (what === undefined)) return what;
    return `the API says ${what ?? "equal"}, memory does not (${describe(theirs.code)})`;
  }

  /** Growth of the memory detaches views. */
  #look(): void {
    if (this.#words.length !== 0) return;
    this.#words = new Int32Array(memory.buffer, this.#pointer, At.size / 4);
    this.#bytes = new Uint8Array(memory.buffer, this.#pointer, At.size);
  }

  #factsOf(code: number): CodeFacts {
    const known = this.#facts[code];
    if (known) return known;
    const info = iced.CodeExt.opCode(code);
    const facts = {
      operands: info.opCount,
      form: describe(code),
      mnemonic: iced.Mnemonic[info.mnemonic]!.toLowerCase(),
      isReservedNop: info.mnemonic === iced.Mnemonic.Reservednop,
      memorySize: iced.MemorySizeExt.size(info.memorySize),
      broadcastSize: iced.MemorySizeExt.size(info.broadcastMemorySize),
    };
    info.free();
    this.#facts[code] = facts;
    return facts;
  }

  readonly #formOf = new Map<number, number>();

  #equal(length: number): boolean {
    const { mine } = this;
    const code = this.#bytes[At.code]! | (this.#bytes[At.code + 1]! << 8);
    if (code === 0) return mine.error !== DecodeError.None;
    const facts = this.#factsOf(code);
    this.#look();
    const bytes = this.#bytes;
    const words = this.#words;
    if (mine.error !== DecodeError.None || length !== bytes[At.length] || mine.length !== length) return false;
    const flags = words[At.flags / 4]!;
    const displacementLow = words[At.displacement / 4]!;
    const displacementHigh = words[At.displacement / 4 + 1]!;
    const immediate = words[At.immediate / 4]!;
    let form = this.#formOf.get(code);
    if (form === undefined) {
      if (describeForm(mine.form) !== facts.form || mnemonicNames[mine.mnemonic] !== facts.mnemonic) return false;
      form = mine.form;
      this.#formOf.set(code, form);
    }
    if (form !== mine.form || mine.opCount !== facts.operands) return false;
    const isBroadcast = (flags & Bits.broadcast) !== 0;
    for (let i = 0; i < 5; i++) {
      const kind = mine.opKind(i);
      if (i >= facts.operands) {
        if (kind !== OpKind.None || mine.opReg(i) !== 0) return false;
        continue;
      }
      // A fifth operand is always the immediate of VPERMIL2PS.
      const theirKind = i < 4 ? bytes[At.kinds + i]! : Kind.Immediate8;
      if (kinds[theirKind] !== kind) return false;
      switch (kind) {
        case OpKind.Register:
          if (registers[mine.opReg(i)] !== bytes[At.registers + i]) return false;
          break;
        case OpKind.Memory:
          if (
            registers[mine.memBase] !== bytes[At.base] ||
            registers[mine.memIndex] !== bytes[At.index] ||
            mine.memScale !== 1 << bytes[At.scale]!
          )
            return false;
          if (
            mine.addressSize === 16 ? (mine.memDispLow ^ displacementLow) & 0xffff : mine.memDispLow !== displacementLow
          )
            return false;
          if (mine.addressSize === 64 && mine.memDispHigh !== displacementHigh) return false;
          break;
        case OpKind.Immediate: {
          const byte = (immediate << 24) >> 24;
          let low = immediate;
          let high = 0;
          if (theirKind === Kind.Immediate8) low = immediate & 0xff;
          else if (theirKind === Kind.Immediate16) low = immediate & 0xffff;
          else if (theirKind === Kind.Immediate8to16) low = byte & 0xffff;
          else if (theirKind === Kind.Immediate8to32) low = byte;
          else if (theirKind === Kind.Immediate8to64) {
            low = byte;
            high = byte >> 31;
          } else if (theirKind === Kind.Immediate32to64) high = low >> 31;
          else if (theirKind === Kind.Immediate64) high = displacementLow;
          if (mine.immLow !== low || mine.immHigh !== high) return false;
          break;
        }
        case OpKind.Immediate2:
          if (mine.imm2 !== (displacementLow & 0xff)) return false;
          break;
        case OpKind.NearBranch:
          if (mine.targetLow !== displacementLow || mine.targetHigh !== displacementHigh) return false;
          break;
        case OpKind.FarBranch:
          if (mine.targetLow !== immediate || mine.farSelector !== (displacementLow & 0xffff)) return false;
          break;
      }
      if (kind === OpKind.Memory || kind === OpKind.StringSource || kind === OpKind.MaskDestination) {
        const prefix = (flags >>> Bits.segment) & 7;
        // ES, CS, SS and DS prefixes have no effect in 64-bit code.
        const segment =
          prefix !== 0 && (this.#bitness !== 64 || prefix > 4)
            ? prefix - 1
            : kind === OpKind.Memory && stackBases.has(bytes[At.base]!)
              ? 2
              : 3;
        if (mine.memSegment !== Register.ES + segment) return false;
      }
      if (kind === OpKind.Memory || kind >= OpKind.StringSource) {
        if (mine.memSize !== (isBroadcast ? facts.broadcastSize : facts.memorySize)) return false;
      }
    }
    const { prefixes } = mine;
    if (((flags & Bits.lock) !== 0) !== ((prefixes & Prefix.Lock) !== 0)) return false;
    // iced drops F2 in front of the reserved NOP 0F 1E, where no mandatory prefix is defined.
    if (!facts.isReservedNop) {
      if (((flags & Bits.rep) !== 0) !== ((prefixes & Prefix.Rep) !== 0)) return false;
      if (((flags & Bits.repne) !== 0) !== ((prefixes & Prefix.Repne) !== 0)) return false;
    }
    return (
      ((flags >>> Bits.opmask) & 7) === mine.opmask &&
      ((flags >>> Bits.rounding) & 7) === mine.rounding &&
      ((flags & Bits.zeroing) !== 0) === mine.zeroing &&
      isBroadcast === mine.broadcast &&
      ((flags & Bits.sae) !== 0) === mine.sae
    );
  }
}
