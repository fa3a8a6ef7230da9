/** A small generator with a named seed: the same on every machine. */
import { readFileSync } from "node:fs";

const pools = { f32: [] as number[], f64: [] as [number, number][], f80: [] as [number, number, number][], int: [] as number[] };
for (const line of readFileSync(new URL("operands.txt", import.meta.url), "utf8").split("\n")) {
  const [kind, a = "", b = ""] = line.split(" ");
  if (kind === "f32") pools.f32.push(Number.parseInt(a, 16));
  else if (kind === "int") pools.int.push(Number.parseInt(a, 16));
  else if (kind === "f64") pools.f64.push([Number.parseInt(a.slice(0, 8), 16), Number.parseInt(a.slice(8), 16)]);
  else if (kind === "f80") pools.f80.push([Number.parseInt(a, 16), Number.parseInt(b.slice(0, 8), 16), Number.parseInt(b.slice(8), 16)]);
}

/** What sixteen bytes are meant to look like. */
export type Flavour = "int" | "f32" | "f64" | "f80" | "bcd" | "str";

export class Random {
  private state = 1;

  /** Starts over from text and a number. */
  seed(text: string, number: number): void {
    let h = 0x811c_9dc5;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193);
    h = Math.imul(h ^ number, 0x85eb_ca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2_ae35);
    h ^= h >>> 16;
    this.state = h === 0 ? 1 : h;
    this.next();
  }

  /** u32. */
  next(): number {
    let s = this.state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.state = s;
    return Math.imul(s, 0x9e37_79b1) >>> 0;
  }

  /** 0 … count − 1. */
  below(count: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * count);
  }

  /** True once in `n`. */
  one(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  word(): number {
    return this.one(4) ? this.pick(pools.int) : this.next();
  }

  private f32(): number {
    const u = this.below(4);
    if (u <= 1) return this.pick(pools.f32);
    const v = this.next();
    return u === 2 ? v : ((v & 0x807f_ffff) | ((117 + this.below(40)) << 23)) >>> 0;
  }

  /** Eight bytes. */
  private f64(view: DataView, at: number): void {
    const u = this.below(4);
    let high: number;
    let low: number;
    if (u <= 1) [high, low] = this.pick(pools.f64);
    else {
      low = this.next();
      high = this.next();
      if (u === 3) high = (high & 0x800f_ffff) | ((1003 + this.below(80)) << 20);
    }
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
  }

  /** Ten bytes, the other six zero. */
  f80(view: DataView, at: number): void {
    const u = this.below(4);
    let top: number;
    let high: number;
    let low: number;
    if (u <= 1) [top, high, low] = this.pick(pools.f80);
    else {
      low = this.next();
      high = this.next() | 0x8000_0000;
      const v = this.next();
      top = u === 2 ? v & 0xffff : (v & 0x8000) | (0x3fff - 20 + this.below(80));
    }
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
    view.setUint32(at + 8, top, true);
    view.setUint32(at + 12, 0, true);
  }

  /** Sixteen bytes. */
  vector(flavour: Flavour, view: DataView, at: number): void {
    switch (flavour) {
      case "int":
        for (let i = 0; i < 16; i += 4) view.setUint32(at + i, this.word(), true);
        return;
      case "f32":
        for (let i = 0; i < 16; i += 4) view.setUint32(at + i, this.f32(), true);
        return;
      case "f64":
        this.f64(view, at);
        this.f64(view, at + 8);
        return;
      case "f80":
        this.f80(view, at);
        return;
      case "bcd":
        for (let i = 0; i < 16; i++) view.setUint8(at + i, this.below(10) | (this.below(10) << 4));
        if (!this.one(8)) view.setUint8(at + 9, view.getUint8(at + 9) & 0x80);
        return;
      case "str": {
        const letters = this.one(2);
        for (let i = 0; i < 16; i++) view.setUint8(at + i, this.one(32) ? 0 : letters ? 0x61 + this.below(3) : this.below(5) * 0x3f);
      }
    }
  }
}
