/** How longer functions of the WebAssembly module are written: as expressions over locals, the processor's state and tier 1's control area. */
import type { Layout } from "./ops/emit.ts";
import type { FunctionBuilder } from "./wasm/function-builder.ts";
import type { Wasm, WasmAccess } from "./wasm/opcode.ts";

/** Pushes one value. */
export type Value = () => void;

/** Expressions: a function is written down as what it works out. */
export class Writer {
  readonly f: FunctionBuilder;
  readonly layout: Layout;

  constructor(f: FunctionBuilder, layout: Layout) {
    this.f = f;
    this.layout = layout;
  }

  readonly i32 =
    (value: number): Value =>
    () =>
      void this.f.i32(value);
  readonly local =
    (index: number): Value =>
    () =>
      void this.f.get(index);
  readonly op =
    (name: keyof typeof Wasm, ...operands: readonly Value[]): Value =>
    () => {
      for (const operand of operands) operand();
      this.f.op(name);
    };
  /** One of two, both of which are worked out. */
  readonly select = (whenTrue: Value, whenFalse: Value, condition: Value): Value =>
    this.op("select", whenTrue, whenFalse, condition);
  readonly load =
    (name: WasmAccess, address: Value, offset = 0): Value =>
    () => {
      address();
      this.f.access(name, offset, 0);
    };
  readonly state = (name: WasmAccess, offset: number): Value =>
    this.load(name, this.i32(0), this.layout.state + offset);
  readonly control = (name: WasmAccess, offset: number): Value =>
    this.load(name, this.i32(0), this.layout.control + offset);
  readonly call =
    (index: number, ...operands: readonly Value[]): Value =>
    () => {
      for (const operand of operands) operand();
      this.f.call(index);
    };
  readonly and = (a: Value, mask: number): Value => this.op("i32And", a, this.i32(mask));
  readonly shiftRight = (a: Value, by: number): Value => this.op("i32ShrU", a, this.i32(by));
  readonly wide = (a: Value): Value => this.op("i64ExtendI32U", a);
  readonly dpl = (high: number): Value => this.and(this.shiftRight(this.local(high), 13), 3);

  set(local: number, value: Value): void {
    value();
    this.f.set(local);
  }

  store(name: WasmAccess, address: Value, offset: number, value: Value): void {
    address();
    value();
    this.f.access(name, offset, 0);
  }

  setState(name: WasmAccess, offset: number, value: Value): void {
    this.store(name, this.i32(0), this.layout.state + offset, value);
  }
}
