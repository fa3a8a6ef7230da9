/** Draws the starting states of the vectors: the same generator, step by step, as in generate.c. */
import { readFileSync } from "node:fs";

/** Architectural state around one instruction, FXSAVE image first (64-bit layout, SDM vol. 1 table 10-2). */
export interface CaseState {
  readonly fx: Uint8Array;
  /** rax, rcx, rdx. */
  readonly gpr: bigint[];
  rflags: number;
  /** 64 bytes at [rdi]. */
  readonly memory: Uint8Array;
}

const pools = { f32: [] as number[], f64: [] as bigint[], f80: [] as [number, bigint][], int: [] as number[] };
for (const line of readFileSync(new URL("operands.txt", import.meta.url), "utf8").split("\n")) {
  const [kind, a, b] = line.split(" ");
  if (kind === "f32") pools.f32.push(Number.parseInt(a!, 16));
  else if (kind === "int") pools.int.push(Number.parseInt(a!, 16));
  else if (kind === "f64") pools.f64.push(BigInt(`0x${a}`));
  else if (kind === "f80") pools.f80.push([Number.parseInt(a!, 16), BigInt(`0x${b}`)]);
}

export class Drawer {
  private seed: number;
  constructor(seed: number) {
    this.seed = seed;
  }

  next(): number {
    let s = this.seed;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.seed = s;
    return s >>> 0;
  }

  private int(): number {
    const u = this.next();
    return (u & 3) === 0 ? pools.int[(u >>> 8) % pools.int.length]! : this.next();
  }

  private f32(): number {
    const u = this.next();
    if ((u & 3) <= 1) return pools.f32[(u >>> 8) % pools.f32.length]!;
    const v = this.next();
    if ((u & 3) === 2) return v;
    return ((v & 0x807f_ffff) | ((117 + ((u >>> 8) % 40)) << 23)) >>> 0;
  }

  private f64(): bigint {
    const u = this.next();
    if ((u & 3) <= 1) return pools.f64[(u >>> 8) % pools.f64.length]!;
    const v = (BigInt(this.next()) << 32n) | BigInt(this.next());
    if ((u & 3) === 2) return v;
    return (v & 0x800f_ffff_ffff_ffffn) | (BigInt(1003 + ((u >>> 8) % 80)) << 52n);
  }

  private f80(view: DataView, at: number): void {
    const u = this.next();
    let [high, low] = pools.f80[(u >>> 8) % pools.f80.length]!;
    if ((u & 3) > 1) {
      low = (BigInt(this.next()) << 32n) | 0x8000_0000_0000_0000n;
      low |= BigInt(this.next());
      high = ((u & 3) === 2 ? u >>> 8 : ((u >>> 8) & 0x8000) | (0x3fff - 20 + ((u >>> 8) % 80))) & 0xffff;
    }
    view.setBigUint64(at, low, true);
    view.setUint16(at + 8, high, true);
  }

  private vector(kind: string, view: DataView, at: number): void {
    if (kind === "f64") {
      view.setBigUint64(at, this.f64(), true);
      view.setBigUint64(at + 8, this.f64(), true);
    } else if (kind === "str") {
      const u = this.next();
      for (let i = 0; i < 16; i++) {
        const v = this.next();
        view.setUint8(at + i, (v & 0x1f) === 0 ? 0 : (u & 1) !== 0 ? 0x61 + ((v >>> 8) % 3) : ((v >>> 8) % 5) * 0x3f);
      }
    } else for (let i = 0; i < 4; i++) view.setUint32(at + 4 * i, kind === "f32" ? this.f32() : this.int(), true);
  }

  state(kind: string): CaseState {
    const x87 = kind[0] === "x" || kind[0] === "b";
    const state: CaseState = { fx: new Uint8Array(512), gpr: [], rflags: 0, memory: new Uint8Array(64) };
    const view = new DataView(state.fx.buffer);
    let u = this.next();
    const masks = (u & 3) !== 0 ? 0x1f80 : ((u >>> 4) & 0x3f) << 7;
    const daz = ((u >>> 12) & 3) === 0 ? 0x40 : 0;
    const ftz = ((u >>> 14) & 3) === 0 ? 0x8000 : 0;
    view.setUint32(24, masks | (((u >>> 10) & 3) << 13) | daz | ftz | (((u >>> 16) & 1) << 5), true);
    u = this.next();
    let fcw = 0x37f;
    let fsw = 0;
    let tags = 0;
    if (x87) {
      const precision = ((u >>> 12) & 1) !== 0 ? 3 : (u >>> 13) & 3;
      fcw = ((u & 3) !== 0 ? 0x3f : (u >>> 4) & 0x3f) | 0x40 | (((u >>> 10) & 3) << 10) | (precision << 8);
      fsw = (((u >>> 15) & 7) << 11) | (((u >>> 18) & 1) << 14) | (((u >>> 19) & 7) << 8);
      tags = ((u >>> 22) & 3) !== 0 ? 0x7f : this.next() & 0xff;
      if (((u >>> 24) & 7) === 0) tags = 0xff;
      const top = (fsw >>> 11) & 7;
      tags = ((tags << top) | (tags >>> ((8 - top) & 7))) & 0xff;
    } else if (kind === "mmx") {
      fsw = ((u >>> 15) & 7) << 11;
      tags = (u >>> 18) & 0xff;
    }
    view.setUint16(0, fcw, true);
    view.setUint16(2, fsw, true);
    view.setUint8(4, tags);
    for (let i = 0; i < 8; i++) {
      if (x87) this.f80(view, 32 + 16 * i);
      else {
        view.setUint32(32 + 16 * i, this.int(), true);
        view.setUint32(36 + 16 * i, this.int(), true);
        view.setUint16(40 + 16 * i, 0xffff, true);
      }
    }
    for (let i = 0; i < 3; i++) this.vector(kind, view, 160 + 16 * i);
    if (kind === "int" || kind === "mmx") {
      u = this.next();
      if ((u & 3) === 0) {
        const count = BigInt((u >>> 8) & 0x3f);
        view.setBigUint64(176, count, true);
        view.setBigUint64(32 + 16 * ((1 - ((fsw >>> 11) & 7)) & 7), count, true);
      }
    }
    const memory = new DataView(state.memory.buffer);
    for (let at = 0; at < 64; at += 16) this.memoryOperand(kind, memory, at);
    if (kind === "bcd") state.memory[9] = state.memory[9]! & 0x80;
    for (let i = 0; i < 3; i++) {
      const low = this.int();
      let value = (BigInt(this.int()) << 32n) | BigInt(low);
      if (kind === "gpr") {
        const v = this.next();
        if ((v & 3) === 0) value = BigInt((v >>> 8) & 0x7f);
        else if ((v & 3) === 1) value &= 0xffffn;
      }
      if (kind !== "str") state.gpr.push(value);
      else if ((low & 1) !== 0) state.gpr.push(BigInt.asUintN(64, BigInt(((low >>> 8) & 31) - 8)));
      else state.gpr.push(((low >>> 1) & 7) !== 0 ? BigInt(low) : value);
    }
    state.rflags = 0x202 | (this.next() & 0x8d5);
    return state;
  }

  private memoryOperand(kind: string, view: DataView, at: number): void {
    if (kind === "bcd") {
      for (let j = 0; j < 16; j++) {
        const v = this.next();
        view.setUint8(at + j, ((v & 15) % 10) | ((((v >>> 4) & 15) % 10) << 4));
      }
    } else if (kind === "x87") {
      const u = this.next();
      if ((u & 3) === 0) this.vector("f32", view, at);
      else if ((u & 3) === 1) this.vector("f64", view, at);
      else this.f80(view, at);
    } else this.vector(kind, view, at);
  }
}
