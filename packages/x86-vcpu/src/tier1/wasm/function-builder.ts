import { ByteSink } from "./byte-sink.ts";
import { Wasm, type WasmAccess, WasmMemory, WasmType, type WasmValueType } from "./opcode.ts";

/** A branch target: the nesting depth at which its construct was opened. */
export type Label = number;

/** Writes one function body. Methods append one instruction each; structured control is checked by depth only. */
export class FunctionBuilder {
  readonly code: ByteSink;
  private readonly locals: WasmValueType[] = [];
  private readonly parameterCount: number;
  private depth = 0;

  constructor(parameterCount: number, capacity = 512) {
    this.parameterCount = parameterCount;
    this.code = new ByteSink(capacity);
  }

  /** Declares a local; parameters are 0 … parameterCount − 1. */
  local(type: WasmValueType): number {
    this.locals.push(type);
    return this.parameterCount + this.locals.length - 1;
  }

  get(local: number): this {
    this.code.byte(0x20);
    this.code.u32(local);
    return this;
  }

  set(local: number): this {
    this.code.byte(0x21);
    this.code.u32(local);
    return this;
  }

  tee(local: number): this {
    this.code.byte(0x22);
    this.code.u32(local);
    return this;
  }

  i32(value: number): this {
    this.code.byte(0x41);
    this.code.s32(value);
    return this;
  }

  i64(value: number | bigint): this {
    this.code.byte(0x42);
    if (typeof value === "bigint") this.code.s64(value);
    else this.code.s32(value);
    return this;
  }

  op(...names: (keyof typeof Wasm)[]): this {
    for (const name of names) this.code.byte(Wasm[name]);
    return this;
  }

  /** Loads and stores at address + offset; `alignment` (log2) defaults to the natural one, a hint only. */
  access(name: WasmAccess, offset = 0, alignment?: number): this {
    const [code, natural] = WasmMemory[name];
    this.code.byte(code);
    this.code.u32(alignment ?? natural);
    this.code.u32(offset);
    return this;
  }

  /** A 0xFD-prefixed vector instruction without immediates. */
  vector(code: number): this {
    this.code.byte(0xfd);
    this.code.u32(code);
    return this;
  }

  /** v128.load (0x00), v128.store (0x0b) and other vector accesses. */
  vectorAccess(code: number, offset: number, alignment: number): this {
    this.vector(code);
    this.code.u32(alignment);
    this.code.u32(offset);
    return this;
  }

  /** A vector instruction with one immediate lane number. */
  vectorLane(code: number, lane: number): this {
    this.vector(code);
    this.code.byte(lane);
    return this;
  }

  /** Numeric instructions with the 0xFC prefix (saturating truncations). */
  prefixed(code: number): this {
    this.code.byte(0xfc);
    this.code.u32(code);
    return this;
  }

  /** Any one-byte instruction that the tables do not name. */
  raw(code: number): this {
    this.code.byte(code);
    return this;
  }

  memoryCopy(): this {
    this.prefixed(10);
    this.code.byte(0);
    this.code.byte(0);
    return this;
  }

  block(type: WasmValueType | "empty" = "empty"): Label {
    return this.open(0x02, type);
  }

  loop(type: WasmValueType | "empty" = "empty"): Label {
    return this.open(0x03, type);
  }

  if(type: WasmValueType | "empty" = "empty"): Label {
    return this.open(0x04, type);
  }

  else(): this {
    this.code.byte(0x05);
    return this;
  }

  end(): this {
    this.depth--;
    this.code.byte(0x0b);
    return this;
  }

  private open(code: number, type: WasmValueType | "empty"): Label {
    this.code.byte(code);
    this.code.byte(WasmType[type]);
    return ++this.depth;
  }

  br(label: Label): this {
    this.code.byte(0x0c);
    this.code.u32(this.depth - label);
    return this;
  }

  brIf(label: Label): this {
    this.code.byte(0x0d);
    this.code.u32(this.depth - label);
    return this;
  }

  brTable(labels: readonly Label[], otherwise: Label): this {
    this.code.byte(0x0e);
    this.code.u32(labels.length);
    for (const label of labels) this.code.u32(this.depth - label);
    this.code.u32(this.depth - otherwise);
    return this;
  }

  call(func: number): this {
    this.code.byte(0x10);
    this.code.u32(func);
    return this;
  }

  /** Through table 0. */
  callIndirect(type: number): this {
    this.code.byte(0x11);
    this.code.u32(type);
    this.code.byte(0);
    return this;
  }

  /** Bytes of the body so far, without local declarations. */
  get size(): number {
    return this.code.length;
  }

  /** Appends the finished entry of the code section (size, locals, body). */
  writeTo(sink: ByteSink): void {
    if (this.depth !== 0) throw new Error(`function body ends inside ${this.depth} open blocks`);
    const head = new ByteSink(16);
    const groups: { type: WasmValueType; count: number }[] = [];
    for (const type of this.locals) {
      const last = groups.at(-1);
      if (last?.type === type) last.count++;
      else groups.push({ type, count: 1 });
    }
    head.u32(groups.length);
    for (const { type, count } of groups) {
      head.u32(count);
      head.byte(WasmType[type]);
    }
    sink.u32(head.length + this.code.length + 1);
    sink.append(head);
    sink.append(this.code);
    sink.byte(0x0b);
  }
}
