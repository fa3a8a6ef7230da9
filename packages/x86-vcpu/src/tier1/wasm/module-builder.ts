import { ByteSink } from "./byte-sink.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { WasmType, type WasmValueType } from "./opcode.ts";

/** Writes one WebAssembly module: an imported memory, imported and own functions, at most one own table. */
export class ModuleBuilder {
  private readonly types: { key: string; params: readonly WasmValueType[]; results: readonly WasmValueType[] }[] = [];
  private readonly imports: { module: string; name: string; type: number }[] = [];
  private readonly functions: { type: number; body: FunctionBuilder }[] = [];
  private readonly exports: { name: string; func: number }[] = [];
  private elements: readonly number[] = [];
  private memoryImport: { module: string; name: string } | undefined;

  type(params: readonly WasmValueType[], results: readonly WasmValueType[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.types.findIndex((type) => type.key === key);
    if (known >= 0) return known;
    this.types.push({ key, params, results });
    return this.types.length - 1;
  }

  importMemory(module: string, name: string): void {
    this.memoryImport = { module, name };
  }

  /** Gives the function's index; all imports come before the first own function. */
  importFunction(
    module: string,
    name: string,
    params: readonly WasmValueType[],
    results: readonly WasmValueType[],
  ): number {
    if (this.functions.length > 0) throw new Error(`import ${module}.${name} after the first function`);
    this.imports.push({ module, name, type: this.type(params, results) });
    return this.imports.length - 1;
  }

  /** Declares a function of our own; write its body through `body` before `finish`. */
  function(
    params: readonly WasmValueType[],
    results: readonly WasmValueType[],
    capacity?: number,
  ): { readonly index: number; readonly body: FunctionBuilder } {
    const body = new FunctionBuilder(params.length, capacity);
    this.functions.push({ type: this.type(params, results), body });
    return { index: this.imports.length + this.functions.length - 1, body };
  }

  export(name: string, func: number): void {
    this.exports.push({ name, func });
  }

  /** Contents of the module's own table 0, from index 0. */
  table(functions: readonly number[]): void {
    this.elements = functions;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteSink(1 << 16);
    for (const byte of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) out.byte(byte);
    const section = (id: number, write: (sink: ByteSink) => void): void => {
      const sink = new ByteSink(4096);
      write(sink);
      out.byte(id);
      out.u32(sink.length);
      out.append(sink);
    };
    section(1, (sink) => {
      sink.u32(this.types.length);
      for (const { params, results } of this.types) {
        sink.byte(0x60);
        for (const list of [params, results]) {
          sink.u32(list.length);
          for (const type of list) sink.byte(WasmType[type]);
        }
      }
    });
    const { memoryImport } = this;
    section(2, (sink) => {
      sink.u32(this.imports.length + (memoryImport === undefined ? 0 : 1));
      for (const { module, name, type } of this.imports) {
        sink.name(module);
        sink.name(name);
        sink.byte(0x00);
        sink.u32(type);
      }
      if (memoryImport !== undefined) {
        sink.name(memoryImport.module);
        sink.name(memoryImport.name);
        sink.byte(0x02);
        sink.byte(0x00);
        sink.u32(1);
      }
    });
    section(3, (sink) => {
      sink.u32(this.functions.length);
      for (const { type } of this.functions) sink.u32(type);
    });
    if (this.elements.length > 0) {
      section(4, (sink) => {
        sink.u32(1);
        sink.byte(WasmType.funcref);
        sink.byte(0x01);
        sink.u32(this.elements.length);
        sink.u32(this.elements.length);
      });
    }
    section(7, (sink) => {
      sink.u32(this.exports.length);
      for (const { name, func } of this.exports) {
        sink.name(name);
        sink.byte(0x00);
        sink.u32(func);
      }
    });
    if (this.elements.length > 0) {
      section(9, (sink) => {
        sink.u32(1);
        sink.u32(0);
        sink.byte(0x41);
        sink.s32(0);
        sink.byte(0x0b);
        sink.u32(this.elements.length);
        for (const func of this.elements) sink.u32(func);
      });
    }
    section(10, (sink) => {
      sink.u32(this.functions.length);
      for (const { body } of this.functions) body.writeTo(sink);
    });
    return out.take();
  }
}
